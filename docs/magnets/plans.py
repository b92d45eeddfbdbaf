"""Figures seen from above or from the side: a flat, a plan before and after cleaning, where cameras stand."""

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from docs.magnets.palette import BOLD, CLAY, INK, ITALIC, LEAF, LEAF_SOFT, LINE, SOFT, WHITE
from docs.magnets.strokes import arrow, pen, text

Words = dict[str, str]


def flat(c: Canvas, w: float, h: float, words: Words) -> None:
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
    for _, x, y, dx, dy, model in rooms:
        c.setFillColor(LEAF_SOFT if model else WHITE)
        c.rect(left + x * s, bottom + y * s, dx * s, dy * s, stroke=0, fill=1)
    pen(c, LINE, 0.6)
    _flat_furniture(c, left, bottom, s)
    pen(c, INK, 2.6)
    c.rect(left, bottom, 14 * s, 8 * s)
    pen(c, INK, 1.6)
    for x0, y0, x1, y1 in (
        (0, 5, 1.2, 5), (2.3, 5, 5.6, 5), (5.6, 0, 5.6, 1.4), (5.6, 3.8, 5.6, 6), (5.6, 7, 5.6, 8), (9.2, 0, 9.2, 0.8),
        (9.2, 1.9, 9.2, 6), (9.2, 7, 9.2, 8), (5.6, 5, 6.6, 5), (8.2, 5, 9.2, 5), (9.2, 3.4, 14, 3.4),
    ):  # fmt: skip
        c.line(left + x0 * s, bottom + y0 * s, left + x1 * s, bottom + y1 * s)
    for name, x, y, dx, dy, model in rooms:
        middle, centre = left + (x + dx / 2) * s, bottom + (y + dy / 2) * s
        tag = words["model" if model else "sketch"]
        text(c, middle, centre + 2, words[name], 8.5, BOLD, INK, "centre")
        text(c, middle, centre - 9, tag, 7.5, BOLD if model else ITALIC, LEAF if model else SOFT, "centre")


def _flat_furniture(c: Canvas, left: float, bottom: float, s: float) -> None:
    for x, y, dx, dy in (
        (0.3, 0.6, 0.9, 2.4), (1.9, 1.2, 1.2, 0.7), (0.3, 6.1, 1.5, 1.6), (6.9, 3.7, 1.6, 0.9), (5.8, 0.2, 3.2, 0.6),
        (9.5, 7.2, 1.7, 0.6), (12.9, 5.6, 0.8, 2.1), (9.5, 3.6, 1.2, 0.5),
    ):  # fmt: skip
        c.rect(left + x * s, bottom + y * s, dx * s, dy * s)
    for step in range(8):
        c.line(left + (10 + step * 0.35) * s, bottom + 2.3 * s, left + (10 + step * 0.35) * s, bottom + 3.2 * s)


def mini_plan(c: Canvas, x: float, y: float, w: float, h: float, cluttered: bool) -> None:
    left, bottom, dx, dy = x + w * 0.08, y + h * 0.14, w * 0.84, h * 0.72
    if cluttered:
        pen(c, LINE, 0.6)
        for step in range(1, 12):
            c.line(left + dx * step / 12, bottom, left + dx * step / 12, bottom + dy)
            c.line(left, bottom + dy * step / 12, left + dx, bottom + dy * step / 12)
        pen(c, CLAY, 0.6)
        for offset in (7, 12):
            c.line(left, bottom + dy + offset, left + dx, bottom + dy + offset)
            c.line(left - offset, bottom, left - offset, bottom + dy)
        for step in range(6):
            at = left + dx * step / 5
            c.line(at - 2, bottom + dy + 5, at + 2, bottom + dy + 9)
        pen(c, SOFT, 0.6)
        c.circle(left + dx * 0.7, bottom + dy * 0.35, 9)
        c.line(left, bottom, left + dx, bottom + dy)
    pen(c, INK, 2)
    c.rect(left, bottom, dx, dy)
    pen(c, WHITE, 3)
    c.line(left + dx * 0.35, bottom + dy, left + dx * 0.75, bottom + dy)
    c.line(left, bottom + dy * 0.1, left, bottom + dy * 0.3)
    pen(c, INK, 0.8)
    c.line(left + dx * 0.35, bottom + dy, left + dx * 0.75, bottom + dy)
    c.line(left, bottom + dy * 0.3, left + dx * 0.18, bottom + dy * 0.3)
    c.arc(left - dx * 0.18, bottom + dy * 0.3 - dx * 0.18, left + dx * 0.18, bottom + dy * 0.3 + dx * 0.18, -90, 90)
    c.rect(left + dx * 0.07, bottom + dy * 0.45, dx * 0.17, dy * 0.42)
    c.rect(left + dx * 0.42, bottom + dy * 0.42, dx * 0.24, dy * 0.24)


def camera(c: Canvas, w: float, h: float, words: Words) -> None:
    left, bottom, dx, dy = 6.0, 16.0, w * 0.54, h - 26
    c.saveState()
    room = c.beginPath()
    room.rect(left, bottom, dx, dy)
    c.clipPath(room, stroke=0)
    for at, toward, colour in (((0.0, 0.22), (1, 0.62), LEAF), ((0.14, 0.72), (1, 0.22), CLAY)):
        _cone(c, left + at[0] * dx, bottom + at[1] * dy, dx * (toward[0] - at[0]), dy * (toward[1] - at[1]), colour)
    c.restoreState()
    pen(c, INK, 2.2)
    c.rect(left, bottom, dx, dy)
    pen(c, WHITE, 3.4)
    c.line(left, bottom + dy * 0.12, left, bottom + dy * 0.32)
    c.line(left + dx * 0.4, bottom + dy, left + dx * 0.75, bottom + dy)
    pen(c, INK, 0.9)
    c.line(left + dx * 0.4, bottom + dy, left + dx * 0.75, bottom + dy)
    c.rect(left + dx * 0.05, bottom + dy * 0.5, dx * 0.12, dy * 0.42)
    c.rect(left + dx * 0.4, bottom + dy * 0.38, dx * 0.2, dy * 0.26)
    _eye(c, left + 2, bottom + dy * 0.22, LEAF)
    _eye(c, left + dx * 0.14, bottom + dy * 0.72, CLAY)
    text(c, left + 10, bottom + dy * 0.05, words["door"], 8, BOLD, LEAF)
    text(c, left + dx * 0.21, bottom + dy * 0.84, words["seat"], 8, BOLD, CLAY)
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
    pen(c, INK, 2.2)
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
    pen(c, LEAF, 1.1, (3, 2.4))
    c.line(middle + 0.14 * metre, eye, x + w, eye)
    arrow(c, x + w * 0.66, y + 1, x + w * 0.66, eye, LEAF)
    text(c, x + w * 0.66 + 6, y + 0.72 * metre, label, 8.5, BOLD, LEAF)
