"""The figures of the documents, by name; their words come with the text, so that no figure speaks a language."""

from collections.abc import Callable

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from docs.magnets.palette import (
    BOLD,
    CLAY,
    CLAY_SOFT,
    INK,
    ITALIC,
    LEAF,
    LEAF_SOFT,
    LINE,
    PAPER,
    SOFT,
    SUN,
    TEXT,
    WHITE,
)
from docs.magnets.room import SPAN_X, SPAN_Y, draw_room

Words = dict[str, str]
Draw = Callable[[Canvas, float, float, Words], None]


class Figure(Flowable):
    """A drawing as wide as the page's measure; `words` are what is written in it."""

    def __init__(self, name: str, words: Words) -> None:
        super().__init__()
        self.name, self.words = name, words
        self.measure = 0.0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        self.measure = available_width
        return available_width, FIGURES[self.name][1]

    def draw(self) -> None:
        draw, height = FIGURES[self.name]
        self.canv.saveState()
        draw(self.canv, self.measure, height, self.words)
        self.canv.restoreState()


# ---------------------------------------------------------------- strokes


def _text(
    c: Canvas, x: float, y: float, text: str, size: float = 8, font: str = TEXT, colour: Color = INK, at: str = "left"
) -> None:
    c.setFont(font, size)
    c.setFillColor(colour)
    {"left": c.drawString, "centre": c.drawCentredString, "right": c.drawRightString}[at](x, y, text)


def _wrapped(c: Canvas, x: float, y: float, text: str, width: float, size: float = 8, colour: Color = SOFT) -> float:
    """Centred lines from `y` downwards; gives back the height used."""
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}".strip()
        if line and c.stringWidth(longer, TEXT, size) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    for number, words in enumerate([*lines, line]):
        _text(c, x, y - number * size * 1.35, words, size, TEXT, colour, "centre")
    return (len(lines) + 1) * size * 1.35


def _pen(c: Canvas, colour: Color = INK, weight: float = 1, dash: tuple[float, ...] = ()) -> None:
    c.setStrokeColor(colour)
    c.setLineWidth(weight)
    c.setDash(list(dash))


def _box(c: Canvas, x: float, y: float, w: float, h: float, fill: Color, line: Color | None = None, r: float = 4) -> None:
    _pen(c, line or fill, 0.9)
    c.setFillColor(fill)
    c.roundRect(x, y, w, h, r, stroke=int(line is not None), fill=1)


def _arrow(c: Canvas, x0: float, y0: float, x1: float, y1: float, colour: Color = SOFT) -> None:
    """A straight arrow, level or upright."""
    _pen(c, colour, 1.1)
    c.line(x0, y0, x1, y1)
    c.setFillColor(colour)
    path = c.beginPath()
    path.moveTo(x1, y1)
    if y0 == y1:
        back = -5 if x1 > x0 else 5
        path.lineTo(x1 + back, y1 + 2.8)
        path.lineTo(x1 + back, y1 - 2.8)
    else:
        back = 5 if y1 < y0 else -5
        path.lineTo(x1 - 2.8, y1 + back)
        path.lineTo(x1 + 2.8, y1 + back)
    path.close()
    c.drawPath(path, stroke=0, fill=1)


# ---------------------------------------------------------------- figures


