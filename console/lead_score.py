"""A lead's score on the page: layers, and a table whose lines add up to the number above it, tenth by tenth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from authoring.site import Site
from base.calendars import local_day
from console.context import Viewer, day, number, points, say, say_n
from console.day_lines import when
from console.drawings import SHADES
from leads.facts import Facts
from leads.points import MILLI, falls_below
from leads.scoring import temperature
from reports.places import SHOWN_FILE
from reports.score import Earned, FitScore, LimitScore, RuleScore, Score
from sales.points import threshold
from sales.wording import Voice

TENTH = 100  # milli-points


@dataclass(frozen=True, slots=True)
class Part:
    """One line under a rule: an act, what fading took, what the cap took. Points in milli-points."""

    what: str
    milli: int


@dataclass(frozen=True, slots=True)
class Row:
    """What one rule gives, and how: `parts` add up to `milli`; `more` of them are on the page of all lines."""

    what: str
    when: str
    rule: str
    place: str
    sum: str
    milli: int
    parts: tuple[Part, ...]
    more: int
    held: bool = True


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the drawing, in tenths of a point; `shade` 1 is the strongest."""

    kind: str  # eng | fit
    x: int
    width: int
    shade: int
    title: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Layers side by side; `lost` was taken away from the end of the engagement."""

    layers: tuple[Layer, ...]
    width: int
    lost_x: int
    lost: int


@dataclass(frozen=True, slots=True)
class Shown:
    """The section. `limit`: the engagement that the next hand-off asks for; `turn` says what time will do."""

    total: int
    limit: int | None
    limit_name: str
    temperature: str
    temperature_name: str
    rows: tuple[Row, ...]
    fit: int
    best_fit: int
    persona: str
    fit_rows: tuple[Row, ...]
    picture: Picture
    turn: str
    by_day: bool


def shown(score: Score, facts: Facts, site: Site, viewer: Viewer, now: datetime) -> Shown:
    """The score as this viewer reads it at `now` (calendar)."""
    heat = temperature(score.total, site.definitions)
    limit, name = _limit(site, viewer)
    rows = _rows(score, site, viewer, now)
    return Shown(
        total=score.total,
        limit=limit,
        limit_name=name,
        temperature=heat,
        temperature_name=next(
            viewer.speech.text(band.label) for band in site.definitions.temperatures if band.id == heat
        ),
        rows=rows,
        fit=score.fit.milli,
        best_fit=score.fit.best,
        persona=viewer.speech.text(score.fit.label) if score.fit.label else "",
        fit_rows=tuple(_fit_rows(score.fit, viewer)),
        picture=_picture(rows, score.fit, viewer),
        turn=_turn(facts, site, viewer, now),
        by_day=score.by_day,
    )


def in_tenths(total: int, parts: Sequence[int]) -> list[int]:
    """The parts (milli-points) rounded to tenths so that they add up to the total rounded: largest remainders first."""
    floors = [part // TENTH for part in parts]
    missing = round(total / TENTH) - sum(floors)
    upwards = sorted(range(len(parts)), key=lambda index: (-(parts[index] % TENTH), index))[: max(missing, 0)]
    return [(floor + (index in upwards)) * TENTH for index, floor in enumerate(floors)]


def _limit(site: Site, viewer: Viewer) -> tuple[int | None, str]:
    for stage in site.definitions.stages:
        asked = threshold(stage) if stage.hand_off else None
        if asked is not None:
            return asked, viewer.speech.text(stage.label).split(",")[0]
    return None, ""


# ---------------------------------------------------------------- the table


def _rows(score: Score, site: Site, viewer: Viewer, now: datetime) -> tuple[Row, ...]:
    parts = [rule.milli for rule in score.rules] + [limit.milli for limit in score.limits]
    shares = in_tenths(score.total, parts)
    rows = [_row(rule, share, site, viewer, now) for rule, share in zip(score.rules, shares, strict=False)]
    return (*rows, *map(partial(_limit_row, viewer), score.limits, shares[len(rows) :]))


def _limit_row(viewer: Viewer, found: LimitScore, share: int) -> Row:
    held = say("at most %(points)s together", points=number(found.limit.points))
    return Row(
        what=viewer.speech.text(found.limit.label),
        when="",
        rule=found.limit.id,
        place=f"{SHOWN_FILE}:{found.line}",
        sum=held,
        milli=share,
        parts=(Part(held, share),),
        more=0,
    )


def _row(found: RuleScore, share: int, site: Site, viewer: Viewer, now: datetime) -> Row:
    newest = found.earned[0].at if found.earned else None
    return Row(
        what=viewer.speech.text(found.rule.label),
        when=when(newest, viewer, now) if newest else "",
        rule=found.rule.id,
        place=f"{SHOWN_FILE}:{found.line}",
        sum=_sum(found),
        milli=share,
        parts=tuple(_parts(found, share, site, viewer, now)),
        more=found.times - len(found.earned),
    )


def _sum(found: RuleScore) -> str:
    """`3 × 15 − 4,5`, then what the cap did: what comes off is what has faded."""
    each = found.rule.points
    parts = [f"{found.times}\u00a0×\u00a0{each}" if found.raw == found.times * each * MILLI else points(found.raw)]
    if found.decay:
        parts[0] += f"\u00a0−\u00a0{points(-found.decay)}"
    if found.cap:
        parts.append(say("cap %(cap)s", cap=found.rule.cap))
    return ", ".join(parts)


def _parts(found: RuleScore, share: int, site: Site, viewer: Viewer, now: datetime) -> list[Part]:
    voice = Voice(site, viewer.locale, viewer.zone)
    rest = found.raw - sum(earned.milli for earned in found.earned)
    listed = [(_earned(earned, voice, viewer, now), earned.milli) for earned in found.earned]
    if rest:
        more = found.times - len(found.earned)
        listed.append((say_n("%(count)s earlier", "%(count)s earlier ones", more), rest))
    if found.decay:
        half = say_n(
            "faded: half is gone after %(count)s day",
            "faded: half is gone after %(count)s days",
            found.rule.half_life or 0,
        )
        listed.append((half, found.decay))
    if found.cap:
        listed.append((say("held at the cap of %(cap)s", cap=found.rule.cap), found.cap))
    milli = in_tenths(share, [part for _, part in listed])
    return [Part(what, part) for (what, _), part in zip(listed, milli, strict=True)]


def _earned(earned: Earned, voice: Voice, viewer: Viewer, now: datetime) -> str:
    at = when(earned.at, viewer, now)
    return f"{voice.action(earned.event)}, {at}" if earned.event else at


def _fit_rows(found: FitScore, viewer: Viewer) -> list[Row]:
    return [
        Row(
            what=viewer.speech.text(line.label),
            when="",
            rule=line.rule,
            place=f"{SHOWN_FILE}:{line.line}",
            sum="" if line.held else say("missing, would be %(points)s", points=points(line.milli, True)),
            milli=line.milli if line.held else 0,
            parts=(),
            more=0,
            held=line.held,
        )
        for line in found.lines
    ]


# ---------------------------------------------------------------- the drawing


def _picture(rows: Sequence[Row], fit: FitScore, viewer: Viewer) -> Picture:
    """What was earned, rule by rule; what fading, caps and penalties took is dashed, at the end of the engagement."""
    layers: list[Layer] = []
    x = 0
    for line in (line for line in fit.lines if line.held and line.milli > 0):
        x = _add(layers, "fit", x, line.milli, viewer.speech.text(line.label))
    earned = taken = 0
    for row in rows:
        gains = sum(part.milli for part in row.parts if part.milli > 0)
        taken -= sum(part.milli for part in row.parts if part.milli < 0)
        if gains:
            earned += gains
            x = _add(layers, "eng", x, gains, row.what)
    lost = min(taken, earned) // TENTH
    return Picture(tuple(layers), x, x - lost, lost)


def _add(layers: list[Layer], kind: str, x: int, milli: int, what: str) -> int:
    shade = min(sum(layer.kind == kind for layer in layers) + 1, SHADES)
    width = max(milli // TENTH, 1)
    title = say("%(what)s: %(points)s", what=what, points=points(milli, True))
    layers.append(Layer(kind, x, width, shade, title))
    return x + width


# ---------------------------------------------------------------- what time will do


def _turn(facts: Facts, site: Site, viewer: Viewer, now: datetime) -> str:
    """When the stage would cool if nothing more happened; nothing where it would not."""
    stages = {stage.id: stage for stage in site.definitions.stages}
    stage = stages.get(facts.standing.stage)
    if stage is None or stage.leave is None:
        return ""
    today = local_day(now, viewer.zone)
    on = falls_below(facts.standing.buckets, site.definitions, today, stage.leave * MILLI)
    if on is None or on <= today:
        return ""
    return say(
        "If nothing more happens, below %(floor)s on %(day)s: the stage then cools.",
        floor=stage.leave,
        day=day(on, "brief"),
    )
