"""The rows that were not taken, as a list of their own: line and reason first, to be mended and brought in again."""

import csv
from collections.abc import Iterable, Iterator
from typing import BinaryIO, TextIO

from base.translations import Translator, msgid
from leads.imports.contacts import Reject
from leads.imports.reading import rows
from leads.imports.reasons import reason
from leads.imports.settings import Settings
from leads.imports.values import harmless

LINE, REASON = msgid("line"), msgid("reason")


def write_rejects(
    file: BinaryIO, settings: Settings, rejects: Iterable[Reject], into: TextIO, words: Translator
) -> int:
    """Write each of `rejects`, in the order of the file, with its cells as they are; returns how many.

    `into` is opened with `newline=""`. What a spreadsheet would calculate is made harmless.
    """
    writer = csv.writer(into, delimiter=settings.delimiter)
    writer.writerow([words.gettext(LINE), words.gettext(REASON), *map(harmless, settings.names)])
    written = 0
    for reject, cells in _beside(file, settings, rejects):
        writer.writerow([reject.line, reason(reject.code, reject.about).by(words), *map(harmless, cells)])
        written += 1
    return written


def _beside(file: BinaryIO, settings: Settings, rejects: Iterable[Reject]) -> Iterator[tuple[Reject, list[str]]]:
    """Each reject with the cells of its line."""
    records = rows(file, settings.layout)
    for reject in rejects:
        record = next((record for record in records if record.line >= reject.line), None)
        yield reject, list(record.cells) if record is not None and record.line == reject.line else []
