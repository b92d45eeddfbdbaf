"""Dashboard, pages, sequences, messages and health say what the rows say, and read ranges of indexes only."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import insert, update

from reports.funnel import dashboard, way_forward
from reports.health import health
from reports.messages import VIEWS, Count, Place, counts, message, page, waiting_for_people
from reports.pages import pages_report
from reports.sequences import Inside, Mails, sequence_figures, sequence_list
from reports.tallies import Days, by_day, by_subject, counted, total
from reports.views import views
from storage import schema

TODAY = date(2026, 11, 2)
WEEK = Days.up_to(TODAY, 7)
DAY = timedelta(days=1)
TALLIES = [
    # name, days ago, subject, source, n
    ("lead.known", 0, "", "organic", 5),
    ("lead.known", 6, "", "paid", 3),
    ("lead.known", 7, "", "organic", 2),
    ("form_submitted", 0, "guide-3d", "organic", 9),
    ("form_submitted", 8, "guide-3d", "organic", 4),
    ("page.submitted", 0, "guide-3d", "organic", 7),
    ("page.submitted", 1, "gone", "organic", 1),
    ("consent_granted", 2, "conseils-3d", "organic", 4),
    ("consent_granted", 2, "clicks", "organic", 4),
    ("stage.reached", 0, "iql", "organic", 5),
    ("stage.reached", 0, "iql", "paid", 2),
    ("stage.reached", 0, "mql", "organic", 2),
    ("stage.reached", 30, "sql", "organic", 9),
    ("unsubscribed", 0, "all", "", 1),
    ("sequence.begun", 0, "conseils-3d", "", 6),
    ("sequence.completed", 0, "conseils-3d", "", 2),
    ("sequence.left", 0, "conseils-3d/goal", "", 3),
    ("sequence.left", 0, "conseils-3d/consent", "", 1),
    ("sequence.goal", 0, "conseils-3d/rendez-vous", "", 3),
    ("step.taken", 0, "conseils-3d/niveaux", "", 6),
    ("step.skipped", 1, "conseils-3d/ecoute", "", 4),
    ("mail.sent", 0, "conseils-3d/niveaux", "", 5),
    ("mail.settled_delivered", 0, "conseils-3d/niveaux", "", 1),
    ("mail.refused", 0, "conseils-3d/niveaux", "", 1),
    ("link_clicked", 0, "conseils-3d/niveaux", "", 4),
    ("asset_delivered", 0, "guide-3d", "", 8),
    ("asset_downloaded", 0, "guide-3d", "", 6),
]
VIEWS_OF = [("guide-3d", 0, 100), ("guide-3d", 6, 20), ("guide-3d", 7, 50), ("demo", 0, 10), ("gone", 0, 3)]


def lead(conn, number, at, **more):
    row = {
        "status": "lead",
        "email": f"ada{number}@lumen.example",
        "first_name": "Ada",
        "fields": {},
        "tags": [],
        **more,
    }
    made = insert(schema.leads).values(**row, locale="fr", origin="inbound", created_at=at)
    return conn.execute(made.returning(schema.leads.c.id)).scalar_one()


def mail(conn, lead_id, number, at, **columns):
    row = {
        "lead_id": lead_id, "klass": "marketing", "sequence": "conseils-3d", "step": "niveaux", "occurrence": 1,
        "email": "conseils-3d/niveaux", "locale": "fr", "token": f"t{number}", "state": "sent", "due_at": at,
        "attempts": 1, "release_id": 1, "created_at": at, **columns,
    }  # fmt: skip
    return conn.execute(insert(schema.messages).values(row).returning(schema.messages.c.id)).scalar_one()


@pytest.fixture
def house(database, site, moment):
    """A release in force by ada, and what the engine has counted of two weeks."""

    def lay(conn):
        at = moment.machine
        tree = {"sequences/conseils-3d.toml": {"hash": "doc", "kind": "text", "size": 1}}
        release = {"hash": site.hash, "tree": tree, "author": "ada", "git_commit": "8c1f0a2", "created_at": at}
        conn.execute(insert(schema.releases).values(id=1, **release))
        conn.execute(insert(schema.in_force).values(id=1, release_id=1, since=at))
        conn.execute(insert(schema.documents).values(hash="doc", text=""))
        current = site.versions["conseils-3d"]
        for hash in (current, "older"):
            row = {"hash": hash, "name": "conseils-3d", "document_hash": "doc"}
            conn.execute(insert(schema.sequence_versions).values(row))
        rows = [
            {"name": name, "day": TODAY - ago * DAY, "subject": subject, "source": source, "n": n}
            for name, ago, subject, source, n in TALLIES
        ]
        conn.execute(insert(schema.tallies), rows)
        opened = [{"page": name, "day": TODAY - ago * DAY, "views": n} for name, ago, n in VIEWS_OF]
        conn.execute(insert(schema.page_views), opened)
        places = [
            (current, "ecoute", "waiting", 7),
            (current, "niveaux", "awaiting_mail", 2),
            (current, "niveaux", "ready", 1),
            ("older", "ecoute", "waiting", 3),
            ("older", "gone", "waiting", 1),
            (current, "variantes", "waiting", 0),
        ]
        for version, step, position, n in places:
            place = {"sequence": "conseils-3d", "version": version, "step": step, "position": position, "n": n}
            conn.execute(insert(schema.occupancy).values(place))

    database.write(lay)
    return database


# ---------------------------------------------------------------- days


def test_days_hold_both_their_ends_and_know_those_before():
    assert (WEEK.first, WEEK.last, WEEK.count) == (date(2026, 10, 27), TODAY, 7)
    assert WEEK.before == Days(date(2026, 10, 20), date(2026, 10, 26))


def test_what_is_counted_is_what_lies_within_the_days(house, watched):
    with watched() as conn:
        found = counted(conn, ["lead.known", "form_submitted"], WEEK)
        assert (total(found, "lead.known"), total(found, "form_submitted", "guide-3d")) == (8, 9)
        assert by_subject(found, "form_submitted") == {"guide-3d": 9}
        assert by_day(conn, "lead.known", WEEK) == {TODAY: 5, WEEK.first: 3}
        assert views(conn, ["guide-3d", "demo"], WEEK) == {"guide-3d": 120, "demo": 10}
        assert counted(conn, ["no.such"], WEEK) == ()


# ---------------------------------------------------------------- dashboard, pages


def answer(conn, number, source, verdict, at):
    """Somebody of that source was handed over, and that is what sales said."""
    row = {
        "lead_id": lead(conn, number, at, source=source), "cycle": 1, "stage": "mql", "owner": "nadia", "brief": {},
        "token": f"t{number}", "opened_at": at, "verdict": verdict, "verdict_at": at, "event_seq": 1, "release_id": 1,
    }  # fmt: skip
    return conn.execute(insert(schema.hand_offs).values(row)).rowcount


def test_the_funnel_counts_the_period_and_the_one_before(house, site, moment, watched):
    for number, (source, said) in enumerate((("organic", "accepted"), ("paid", "rejected"), ("paid", "recycled"))):
        house.write(partial(answer, number=number, source=source, verdict=said, at=moment.calendar))
    with watched() as conn:
        board = dashboard(conn, site, WEEK, "Europe/Paris")
    now, before = board.now, board.before
    assert (now.views, now.submissions, now.leads, now.confirmed, now.unsubscribed) == (130, 9, 8, 4, 1)
    assert list(now.stages.items())[:3] == [("iql", 7), ("mql", 2), ("sql", 0)]
    assert (before.views, before.submissions, before.leads) == (50, 4, 2)
    assert board.daily == {TODAY: 5, WEEK.first: 3}
    assert [
        (one.name, one.leads, one.reached["iql"], one.answers.accepted, one.answers.count) for one in board.sources
    ] == [("organic", 5, 5, 1, 1), ("paid", 3, 2, 0, 2)]


def test_the_way_forward_leaves_out_where_everybody_begins_and_where_leads_are_set_aside(site):
    ways = [stage.id for stage in way_forward(site.definitions)]
    assert ways[:3] == ["iql", "mql", "sql"]
    assert {"contact", "recycled", "disqualified"}.isdisjoint(ways)


def test_a_page_that_is_gone_is_shown_with_what_was_counted(house, site, watched):
    with watched() as conn:
        report = pages_report(conn, site, WEEK)
    first, last = report.pages[0], report.pages[-1]
    assert (first.name, first.views, first.submissions, first.views_before) == ("guide-3d", 120, 7, 50)
    assert (last.name, last.views, last.submissions, last.written) == ("gone", 3, 1, False)
    assert {line.name for line in report.pages} == {*site.pages, "gone"}
    assert report.forms[0].submissions == 9
    assert report.forms[0].before == 4
    assert [(one.name, one.delivered, one.downloaded) for one in report.magnets[:1]] == [("guide-3d", 8, 6)]
    assert (report.views, report.submissions) == (133, 8)


# ---------------------------------------------------------------- sequences


def test_the_list_has_every_sequence_with_who_is_inside(house, site, watched):
    with watched() as conn:
        lines = {line.name: line for line in sequence_list(conn, site, WEEK)}
    assert lines.keys() == site.sequences.keys()
    line = lines["conseils-3d"]
    assert line.inside == Inside(waiting=11, ready=1, awaiting_mail=2)
    assert (line.ways.begun, line.ways.completed, line.ways.goal, line.ways.gone) == (6, 2, 3, 1)
    assert (line.ways.sent, line.ways.clicked, line.off) == (6, 4, None)
    assert lines["livraison"].inside.all == 0


def test_a_sequence_says_what_each_step_and_mail_did(house, site, moment, watched):
    with watched() as conn:
        figures = sequence_figures(conn, site, "conseils-3d", WEEK, moment.calendar)
    step = figures.steps["niveaux"]
    assert (step.passed, step.inside, figures.steps["ecoute"].inside.all) == (6, Inside(0, 1, 2), 10)
    assert (figures.steps["ecoute"].skipped, figures.steps["rendez-vous"].goal) == (4, 3)
    assert figures.mails["niveaux"] == Mails(arrived=6, clicked=4, missed={"refused": 1})
    assert figures.strangers == {"gone": 1}
    assert [(one.in_force, one.inside, one.release_id, one.author) for one in figures.versions] == [
        (True, 10, 1, "ada"),
        (False, 4, 1, "ada"),
    ]


def test_who_moves_on_next_and_soon_is_read_from_the_enrolments(house, site, moment, watched):
    at = moment.calendar

    def enrol(conn):
        for number, days in enumerate((1, 3, 20)):
            row = {
                "lead_id": lead(conn, number, at), "sequence": "conseils-3d", "sequence_version": "older",
                "entry_key": "", "state": "active", "step": "ecoute", "occurrence": 1, "position": "waiting",
                "due_at": at + days * DAY, "anchor_at": at, "entered_at": at, "entry_seq": 1, "release_id": 1,
            }  # fmt: skip
            conn.execute(insert(schema.enrolments).values(row))

    house.write(enrol)
    with watched() as conn:
        figures = sequence_figures(conn, site, "conseils-3d", WEEK, at)
    assert figures.steps["ecoute"].next_due == at + DAY
    assert figures.soon == 2


def test_a_sequence_that_is_switched_off_says_why(house, site, moment):
    row = {"name": "conseils-3d", "off": True, "reason": "a wrong price", "since": moment.machine}
    house.write(lambda conn: conn.execute(insert(schema.switches).values(row)) and None)
    with house.read() as conn:
        lines = {line.name: line.off for line in sequence_list(conn, site, WEEK)}
    assert (lines["conseils-3d"], lines["livraison"]) == ("a wrong price", None)


def test_a_sequence_gone_from_the_release_is_listed_while_somebody_is_inside(house, site):
    without = replace(site, sequences={name: one for name, one in site.sequences.items() if name != "conseils-3d"})
    with house.read() as conn:
        last = sequence_list(conn, without, WEEK)[-1]
    assert (last.name, last.written, last.inside.all) == ("conseils-3d", False, 14)


# ---------------------------------------------------------------- messages


@pytest.fixture
def mails(house, moment):
    """Nine messages: three in doubt at one instant, others in other states, earlier."""
    at = moment.machine
    states = ["unknown", "unknown", "unknown", "failed", "refused", "due", "sent", "withdrawn", "settled_resent"]

    def write(conn):
        ada = lead(conn, 1, at)
        return [
            mail(conn, ada, number, at - (number // 3) * DAY, state=state, reason=f"because {number}")
            for number, state in enumerate(states)
        ]

    return house.write(write)


def test_a_view_goes_page_by_page_and_misses_none(house, mails, watched):
    with watched() as conn:
        first = page(conn, "unknown", size=2)
        second = page(conn, "unknown", first.after, size=2)
    assert [line.id for line in (*first.lines, *second.lines)] == [mails[2], mails[1], mails[0]]
    assert second.after is None


def test_the_messages_of_one_text_are_found_without_reading_all_of_a_state(house, mails, watched):
    with watched() as conn:
        every = page(conn, "unknown").lines
        asked = every[0].email
        assert [line.id for line in page(conn, "unknown", email=asked).lines] == [
            line.id for line in every if line.email == asked
        ]
        assert page(conn, "unknown", email="a/text-of-nobody").lines == ()


def test_a_view_of_several_states_is_one_list(house, mails, watched):
    with watched() as conn:
        lines = page(conn, "failed").lines
        after = page(conn, "failed", Place(lines[0].due_at, lines[0].id)).lines
    assert [line.state for line in lines] == ["refused", "failed"]
    assert [line.state for line in after] == ["failed"]
    assert (lines[0].who, lines[0].reason) == ("Ada", "because 4")


def test_every_view_is_counted_up_to_a_bound(house, mails, watched):
    with watched() as conn:
        found = counts(conn)
        assert waiting_for_people(conn) == 3
    assert found == {
        "unknown": Count(3), "failed": Count(2), "waiting": Count(1), "sent": Count(2), "stopped": Count(1),
    }  # fmt: skip
    assert found.keys() == VIEWS.keys()


def test_views_hold_every_state_of_the_table_once():
    from emails.states import TRANSITIONS

    assert sorted(state for states in VIEWS.values() for state in states) == sorted(TRANSITIONS)


def test_one_message_says_who_holds_it(house, mails, moment, watched):
    held = update(schema.messages).where(schema.messages.c.id == mails[0]).values(holder=7, resent_at=moment.machine)
    row = {"id": 7, "fence": 1, "name": "host:42", "started_at": moment.machine, "seen_at": moment.machine}
    house.write(lambda conn: (conn.execute(insert(schema.holders).values(row)), conn.execute(held), None)[-1])
    with watched() as conn:
        line = message(conn, mails[0])
        assert message(conn, 404) is None
    assert (line.holder, line.resent, line.step, line.created_at) == ("host:42", True, "niveaux", moment.machine)


# ---------------------------------------------------------------- health


def test_a_quiet_house_is_well(house, moment, watched):
    with watched() as conn:
        found = health(conn, moment.calendar, moment.machine)
    assert (found.processes, found.oldest_lead, found.oldest_mail, found.last_sent) == ((), None, None, None)
    assert (found.leads_due, found.unknown, found.failed, found.webhooks_failed) == (Count(0),) * 4
    assert (found.release.author, found.release.git_commit) == ("ada", "8c1f0a2")
    assert found.database_bytes > 100_000


def test_what_waits_is_seen_with_the_oldest_first(house, mails, moment, watched):
    at = moment.machine

    def wait(conn):
        for number, name, ago in ((6, "host:8", 200), (7, "host:7", 90), (8, "host:8", 20)):
            row = {"id": number, "fence": 1, "name": name, "started_at": at - number * DAY}
            conn.execute(insert(schema.holders).values(**row, seen_at=at - timedelta(seconds=ago)))
        lead_id = lead(conn, 9, at)
        wake = {"lead_id": lead_id, "seq": 1, "folded_seq": 0, "due_at": at - timedelta(minutes=3)}
        conn.execute(insert(schema.wakes).values(wake))
        hook = {"lead_id": lead_id, "channel": "crm", "type": "lead.hot", "payload": {}, "attempts": 1}
        for number, state in enumerate(("failed", "due")):
            conn.execute(
                insert(schema.webhooks).values(**hook, event_id=str(number), state=state, due_at=at, created_at=at)
            )

    house.write(wait)
    with watched() as conn:
        found = health(conn, at, at)
    assert [(one.name, one.alive, one.started_at) for one in found.processes] == [
        ("host:8", True, at - 8 * DAY), ("host:7", False, at - 7 * DAY),
    ], "a process is one, however many of its parts claim"  # fmt: skip
    assert (found.leads_due, found.oldest_lead) == (Count(1), at - timedelta(minutes=3))
    assert (found.mails_due, found.oldest_mail) == (Count(1), at - DAY)
    assert (found.unknown, found.failed, found.webhooks_failed) == (Count(3), Count(2), Count(1))
    assert (found.webhooks_due, found.oldest_webhook) == (Count(1), at)
