"""The engine on both databases: what it claims, reads and writes; every tick is run twice (`works`)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authoring.models.emails import Email
from leads import events, outside
from leads.facts import Standing
from storage import holders, schema
from storage.database import StorageUnavailable
from tests.workflows.conftest import THREE_MAILS
from workflows.writing import ROWS_PER_JOB

DAY = timedelta(days=1)
EXIT = 'exit_when = [{ event = "form_submitted", subject = "demo" }]\n'


def test_a_form_becomes_a_standing_an_enrolment_a_receipt_and_a_mail_in_one_pass(workshop, moment):
    shop = workshop()
    lead_id = shop.submits()
    assert shop.works() == 1
    [one] = shop.rows(schema.enrolments)
    assert (one.lead_id, one.sequence, one.state, one.step, one.position) == (
        lead_id, "tips", "active", "one", "awaiting_mail",
    )  # fmt: skip
    assert one.sequence_version == shop.releases.in_force().versions["tips"]
    [mail] = shop.rows(schema.messages)
    assert (mail.klass, mail.topic, mail.email, mail.locale) == ("marketing", "tips", "tips/one", "fr")
    assert (mail.state, mail.due_at, mail.created_at) == ("due", moment.machine, moment.calendar)
    assert len(mail.token) == 22
    receipts = shop.rows(schema.receipts, "enrolment_id", "step", "occurrence", "outcome")
    assert receipts == [(one.id, "one", 1, "taken")]
    assert shop.rows(schema.decisions, "outcome", "reason", "enrolment_id") == [
        ("entered", "form_submitted guide", one.id)
    ]
    assert shop.rows(schema.stage_changes, "from_stage", "to_stage") == [("contact", "iql")]
    assert shop.rows(schema.standings, "stage", "human_seq") == [("iql", 1)]
    assert shop.rows(schema.wakes, "seq", "folded_seq", "holder") == [(1, 1, None)]


def test_a_whole_series_goes_its_way_and_every_tick_is_run_twice(workshop):
    shop = workshop()
    shop.submits("ada")
    shop.submits("bob")
    sent = []
    while (due := shop.engine.next_due()) is not None and len(sent) < 20:
        shop.clocks.calendar_now = max(shop.clocks.calendar_now, due)
        shop.works()
        if shop.mails_end():
            sent.append(shop.clocks.calendar_now)
            shop.works()
    assert [f"{at:%m-%d %H:%M}" for at in sent] == ["11-02 09:00", "11-04 09:00", "11-07 09:00"]
    assert {row.state for row in shop.rows(schema.enrolments)} == {"completed"}
    assert [row.email for row in shop.rows(schema.messages)] == [
        f"tips/{step}" for step in ("one", "two", "three") for _ in "ab"
    ]
    assert len(shop.rows(schema.receipts)) == 6


ROUND = """
[[step]]
id = "tell"
webhook = "crm"
[[step]]
id = "call"
task = { title = "Call", due = "1 day" }
[[step]]
id = "pause"
wait = "1 day"
[[step]]
id = "again"
jump = "tell"
max_passes = 2
"""


def test_a_way_back_is_counted_in_the_database_and_every_pass_does_its_work_once(workshop, moment):
    shop = workshop({"tips": ROUND})
    lead_id = shop.submits()
    shop.database.write(lambda conn: outside.note(conn, {lead_id: {"hubspot": "512"}}, moment.machine))
    shop.works()
    for day in (1, 2, 3):
        assert len(shop.rows(schema.tasks)) == len(shop.rows(schema.webhooks)) == day
        shop.advance(days=1)
        shop.works()
    assert shop.rows(schema.enrolments, "state", "occurrence", "laps") == [("completed", 3, {"again": 2})]
    assert len(shop.rows(schema.tasks)) == len(shop.rows(schema.webhooks)) == 3
    receipts = shop.rows(schema.receipts, "step", "occurrence", "outcome", "reason")
    assert [row[:2] for row in receipts if row[0] == "tell"] == [("tell", 1), ("tell", 2), ("tell", 3)]
    assert receipts[2] == ("again", 3, "skipped", "max_passes 2 are used up")
    first = shop.rows(schema.tasks)[0]
    assert (first.lead_id, first.title, first.owner, first.created_by) == (lead_id, "Call", "nadia", "tips")
    assert (first.due_at, first.at, first.done_at) == (moment.calendar + DAY, moment.calendar, None)
    told = shop.rows(schema.webhooks)[0]
    assert (told.lead_id, told.channel, told.type, told.state) == (lead_id, "crm", "sequence.step", "due")
    assert (told.due_at, told.attempts) == (moment.machine, 0)
    assert told.payload["timestamp"] == moment.machine.isoformat()
    assert told.payload["data"]["step"] == "tell"
    assert told.payload["data"]["lead"]["outside_ids"] == {"hubspot": ["512"]}
    assert len({row.event_id for row in shop.rows(schema.webhooks)}) == 3


PICKS = """
[[step]]
id = "a"
pick = {}
[[step]]
id = "b"
pick = {}
"""


def test_the_engine_knows_which_texts_were_sent_when_it_picks(workshop):
    shop = workshop({"tips": PICKS})
    text = Email(subject="S", preheader="P", why="W", body="Bonjour", body_line=1, phase="early")
    in_force = shop.releases.in_force()
    shop.releases.apply(replace(in_force, emails={("tips", name, "fr"): text for name in ("oak", "pine")}))
    shop.submits()
    for _ in "ab":
        shop.works()
        shop.mails_end()
    shop.works()
    assert [mail.email for mail in shop.rows(schema.messages)] == ["tips/oak", "tips/pine"]


def test_an_event_between_the_read_and_the_write_makes_the_lead_be_done_again(workshop):
    """Ada asks for a demonstration while the engine computes: nothing of the first try is kept, nothing is doubled."""
    shop = workshop(
        {"tips": EXIT + '[[step]]\nid = "one"\nset.add_tags = ["x"]\n' + "[[step]]\nid = 'two'\nemail='two'"}
    )
    ada, bob = shop.submits("ada"), shop.submits("bob")
    shop.after_reading(lambda: shop.happens(ada, "form_submitted", "demo"))
    assert shop.engine.work() == 2
    assert [row.lead_id for row in shop.rows(schema.messages)] == [bob]
    assert [row.lead_id for row in shop.rows(schema.enrolments)] == [bob]
    assert shop.rows(schema.wakes, "lead_id", "folded_seq", "holder")[0] == (ada, 0, None)
    shop.works()
    assert [row.lead_id for row in shop.rows(schema.messages)] == [bob]
    assert [(row.lead_id, row.state) for row in shop.rows(schema.enrolments)] == [(bob, "active"), (ada, "left")]


def test_a_declared_death_drops_what_was_computed(workshop):
    shop = workshop()
    shop.submits()
    later = shop.clocks.machine_now + timedelta(minutes=2)
    shop.after_reading(lambda: shop.database.write(lambda conn: holders.bury(conn, later)))
    assert shop.another("dead").work() == 1
    assert shop.rows(schema.messages) == []
    assert shop.works() == 1
    assert len(shop.rows(schema.messages)) == 1


def test_a_holder_that_was_buried_registers_again(workshop):
    shop = workshop()
    assert shop.engine.work() == 0
    shop.clocks.machine_now += timedelta(minutes=5)
    shop.another("gravedigger").work()
    shop.submits()
    assert shop.engine.work() == 1
    assert len({row.name for row in shop.rows(schema.holders)}) == 2
    assert len(shop.rows(schema.holders)) == 3


def test_a_database_that_goes_away_in_the_middle_loses_nothing(workshop):
    shop = workshop()
    shop.submits()
    read = shop.database.read

    def away():
        raise StorageUnavailable("gone")

    shop.database.read = away
    with pytest.raises(StorageUnavailable):
        shop.engine.work()
    shop.database.read = read
    assert shop.works() == 1
    assert len(shop.rows(schema.messages)) == 1


def test_a_restart_in_the_middle_goes_on_where_it_was(workshop):
    shop = workshop()
    shop.submits()
    shop.works()
    shop.mails_end()
    shop.engine = shop.another("after the restart")
    shop.works()
    shop.advance(days=2)
    shop.engine = shop.another("and again")
    shop.works()
    assert [row.email for row in shop.rows(schema.messages)] == ["tips/one", "tips/two"]


def test_a_lead_whose_turn_fails_is_parked_and_the_others_go_on(workshop):
    shop = workshop()
    ada, bob = shop.submits("ada"), shop.submits("bob")

    def spoil(conn):
        standing = Standing.fresh(shop.releases.in_force(), shop.clocks.calendar_now)
        spoilt = {
            **{name: getattr(standing, name) for name in Standing.__dataclass_fields__},
            "buckets": {"visit": {"x": 1}},
        }
        row = {**spoilt, "segments": [], "interests": {}, "lead_id": ada, "release_id": 1}
        conn.execute(schema.standings.insert().values(row))

    shop.database.write(spoil)
    assert shop.engine.work() == 2
    assert [row.lead_id for row in shop.rows(schema.messages)] == [bob]
    [decision] = [row for row in shop.rows(schema.decisions) if row.lead_id == ada]
    assert decision.reason == "parked: its turn failed with ValueError, see the log"
    assert shop.rows(schema.wakes, "folded_seq", "due_at")[0] == (0, decision.until)
    assert shop.engine.work() == 0


def test_a_lead_that_cannot_be_written_does_not_take_its_neighbours_along(workshop):
    shop = workshop()
    ada, bob = shop.submits("ada"), shop.submits("bob")

    def refuse(conn, call):
        raise RuntimeError("no rep")

    shop.engine = shop.another("hot")
    shop.engine._open_hand_off = refuse
    for _ in range(4):
        shop.happens(ada, "page_seen", "offer")
    shop.engine.work()
    assert [row.lead_id for row in shop.rows(schema.messages)] == [bob]
    assert [row.lead_id for row in shop.rows(schema.standings)] == [bob]


def test_a_stage_that_sales_is_told_of_calls_the_hand_off_once(workshop):
    shop = workshop()
    ada = shop.submits("ada")
    for _ in range(4):
        shop.happens(ada, "page_seen", "offer")
    shop.works()
    [call] = shop.hand_offs
    assert (call.lead.id, call.stage, call.cycle) == (ada, "mql", 1)
    assert call.reason.startswith("enter")
    assert call.facts.standing.engagement == 80_000


@pytest.mark.parametrize(
    ("cap", "ends", "days", "mails"),
    [
        ("1 per day", "sent", 0, 1),
        ("1 per day", "refused", 0, 1),
        ("1 per day", "failed", 0, 2),
        ("1 per day", "expired", 0, 2),
        ("1 per week", "sent", 2, 1),
        ("1 per month", "sent", 20, 1),
        ("1 per month", "sent", 30, 2),
    ],
)
def test_a_promise_counts_against_a_cap_until_it_is_known_to_have_reached_nobody(workshop, cap, ends, days, mails):
    one = '[[step]]\nid = "one"\nemail = "one"\n'
    shop = workshop({"low": "priority = 20\n" + one, "high": "priority = 80\n" + one}, caps=[cap])
    ada = shop.submits()
    shop.works()
    shop.mails_end(ends, "why")
    shop.advance(days=days)
    shop.happens(ada, "page_seen", "offer")
    shop.works()
    assert len(shop.rows(schema.messages)) == mails


def test_set_writes_the_lead_and_waits_are_stored_with_their_zone(workshop):
    steps = '[[step]]\nid = "a"\nset.fields = { sector = "wood" }\n[[step]]\nid = "b"\nwait = "1 day"\nemail = "b"'
    shop = workshop({"tips": steps})
    shop.submits()
    shop.works()
    assert shop.rows(schema.leads, "fields", "first_name") == [({"sector": "wood"}, "ada")]
    [one] = shop.rows(schema.enrolments)
    now = shop.clocks.calendar_now
    assert (one.position, one.due_at, one.waiting_since) == ("waiting", now + DAY, now)
    assert (one.waiting_zone, one.waiting_seq) == ("Europe/Paris", 1)
    assert shop.engine.next_due() == now + DAY


def test_a_batch_is_cut_into_jobs_of_bounded_size_in_lead_order(workshop):
    shop = workshop()
    for number in range(150):
        shop.submits(f"ada{number}")
    write, grown = shop.database.write, []

    def measure(job, timeout=None):
        def measured(conn):
            before = rows_written(conn)
            result = job(conn)
            grown.append(rows_written(conn) - before)
            return result

        return write(measured, timeout)

    shop.database.write = measure
    assert shop.engine.work() == 150
    shop.database.write = write
    leads = [row.lead_id for row in shop.rows(schema.messages)]
    assert leads == sorted(leads)
    assert len(leads) == 150
    assert sum(grown) == 150 * 6  # and 150 wakes
    assert max(grown) <= ROWS_PER_JOB
    assert len([rows for rows in grown if rows]) > 150 * 6 // ROWS_PER_JOB


def rows_written(conn):
    tables = ("enrolments", "receipts", "messages", "decisions", "stage_changes", "standings")
    return sum(conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() for table in tables)


def test_a_hand_raised_again_while_sales_has_the_lead_is_told_to_sales_once_each_time(workshop):
    shop = workshop()
    ada = shop.submits(form="demo", hand_raise=True)
    shop.works()
    shop.submits(form="demo", hand_raise=True)
    shop.works()
    shop.happens(ada, "page_seen", "offer")
    shop.works()
    told = [(call.stage, call.cycle, call.event_seq, call.reason, call.again) for call in shop.hand_offs]
    assert told == [("mql", 1, 1, "hand_raise: demo", False), ("mql", 1, 2, "hand_raise: demo", True)]


def test_a_version_that_nobody_kept_parks_only_the_leads_inside_it(workshop):
    shop = workshop()
    ada = shop.submits("ada")
    shop.works()
    shop.releases.forget(shop.releases.in_force().versions["tips"])
    bob = shop.submits("bob", "other")
    shop.happens(ada, "page_seen", "offer")
    shop.engine = shop.another("fresh")
    assert shop.engine.work() == 2
    assert [row.lead_id for row in shop.rows(schema.wakes) if row.seq == row.folded_seq] == [bob]


def test_versions_are_pinned_and_texts_are_those_in_force(workshop, world):
    shop = workshop()
    shop.submits("ada")
    shop.works()
    steps = '[[step]]\nid = "other"\nemail = "other"\n'
    shop.releases.apply(replace(world.site({"tips": steps}), release_id=2))
    shop.submits("bob")
    shop.mails_end()
    shop.works()
    shop.advance(days=2)
    shop.works()
    emails = [(row.lead_id, row.email, row.release_id) for row in shop.rows(schema.messages)]
    assert emails == [(1, "tips/one", 1), (2, "tips/other", 2)]
    skipped = (1, "skipped", "the release in force has no text `tips/two`")
    assert skipped in shop.rows(schema.decisions, "lead_id", "outcome", "reason")


def test_nothing_is_due_without_a_release(workshop):
    shop = workshop()
    shop.submits()

    class Empty:
        def in_force(self):
            from authoring.releases import NoRelease

            raise NoRelease("none")

    shop.engine._releases = Empty()
    assert shop.engine.work() == 0
    assert shop.engine.begin_broadcasts() == 0
    assert shop.engine.next_due() == shop.clocks.calendar_now


def test_a_human_s_answer_ends_the_sequence_it_was_to_and_no_other_and_a_machine_s_answer_none(workshop):
    shop = workshop({"tips": THREE_MAILS, "more": "concurrent = true\n" + THREE_MAILS})
    lead_id = shop.submits()
    shop.works()
    shop.mails_end()
    shop.works()
    of = {row.sequence: row.id for row in shop.rows(schema.enrolments)}

    def comes(name, evidence):
        data = {"enrolment_id": of["tips"], "text": "Call me"}
        now = shop.clocks.moment()
        shop.database.write(
            lambda conn: events.append(conn, lead_id, name, now, evidence=evidence, subject="tips/one", data=data)
        )
        shop.works()
        return {row.sequence: (row.state, row.exit_reason) for row in shop.rows(schema.enrolments)}

    assert {state for state, _ in comes("mail.auto_replied", "machine").values()} == {"active"}
    stands = comes("mail.replied", "human")
    assert stands["tips"] == ("left", "the lead has answered: somebody goes on from here")
    assert stands["more"][0] == "active"
