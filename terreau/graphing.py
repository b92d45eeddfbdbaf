"""`terreau graph`: a sequence as one picture: the stem that the console draws, with its words beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from textwrap import wrap

from authoring.models.sequences import Sequence
from authoring.site import Site
from base.clock import Moment
from base.config import Config
from console import flow
from console.context import say
from console.step_words import act_of, awaited, details_of, localised, rollout, trigger, wait_of
from terreau.reading_as import reading_as

MARGIN, HEAD, LINE, PADDING = 24, 64, 20, 14
CROWD = 240
NARROW = 68  # the rail of a stem with one lane
TEXT_WIDTH, LETTERS = 560, 74  # of a line in the small print
# The console's colours (static/console/tokens.css), by day and by night.
STYLE = """
text { font: 14px Inter, system-ui, "Segoe UI", Roboto, sans-serif; fill: #241f18; }
.name { font-size: 20px; font-weight: 650; } .act { font-weight: 600; }
.wait, .note { fill: #574f43; } .note { font-size: 13px; } .id { font-family: ui-monospace, monospace; }
.flow path { fill: #cfe0c4; } .flow path.side { fill: #e0d3c0; }
.node { fill: #fff; stroke: #2c6a2f; stroke-width: 1.5; } .paper { fill: #fffefb; }
@media (prefers-color-scheme: dark) {
  text { fill: #ede8de; } .wait, .note { fill: #bbb3a5; } .paper { fill: #1b1814; }
  .flow path { fill: #3a5433; } .flow path.side { fill: #4d4132; } .node { fill: #26221c; stroke: #8cc776; }
}
"""


@dataclass(frozen=True, slots=True)
class Label:
    """What stands beside a row of the stem."""

    row: flow.Row
    title: str
    notes: tuple[str, ...]

    @property
    def height(self) -> int:
        return 2 * PADDING + LINE * (1 + len(self.notes))


def graph(config: Config, site: Site, name: str, locale: str, now: Moment) -> str:
    """The sequence of that name as SVG, in `locale`."""
    sequence = site.sequences[name]
    with reading_as(config, locale, now):
        stem = flow.stem(sequence, CROWD, {step: flow.Passed(n) for step, n in _spread(sequence).items()})
        labels = [_label(row, sequence, name, site) for row in stem.rows]
        return _drawn(labels, stem.lanes, localised(sequence.title), name, locale)


def _spread(sequence: Sequence) -> dict[str, int]:
    """How many of a crowd pass each step when as many go one way as another: what the widths show."""
    passing = dict.fromkeys((step.id for step in sequence.step), 0)
    passing[sequence.step[0].id] = CROWD
    for step in sequence.step:
        ways = flow.ways_on(sequence, step)
        for to in ways:
            if to in passing:
                passing[to] += passing[step.id] // len(ways)
    return passing


def _label(row: flow.Row, sequence: Sequence, name: str, site: Site) -> Label:
    if row.kind == "entry":
        told = [*(trigger(one, sequence, site) for one in sequence.trigger), *rollout(sequence)]
        return Label(row, say("Entry"), tuple(_lines(told)))
    if row.step is None:
        return Label(row, say("End"), ())
    if row.kind == "wait":
        return Label(row, wait_of(row.step), tuple(_lines([awaited(row.step, site)])))
    return Label(row, act_of(row.step, name, site), tuple(_lines([row.step.id, *details_of(row.step, site)])))


def _lines(texts: Iterator[str] | list[str]) -> Iterator[str]:
    for text in texts:
        yield from wrap(text.replace("`", ""), LETTERS, break_on_hyphens=False)


def _drawn(labels: list[Label], lanes: int, title: str, name: str, locale: str) -> str:
    rail = NARROW if lanes == 1 else flow.WIDTH
    width, height = MARGIN * 2 + rail + TEXT_WIDTH, HEAD + sum(label.height for label in labels) + MARGIN
    parts: list[str] = []
    y = HEAD
    for label in labels:
        parts += _row(label, y, rail, lanes)
        y += label.height
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
            f' role="img" aria-labelledby="title" lang="{escape(locale)}">',
            f'<title id="title">{escape(title)} ({escape(name)})</title>',
            f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{width}" height="{height}"/>',
            f'<text class="name" x="{MARGIN}" y="40">{escape(title)}</text>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _row(label: Label, y: int, rail: int, lanes: int) -> Iterator[str]:
    place = f'<svg class="flow" x="{MARGIN}" y="{y}" width="{rail}" height="{label.height}"'
    yield str(label.row.drawing).replace('<svg class="flow"', place, 1)
    if label.row.kind != "wait":
        x = MARGIN + flow.LANES[lanes][0][min(label.row.lane, lanes - 1)] * rail / flow.WIDTH
        yield f'<circle class="node" cx="{x:.1f}" cy="{y + PADDING + LINE / 2:g}" r="7"/>'
    x, line = MARGIN + rail + 16, y + PADDING + 15
    head = "wait" if label.row.kind == "wait" else "act"
    yield f'<text class="{head}" x="{x:g}" y="{line}">{escape(label.title)}</text>'
    for number, note in enumerate(label.notes, 1):
        kind = "note id" if label.row.step is not None and note == label.row.step.id else "note"
        yield f'<text class="{kind}" x="{x:g}" y="{line + number * LINE}">{escape(note)}</text>'
