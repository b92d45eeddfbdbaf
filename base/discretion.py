"""What may be said of people where nobody is to know who they are, above all in a log: nothing.

Pure: no database, no clock, no network.
"""

import re
import traceback
from collections.abc import Iterator
from pathlib import PurePath

ADDRESS = re.compile(r"[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+\.[^\s<>\"'(),:;]+")
# What opens something: signed, or 22 letters of `base.tokens.new_token`, alone or with the number of a link behind.
SIGNED = re.compile(r"[\w-]{8,}\.[\w-]{4,}\.[\w-]{16,}")
_NAME = r"(?:[A-Z][a-z]+)+(?:Error|Exception|Warning)(?![0-9A-Za-z])"  # ConnectionRefusedError is no secret
TOKEN = re.compile(rf"(?<![0-9A-Za-z])(?!{_NAME})(?=[0-9A-Za-z]*[A-Z])[0-9A-Za-z]{{22,43}}(?![0-9A-Za-z])")
NUMBER = re.compile(r"\+[0-9][0-9 .-]{6,18}[0-9]")
QUERY = re.compile(r"(?<=[\w/])\?[^\s\"'<>]+=[^\s\"'<>]*")
# Whose words are the house's own, written by us or by the system: all others may repeat what somebody typed.
ROOMS = frozenset({
    "authoring", "base", "capture", "console", "emails", "leads", "reports", "sales", "scheduler", "storage",
    "terreau", "workflows",
})  # fmt: skip
SILENT = "(its words are left out: they may be somebody's)"


def discreet(text: str) -> str:
    """The text without addresses, numbers, tokens and what follows a question mark in an address of ours."""
    text = ADDRESS.sub("<address>", QUERY.sub("?<query>", text))
    return NUMBER.sub("<number>", TOKEN.sub("<token>", SIGNED.sub("<token>", text)))


def words_of(error: BaseException) -> str:
    """`Kind: what it says`; of errors that are not ours only the kind, as they repeat what somebody typed."""
    kind = type(error)
    if isinstance(error, OSError):
        return f"{kind.__name__}: {error.strerror or discreet(str(error))}"
    return f"{kind.__name__}: {discreet(str(error)) if kind.__module__.split('.')[0] in ROOMS else SILENT}"


def trace_of(error: BaseException) -> str:
    """Where it happened, frame by frame and cause by cause, without values."""
    return "\n".join(_lines(error, set()))


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and id(cause) not in seen:
        yield from _lines(cause, seen)
        yield "which led to:"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {'/'.join(PurePath(frame.filename).parts[-2:])}:{frame.lineno} {frame.name}: {frame.line or ''}"
    yield words_of(error)
