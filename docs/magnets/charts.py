"""Figures that compare and order: questions, levels, hours, meetings, signatures, rates."""

from reportlab.pdfgen.canvas import Canvas

from docs.magnets.palette import BOLD, CLAY, CLAY_SOFT, INK, ITALIC, LEAF, LEAF_SOFT, PAPER, SOFT, SUN, TEXT, WHITE
from docs.magnets.plans import mini_plan
from docs.magnets.room import SPAN_X, SPAN_Y, draw_room
from docs.magnets.strokes import arrow, box, pen, text, wrapped

Words = dict[str, str]


def questions(c: Canvas, w: float, h: float, words: Words) -> None:
    width, height, gap = w * 0.29, 34.0, (w - 3 * w * 0.29) / 2
    top, bottom = h - height - 4, 6.0
    for number, question in enumerate(("q1", "q2", "q3")):
        x = number * (width + gap)
        box(c, x, top, width, height, WHITE, INK)
        fits = c.stringWidth(words[question], TEXT, 8.6) <= width - 12
        wrapped(c, x + width / 2, top + height / 2 + (-3 if fits else 2.8), words[question], width - 12, 8.6, INK)
        outcome = "sketch" if number == 2 else "model"
        arrow(c, x + width / 2, top, x + width / 2, bottom + 28, LEAF if outcome == "model" else CLAY)
        text(c, x + width / 2 + 5, (top + bottom + 26) / 2, words["yes"], 7.5, BOLD, SOFT)
        if number < 2:
            arrow(c, x + width, top + height / 2, x + width + gap, top + height / 2)
            text(c, x + width + gap / 2, top + height / 2 + 5, words["no"], 7.5, BOLD, SOFT, "centre")
    box(c, 0, bottom, 2 * width + gap, 26, LEAF_SOFT, LEAF)
    text(c, (2 * width + gap) / 2, bottom + 9.5, words["model"], 9, BOLD, LEAF, "centre")
    x = 2 * (width + gap)
    box(c, x, bottom, width, 26, CLAY_SOFT, CLAY)
    text(c, x + width / 2, bottom + 9.5, words["sketch"], 9, BOLD, CLAY, "centre")


def levels(c: Canvas, w: float, h: float, words: Words) -> None:
    column = w / 3
    room = column - 14
    for number in (1, 2, 3):
        x = (number - 1) * column
        draw_room(c, x + 7, h - room * SPAN_Y / SPAN_X - 2, room, number)
        middle, y = x + column / 2, h - room * SPAN_Y / SPAN_X - 18
        text(c, middle, y, words[f"t{number}"], 9.2, BOLD, INK, "centre")
        used = wrapped(c, middle, y - 13, words[f"d{number}"], column - 14)
        text(c, middle, y - 15 - used, words[f"s{number}"], 8.2, ITALIC, INK, "centre")
        text(c, middle, y - 28 - used, words[f"h{number}"], 8, BOLD, LEAF, "centre")


def hours(c: Canvas, w: float, h: float, words: Words) -> None:
    left, width, y, tall = 6.0, w - 28, 22.0, 26.0
    per_hour, x = width / 15, left
    for hours, label, fill, ink in ((2, "l1", PAPER, INK), (5, "l2", LEAF_SOFT, INK), (8, "l3", SUN, INK)):
        c.setFillColor(fill)
        pen(c, INK, 0.9, (2.2, 1.8) if hours == 2 else ())
        c.rect(x, y, hours * per_hour, tall, stroke=1, fill=1)
        text(c, x + hours * per_hour / 2, y + 13.5, words[label], 8, BOLD, ink, "centre")
        text(c, x + hours * per_hour / 2, y + 4, f"{hours} {words['hour']}", 7.5, TEXT, SOFT, "centre")
        x += hours * per_hour
        _flag(c, x, y + tall)
    for hour in range(16):
        at = left + hour * per_hour
        pen(c, SOFT, 0.6)
        c.line(at, y - 3, at, y)
        if hour in (0, 2, 7, 15):
            text(c, at, y - 12, f"{hour} {words['hour']}", 7, TEXT, SOFT, "centre")


