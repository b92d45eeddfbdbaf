"""The grid of the three levels: one landscape page to print and to fill by hand."""

from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from docs.magnets.document import bare, markup
from docs.magnets.palette import BOLD, INK, ITALIC, LEAF, LINE, PAPER, SOFT, TEXT
from docs.magnets.room import SPAN_X, SPAN_Y, draw_room

WIDTH, HEIGHT = landscape(A4)
EDGE = 15 * mm


def write_grid(words: dict[str, Any], locale: str, file: Path) -> int:
    """Writes the page; gives back 1, its number of pages."""
    words = _set(words, locale)
    canvas = Canvas(str(file), pagesize=(WIDTH, HEIGHT), invariant=1, lang=locale, initialFontName=TEXT)
    canvas.setTitle(words["title"])
    canvas.setAuthor("Inès Caradec, Atelier Lumen")
    canvas.setSubject(words["rule"])
    canvas.setCreator("Atelier Lumen")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    _head(canvas, words)
    column = (WIDTH - 2 * EDGE) / 3
    for number, level in enumerate(words["level"], start=1):
        _level(canvas, EDGE + (number - 1) * column, column - 10, number, level, words)
    _write(canvas, EDGE, 15.5 * mm, words["rule"], 9, BOLD, LEAF)
    _write(canvas, EDGE, 9.5 * mm, words["source"], 7, TEXT, SOFT)
    canvas.showPage()
    canvas.save()
    return 1


def _set(words: Any, locale: str) -> Any:
    """Every text typeset, however deep it stands."""
    if isinstance(words, dict):
        return {key: _set(value, locale) for key, value in words.items()}
    if isinstance(words, list):
        return [_set(value, locale) for value in words]
    return _text(words, locale) if isinstance(words, str) else words


def _text(text: str, locale: str) -> str:
    """A leading number is not the start of a list here."""
    return bare(markup(text, locale))


def _write(canvas: Canvas, x: float, y: float, text: str, size: float, font: str = TEXT, colour: Any = INK) -> None:
    canvas.setFont(font, size)
    canvas.setFillColor(colour)
    canvas.drawString(x, y, text)


def _head(canvas: Canvas, words: dict[str, Any]) -> None:
    canvas.setFillColor(LEAF)
    canvas.rect(EDGE, HEIGHT - 13 * mm, 26, 2.6, stroke=0, fill=1)
    _write(canvas, EDGE, HEIGHT - 22 * mm, words["title"], 17, BOLD)
    x = EDGE
    for key, share in (("project", 0.42), ("room", 0.33), ("date", 0.25)):
        width = (WIDTH - 2 * EDGE) * share
        _blank(canvas, x, HEIGHT - 31 * mm, width - 12, words[key])
        x += width


def _blank(canvas: Canvas, x: float, y: float, width: float, label: str) -> None:
    """A label, and a line to write on."""
    _write(canvas, x, y, label, 8, BOLD, SOFT)
    start = x + canvas.stringWidth(label, BOLD, 8) + 6
    canvas.setStrokeColor(SOFT)
    canvas.setLineWidth(0.6)
    canvas.line(start, y - 1.5, x + width, y - 1.5)


def _level(canvas: Canvas, x: float, width: float, number: int, level: dict[str, Any], words: dict[str, Any]) -> None:
    top, bottom = HEIGHT - 36 * mm, 22 * mm
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.9)
    canvas.setFillColor(PAPER)
    canvas.roundRect(x, bottom, width, top - bottom, 6, stroke=1, fill=1)
    _write(canvas, x + 12, top - 20, level["name"], 12, BOLD)
    canvas.setFillColor(LEAF)
    canvas.setFont(BOLD, 9.5)
    canvas.drawRightString(x + width - 12, top - 20, level["time"])
    room = width - 56
    draw_room(canvas, x + 28, top - 32 - room * SPAN_Y / SPAN_X, room, number)
    y = top - 52 - room * SPAN_Y / SPAN_X
    for key in ("ask", "wait", "not_yet"):
        _write(canvas, x + 12, y, words[key], 8, BOLD, LEAF)
        font = TEXT if key == "not_yet" else ITALIC
        size = min(9.4, 9.4 * (width - 24) / canvas.stringWidth(level[key], font, 9.4))
        _write(canvas, x + 12, y - 14, level[key], size, font)
        y -= 36
    _boxes(canvas, x + 12, y, words["spent"], level["hours"], width - 24)
    _blank(canvas, x + 12, y - 32, width - 24, words["signed"])
    for line in range(3):
        canvas.line(x + 12, y - 55 - 21 * line, x + width - 12, y - 55 - 21 * line)


def _boxes(canvas: Canvas, x: float, y: float, label: str, hours: int, width: float) -> None:
    """One box an hour, to tick as it goes by; there is no box beyond the last."""
    _write(canvas, x, y, label, 8, BOLD, SOFT)
    start = x + canvas.stringWidth(label, BOLD, 8) + 8
    size = min(14.0, (width - (start - x)) / 8 - 4)
    canvas.setStrokeColor(LEAF)
    canvas.setLineWidth(1)
    for hour in range(hours):
        canvas.roundRect(start + hour * (size + 4), y - 4, size, size, 2, stroke=1, fill=0)
