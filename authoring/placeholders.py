"""What stands in for something still to be written: addresses of nobody, a postal address without a number.

Pure: no database, no clock, no network.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from authoring.models.common import Model
from authoring.models.definitions import Definitions
from authoring.references import each
from authoring.salvage import STAND_IN
from authoring.sentences import Fault
from authoring.shapes import Path
from base.saying import said

NOBODYS = ("example.com", "example.org", "example.net", "localhost", "127.0.0.1")
_ADDRESS = re.compile(r"https?://[^\s<>\"'`)\]]+")


def is_placeholder(address: str) -> bool:
    """Whether a web address leads to a host that is nobody's, or to this machine."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return any(host == known or host.endswith(f".{known}") for known in NOBODYS)


def placeholders(model: Model) -> Iterator[Fault]:
    """Every address in a file that was never written out; of mails, their own lint looks at the links."""
    for path, inner in each(model):
        for below, text in _texts(inner, path):
            for address in dict.fromkeys(filter(is_placeholder, _ADDRESS.findall(text))):
                message = said("`%(address)s` looks like a placeholder", address=address)
                yield Fault(below, message, said("write the real address"), severity="warning")
    address = model.house.address if isinstance(model, Definitions) else STAND_IN
    if address != STAND_IN and not re.search(r"\d", address):
        message = said("`address` has no number in it: the law wants a postal address in every marketing mail")
        yield Fault(("house", "address"), message, said("write street, postal code and town"), severity="warning")


def _texts(model: Model, path: Path) -> Iterator[tuple[Path, str]]:
    """The texts of the model itself, those of the models inside it left out."""
    for name, field in type(model).model_fields.items():
        pending: list[tuple[Path, Any]] = [((*path, field.alias or name), getattr(model, name))]
        while pending:
            at, value = pending.pop()
            if isinstance(value, str):
                yield at, value
            elif isinstance(value, dict):
                pending += [((*at, key), inner) for key, inner in value.items()]
            elif isinstance(value, list):
                pending += [((*at, index), inner) for index, inner in enumerate(value)]
