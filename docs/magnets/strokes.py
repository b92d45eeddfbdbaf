"""The few strokes that every figure is made of: words, lines, boxes, arrows."""

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from docs.magnets.palette import INK, SOFT, TEXT


def text(
    c: Canvas,
    x: float,
    y: float,
    written: str,
    size: float = 8,
    font: str = TEXT,
    colour: Color = INK,
    at: str = "left",
) -> None:
    c.setFont(font, size)
    c.setFillColor(colour)
    {"left": c.drawString, "centre": c.drawCentredString, "right": c.drawRightString}[at](x, y, written)


def wrapped(c: Canvas, x: float, y: float, written: str, width: float, size: float = 8, colour: Color = SOFT) -> float:
    """Centred lines from `y` downwards; gives back the height used."""
    lines, line = [], ""
    for word in written.split(" "):
        longer = f"{line} {word}".strip()
        if line and c.stringWidth(longer, TEXT, size) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    for number, words in enumerate([*lines, line]):
        text(c, x, y - number * size * 1.35, words, size, TEXT, colour, "centre")
    return (len(lines) + 1) * size * 1.35


def pen(c: Canvas, colour: Color = INK, weight: float = 1, dash: tuple[float, ...] = ()) -> None:
    c.setStrokeColor(colour)
    c.setLineWidth(weight)
    c.setDash(list(dash))


def box(
    c: Canvas, x: float, y: float, w: float, h: float, fill: Color, line: Color | None = None, r: float = 4
) -> None:
    pen(c, line or fill, 0.9)
    c.setFillColor(fill)
    c.roundRect(x, y, w, h, r, stroke=int(line is not None), fill=1)


def arrow(c: Canvas, x0: float, y0: float, x1: float, y1: float, colour: Color = SOFT) -> None:
    """A straight arrow, level or upright."""
    pen(c, colour, 1.1)
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
