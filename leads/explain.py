"""Why a lead has this score and stands at this stage: every point by event, rule, file and line; the sum is exact."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from authoring.models.common import text_in
from authoring.models.definitions import Definitions, EngagementRule
from authoring.site import Site
from base.calendars import Zone, local_day
from base.saying import said
from base.toml import parse
from leads import events, standings
from leads.consent import granted
from leads.facts import Buckets, Event, Facts, Standing
from leads.identity import load_leads
from leads.points import share
from leads.scoring import earned, fit
from storage.schema import documents, releases, stage_changes

FILE = "definitions.toml"  # its path in a release's tree


@dataclass(frozen=True, slots=True)
class Why:
    """A share of the score, in milli-points: what an event earned, what a rule lost by decay, what its cap took."""

    what: str
    rule: str
    file: str
    line: int
    event: int | None  # its number in the lead's log
    at: datetime | None
    points: int
    kind: str  # points | decay | cap


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
class Explanation:
    """`total` and the lines' points are milli-points, so that they sum without a rounding."""

    lead: int
    at: datetime
    total: int
    lines: tuple[Why, ...]
    stage: str
    stages: tuple[Passage, ...]
    release: str
    fit: Fits

    def as_json(self) -> dict[str, Any]:
        """The same in JSON's types; instants as ISO text in UTC."""
        return {"unit": "milli-points", **_plain(asdict(self))}


def explain(conn: Connection, site: Site, lead_id: int, at: datetime, zone: Zone) -> Explanation:
    """The score at `at` under the rules of `site`, computed again from every event, and the stages as recorded.

    `zone` is the site's. Raises LookupError for a lead who never did anything.
    """
    history = events.all_of(conn, lead_id)
    stood = standings.load(conn, [lead_id]).get(lead_id)
    if not history and stood is None:
        raise LookupError(said("lead %(lead)s is not known, or nothing ever happened to them", lead=lead_id))
    happened = [event for event in history if event.at <= at]
    lines = tuple(account(happened, site.definitions, at, zone, rule_lines(conn, site)))
    passages = tuple(_passages(conn, lead_id))
    until_then = tuple(passage for passage in passages if passage.at <= at)
    stage = _stage(passages, until_then) or (stood or Standing.fresh(site, at)).stage
    standing = replace(stood or Standing.fresh(site, at), as_of=at)
    facts = Facts(
        load_leads(conn, [lead_id])[lead_id], standing, granted(conn, [lead_id])[lead_id], tuple(happened), zone
    )
    total = sum(line.points for line in lines)
    return Explanation(lead_id, at, total, lines, stage, until_then, site.hash, fits(facts, site.definitions))


def fits(facts: Facts, definitions: Definitions) -> Fits:
    """The persona that matches best, with what holds of it and what is missing."""
    found = fit(facts, definitions)
    told = [(line, True) for line in found.lines] + [(line, False) for line in found.missing]
    lines = tuple(FitWhy(text_in(line.label, "en"), line.rule, line.milli, held) for line, held in told)
    return Fits(found.milli, found.best, found.persona, lines)


def account(
    happened: Sequence[Event], definitions: Definitions, at: datetime, zone: Zone, places: Mapping[str, int]
) -> Iterator[Why]:
    """What each event earned under each rule, then what decay and cap changed, rule by rule.

    `places`: {rule id: its line in definitions.toml}.
    """
    buckets: Buckets = {}
    for event in happened:
        buckets, paid = earned(buckets, event, definitions, zone)
        yield from (_why(rule, places, milli, "points", event) for rule, milli in paid)
    today = local_day(at, zone)
    for rule in definitions.scoring.engagement:
        raw, aged, held = share(rule, buckets, today)
        yield from (
            _why(rule, places, milli, kind) for milli, kind in ((aged - raw, "decay"), (held - aged, "cap")) if milli
        )


def rule_lines(conn: Connection, site: Site) -> dict[str, int]:
    """Where each scoring rule stands in the release's own text: {rule id: line}; empty for a site never stored."""
    tree = conn.execute(select(releases.c.tree).where(releases.c.id == site.release_id)).scalar_one_or_none()
    entry = (tree or {}).get(FILE)
    if entry is None:
        return {}
    text = conn.execute(select(documents.c.text).where(documents.c.hash == entry["hash"])).scalar_one_or_none()
    if text is None:
        return {}
    document = parse(text, FILE)
    rules = site.definitions.scoring.engagement
    return {
        rule.id: document.locate(("scoring", "engagement", index, "id"), "key")[0] for index, rule in enumerate(rules)
    }


def _why(rule: EngagementRule, places: Mapping[str, int], milli: int, kind: str, event: Event | None = None) -> Why:
    return Why(
        what=text_in(rule.label, "en"),
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