def _flat(c: Canvas, w: float, h: float, words: Words) -> None:
    """Five rooms and a hall, in plan: (name, x, y, width, depth) in metres; the first three deserve a model."""
    s = min(h / 8.2, w / 14.4)
    left, bottom = (w - 14 * s) / 2, (h - 8 * s) / 2
    rooms = [
        ("living", 0, 0, 5.6, 5.0, True),
        ("kitchen", 5.6, 0, 3.6, 5.0, True),
        ("stairs", 9.2, 0, 4.8, 3.4, True),
        ("bed", 0, 5.0, 5.6, 3.0, False),
        ("hall", 5.6, 5.0, 3.6, 3.0, False),
        ("bath", 9.2, 3.4, 4.8, 4.6, False),
    ]
    for name, x, y, dx, dy, model in rooms:
        c.setFillColor(LEAF_SOFT if model else WHITE)
        c.rect(left + x * s, bottom + y * s, dx * s, dy * s, stroke=0, fill=1)
    _pen(c, LINE, 0.6)
    _flat_furniture(c, left, bottom, s)
    _pen(c, INK, 2.6)
    c.rect(left, bottom, 14 * s, 8 * s)
    _pen(c, INK, 1.6)
    for x0, y0, x1, y1 in (
        (0, 5, 1.2, 5), (2.3, 5, 5.6, 5), (5.6, 0, 5.6, 1.4), (5.6, 3.8, 5.6, 6), (5.6, 7, 5.6, 8), (9.2, 0, 9.2, 0.8),
        (9.2, 1.9, 9.2, 6), (9.2, 7, 9.2, 8), (5.6, 5, 6.6, 5), (8.2, 5, 9.2, 5), (9.2, 3.4, 14, 3.4),
    ):  # fmt: skip
        c.line(left + x0 * s, bottom + y0 * s, left + x1 * s, bottom + y1 * s)
    for name, x, y, dx, dy, model in rooms:
        middle, centre = left + (x + dx / 2) * s, bottom + (y + dy / 2) * s
        tag = words["model" if model else "sketch"]
        _text(c, middle, centre + 2, words[name], 8.5, BOLD, INK, "centre")
        _text(c, middle, centre - 9, tag, 7.5, BOLD if model else ITALIC, LEAF if model else SOFT, "centre")


def _flat_furniture(c: Canvas, left: float, bottom: float, s: float) -> None:
    for x, y, dx, dy in (
        (0.3, 0.6, 0.9, 2.4), (1.9, 1.2, 1.2, 0.7), (0.3, 6.1, 1.5, 1.6), (6.9, 3.7, 1.6, 0.9), (5.8, 0.2, 3.2, 0.6),
        (9.5, 7.2, 1.7, 0.6), (12.9, 5.6, 0.8, 2.1), (9.5, 3.6, 1.2, 0.5),
    ):  # fmt: skip
        c.rect(left + x * s, bottom + y * s, dx * s, dy * s)
    for step in range(8):
        c.line(left + (10 + step * 0.35) * s, bottom + 2.3 * s, left + (10 + step * 0.35) * s, bottom + 3.2 * s)


def _questions(c: Canvas, w: float, h: float, words: Words) -> None:
    width, height, gap = w * 0.29, 34.0, (w - 3 * w * 0.29) / 2
    top, bottom = h - height - 4, 6.0
    for number, question in enumerate(("q1", "q2", "q3")):
        x = number * (width + gap)
        _box(c, x, top, width, height, WHITE, INK)
        fits = c.stringWidth(words[question], TEXT, 8.6) <= width - 12
        _wrapped(c, x + width / 2, top + height / 2 + (-3 if fits else 2.8), words[question], width - 12, 8.6, INK)
        outcome = "sketch" if number == 2 else "model"
        _arrow(c, x + width / 2, top, x + width / 2, bottom + 28, LEAF if outcome == "model" else CLAY)
        _text(c, x + width / 2 + 5, (top + bottom + 26) / 2, words["yes"], 7.5, BOLD, SOFT)
        if number < 2:
            _arrow(c, x + width, top + height / 2, x + width + gap, top + height / 2)
            _text(c, x + width + gap / 2, top + height / 2 + 5, words["no"], 7.5, BOLD, SOFT, "centre")
    _box(c, 0, bottom, 2 * width + gap, 26, LEAF_SOFT, LEAF)
    _text(c, (2 * width + gap) / 2, bottom + 9.5, words["model"], 9, BOLD, LEAF, "centre")
    x = 2 * (width + gap)
    _box(c, x, bottom, width, 26, CLAY_SOFT, CLAY)
    _text(c, x + width / 2, bottom + 9.5, words["sketch"], 9, BOLD, CLAY, "centre")


