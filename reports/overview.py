"""The figures of a period: what came in, was confirmed, went out, and who went further; one question, read-only."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from leads.facts import HUMAN, PRESUMED
from storage.schema import events, hand_offs, leads, messages, stage_changes, submissions


@dataclass(frozen=True, slots=True)
class Period:
    """Calendar instants, `start` included and `end` not."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """Counts within the period. Bought contacts are in none of them until they act."""

    leads: int  # people who became known
    submissions: int
    submissions_by_form: dict[str, int]
    confirmations: int  # topics confirmed, measuring not counted
    sent: int  # mails to leads that the server took
    sent_by_sequence: dict[str, int]
    clicks: int  # links followed by a human, as their page confirmed
    downloads: int
    unsubscribed: int
    promotions: dict[str, int]  # {stage: how often it was entered from below or aside}
    alerts: int  # hand-offs opened
    accepted: int
    rejected: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def overview(connection: Connection, period: Period) -> Report:
    """The figures of `period`, each read from what was recorded; nothing is written."""
    heard = _heard(connection, period)
    sent = _sent(connection, period)
    verdicts = _verdicts(connection, period)
    return Report(
        leads=_count(connection, and_(_within(leads.c.created_at, period), leads.c.status == "lead")),
        submissions=sum((by_form := _by_form(connection, period)).values()),
        submissions_by_form=by_form,
        confirmations=heard.get("consent_granted", 0),
        sent=sum(sent.values()),
        sent_by_sequence=sent,
        clicks=heard.get("link_clicked", 0),
        downloads=heard.get("asset_downloaded", 0),
        unsubscribed=heard.get("unsubscribed", 0),
        promotions=_promotions(connection, period),
        alerts=_count(connection, _within(hand_offs.c.opened_at, period)),
        accepted=verdicts.get("accepted", 0),
        rejected=verdicts.get("rejected", 0),
    )


def _within(column: ColumnElement[Any], period: Period) -> ColumnElement[bool]:
    return and_(column >= period.start, column < period.end)


def _count(connection: Connection, where: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).where(where)).scalar_one()


def _grouped(connection: Connection, column: ColumnElement[Any], where: ColumnElement[bool]) -> dict[str, int]:
    counted = select(column, func.count()).where(where).group_by(column).order_by(column)
    return {str(name): count for name, count in connection.execute(counted)}


def _by_form(connection: Connection, period: Period) -> dict[str, int]:
    return _grouped(connection, submissions.c.form, _within(submissions.c.at, period))


def _heard(connection: Connection, period: Period) -> dict[str, int]:
    """What humans did, by name; a confirmed hit under the name of the hit, consent to be measured left out."""
    meant = events.c.data["of"].as_string()
    human = and_(
        _within(events.c.at, period),
        events.c.evidence.in_((HUMAN, PRESUMED)),
        func.coalesce(events.c.subject, "").not_in(("clicks", "opens")),
    )
    plain = _grouped(connection, events.c.name, and_(human, events.c.name != "hit_confirmed"))
    hits = _grouped(connection, meant, and_(human, events.c.name == "hit_confirmed"))
    return {name: plain.get(name, 0) + hits.get(name, 0) for name in {*plain, *hits}}


def _sent(connection: Connection, period: Period) -> dict[str, int]:
    """Mails to leads by sequence; those that were in doubt and settled as delivered are counted."""
    taken = and_(
        _within(messages.c.sent_at, period),
        messages.c.klass != "notification",
        messages.c.state.in_(("sent", "settled_delivered", "settled_resent")),
    )
    return _grouped(connection, func.coalesce(messages.c.sequence, ""), taken)


def _promotions(connection: Connection, period: Period) -> dict[str, int]:
    """Entries by rule, by a raised hand and by sales' acceptance; not the ways back."""
    forward = and_(
        _within(stage_changes.c.at, period),
        stage_changes.c.reason.not_like("cooled%"),
        stage_changes.c.reason.not_like("rejected%"),
    )
    return _grouped(connection, stage_changes.c.to_stage, forward)


def _verdicts(connection: Connection, period: Period) -> dict[str, int]:
    given = and_(_within(events.c.at, period), events.c.name == "verdict_given")
    return _grouped(connection, func.coalesce(events.c.subject, ""), given)
