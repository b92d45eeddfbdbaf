"""The rows that were not taken, or without their consent, as a list of their own: line and reason first, to be mended
and brought in again."""

import csv
from collections.abc import Iterable, Iterator
from typing import BinaryIO, TextIO

from base.translations import Translator, msgid
from leads.imports.contacts import Reject, Remark
from leads.imports.reading import rows
from leads.imports.reasons import sentence
from leads.imports.settings import Settings
from leads.imports.values import harmless

LINE, REASON = msgid("line"), msgid("reason")


def write_rejects(
    file: BinaryIO, settings: Settings, kept_back: Iterable[Reject | Remark], into: TextIO, words: Translator
) -> int:
    """Write each of `kept_back`, in the order of the file, with its cells as they are; returns how many.

    `into` is opened with `newline=""`. What a spreadsheet would calculate is made harmless.
    """
    writer = csv.writer(into, delimiter=settings.delimiter)
    writer.writerow([words.gettext(LINE), words.gettext(REASON), *map(harmless, settings.names)])
    written = 0
    for one, cells in _beside(file, settings, kept_back):
        writer.writerow([one.line, sentence(one).by(words), *map(harmless, cells)])
        written += 1
    return written


def _beside(
    file: BinaryIO, settings: Settings, kept_back: Iterable[Reject | Remark]
) -> Iterator[tuple[Reject | Remark, list[str]]]:
    """Each of them with the cells of its line."""
    records = rows(file, settings.layout)
    for one in kept_back:
        record = next((record for record in records if record.line >= one.line), None)
        yield one, list(record.cells) if record is not None and record.line == one.line else []
