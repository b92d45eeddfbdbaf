"""Files made to be large, wide or endless (R25): refused in a sentence, or read to the end in little memory.

The suite reads a few megabytes of each; `make chaos CHAOS=tests/leads/test_import_bombs.py` a gigabyte.
"""

import io
import os
import time
import tracemalloc
import zipfile
from datetime import UTC, datetime

import pytest

from leads.imports.mapping import Targets, Unmappable
from leads.imports.reading import Unreadable, Wishes, survey
from leads.imports.running import rehearse
from leads.imports.settings import Policy, Settings

FULL = os.environ.get("TERREAU_CHAOS") == "full"  # `make chaos`
LONG = (1 << 30) if FULL else (4 << 20)  # bytes of one cell
MANY = 10_000_000 if FULL else 20_000  # rows
MOST_MEMORY = 150 << 20 if FULL else 24 << 20
NOW = datetime(2026, 11, 2, tzinfo=UTC)
HEAD = b"email;nom\nada@example.org;Ada\n"
LAST = b"bob@example.org;Bob\n"

pytestmark = pytest.mark.timeout(0 if FULL else 120)


def squeezed():
    """A hundred megabytes of zeros in a hundred kilobytes, as a spreadsheet's own file would be."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/sheet1.xml", "w") as sheet:
        for _ in range(100):
            sheet.write(bytes(1 << 20))
    return [into.getvalue()]


def again(piece, times):
    return (piece for _ in range(times))


# What is in the file, as pieces of bytes; and how many of its rows are contacts, None where most of it is no list.
BOMBS = {
    "a cell without end": (lambda: [HEAD, b"x;", *again(b"y" * (1 << 16), LONG >> 16), b"\n", LAST], 2),
    "a quote that stays open": (lambda: [HEAD, b'x;"', *again(b"y" * (1 << 16), LONG >> 16), b"\n", LAST], 2),
    "a quote open over all lines": (lambda: [HEAD, b'x;"', *again(b"y\n" * 1_000, MANY // 1_000), LAST], None),
    "quotes that keep each other open": (lambda: [HEAD, *again(b'a";"\n', 4_000), LAST], 2),
    "nothing but quotes": (lambda: [HEAD, *again(b'"' * 999 + b"\n", 1_000), LAST], None),
    "nothing but line ends": (lambda: [HEAD, *again(b"\n" * 1_000, MANY // 1_000), LAST], 2),
    "nothing but delimiters": (lambda: [HEAD, *again(b";" * 5_000 + b"\n", 200), LAST], 2),
    "zeros": (lambda: [HEAD, *again(bytes(1 << 16), LONG >> 16), b"\n", LAST], 2),
    "marks everywhere": (lambda: [b"\xef\xbb\xbf", HEAD, *again(b"\xef\xbb\xbf" * 99 + b"\n", 999), LAST], None),
    "two encodings by turns": (lambda: [HEAD, *again("é;é\n".encode() + "é;é\n".encode("cp1252"), 9_999), LAST], 2),
    "rows without end": (lambda: [HEAD, *again(b"ada@example.org;x\n" * 1_000, MANY // 1_000), LAST], 2),
    "ten thousand columns": (lambda: [b";".join(b"c%d" % n for n in range(10_000)), b"\n", b";" * 9_999, b"\n"], None),
    "a squeezed file": (squeezed, None),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_made_to_be_too_much_is_refused_or_read_to_its_end_in_little_memory(bomb, tmp_path):
    pieces, wanted = BOMBS[bomb]
    path = tmp_path / "list.csv"
    with path.open("wb") as into:
        into.writelines(pieces())
    rejects = []
    tracemalloc.start()
    began = time.process_time()
    with path.open("rb") as file:
        try:
            found = survey(file, Wishes(), Targets())
            settings = Settings.of(found, Policy(), ("fr", "en"))
            taken = rehearse(
                file, settings, None, "", NOW, lambda one: rejects.append(one.line) if not rejects else None
            )
        except (Unreadable, Unmappable):
            taken = None
    took, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"{bomb}: {path.stat().st_size >> 20} MB, {taken and taken.rows} rows, {took:.1f} s, {peak >> 20} MB")
    assert peak < MOST_MEMORY
    if bomb == "ten thousand columns":
        assert taken is None
        assert took < 3, "seconds of the processor, for a single line"
    if wanted is not None:
        assert taken.accepted == wanted, "whoever stands before and behind is a contact all the same"