def _levels(c: Canvas, w: float, h: float, words: Words) -> None:
    column = w / 3
    room = column - 14
    for number in (1, 2, 3):
        x = (number - 1) * column
        draw_room(c, x + 7, h - room * SPAN_Y / SPAN_X - 2, room, number)
        middle, y = x + column / 2, h - room * SPAN_Y / SPAN_X - 18
        _text(c, middle, y, words[f"t{number}"], 9.2, BOLD, INK, "centre")
        used = _wrapped(c, middle, y - 13, words[f"d{number}"], column - 14)
        _text(c, middle, y - 15 - used, words[f"s{number}"], 8.2, ITALIC, INK, "centre")
        _text(c, middle, y - 28 - used, words[f"h{number}"], 8, BOLD, LEAF, "centre")


def _hours(c: Canvas, w: float, h: float, words: Words) -> None:
    left, width, y, tall = 6.0, w - 28, 22.0, 26.0
    per_hour, x = width / 15, left
    for hours, label, fill, ink in ((2, "l1", PAPER, INK), (5, "l2", LEAF_SOFT, INK), (8, "l3", SUN, INK)):
        c.setFillColor(fill)
        _pen(c, INK, 0.9, (2.2, 1.8) if hours == 2 else ())
        c.rect(x, y, hours * per_hour, tall, stroke=1, fill=1)
        _text(c, x + hours * per_hour / 2, y + 13.5, words[label], 8, BOLD, ink, "centre")
        _text(c, x + hours * per_hour / 2, y + 4, f"{hours} {words['hour']}", 7.5, TEXT, SOFT, "centre")
        x += hours * per_hour
        _flag(c, x, y + tall)
    for hour in range(16):
        at = left + hour * per_hour
        _pen(c, SOFT, 0.6)
        c.line(at, y - 3, at, y)
        if hour in (0, 2, 7, 15):
            _text(c, at, y - 12, f"{hour} {words['hour']}", 7, TEXT, SOFT, "centre")


def _flag(c: Canvas, x: float, y: float) -> None:
    _pen(c, LEAF, 1.2)
    c.line(x, y - 26, x, y + 18)
    c.setFillColor(LEAF)
    path = c.beginPath()
    path.moveTo(x, y + 18)
    path.lineTo(x + 13, y + 13.5)
    path.lineTo(x, y + 9)
    path.close()
    c.drawPath(path, stroke=0, fill=1)


def _extrude(c: Canvas, w: float, h: float, words: Words) -> None:
    column = w / 4
    size = column - 20
    high = size * SPAN_Y / SPAN_X
    for number in range(4):
        x, y = number * column + 10, h - high - 4
        if number < 2:
            _mini_plan(c, x, y, size, high, cluttered=number == 0)
        else:
            draw_room(c, x, y, size, 2 if number == 3 else 1, furniture=number == 3)
        _text(c, x + size / 2, y - 15, words[f"s{number + 1}"], 8, BOLD, LEAF, "centre")
        if number < 3:
            _arrow(c, x + size + 3, y + high / 2, x + size + 17, y + high / 2)


def _mini_plan(c: Canvas, x: float, y: float, w: float, h: float, cluttered: bool) -> None:
    left, bottom, dx, dy = x + w * 0.08, y + h * 0.14, w * 0.84, h * 0.72
    if cluttered:
        _pen(c, LINE, 0.6)
        for step in range(1, 12):
            c.line(left + dx * step / 12, bottom, left + dx * step / 12, bottom + dy)
            c.line(left, bottom + dy * step / 12, left + dx, bottom + dy * step / 12)
        _pen(c, CLAY, 0.6)
        for offset in (7, 12):
            c.line(left, bottom + dy + offset, left + dx, bottom + dy + offset)
            c.line(left - offset, bottom, left - offset, bottom + dy)
        for step in range(6):
            at = left + dx * step / 5
            c.line(at - 2, bottom + dy + 5, at + 2, bottom + dy + 9)
        _pen(c, SOFT, 0.6)
        c.circle(left + dx * 0.7, bottom + dy * 0.35, 9)
        c.line(left, bottom, left + dx, bottom + dy)
    _pen(c, INK, 2)
    c.rect(left, bottom, dx, dy)
    _pen(c, WHITE, 3)
    c.line(left + dx * 0.35, bottom + dy, left + dx * 0.75, bottom + dy)
    c.line(left, bottom + dy * 0.1, left, bottom + dy * 0.3)
    _pen(c, INK, 0.8)
    c.line(left + dx * 0.35, bottom + dy, left + dx * 0.75, bottom + dy)
    c.line(left, bottom + dy * 0.3, left + dx * 0.18, bottom + dy * 0.3)
    c.arc(left - dx * 0.18, bottom + dy * 0.3 - dx * 0.18, left + dx * 0.18, bottom + dy * 0.3 + dx * 0.18, -90, 90)
    c.rect(left + dx * 0.07, bottom + dy * 0.45, dx * 0.17, dy * 0.42)
    c.rect(left + dx * 0.42, bottom + dy * 0.42, dx * 0.24, dy * 0.24)


