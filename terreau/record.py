"""What a played story left in the database, held against what it should have left: the demo's last word."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from leads import consent
from leads.events import all_of
from leads.explain import explain
from leads.facts import HITS
from storage.schema import (
    enrolments,
    escalations,
    hand_offs,
    leads,
    messages,
    stage_changes,
    standings,
    submissions,
    webhooks,
)
from terreau.stage import Stage

MILLI = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the table: what was expected, what was found, and whether they agree."""

    what: str
    found: str
    held: bool


def topics_granted(stage: Stage, address: str) -> frozenset[str]:
    with stage.house.database.read() as conn:
        lead_id = conn.scalar(select(leads.c.id).where(leads.c.email == address))
        return frozenset() if lead_id is None else consent.granted(conn, [lead_id])[lead_id]


def verdicts(stage: Stage) -> list[str]:
    with stage.house.database.read() as conn:
        return [verdict for verdict in conn.scalars(select(hand_offs.c.verdict)) if verdict]


def records(stage: Stage) -> list[Record]:
    """The table, from one snapshot."""
    with stage.house.database.read() as conn:
        lead_id = conn.scalar(select(leads.c.id).order_by(leads.c.id))
        if lead_id is None:
            return [Record("a lead was captured", "none", False)]
        return [*_captured(conn, lead_id), *_mailed(conn), *_scored(stage, conn, lead_id), *_handed_over(conn, lead_id)]


def _captured(conn: Connection, lead_id: int) -> Iterator[Record]:
    forms = list(conn.scalars(select(submissions.c.form)))
    yield Record("one submission", ", ".join(forms), forms == ["guide-3d"])
    topics = sorted(consent.granted(conn, [lead_id])[lead_id])
    yield Record("consent confirmed", ", ".join(topics), {"conseils-3d", "clicks"} <= set(topics))
    heard = [event.data.get("of", event.name) for event in all_of(conn, lead_id) if event.human and event.means in HITS]
    acts = ["asset_downloaded", "link_clicked", "link_clicked"]
    yield Record("a download and two clicks, a person's", ", ".join(heard), heard == acts)


def _mailed(conn: Connection) -> Iterator[Record]:
    rows = conn.execute(select(messages.c.klass, messages.c.email, messages.c.state).order_by(messages.c.id)).all()
    sent = [row.email for row in rows if row.state == "sent"]
    yield Record("mails sent, each once", ", ".join(sent), len(sent) == len(rows) == len(set(sent)) == 5)
    calls = conn.execute(select(webhooks.c.type, webhooks.c.state)).all()
    found = ", ".join(f"{row.type} {row.state}" for row in calls)
    yield Record("webhook delivered", found, [(row.type, row.state) for row in calls] == [("lead.hot", "sent")])


def _scored(stage: Stage, conn: Connection, lead_id: int) -> Iterator[Record]:
    site = stage.house.releases.in_force()
    standing = conn.execute(select(standings).where(standings.c.lead_id == lead_id)).one()
    explained = explain(conn, site, lead_id, standing.as_of, stage.house.config.site.timezone)
    total = sum(line.points for line in explained.lines)
    found = f"{len(explained.lines)} lines, {total / MILLI:g} points; kept: {standing.engagement / MILLI:g}"
    yield Record("score lines sum to the score", found, total == standing.engagement > 0)
    top = max(standing.interests, key=standing.interests.__getitem__, default="none")
    yield Record("first interest", top, top == "cao/3d")


def _handed_over(conn: Connection, lead_id: int) -> Iterator[Record]:
    passages = conn.execute(
        select(stage_changes).where(stage_changes.c.lead_id == lead_id).order_by(stage_changes.c.id)
    ).all()
    way = [row.to_stage for row in passages]
    yield Record("promoted, then accepted", " -> ".join(way), way[-3:] == ["iql", "mql", "sql"])
    opened = conn.execute(select(hand_offs)).all()
    found = ", ".join(f"{row.owner}: {row.verdict or 'waiting'}" for row in opened) or "none"
    yield Record("one alert, one verdict", found, [row.verdict for row in opened] == ["accepted"])
    routed = ", ".join(f"{row.routed['by']} {row.routed['name']}" for row in opened)
    yield Record("routed by a rule", routed, routed == "route ateliers")
    steps = list(conn.scalars(select(escalations.c.step)))
    yield Record("reminded once, before the answer", ", ".join(steps) or "none", steps == ["rappel"])
    inside = list(conn.scalars(select(enrolments.c.sequence).where(enrolments.c.state == "active")))
    yield Record("marketing keeps quiet now", ", ".join(inside) or "no sequence active", inside == [])
