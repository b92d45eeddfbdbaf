"""Names that stand twice in a list where each is an identity.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from typing import Any

from authoring.models.common import Model
from authoring.models.definitions import Deals, Definitions, IdealCustomer, Scoring
from authoring.models.forms import FormField
from authoring.models.hand_off import HandOff
from authoring.models.magnets import Magnet
from authoring.sentences import Fault
from authoring.shapes import Path
from base.saying import said

# (model, key of a list) -> the key of its items that must differ.
IDENTITIES: dict[type[Model], dict[str, str]] = {
    Definitions: {
        "stages": "id",
        "temperatures": "id",
        "personas": "id",
        "interests": "id",
        "segments": "id",
        "bant": "id",
    },
    Scoring: {"engagement": "id", "limits": "id"},
    IdealCustomer: {"rules": "id"},
    HandOff: {"reps": "id", "routes": "id", "escalation": "id", "reject_reasons": "id"},
    Deals: {"lost_reasons": "id"},
    FormField: {"options": "value"},
    Magnet: {"file": "path"},
}


def repeated(path: Path, model: Model) -> Iterator[Fault]:
    """A fault for the second and each later item of the same name."""
    for key, identity in IDENTITIES.get(type(model), {}).items():
        seen: set[Any] = set()
        for index, item in enumerate(getattr(model, key)):
            name = getattr(item, identity)
            if name in seen:
                message = said("`%(name)s` is there twice in `%(key)s`", name=name, key=key)
                hint = said("each once: it is how everything else refers to it")
                yield Fault((*path, key, index, identity), message, hint)
            seen.add(name)
