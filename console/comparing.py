"""Two versions of a sequence beside each other, in the viewer's words: what each brought, and whether that is enough
to say which is better."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from authoring.site import Site
from base.translations import msgid
from console.context import day, number, on_calendar, say, share, viewer
from console.names import Names
from reports.intervals import FEW, Difference, Verdict
from reports.rollouts import CLICKED, GOAL, Comparison, Side

MEASURES = {CLICKED: msgid("Followed a link"), GOAL: msgid("Reached the goal")}
WORDS: Mapping[Verdict, str] = {
    "higher": msgid("more"),
    "lower": msgid("fewer"),
    "alike": msgid("about as many"),
    "open": msgid("not enough data yet"),
}
KINDS: Mapping[Verdict, str] = {"higher": "up", "lower": "down", "alike": "", "open": ""}
# What is said of a stage per lead entered.
SENTENCES: Mapping[Verdict, str] = {
    "higher": msgid("The new version brings more %(stage)s per lead entered."),
    "lower": msgid("The new version brings fewer %(stage)s per lead entered."),
    "alike": msgid("Both versions bring about as many %(stage)s per lead entered."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One measure: what it counts, each version's figure with its share of those who entered, how far apart, and the
    verdict; `kind` is up, down or ""."""

    what: str
    new: str
    old: str
    new_share: str = ""
    old_share: str = ""
    apart: str = ""
    verdict: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """`since`: who enters what since when; `sentence`: what can be said; `note`: how it is counted."""

    since: str
    sentence: str
    rows: tuple[Row, ...]
    note: str


def compared(found: Comparison, site: Site) -> Compared:
    """What came of both versions, as sentences and rows of a table."""
    return Compared(_since(found), " ".join(_sentences(found, site)), tuple(_rows(found, site)), _note(found))


def _since(found: Comparison) -> str:
    tried = found.rollout
    values = {"share": tried.per_cent, "first": tried.first, "day": day(on_calendar(tried.since))}
    if tried.under_way:
        said = msgid("Of those who come in, %(share)s %% enter the new version, since release %(first)s (%(day)s).")
        return say(said, **values)
    said = msgid(
        "Of those who came in, %(share)s %% entered the new version, from release %(first)s (%(day)s)"
        " to release %(last)s."
    )
    return say(said, last=tried.last, **values)


def _sentences(found: Comparison, site: Site) -> Iterator[str]:
    names = Names(site, viewer())
    told = {stage: found.measures[stage].verdict for stage in found.stages}
    known = {stage: verdict for stage, verdict in told.items() if verdict != "open"}
    for stage, verdict in known.items():
        yield say(SENTENCES[verdict], stage=names.stage(stage))
    if not known:
        yield say("There is not enough data yet to say which version brings more.")


def _rows(found: Comparison, site: Site) -> Iterator[Row]:
    entered = say("Leads who entered") if found.every == 1 else say("Looked at, of those who entered")
    yield _plain(entered, found, lambda side: side.leads)
    yield _plain(say("Mails arrived"), found, lambda side: side.mails)
    names = Names(site, viewer())
    for name, apart in found.measures.items():
        what = say(MEASURES[name]) if name in MEASURES else names.stage(name)
        yield _measured(what, apart)
    if found.new.held_out or found.old.held_out:
        yield _plain(say("Held out, among them"), found, lambda side: side.held_out)


def _plain(what: str, found: Comparison, count: Any) -> Row:
    return Row(what, number(count(found.new)), number(count(found.old)))


def _measured(what: str, apart: Difference) -> Row:
    new, old = apart.new, apart.old
    figures = (number(new.n), number(old.n), share(new.n, new.of), share(old.n, old.of))
    verdict = say(WORDS[apart.verdict])
    if not (new.of and old.of):
        return Row(what, *figures, verdict=verdict)
    between = say("%(low)s to %(high)s", low=_points(apart.low), high=_points(apart.high))
    said = say("%(points)s points (%(between)s)", points=_points(apart.value), between=between)
    return Row(what, *figures, said, verdict, KINDS[apart.verdict])


def _points(share: float) -> str:
    """A difference of shares in points of a hundred: `+1.2`, `−0.4`."""
    return number(round(100 * share, 1), signed=True)


def _note(found: Comparison) -> str:
    note = say(
        "Everybody counts for the version they entered, from their entry on. In brackets: where the true difference"
        " lies, 99 times of 100. Below %(few)s leads on a side nothing is said.",
        few=FEW,
    )
    if found.every == 1:
        return note
    drawn = say(
        "They are many: one of every %(every)s was looked at. Everybody is counted by %(command)s.",
        every=number(found.every),
        command=f"terreau compare {found.rollout.sequence}",
    )
    return f"{note} {drawn}"


# ---------------------------------------------------------------- for a program and for a terminal


def as_json(found: Comparison) -> dict[str, Any]:
    """Every figure; shares and differences from 0 to 1."""
    tried = found.rollout
    return {
        "sequence": tried.sequence,
        "rollout": tried.per_cent,
        "under_way": tried.under_way,
        "releases": [tried.first, tried.last],
        "new": _side(found.new),
        "old": _side(found.old),
        "measures": {name: _apart(apart) for name, apart in found.measures.items()},
    }


def _side(side: Side) -> dict[str, Any]:
    figures = {"leads": side.leads, "mails_arrived": side.mails, "held_out": side.held_out}
    return {"version": side.version, **figures, "did": dict(side.did)}


def _apart(apart: Difference) -> dict[str, Any]:
    shares = {"new": apart.new.value, "old": apart.old.value, "difference": apart.value}
    interval = {"low": apart.low, "high": apart.high}
    return {**{name: round(value, 4) for name, value in {**shares, **interval}.items()}, "verdict": apart.verdict}


def as_text(told: Compared, title: str) -> str:
    """A title, what can be said, the table, how it is counted."""
    head = Row("", say("new version"), say("previous version"), apart=say("difference"))
    cells = [_cells(row) for row in (head, *told.rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    lines = [_line(row, widths) for row in cells]
    return "\n".join([title, told.since, "", *lines, "", told.sentence, told.note])


def _cells(row: Row) -> list[str]:
    figures = ((row.new, row.new_share), (row.old, row.old_share))
    return [row.what, *(" · ".join(part for part in parts if part) for parts in figures), row.apart, row.verdict]


def _line(cells: list[str], widths: list[int]) -> str:
    what, new, old, apart, verdict = cells
    numbers = f"{what:<{widths[0]}}  {new:>{widths[1]}}  {old:>{widths[2]}}"
    return f"{numbers}  {apart:<{widths[3]}}  {verdict}".rstrip()
