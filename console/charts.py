"""Charts as SVG: axes that begin at zero, few words, one colour that matters; the numbers stand in a table beside.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, log10

from markupsafe import Markup, escape

Say = Callable[[float], str]  # how a number is written in the viewer's language

WIDTH = 420
LETTER = 6.3  # width of a letter at 12 px, about
TALL = 13


@dataclass(frozen=True, slots=True)
class Dot:
    """One thing at (x, y); `kind` is a class: "", meh, poor. `strong`: its name is in bold."""

    name: str
    x: float
    y: float
    kind: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """`name` is what it counts, with its arrow; `say` writes its numbers."""

    name: str
    say: Say


@dataclass(frozen=True, slots=True)
class Column:
    """One bar. `label` is written below it where it is not empty; `was` is a tick across, for before."""

    label: str
    value: float
    title: str = ""
    was: float | None = None
    strong: bool = False


def bar(percent: float, kind: str, was: float | None = None) -> Markup:
    """A bar that fills its cell, from 0 to 100; `was` is a thin line for the period before."""
    tick = Markup('<rect class="was" x="{:.2f}" width=".5" height="10"/>').format(min(was, 99.5)) if was else ""
    lines = Markup('<rect class="{}" y="2" width="{:.4g}" height="6"/>').format(kind, min(percent, 100))
    return Markup(
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{}{}</svg>'
    ).format(lines, tick)


def interval(value: float, low: float, high: float, average: float) -> Markup:
    """A share with where it surely lies, from 0 to 100, in its cell; the thin line is the average of all."""
    mark = Markup('<rect class="{}" x="{:.2f}" y="{}" width="{:.2f}" height="{}"/>')
    drawn = mark.format("ci", low, 4, max(high - low, 1), 2)
    drawn += mark.format("was", min(average, 99.5), 0, 0.5, 10)
    drawn += mark.format("at", min(value, 98.5), 1, 1.5, 8)
    return Markup(
        '<svg class="bar ci-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="all" y="4.5" width="100" height="1"/>{}</svg>'
    ).format(drawn)


def ticks(most: float, about: int = 4) -> list[float]:
    """Round numbers from 0 up to at least `most`, some `about` of them: steps of 1, 2 or 5 times a power of ten."""
    if most <= 0:
        return [0, 1]
    rough = most / about
    power = 10 ** int(f"{log10(rough):.10f}".split(".")[0]) if rough >= 1 else 1.0
    step = next(power * times for times in (1, 2, 5, 10, 20) if power * times >= rough)
    return [step * number for number in range(ceil(most / step) + 1)]


def columns(bars: Sequence[Column], title: str, say: Say, ident: str = "c-columns") -> Markup:
    """Bars over time, from left to right; every one has a title of its own for those who point at it."""
    height, left, right, top, bottom = 190, 36, WIDTH - 8, 16, 160
    grid = ticks(max((max(bar.value, bar.was or 0) for bar in bars), default=0), 3)
    y = _scale(0, grid[-1], bottom, top)
    drawn = [_level(left, right, y(at), say(at), at == 0) for at in grid]
    pitch = (right - left) / max(len(bars), 1)
    wide = min(pitch * 0.72, 34)
    for number, one in enumerate(bars):
        middle = left + pitch * (number + 0.5)
        drawn.append(_column(one, middle, wide, y, bottom))
    return _chart(height, title, ident, drawn)


def scatter(dots: Sequence[Dot], across: Axis, up: Axis, average: tuple[float, str] | None, title: str) -> Markup:
    """Dots with their names beside them; a dotted line for the average, given with its words."""
    height, left, right, top, bottom = 236, 36, WIDTH - 12, 24, 196
    wide, tall = ticks(max((dot.x for dot in dots), default=0)), ticks(max((dot.y for dot in dots), default=0), 3)
    x, y = _scale(0, wide[-1], left, right), _scale(0, tall[-1], bottom, top)
    drawn = [_level(left, right, y(at), up.say(at), at == 0) for at in tall]
    drawn += [_notch(x(at), bottom, across.say(at)) for at in wide if at]
    drawn.append(_text(left, 12, up.name))
    drawn.append(_text(right, height - 5, across.name, "end"))
    taken = [(x(dot.x) - 6, y(dot.y) - 6, x(dot.x) + 6, y(dot.y) + 6) for dot in dots]
    taken.append((left, bottom - 1, right, bottom + 1))
    if average is not None:
        drawn.append(_guide(average, y(average[0]), (left, right, top), taken))
    drawn += [_dot(dot, x(dot.x), y(dot.y)) for dot in dots]
    drawn += _names(dots, x, y, taken, (left, right, top))
    return _chart(height, title, "c-scatter", drawn)


# ---------------------------------------------------------------- pieces

Box = tuple[float, float, float, float]  # left, top, right, bottom
Room = tuple[float, float, float]  # left, right, top
Spot = tuple[float, float, str]  # x, y, anchor
# Where a name may stand beside its dot, the best first.
PLACES: tuple[Spot, ...] = (
    (9, 4, ""), (-9, 4, "end"), (0, -10, "mid"), (0, 19, "mid"),
    (9, -8, ""), (9, 16, ""), (-9, -8, "end"), (-9, 16, "end"),
)  # fmt: skip


def _scale(low: float, high: float, at_low: float, at_high: float) -> Callable[[float], float]:
    return lambda value: at_low + (value - low) / ((high - low) or 1) * (at_high - at_low)


def _level(left: float, right: float, y: float, said: str, axis: bool) -> Markup:
    line = Markup('<line class="{}" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>')
    return line.format("axis" if axis else "grid", left, right, y, y) + _text(left - 6, y + 4, said, "end")


def _notch(x: float, bottom: float, said: str) -> Markup:
    line = Markup('<line class="axis" x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}"/>').format(x, x, bottom, bottom + 4)
    return line + _text(x, bottom + 17, said, "mid")


def _column(one: Column, middle: float, wide: float, y: Callable[[float], float], bottom: float) -> Markup:
    high = y(one.value)
    drawn = Markup(
        '<rect class="v" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
    ).format(middle - wide / 2, high, wide, max(bottom - high, 0), one.title)
    if one.was is not None:
        at = y(one.was)
        drawn += Markup('<line class="tick" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>').format(
            middle - wide / 2 - 2, middle + wide / 2 + 2, at, at
        )
    return drawn + (_text(middle, bottom + 18, one.label, "mid strong" if one.strong else "mid") if one.label else "")


def _dot(dot: Dot, x: float, y: float) -> Markup:
    kind = f"dot {dot.kind}".strip()
    return Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="5"/>').format(kind, x, y)


def _guide(average: tuple[float, str], line: float, room: Room, taken: list[Box]) -> Markup:
    """The dotted line, its words where no dot is: at either end, above or below."""
    left, right, above, below = room[0] + 4, room[1], line - 5, line + 14
    ends: list[Spot] = [(right, above, "end"), (left, above, ""), (right, below, "end"), (left, below, "")]
    at_x, at_y, anchor = _spot(ends, average[1], taken, room)
    taken += [_box(at_x, at_y, average[1], anchor), (room[0], line - 1, room[1], line + 1)]
    drawn = Markup('<line class="guide" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(room[0], room[1], line, line)
    return drawn + _text(at_x, at_y, average[1], anchor)


def _names(
    dots: Sequence[Dot], x: Callable[[float], float], y: Callable[[float], float], taken: list[Box], room: Room
) -> list[Markup]:
    """Each name where it covers nothing: right of its dot, left, above or below; the strong ones choose first."""
    written = []
    for dot in sorted(dots, key=lambda one: not one.strong):
        spots = [(x(dot.x) + dx, y(dot.y) + dy, anchor) for dx, dy, anchor in PLACES]
        at_x, at_y, anchor = _spot(spots, dot.name, taken, room)
        taken.append(_box(at_x, at_y, dot.name, anchor))
        written.append(_text(at_x, at_y, dot.name, f"{anchor} {'strong' if dot.strong else 'mid-ink'}".strip()))
    return written


def _spot(spots: list[Spot], words: str, taken: list[Box], room: Room) -> Spot:
    """The first that lies in the room and covers least."""
    boxes = [(spot, _box(*spot[:2], words, spot[2])) for spot in spots]
    return min(boxes, key=lambda one: (not _inside(one[1], room), sum(_meets(one[1], other) for other in taken)))[0]


def _box(x: float, y: float, words: str, anchor: str) -> Box:
    wide = len(words) * LETTER
    left = x - (wide if anchor == "end" else wide / 2 if anchor == "mid" else 0)
    return left, y - TALL + 3, left + wide, y + 3


def _inside(box: Box, room: Room) -> bool:
    return box[0] >= room[0] and box[2] <= room[1] + 10 and box[1] >= room[2] - 8


def _meets(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _text(x: float, y: float, words: str, kind: str = "") -> Markup:
    given = f' class="{kind}"' if kind else ""
    return Markup(f'<text{given} x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>')


def _chart(height: int, title: str, ident: str, drawn: Sequence[Markup]) -> Markup:
    head = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}"><title id="{}">{}</title>')
    return head.format(WIDTH, height, ident, ident, title) + Markup("").join(drawn) + Markup("</svg>")
