"""The overview counts what happened in the period, and nothing else, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from leads import events
from reports.overview import Period, Report, overview
from storage.schema import hand_offs, leads, messages, releases, stage_changes, submissions, wakes

DAY = timedelta(days=1)


@pytest.fixture
def period(moment) -> Period:
    return Period(moment.calendar, moment.calendar + 7 * DAY)


@pytest.fixture
def story(database, moment):
    """A week in which ada comes in, is mailed, clicks, is handed over; with the same on the day before and after."""

    def make(conn):
        row = insert(releases).values(hash="h", tree={}, author="ada", created_at=moment.machine)
        release = conn.execute(row.returning(releases.c.id)).scalar_one()
        for number, at in enumerate((moment.calendar - DAY, moment.calendar, moment.calendar + 7 * DAY)):
            _tell(conn, number, at, release, moment)
        contact = insert(leads).values(
            status="contact", email="bought@lumen.example", fields={}, tags=[], locale="fr", origin="purchased",
            created_at=moment.calendar,
        )  # fmt: skip
        conn.execute(contact)

    database.write(make)


def _tell(conn, number, at, release, moment):
    now = type(moment)(at, moment.machine)
    lead = insert(leads).values(
        status="lead", email=f"ada{number}@lumen.example", fields={}, tags=[], locale="fr", origin="inbound",
        created_at=at,
    )  # fmt: skip
    lead_id = conn.execute(lead.returning(leads.c.id)).scalar_one()
    conn.execute(insert(wakes).values(lead_id=lead_id, seq=0, folded_seq=0))
    acts = [
        ("form_submitted", "guide", "human", {}),
        ("consent_granted", "tips", "human", {}),
        ("consent_granted", "clicks", "human", {}),
        ("link_clicked", "tips/one", "pending", {}),
        ("hit_confirmed", "tips/one", "human", {"of": "link_clicked"}),
        ("asset_downloaded", "guide", "human", {}),
        ("unsubscribed", "tips", "human", {}),
        ("verdict_given", "rejected", "engine", {}),
    ]
    for name, subject, evidence, data in acts:
        events.append(conn, lead_id, name, now, evidence=evidence, subject=subject, data=data)
    conn.execute(
        insert(submissions).values(
            lead_id=lead_id,
            event_seq=1,
            form="guide",
            page="p",
            locale="fr",
            answers={},
            touch={},
            release_id=release,
            idempotency_key=str(number),
            at=at,
            recorded_at=at,
        )
    )
    for state, klass in [
        ("sent", "marketing"),
        ("settled_delivered", "marketing"),
        ("refused", "marketing"),
        ("sent", "notification"),
    ]:
        conn.execute(
            insert(messages).values(
                lead_id=lead_id,
                klass=klass,
                sequence="tips",
                occurrence=1,
                email="tips/one",
                locale="fr",
                token=f"{number}{state}{klass}",
                state=state,
                due_at=at,
                attempts=1,
                sent_at=at,
                release_id=release,
                created_at=at,
            )
        )
    for to, reason in [("iql", "enter: x"), ("mql", "hand_raise: demo"), ("iql", "rejected: x"), ("iql", "cooled: x")]:
        conn.execute(
            insert(stage_changes).values(
                lead_id=lead_id, to_stage=to, reason=reason, cycle=1, at=at, release_id=release
            )
        )
    conn.execute(
        insert(hand_offs).values(
            lead_id=lead_id,
            cycle=1,
            stage="mql",
            owner="nadia",
            token=f"t{number}",
            brief={},
            opened_at=at,
            event_seq=1,
            release_id=release,
        )
    )


def test_a_week_is_counted_from_its_first_instant_up_to_its_end(database, story, period):
    with database.read() as conn:
        report = overview(conn, period)
    assert report == Report(
        leads=1,
        submissions=1,
        submissions_by_form={"guide": 1},
        confirmations=1,
        sent=2,
        sent_by_sequence={"tips": 2},
        clicks=1,
        downloads=1,
        unsubscribed=1,
        promotions={"iql": 1, "mql": 1},
        alerts=1,
        accepted=0,
        rejected=1,
    )
    assert report.as_json()["sent"] == 2


def test_a_quiet_time_counts_nothing(database, period):
    with database.read() as conn:
        report = overview(conn, period)
        assert conn.execute(select(leads)).all() == []
    assert (report.leads, report.sent, report.promotions, report.alerts) == (0, 0, {}, 0)
