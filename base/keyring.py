"""The secrets of the house: read from files, or made once and kept for good; what they open is left to the rooms."""

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from base.tokens import new_key


@dataclass(frozen=True, slots=True)
class Keys:
    """`signing`: the first signs, all open. `session` for the staff's cookies. `suppression` is never rotated."""

    signing: tuple[str, ...] = field(repr=False)
    session: str = field(repr=False)
    suppression: str = field(repr=False)


def read_secret(path: Path) -> str:
    """The text of a secret's file, without the line end that editors add. Raises OSError, ValueError when empty."""
    secret = path.read_text(encoding="utf-8").strip()
    if not secret:
        raise ValueError(f"{path} is empty")
    return secret


def keep_secret(folder: Path, name: str) -> str:
    """The secret `name` kept in `folder`, made on first use: 256 bits that only the owner of the process may read.

    Two processes that start together end with the same one.
    """
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _put_once(path, new_key())
    return read_secret(path)


def _put_once(path: Path, secret: str) -> None:
    """Write the whole file beside its place (mkstemp: mode 0600), then link it there, unless another was faster."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secret + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
