"""Why a lead has this score and stands at this stage: every point by event, rule, file and line; the sum is exact."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from authoring.models.common import text_in
from authoring.models.definitions import Definitions, EngagementRule, Limit
from authoring.site import Site
from base.calendars import Zone, local_day
from base.saying import said
from base.toml import parse
from leads import events, standings
from leads.consent import granted
from leads.facts import CALLED, DISQUALIFIED, RECYCLED, Buckets, Event, Facts, Standing
from leads.identity import load_leads
from leads.lifecycle import held_back
from leads.points import excesses, share
from leads.scoring import earned, fit, starts_again, temperature
from storage.schema import documents, releases, stage_changes

FILE = "definitions.toml"  # its path in a release's tree


@dataclass(frozen=True, slots=True)
class Why:
    """A share of the score, in milli-points: what an event earned, what a rule lost by decay, what its cap took, what a
    limit took from several rules (then `rule` is the limit's id), what was given up when the lead was recycled."""

    what: str
    rule: str
    file: str
    line: int
    event: int | None  # its number in the lead's log
    at: datetime | None
    points: int
    kind: str  # points | decay | cap | limit | reset


@dataclass(frozen=True, slots=True)
class FitWhy:
    """A rule of the persona that matches best: what it gives, or would give where it does not hold. Milli-points."""

    what: str
    rule: str
    points: int
    held: bool


@dataclass(frozen=True, slots=True)
class Fits:
    """Who the lead is, by what is known of them today; those of `lines` that hold add up to `total`, of `best`."""

    total: int
    best: int
    persona: str | None
    lines: tuple[FitWhy, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A recorded change of stage."""

    stage: str
    came_from: str | None
    reason: str
    event: int | None
    cycle: int
    at: datetime
    release: int


@dataclass(frozen=True, slots=True)
class Called:
    """A call with the lead: how it ended (`authoring.vocabulary.CALL_OUTCOMES`), why not, when to call again (ISO)."""

    at: datetime
    event: int
    outcome: str
    reason: str | None
    back_at: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """The stage that the rules would let the lead into, and what nobody knows that it asks for."""

    stage: str
    fields: tuple[str, ...]
    bant: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """`total` and the lines' points are milli-points, so that they sum without a rounding. `held`: what keeps the lead
    from the next stage; `aside`: how often it was recycled, disqualified."""

    lead: int
    at: datetime
    known: bool  # whether anything of the lead was by then
    total: int
    lines: tuple[Why, ...]
    stage: str
    stages: tuple[Passage, ...]
    release: str
    definitions: str  # their version
    temperature: str
    fit: Fits
    calls: tuple[Called, ...]
    held: Held | None
    aside: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """The same in JSON's types; instants as ISO text in UTC."""
        return {"unit": "milli-points", **_plain(asdict(self))}


def explain(conn: Connection, site: Site, lead_id: int, at: datetime, zone: Zone, locale: str = "en") -> Explanation:
    """The score at `at` under the rules of `site`, computed again from every event, and the stages as recorded.

    `zone` is the site's; rules are named in the language of `locale`. Raises LookupError for a lead who never did
    anything.
    """
    history = events.all_of(conn, lead_id)
    stood = standings.load(conn, [lead_id]).get(lead_id)
    if not history and stood is None:
        raise LookupError(said("lead %(lead)s is not known, or nothing ever happened to them", lead=lead_id))
    happened = [event for event in history if event.at <= at]
    lines = tuple(account(happened, site.definitions, at, zone, rule_lines(conn, site), locale))
    total = sum(line.points for line in lines)
    passages = tuple(_passages(conn, lead_id))
    until_then = tuple(passage for passage in passages if passage.at <= at)
    stage = _stage(passages, until_then) or (stood or Standing.fresh(site, at)).stage
    standing = replace(stood or Standing.fresh(site, at), as_of=at, engagement=total)
    facts = Facts(
        load_leads(conn, [lead_id])[lead_id], standing, granted(conn, [lead_id])[lead_id], tuple(happened), zone
    )
    return Explanation(
        lead_id,
        at,
        bool(happened or until_then),
        total,
        lines,
        stage,
        until_then,
        site.hash,
        site.definitions.version,
        temperature(total, site.definitions),
        fits(facts, site.definitions, locale),
        tuple(_called(event) for event in happened if event.name == CALLED),
        _held(facts, site.definitions, at),
        {name: sum(one.stage == name for one in until_then) for name in (RECYCLED, DISQUALIFIED)},
    )


def _called(event: Event) -> Called:
    return Called(event.at, event.seq, str(event.subject), event.data.get("reason"), event.data.get("back_at"))


def _held(facts: Facts, definitions: Definitions, at: datetime) -> Held | None:
    found = held_back(facts, definitions, at)
    return Held(found[0].id, found[1].fields, found[1].bant) if found is not None else None


def fits(facts: Facts, definitions: Definitions, locale: str = "en") -> Fits:
    """The persona that matches best, with what holds of it and what is missing."""
    found = fit(facts, definitions)
    told = [(line, True) for line in found.lines] + [(line, False) for line in found.missing]
    lines = tuple(FitWhy(text_in(line.label, locale), line.rule, line.milli, held) for line, held in told)
    return Fits(found.milli, found.best, found.persona, lines)


def account(
    happened: Sequence[Event],
    definitions: Definitions,
    at: datetime,
    zone: Zone,
    places: Mapping[str, int],
    locale: str = "en",
) -> Iterator[Why]:
    """What each event earned under each rule, then what decay and cap changed, rule by rule, and limits after them.

    `places`: {rule id or limit id: its line in definitions.toml}.
    """
    buckets: Buckets = {}
    for event in happened:
        buckets, paid = earned(buckets, event, definitions, zone)
        kind = "reset" if starts_again(event, definitions) else "points"
        yield from (_why(rule, places, locale, milli, kind, event) for rule, milli in paid)
    today = local_day(at, zone)
    for rule in definitions.scoring.engagement:
        raw, aged, held = share(rule, buckets, today)
        changed = ((aged - raw, "decay"), (held - aged, "cap"))
        yield from (_why(rule, places, locale, milli, kind) for milli, kind in changed if milli)
    for limit, milli in excesses(buckets, definitions, today):
        yield _why(limit, places, locale, -milli, "limit")


def rule_lines(conn: Connection, site: Site) -> dict[str, int]:
    """Where each scoring rule, and each limit, stands in the release's own text: {id: line}; empty for a site never
    stored. Where a rule and a limit are called the same, it is the rule's."""
    tree = conn.execute(select(releases.c.tree).where(releases.c.id == site.release_id)).scalar_one_or_none()
    entry = (tree or {}).get(FILE)
    if entry is None:
        return {}
    text = conn.execute(select(documents.c.text).where(documents.c.hash == entry["hash"])).scalar_one_or_none()
    if text is None:
        return {}
    document = parse(text, FILE)
    scoring = site.definitions.scoring
    listed = [("limits", index, limit.id) for index, limit in enumerate(scoring.limits)]
    listed += [("engagement", index, rule.id) for index, rule in enumerate(scoring.engagement)]
    return {name: document.locate(("scoring", key, index, "id"), "key")[0] for key, index, name in listed}


def _why(
    rule: EngagementRule | Limit,
    places: Mapping[str, int],
    locale: str,
    milli: int,
    kind: str,
    event: Event | None = None,
) -> Why:
    return Why(
        what=text_in(rule.label, locale),
        rule=rule.id,
        file=f"content/{FILE}",
        line=places.get(rule.id, 1),
        event=event.seq if event else None,
        at=event.at if event else None,
        points=milli,
        kind=kind,
    )


def _stage(passages: Sequence[Passage], until_then: Sequence[Passage]) -> str | None:
    """Where the last passage led, or where the first one that was yet to come began; None when there was no passage."""
    if until_then:
        return until_then[-1].stage
    return passages[0].came_from if passages else None


def _passages(conn: Connection, lead_id: int) -> Iterator[Passage]:
    made = select(stage_changes).where(stage_changes.c.lead_id == lead_id)
    for row in conn.execute(made.order_by(stage_changes.c.id)):
        yield Passage(row.to_stage, row.from_stage, row.reason, row.event_seq, row.cycle, row.at, row.release_id)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value
