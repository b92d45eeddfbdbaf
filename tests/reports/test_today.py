"""A rep's day as questions: who waits, whom to call, what is to do, how the week went; each by an index."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text, update

from base.calendars import local_day
from leads import consent, consenting, merging
from reports import calls, tasks, today
from reports.ripening import Handing, Ripe, ripening
from sales import calling, notebook
from sales.calling import Call
from sales.notebook import Author
from sales.verdicts import Verdict, answer
from storage.schema import calls as table_of_calls
from storage.schema import hand_offs, leads, standings, wakes
from tests.arranging import lived_once

ZONE = "Europe/Paris"
NADIA = Author("Nadia Ferreira", "nadia")
PHONE = "+33639981234"
STUDIO = {"profession": "interior", "practice": "slow", "team": "2-5"}
WARM = 30_000
KEY = "suppression-key-of-the-tests-012345"


@pytest.fixture
@lived_once
def street(lively):
    """Ada and bob have raised a hand, an hour apart; chloé is warm and left a number. Ids by name."""
    made = {"chloé": lively.submits("chloe", phone="+33639985678", **STUDIO)}
    lively.does(made["chloé"], "webinar_attended")
    for who in ("ada", "bob"):
        made[who] = lively.submits(who, "demo", phone=PHONE, need=f"A room for {who}", **STUDIO)
        give(lively, made[who], "nadia")
        lively.later(hours=1)
    return made


def give(lively, lead_id, rep):
    lively.gives(lead_id, rep)
    lively.works()


def judge(lively, hand_off_id, said="accepted", reason=None):
    verdict = Verdict(said, reason)
    lively.database.write(lambda conn: answer(conn, hand_off_id, verdict, NADIA, lively.clocks.moment()))
    lively.works()


def test_open_hand_offs_come_in_the_order_of_what_was_promised(lively, street, watched):
    with watched() as conn:
        found = today.waiting(conn, lively.releases.in_force(), ("nadia",), ZONE)
        assert [one.facts.lead.first_name for one in found] == ["Ada", "Bob"]
        assert today.waiting_count(conn, ("nadia",)) == today.waiting_count(conn, None) == 2
        assert today.waiting(conn, lively.releases.in_force(), ("karim",), ZONE) == ()
        assert today.waiting(conn, lively.releases.in_force(), (), ZONE) == ()
        one = today.waiting_one(conn, found[1].id, lively.releases.in_force(), ZONE)
        assert one == found[1] == today.waiting_of(conn, street["bob"], lively.releases.in_force(), ZONE)
    ada = found[0]
    assert (ada.present, ada.reason, ada.stage, ada.cycle) == (True, "hand_raise: demo", "mql", 1)
    assert ada.answer_by - ada.opened_at == timedelta(hours=4)
    assert ada.submitted[0].answers["need"] == "A room for ada"
    assert ada.recent[0].seq > ada.recent[-1].seq


def test_what_is_answered_waits_no_more_and_says_who_answered(lively, street, watched):
    with watched() as conn:
        hand_off = today.waiting_of(conn, street["ada"], lively.releases.in_force(), ZONE).id
        assert today.answered(conn, hand_off) is None
    judge(lively, hand_off, "rejected", "hors-cible")
    with watched() as conn:
        assert [one.facts.lead.id for one in today.waiting(conn, lively.releases.in_force(), None, ZONE)] == [
            street["bob"]
        ]
        done = today.answered(conn, hand_off)
        assert today.waiting_one(conn, hand_off, lively.releases.in_force(), ZONE) is None
    assert (done.verdict, done.reason, done.by, done.name, done.stage) == (
        "rejected",
        "hors-cible",
        "nadia",
        "Ada",
        "iql",
    )
    assert done.took == timedelta(hours=2)


def test_a_lead_that_cooled_while_it_waited_is_no_longer_present(lively, street):
    lively.does(street["ada"], "webinar_attended")
    lively.later(days=90)
    with lively.database.read() as conn:
        found = today.waiting_of(conn, street["ada"], lively.releases.in_force(), ZONE)
    assert found.present is False


@pytest.fixture
def to_call(lively):
    """to_call(conn, owners, now): whom those reps call."""

    def listed(conn, owners, now, from_milli=WARM):
        definitions = lively.releases.in_force().definitions
        asking = calls.Asking(owners, ("recycled", "disqualified", "customer"), ZONE, KEY, now, definitions)
        return calls.to_call(conn, asking, from_milli)

    return listed


def logs(lively, lead_id, call):
    lively.database.write(lambda conn: calling.log_call(conn, lead_id, call, NADIA, lively.clocks.moment()))


def who(found):
    return [call.lead.first_name for call in found]


def test_leads_with_a_number_are_called_the_readiest_first_and_those_who_wait_are_not(lively, street, watched, to_call):
    dora = lively.submits("dora", phone="+33639980001")
    for _ in range(3):
        lively.does(dora, "webinar_attended")
        lively.later(days=1)
    lively.does(lively.submits("emil"), "webinar_attended")  # left no number
    with watched() as conn:
        now = lively.clocks.calendar()
        assert who(to_call(conn, ("nadia", None), now)) == ["Dora", "Chloe"]
        assert who(to_call(conn, ("nadia", None), now, 60_000)) == ["Dora"]
        assert who(to_call(conn, ("nadia",), now)) == []
        assert who(to_call(conn, (), now)) == []
        line = calls.call_of(conn, dora, ZONE)
    assert (line.tries, line.outcome, line.act.name) == (0, None, "webinar_attended")


def test_who_left_a_number_alone_is_called_from_the_first_behind_the_ready(lively, watched, to_call):
    ready = lively.submits("chloe", phone="+33639985678", **STUDIO)
    lively.does(ready, "webinar_attended")
    alone = lively.submits("dora", email=None, phone="+33639980001")
    with watched() as conn:
        now = lively.clocks.calendar()
        assert who(to_call(conn, ("nadia", None), now)) == ["Chloe", "Dora"]
        assert who(to_call(conn, (None,), now, 9_000_000)) == ["Dora"]
        assert who(to_call(conn, ("nadia",), now)) == []
    logs(lively, alone, Call("reached"))
    with lively.database.read() as conn:
        assert who(to_call(conn, (None,), lively.clocks.calendar(), 9_000_000)) == []


def test_among_many_leads_those_without_an_address_are_found_by_the_index_made_for_them(lively, to_call, plans_of):
    """SQLite believes of the unique index of addresses that one lead has none, and would sort all that it finds."""
    many(lively, lively.submits("dora", email=None, phone="+33639980001"))
    with lively.database.read() as conn:
        plans = plans_of(conn, lambda: to_call(conn, ("nadia", None), lively.clocks.calendar()))
    found = [plan for statement, plan in plans if "leads.email IS NOT NULL" in statement]
    assert len(found) == 2
    for plan in found:
        assert "ix_leads_status_id" in plan
        assert "uq_leads_email" not in plan
        assert "sqlite_autoindex_leads" not in plan


def many(lively, like):
    """3,000 leads like that one, of whom each fiftieth has no address; and what the planner knows of them."""

    def job(conn):
        for table in (leads, wakes, standings):
            id = table.c.id if table is leads else table.c.lead_id
            row = dict(conn.execute(select(table).where(id == like)).mappings().one())
            rows = [{**row, id.name: like + number} for number in range(1, 3_000)]
            if table is leads:
                rows = [{**one, "email": f"a{n}@x.fr" if n % 50 else None} for n, one in enumerate(rows)]
            conn.execute(insert(table), rows)
        conn.exec_driver_sql("ANALYZE")

    lively.database.write(job)


def test_who_was_bought_with_a_list_is_not_called_for_having_no_address_but_for_coming_by_themselves(
    lively, joins, to_call
):
    lead_id = lively.submits("dora", email=None, phone="+33639980001")
    bought = update(leads).where(leads.c.id == lead_id).values(origin="purchased")
    lively.database.write(lambda conn: conn.execute(bought).rowcount)
    with lively.database.read() as conn:
        assert to_call(conn, (None,), lively.clocks.calendar()) == ()
    joins(lead_id, lively.submits("emil", email=None, phone="+33639980002"))
    with lively.database.read() as conn:
        assert who(to_call(conn, (None,), lively.clocks.calendar(), 9_000_000)) == ["Dora"]


def test_a_lead_is_called_at_the_number_of_whoever_turned_out_to_be_them(lively, joins, watched, to_call):
    chloé = lively.submits("chloe", **STUDIO)
    lively.does(chloé, "webinar_attended")
    alone = lively.submits("dora", email=None, phone="+33639980001")
    joins(chloé, alone)
    with watched() as conn:
        [call] = to_call(conn, (None,), lively.clocks.calendar())
    assert (call.lead.id, call.lead.phone) == (chloé, "+33639980001")


def test_the_call_list_reads_no_table_whole_among_many_of_whom_nobody_was_merged(lively, street, watched, to_call):
    """With statistics, as PostgreSQL makes them by itself and as anybody may have SQLite make them."""
    at, many = lively.clocks.calendar(), range(1_000, 4_000)
    lead = {"status": "lead", "fields": {}, "tags": [], "locale": "fr", "origin": "inbound", "created_at": at}
    called = {"outcome": "reached", "at": at}
    handed = {"cycle": 1, "stage": "mql", "owner": "nadia", "brief": {}, "opened_at": at, "event_seq": 1,
              "release_id": 1, "verdict": "accepted"}  # fmt: skip

    def fill(conn):
        conn.execute(insert(leads), [{**lead, "id": one, "email": f"lead{one}@x.example"} for one in many])
        conn.execute(insert(wakes), [{"lead_id": one, "seq": 0, "folded_seq": 0} for one in many])
        conn.execute(insert(table_of_calls), [{**called, "lead_id": one} for one in many])
        conn.execute(insert(hand_offs), [{**handed, "lead_id": one, "token": f"{one:022}"} for one in many])
        conn.execute(text("ANALYZE"))

    lively.database.write(fill)
    with watched() as conn:
        assert who(to_call(conn, ("nadia", None), at)) == ["Chloe"]


@pytest.fixture
def joins(lively):
    """joins(kept, gone): the second turns out to be the first."""

    def join(kept, gone):
        site, now = lively.releases.in_force(), lively.clocks.moment()
        lively.database.write(lambda conn: merging.merge(conn, kept, gone, site, now))
        lively.works()

    return join


def test_a_call_promised_to_whoever_turned_out_to_be_them_is_kept_once(lively, joins, watched, to_call):
    kept = lively.submits("emil", "lettre", phone="+33639980002")
    gone = lively.submits("dora", "lettre", phone="+33639980001")
    at = lively.clocks.calendar_now + timedelta(days=1)
    logs(lively, gone, Call("callback", back_at=at))
    lively.works()
    joins(kept, gone)
    with watched() as conn:
        assert to_call(conn, (None,), at - timedelta(minutes=1)) == ()
        [call] = to_call(conn, (None,), at)
    assert (call.lead.id, call.back_at, call.tries) == (kept, at, 1)
    logs(lively, kept, Call("no_answer"))
    with lively.database.read() as conn:
        assert to_call(conn, (None,), at + timedelta(days=1)) == (), "the call was made"


def test_an_objection_to_a_number_of_either_holds_for_both_until_it_is_taken_back(lively, joins, to_call):
    kept = lively.submits("emil", phone="+33639980002", **STUDIO)
    gone = lively.submits("dora", phone="+33639980001", **STUDIO)
    lively.does(kept, "webinar_attended")
    logs(lively, gone, Call("objected", key=KEY))
    lively.works()
    joins(kept, gone)
    now = lively.clocks.moment()
    with lively.database.read() as conn:
        assert to_call(conn, (None,), now.calendar) == ()
    assert lively.database.write(lambda conn: calling.take_objection_back(conn, kept, KEY, NADIA, now))
    with lively.database.read() as conn:
        assert who(to_call(conn, (None,), now.calendar)) == ["Emil"]


def test_of_those_without_an_address_whoever_showed_interest_comes_first_behind_all_the_ready(lively, watched, to_call):
    keen = lively.submits("dora", email=None, phone="+33639980001")
    shy = lively.submits("emil", email=None, phone="+33639980002")
    lively.does(lively.submits("chloe", phone="+33639985678"), "webinar_attended")
    as_contact = update(leads).where(leads.c.id == shy).values(status="contact")
    livelier = update(standings).where(standings.c.lead_id == shy).values(engagement=WARM - 1)
    for change in (as_contact, livelier):
        lively.database.write(lambda conn, change=change: conn.execute(change).rowcount)
    with watched() as conn:
        assert who(to_call(conn, (None,), lively.clocks.calendar())) == ["Chloe", "Dora", "Emil"]
        assert [call.lead.id for call in to_call(conn, (None,), lively.clocks.calendar(), 9_000_000)] == [keen, shy]


@pytest.mark.parametrize(
    ("outcome", "back_after"),
    [
        ("no_answer", 1),
        ("voicemail", 1),
        ("callback", 1),
        ("reached", 14),
        ("not_interested", None),
        ("wrong_number", None),
        ("objected", None),
    ],
)
def test_after_a_call_a_lead_is_left_alone_for_as_long_as_its_outcome_says(
    lively, street, outcome, back_after, to_call
):
    lead_id = street["chloé"]
    for _ in range(4):
        lively.does(lead_id, "webinar_attended")
        lively.later(hours=25)
    logs(lively, lead_id, Call(outcome, key=KEY))
    seen = []
    for day in range(16):
        with lively.database.read() as conn:
            now = lively.clocks.calendar_now + timedelta(days=day)
            seen += [day] if to_call(conn, (None,), now) else []
    assert seen == ([] if back_after is None else list(range(back_after, 16)))


def test_after_no_answer_a_lead_is_tried_again_the_same_day(lively, street, to_call):
    logs(lively, street["chloé"], Call("no_answer"))
    now = lively.clocks.calendar_now
    with lively.database.read() as conn:
        found = [len(to_call(conn, (None,), now + timedelta(hours=hours))) for hours in (1, 3, 5)]
    assert found == [0, 0, 1]


def test_who_asked_to_be_called_comes_first_when_the_time_has_come_however_cold(lively, street, watched, to_call):
    cold = lively.submits("emil", "lettre", phone="+33639980002")
    at = lively.clocks.calendar_now + timedelta(days=3)
    logs(lively, cold, Call("callback", back_at=at))
    with watched() as conn:
        assert who(to_call(conn, (None,), at - timedelta(minutes=1))) == ["Chloe"]
        found = to_call(conn, (None,), at)
        assert who(found) == ["Emil", "Chloe"]
        assert (found[0].outcome, found[0].back_at) == ("callback", at)
        assert to_call(conn, ("nadia",), at) == ()
    lively.clocks.advance(timedelta(days=3))
    logs(lively, cold, Call("no_answer"))
    with lively.database.read() as conn:
        assert who(to_call(conn, (None,), at + timedelta(days=1))) == ["Chloe"], "they asked for one call"


def test_a_promise_that_nobody_kept_for_90_days_comes_first_no_more(lively, watched, to_call):
    cold = lively.submits("emil", "lettre", phone="+33639980002")
    at = lively.clocks.calendar_now + timedelta(days=1)
    logs(lively, cold, Call("callback", back_at=at))
    with watched() as conn:
        assert who(to_call(conn, (None,), at + timedelta(days=90))) == ["Emil"]
        assert to_call(conn, (None,), at + timedelta(days=91)) == ()


def test_whoever_was_reached_and_asks_to_be_called_tomorrow_is_called_tomorrow(lively, watched, to_call):
    cold = lively.submits("emil", "lettre", phone="+33639980002")
    logs(lively, cold, Call("reached"))
    lively.clocks.advance(timedelta(days=1))
    at = lively.clocks.calendar_now + timedelta(days=1)
    logs(lively, cold, Call("callback", back_at=at))
    with watched() as conn:
        assert to_call(conn, (None,), at - timedelta(minutes=1)) == ()
        assert who(to_call(conn, (None,), at)) == ["Emil"]


def test_a_wrong_number_stays_wrong_whatever_a_later_call_says(lively, street, to_call):
    for outcome in ("wrong_number", "no_answer"):
        logs(lively, street["chloé"], Call(outcome))
    with lively.database.read() as conn:
        assert to_call(conn, (None,), lively.clocks.calendar_now + timedelta(days=2), 0) == ()


def test_an_objection_that_is_taken_back_brings_them_back_on_the_list(lively, street, to_call):
    lead_id, now = street["chloé"], lively.clocks.moment()
    logs(lively, lead_id, Call("objected", key=KEY))
    lively.database.write(lambda conn: calling.take_objection_back(conn, lead_id, KEY, NADIA, now))
    with lively.database.read() as conn:
        assert who(to_call(conn, (None,), now.calendar)) == ["Chloe"]


def test_who_asked_not_to_be_called_is_not_and_neither_is_who_left_all_mail(lively, street, to_call):
    chloe = street["chloé"]
    logs(lively, chloe, Call("objected", key=KEY))
    lively.clocks.advance(timedelta(days=400))
    now = lively.clocks.calendar_now
    with lively.database.read() as conn:
        assert to_call(conn, (None,), now, 0) == ()
    again = lively.submits("dora", phone="+33639985678")  # another lead of the same number
    with lively.database.read() as conn:
        assert again not in [one.lead.id for one in to_call(conn, (None,), now, 0)]


@pytest.mark.parametrize(("reason", "called"), [("unsubscribed", False), ("complaint", False), ("hard_bounce", True)])
def test_an_address_that_only_does_not_work_is_a_reason_to_call(lively, street, reason, called, to_call):
    mark = consent.address_hash(KEY, "chloe@lumen.example")
    lively.database.write(lambda conn: consenting.suppress(conn, mark, "marketing", reason, lively.clocks.machine()))
    with lively.database.read() as conn:
        assert who(to_call(conn, (None,), lively.clocks.calendar())) == (["Chloe"] if called else [])


def test_the_best_hour_is_told_once_they_were_there_on_some_days(lively, street):
    lead_id = street["chloé"]
    guesses = []
    for _ in range(3):
        with lively.database.read() as conn:
            guesses.append(calls.call_of(conn, lead_id, ZONE).hour)
        lively.clocks.advance(timedelta(days=1))
        lively.does(lead_id, "page_seen", "demo")
    with lively.database.read() as conn:
        guesses.append(calls.call_of(conn, lead_id, ZONE).hour)
    assert guesses[:2] == [None, None]
    assert (guesses[-1].start, guesses[-1].end, guesses[-1].zone) == (11, 13, ZONE)


def test_who_is_at_rest_is_not_called(lively, street, to_call):
    give(lively, street["chloé"], "nadia")
    for verdict in ("disqualified", "recycled"):
        lively.does(street["chloé"], "verdict_given", verdict, evidence="engine", reason="x")
        with lively.database.read() as conn:
            assert to_call(conn, ("nadia",), lively.clocks.calendar()) == ()


@pytest.fixture
def plan(lively):
    def add(title, days=None, owner="nadia", lead_id=None):
        due = None if days is None else lively.clocks.calendar_now + timedelta(days=days)
        return lively.database.write(
            lambda conn: notebook.add_task(conn, lead_id, title, due, owner, NADIA, lively.clocks.moment())
        )

    return add


def test_tasks_come_overdue_first_and_undated_last(lively, street, plan, watched):
    plan("someday")
    plan("next week", 7)
    plan("late", -2, lead_id=street["ada"])
    plan("karim's", 1, owner="karim")
    plan("nobody's", 1, owner=None)
    with watched() as conn:
        assert [task.title for task in tasks.to_do(conn, ("nadia",))] == ["late", "next week", "someday"]
        everybody = tasks.to_do(conn, ("nadia", "karim", None))
        assert [task.title for task in everybody] == ["late", "karim's", "nobody's", "next week", "someday"]
        assert (everybody[0].lead, everybody[0].lead_id) == ("Ada", street["ada"])
        assert [task.title for task in tasks.tasks_of(conn, street["ada"])] == ["late"]


def test_what_was_done_today_is_still_seen(lively, plan, watched):
    done = [plan("one"), plan("two")]
    for number in done:
        lively.database.write(lambda conn, n=number: notebook.tick_task(conn, n, True, NADIA, lively.clocks.moment()))
        lively.clocks.advance(timedelta(minutes=5))
    with watched() as conn:
        since = lively.clocks.calendar_now - timedelta(hours=1)
        assert [task.title for task in tasks.done_since(conn, ("nadia",), since)] == ["two", "one"]
        assert tasks.done_since(conn, ("nadia",), lively.clocks.calendar()) == ()
        assert tasks.to_do(conn, ("nadia",)) == ()
        assert tasks.task(conn, done[0]).done_by == "Nadia Ferreira"
        assert tasks.task(conn, 999) is None


def test_the_week_counts_answers_and_what_was_late(lively, street, watched):
    with lively.database.read() as conn:
        ids = {one.facts.lead.first_name: one.id for one in today.waiting(conn, lively.releases.in_force(), None, ZONE)}
    judge(lively, ids["Bob"])  # one hour after it was opened
    lively.later(hours=10)
    with lively.database.read() as conn:
        now = lively.clocks.calendar()
        waits = today.week(conn, ("nadia",), now - timedelta(days=7), now)
    assert (waits.answered, waits.late, waits.overdue) == (1, 1, 1), "who waits past what was promised is late already"
    judge(lively, ids["Ada"], "rejected", "hors-cible")
    now = lively.clocks.calendar()
    since = now - timedelta(days=7)
    with watched() as conn:
        week = today.week(conn, ("nadia",), since, now)
        assert today.week(conn, ("nadia", "karim"), since, now) == week
        assert today.week(conn, ("karim",), since, now) == today.Week(0, 0, 0, 0, 0, None)
        assert today.week(conn, ("nadia",), now, now).opened == 0
    assert (week.opened, week.answered, week.accepted, week.late, week.overdue) == (2, 2, 1, 1, 0)
    assert week.pace == timedelta(hours=6, minutes=30)


def test_who_lacks_nothing_but_points_ripens_the_nearest_first(lively, street, watched):
    definitions = lively.releases.in_force().definitions
    day = local_day(lively.clocks.calendar(), ZONE)
    handing = Handing(80_000, 30_000, ("contact", "iql"))
    zoé = lively.submits("zoe", "lettre", **STUDIO)
    with watched() as conn:
        found = ripening(conn, ("nadia", None), definitions, handing, day)
        assert [one.lead.id for one in found] == [street["chloé"], zoé], "ada and bob are handed over already"
        assert 0 < found[0].missing < found[1].missing < 80_000
        assert ripening(conn, ("nadia",), definitions, handing, day) == (), "nobody's leads are not hers"
        unfit = replace(handing, fit=90_000)
        assert ripening(conn, (None,), definitions, unfit, day) == ()
    lively.later(days=60)
    with watched() as conn:
        later = ripening(conn, (None,), definitions, handing, day + timedelta(days=60))
    assert later[0].missing > found[0].missing, "points fade, whatever was counted last"
    assert isinstance(later[0], Ripe)
