"""Whether both sides have agreed to a version of the definitions, where the definitions ask for it.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from typing import get_args

from authoring.editing import agrees_otherwise
from authoring.models.definitions import Definitions, Side
from authoring.sentences import Fault
from base.problems import Problem
from base.saying import said

FILE = "definitions.toml"


def not_agreed(definitions: Definitions) -> Iterator[Fault]:
    """A warning for each side whose yes is to another version."""
    for side in get_args(Side) if definitions.agreement is not None else ():
        yes = getattr(definitions.agreement, side)
        if yes.version != definitions.version:
            message = said(
                "%(side)s has agreed to version `%(old)s`, not to `%(new)s`: `terreau apply` refuses it",
                side=said(side), old=yes.version, new=definitions.version,
            )  # fmt: skip
            hint = said("whoever speaks for %(side)s writes that version here when they agree", side=said(side))
            yield Fault(("agreement", side, "version"), message, hint, severity="warning")


def disagreements(former: Definitions | None, definitions: Definitions) -> Iterator[Problem]:
    """Why the definitions may not follow `former` (None: the first): a side has not agreed to them, or has agreed to
    other rules under that version, or is no longer asked."""
    for fault in not_agreed(definitions):
        yield Problem(FILE, 1, 1, "error", fault.message, fault.hint)
    if former is None:
        return
    if definitions.agreement is None and former.agreement is not None:
        message = said("`[agreement]` is gone: whatever the rules become, neither side would be asked")
        hint = said("put it back; only `terreau rollback` to a release from before it goes without")
        yield Problem(FILE, 1, 1, "error", message, hint)
    same = definitions.version == former.version
    if definitions.agreement is not None and same and agrees_otherwise(former, definitions):
        message = said(
            "the rules change and `version` stays `%(version)s`: both sides have agreed to others",
            version=former.version,
        )
        yield Problem(FILE, 1, 1, "error", message, said("write another version, and let both sides agree to it"))
