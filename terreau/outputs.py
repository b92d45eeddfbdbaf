"""The file that a command writes for whoever asks for it: over one that is there only when it is told so."""

from pathlib import Path

import click

from base.saying import Refused, said
from base.system_words import why_of
from terreau.folders import UnwritableFile

OVERWRITE = click.option("--overwrite", is_flag=True, help="Write the file anew where it is there already.")


class AlreadyThere(Refused):
    """Nothing was written; the sentence says what is in the way."""


def insist_on_new(file: Path | None, overwrite: bool) -> None:
    """Raises AlreadyThere for a file that is there already, unless it is to be written anew."""
    if file is not None and file.is_file() and not overwrite:
        raise AlreadyThere(said("%(file)s is there already: name another one, or add --overwrite", file=file))


def write(file: Path, text: str) -> None:
    """Raises UnwritableFile."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UnwritableFile(said("%(file)s cannot be written: %(why)s", file=file, why=why_of(error))) from error