def _flag(c: Canvas, x: float, y: float) -> None:
    pen(c, LEAF, 1.2)
    c.line(x, y - 26, x, y + 18)
    c.setFillColor(LEAF)
    path = c.beginPath()
    path.moveTo(x, y + 18)
    path.lineTo(x + 13, y + 13.5)
    path.lineTo(x, y + 9)
    path.close()
    c.drawPath(path, stroke=0, fill=1)


def extrude(c: Canvas, w: float, h: float, words: Words) -> None:
    column = w / 4
    size = column - 20
    high = size * SPAN_Y / SPAN_X
    for number in range(4):
        x, y = number * column + 10, h - high - 4
        if number < 2:
            mini_plan(c, x, y, size, high, cluttered=number == 0)
        else:
            draw_room(c, x, y, size, 2 if number == 3 else 1, furniture=number == 3)
        text(c, x + size / 2, y - 15, words[f"s{number + 1}"], 8, BOLD, LEAF, "centre")
        if number < 3:
            arrow(c, x + size + 3, y + high / 2, x + size + 17, y + high / 2)


def meetings(c: Canvas, w: float, h: float, words: Words) -> None:
    column = w / 3
    room = column * 0.8
    high = room * SPAN_Y / SPAN_X
    line = 34.0
    pen(c, INK, 1.4)
    c.line(10, line, w - 10, line)
    for number in (1, 2, 3):
        middle = (number - 0.5) * column
        draw_room(c, middle - room / 2, h - high - 2, room, number)
        c.setFillColor(LEAF)
        c.circle(middle, line, 5, stroke=0, fill=1)
        text(c, middle, line - 16, words[f"m{number}"], 8.5, BOLD, INK, "centre")
        text(c, middle, line - 27, words[f"d{number}"], 8, ITALIC, SOFT, "centre")


def gates(c: Canvas, w: float, h: float, words: Words) -> None:
    column, y, tall = (w - 8) / 3, 30.0, 30.0
    for number in (1, 2, 3):
        x = 4 + (number - 1) * column
        included = column * 0.56
        box(c, x, y, included - 4, tall, LEAF_SOFT, LEAF, 3)
        text(c, x + (included - 4) / 2, y + 17, words[f"l{number}"], 8, BOLD, INK, "centre")
        text(c, x + (included - 4) / 2, y + 6.5, words["inside"], 7.5, ITALIC, LEAF, "centre")
        gate = x + included
        pen(c, INK, 1.6)
        c.line(gate, y - 8, gate, y + tall + 8)
        text(c, gate, y - 18, words["sign"], 7.5, BOLD, INK, "centre")
        rest = column - included - 8
        box(c, gate + 4, y + 4, rest, tall - 8, CLAY_SOFT, CLAY, 3)
        text(c, gate + 4 + rest / 2, y + 12, words["outside"], 7.5, ITALIC, CLAY, "centre")


def rate(c: Canvas, w: float, h: float, words: Words) -> None:
    label, per_hour = 118.0, (w - 118.0 - 98) / 25
    for row, (name, paid, rate) in enumerate((("without", 15, "wo_rate"), ("with", 25, "w_rate"))):
        y = h - 32 - row * 38
        text(c, 0, y + 8, words[name], 8.5, BOLD, INK)
        box(c, label, y, paid * per_hour, 22, LEAF_SOFT, LEAF, 2)
        text(
            c, label + paid * per_hour / 2, y + 7.5, f"{paid} {words['hour']} {words['paid']}", 7.5, TEXT, INK, "centre"
        )
        if paid < 25:
            box(c, label + paid * per_hour, y, (25 - paid) * per_hour, 22, CLAY_SOFT, CLAY, 2)
            middle = label + (paid + 25) * per_hour / 2
            text(c, middle, y + 7.5, f"{25 - paid} {words['hour']} {words['given']}", 7.5, TEXT, INK, "centre")
        colour = LEAF if paid == 25 else CLAY
        text(c, label + 25 * per_hour + 10, y + 7.5, words[rate], 8.5, BOLD, colour)