def _camera(c: Canvas, w: float, h: float, words: Words) -> None:
    left, bottom, dx, dy = 6.0, 16.0, w * 0.54, h - 26
    c.saveState()
    room = c.beginPath()
    room.rect(left, bottom, dx, dy)
    c.clipPath(room, stroke=0)
    for at, toward, colour in (((0.0, 0.22), (1, 0.62), LEAF), ((0.14, 0.72), (1, 0.22), CLAY)):
        _cone(c, left + at[0] * dx, bottom + at[1] * dy, dx * (toward[0] - at[0]), dy * (toward[1] - at[1]), colour)
    c.restoreState()
    _pen(c, INK, 2.2)
    c.rect(left, bottom, dx, dy)
    _pen(c, WHITE, 3.4)
    c.line(left, bottom + dy * 0.12, left, bottom + dy * 0.32)
    c.line(left + dx * 0.4, bottom + dy, left + dx * 0.75, bottom + dy)
    _pen(c, INK, 0.9)
    c.line(left + dx * 0.4, bottom + dy, left + dx * 0.75, bottom + dy)
    c.rect(left + dx * 0.05, bottom + dy * 0.5, dx * 0.12, dy * 0.42)
    c.rect(left + dx * 0.4, bottom + dy * 0.38, dx * 0.2, dy * 0.26)
    _eye(c, left + 2, bottom + dy * 0.22, LEAF)
    _eye(c, left + dx * 0.14, bottom + dy * 0.72, CLAY)
    _text(c, left + 10, bottom + dy * 0.05, words["door"], 8, BOLD, LEAF)
    _text(c, left + dx * 0.21, bottom + dy * 0.84, words["seat"], 8, BOLD, CLAY)
    _eye_height(c, left + dx + 40, bottom, w - dx - 52, dy, words["eye"])


def _cone(c: Canvas, x: float, y: float, dx: float, dy: float, colour: Color) -> None:
    """A field of view of 70 degrees: half of it is 0.7 of its length to each side."""
    far, side = 1.0, 0.7
    c.setFillColor(colour)
    c.setFillAlpha(0.16)
    path = c.beginPath()
    path.moveTo(x, y)
    path.lineTo(x + dx * far - dy * side, y + dy * far + dx * side)
    path.lineTo(x + dx * far + dy * side, y + dy * far - dx * side)
    path.close()
    c.drawPath(path, stroke=0, fill=1)
    c.setFillAlpha(1)


def _eye(c: Canvas, x: float, y: float, colour: Color) -> None:
    c.setFillColor(colour)
    c.circle(x, y, 4.2, stroke=0, fill=1)
    c.setFillColor(WHITE)
    c.circle(x, y, 1.5, stroke=0, fill=1)


