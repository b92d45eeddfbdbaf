"""A text in pieces reads back whole, on lines that every reader takes; `email` is the reader."""

import random
from email import message_from_bytes, policy

import pytest

from emails.encoding import encoded

LINE = 76  # RFC 2045 6.7 (5), without its CRLF
TEXTS = {
    "spaces at the end of pieces and lines": "one \ttwo  \n three\t\n\n ",
    "dots and equals signs": ".\n..\n=.=3D=\n.x\n. \n",
    "long lines, accents, a long word": "é" * 100 + " " + "x" * 200 + "\n" + "à la ligne " * 40,
    "any line end": "a\r\nb\rc\u2028d\x0be\x85f",
    "nothing": "",
    "letters of another script": "Привет всем, как дела\n" * 9,
}


def read_back(encoding: str, lines: bytes) -> str:
    head = f'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    mail = message_from_bytes(head.encode() + lines, policy=policy.default)
    assert not mail.defects
    return mail.get_content().replace("\r\n", "\n")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_wherever_a_text_is_cut_it_reads_back_whole_on_short_lines(text):
    chance, wanted = random.Random(text), "\n".join(text.splitlines()) + "\n"
    for _ in range(200):
        cuts = sorted(chance.choices(range(len(text) + 1), k=6))
        pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True) if "\r" not in text[b - 1 : b]]
        pieces = pieces if "".join(pieces) == text else [text]
        encoding, lines = encoded(pieces)
        assert read_back(encoding, lines) == wanted
        assert max(map(len, lines.split(b"\r\n"))) <= LINE
        assert lines.count(b"\r") == lines.count(b"\n") == lines.count(b"\r\n")
        assert lines.isascii()
        assert not any(line.endswith((b" ", b"\t")) for line in lines.split(b"\r\n"))


def test_each_length_of_a_piece_leaves_room_for_the_soft_line_break():
    for length in range(60, 160):
        encoding, lines = encoded(["x" * length, "y", "=" * length])
        assert max(map(len, lines.split(b"\r\n"))) <= LINE
        assert read_back(encoding, lines) == "x" * length + "y" + "=" * length + "\n"