def _eye_height(c: Canvas, x: float, y: float, w: float, h: float, label: str) -> None:
    """A person standing in a room 2.50 m high; the eye at 1.55 m."""
    metre = h / 2.5
    _pen(c, INK, 2.2)
    c.line(x, y, x + w, y)
    c.line(x, y + h, x + w, y + h)
    c.line(x + w, y, x + w, y + h)
    head, middle = y + 1.6 * metre, x + w * 0.28
    c.setFillColor(SOFT)
    c.circle(middle, head, 0.12 * metre, stroke=0, fill=1)
    c.roundRect(middle - 0.17 * metre, y + 0.78 * metre, 0.34 * metre, 0.66 * metre, 4, stroke=0, fill=1)
    c.rect(middle - 0.13 * metre, y, 0.11 * metre, 0.85 * metre, stroke=0, fill=1)
    c.rect(middle + 0.02 * metre, y, 0.11 * metre, 0.85 * metre, stroke=0, fill=1)
    eye = y + 1.55 * metre
    _pen(c, LEAF, 1.1, (3, 2.4))
    c.line(middle + 0.14 * metre, eye, x + w, eye)
    _arrow(c, x + w * 0.66, y + 1, x + w * 0.66, eye, LEAF)
    _text(c, x + w * 0.66 + 6, y + 0.72 * metre, label, 8.5, BOLD, LEAF)


def _meetings(c: Canvas, w: float, h: float, words: Words) -> None:
    column = w / 3
    room = column * 0.8
    high = room * SPAN_Y / SPAN_X
    line = 34.0
    _pen(c, INK, 1.4)
    c.line(10, line, w - 10, line)
    for number in (1, 2, 3):
        middle = (number - 0.5) * column
        draw_room(c, middle - room / 2, h - high - 2, room, number)
        c.setFillColor(LEAF)
        c.circle(middle, line, 5, stroke=0, fill=1)
        _text(c, middle, line - 16, words[f"m{number}"], 8.5, BOLD, INK, "centre")
        _text(c, middle, line - 27, words[f"d{number}"], 8, ITALIC, SOFT, "centre")


def _gates(c: Canvas, w: float, h: float, words: Words) -> None:
    column, y, tall = (w - 8) / 3, 30.0, 30.0
    for number in (1, 2, 3):
        x = 4 + (number - 1) * column
        included = column * 0.56
        _box(c, x, y, included - 4, tall, LEAF_SOFT, LEAF, 3)
        _text(c, x + (included - 4) / 2, y + 17, words[f"l{number}"], 8, BOLD, INK, "centre")
        _text(c, x + (included - 4) / 2, y + 6.5, words["inside"], 7.5, ITALIC, LEAF, "centre")
        gate = x + included
        _pen(c, INK, 1.6)
        c.line(gate, y - 8, gate, y + tall + 8)
        _text(c, gate, y - 18, words["sign"], 7.5, BOLD, INK, "centre")
        rest = column - included - 8
        _box(c, gate + 4, y + 4, rest, tall - 8, CLAY_SOFT, CLAY, 3)
        _text(c, gate + 4 + rest / 2, y + 12, words["outside"], 7.5, ITALIC, CLAY, "centre")


def _rate(c: Canvas, w: float, h: float, words: Words) -> None:
    label, per_hour = 118.0, (w - 118.0 - 98) / 25
    for row, (name, paid, rate) in enumerate((("without", 15, "wo_rate"), ("with", 25, "w_rate"))):
        y = h - 32 - row * 38
        _text(c, 0, y + 8, words[name], 8.5, BOLD, INK)
        _box(c, label, y, paid * per_hour, 22, LEAF_SOFT, LEAF, 2)
        _text(c, label + paid * per_hour / 2, y + 7.5, f"{paid} {words['hour']} {words['paid']}", 7.5, TEXT, INK, "centre")
        if paid < 25:
            _box(c, label + paid * per_hour, y, (25 - paid) * per_hour, 22, CLAY_SOFT, CLAY, 2)
            middle = label + (paid + 25) * per_hour / 2
            _text(c, middle, y + 7.5, f"{25 - paid} {words['hour']} {words['given']}", 7.5, TEXT, INK, "centre")
        colour = LEAF if paid == 25 else CLAY
        _text(c, label + 25 * per_hour + 10, y + 7.5, words[rate], 8.5, BOLD, colour)


FIGURES: dict[str, tuple[Draw, float]] = {
    "flat": (_flat, 258),
    "questions": (_questions, 132),
    "levels": (_levels, 200),
    "hours": (_hours, 82),
    "extrude": (_extrude, 116),
    "camera": (_camera, 204),
    "meetings": (_meetings, 172),
    "gates": (_gates, 84),
    "rate": (_rate, 92),
}
