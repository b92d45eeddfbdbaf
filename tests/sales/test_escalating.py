"""Alerts that nobody answers: each step once, in its time, whoever takes it and however often the house restarts."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from authoring.models.hand_off import Escalation, Rep, WorkingHours
from base.clock import Clocks
from leads.erasing import anonymise, erase
from leads.forgetting import Clerk
from reports.handing_over import handoff
from reports.tallies import Days
from sales import absences, links
from sales.escalating import PAUSE, ServiceLevel, escalate
from sales.notebook import Author
from sales.reassigning import Office
from sales.routing import Routed
from sales.verdicts import Verdict, answer
from storage.schema import escalations, events, hand_offs, leads, messages, switches
from storage.upsert import upsert

STUDIO = {"profession": "interior", "practice": "slow", "team": "2-5"}
NEVER = threading.Event()
STEPS = [
    Escalation(id="again", after="2 hours", do="remind"),
    Escalation(id="boss", label={"fr": "Chef", "en": "Boss"}, after="3 hours", do="tell", to="karim"),
    Escalation(id="away", after="5 hours", do="reassign", to="karim"),
]
KARIM, NADIA = "karim@atelier-lumen.example", "nadia@atelier-lumen.example"


class Waiting:
    """Ada has raised a hand and nobody answers; `at_work` is the timer of a process, as many as one likes."""

    def __init__(self, lively, steps=STEPS):
        self.lively, self.steps, self.hours, self.fallback = lively, steps, None, None
        lively.releases.in_force = self.in_force(lively.releases.in_force)
        self.lead_id = lively.submits("ada", "demo", phone="+33639981234", need="A room", **STUDIO)

    def in_force(self, applied):
        def site():
            found = applied()
            told = {"escalation": self.steps, "hours": self.hours}
            if self.fallback is not None:
                told |= {"reps": [*found.definitions.hand_off.reps, self.fallback], "fallback": self.fallback.id}
            chosen = found.definitions.hand_off.model_copy(update=told)
            return replace(found, definitions=found.definitions.model_copy(update={"hand_off": chosen}))

        return site

    def office(self):
        return Office(self.lively.releases.in_force(), "Europe/Paris", "https://lumen.example", "the key of the chain")

    def at_work(self):
        clocks = self.lively.clocks
        return ServiceLevel(self.lively.database, self.office, Clocks(clocks.calendar, clocks.machine))

    def after(self, **by):
        self.lively.clocks.advance(timedelta(**by))
        return self.at_work().drain(NEVER)

    def rows(self, table, *where):
        with self.lively.database.read() as conn:
            return conn.execute(select(table).where(*where).order_by(*table.primary_key.columns)).all()

    def hand_off(self):
        return self.rows(hand_offs)[0]

    def told(self, address):
        return [row.email for row in self.rows(messages, messages.c.recipient == address)]

    def answers(self):
        now, one = self.lively.clocks.moment(), self.hand_off()
        author = Author("Nadia Ferreira", "nadia")
        self.lively.database.write(lambda conn: answer(conn, one.id, Verdict("accepted"), author, now))


@pytest.fixture
def waiting(lively):
    return Waiting(lively)


def test_each_step_is_taken_in_its_time_and_once(waiting):
    assert waiting.at_work().next_due() == waiting.hand_off().opened_at + timedelta(hours=2)
    assert waiting.after(minutes=119) == 0
    assert waiting.after(minutes=1) == 1
    assert waiting.after() == 0
    assert waiting.told(NADIA) == ["alert", "notify"]
    assert waiting.after(hours=1) == 1
    assert waiting.told(KARIM) == ["notify"]
    assert waiting.after(hours=2) == 1
    one = waiting.hand_off()
    assert (one.owner, waiting.rows(leads)[0].owner) == ("karim", "karim")
    assert Routed.read(one.routed).by == "late"
    assert waiting.told(KARIM) == ["notify", "alert"], "who was told of it before is alerted now that it is theirs"
    assert [(row.step, row.act, row.owner, row.told) for row in waiting.rows(escalations)] == [
        ("again", "remind", "nadia", "nadia"), ("away", "reassign", "nadia", "karim"),
        ("boss", "tell", "nadia", "karim"),
    ]  # fmt: skip
    assert one.escalate_at is None
    assert waiting.after(days=30) == 0
    told = [event.subject for event in waiting.rows(events, events.c.name == "alert_escalated")]
    assert told == ["remind", "tell", "reassign"]


def test_after_an_outage_each_step_is_taken_once_and_none_is_lost(waiting):
    assert waiting.after(days=3) == 3
    assert waiting.after() == 0
    assert len(waiting.rows(escalations)) == 3


def test_many_processes_at_once_take_a_step_once(waiting):
    waiting.lively.clocks.advance(timedelta(hours=2))
    start, taken = threading.Barrier(6), []

    def work():
        start.wait(10)
        taken.append(waiting.at_work().drain(NEVER))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(taken) == 6
    assert (sum(taken), waiting.told(NADIA)) == (1, ["alert", "notify"])


def test_an_answer_ends_it(waiting):
    waiting.answers()
    assert waiting.hand_off().escalate_at is None
    assert waiting.at_work().next_due() is None
    assert waiting.after(days=3) == 0
    assert waiting.told(NADIA) == ["alert"]


def test_a_step_that_was_due_when_the_answer_came_is_not_taken(waiting):
    """A process that saw it due, and was slower than the answer."""
    waiting.lively.clocks.advance(timedelta(hours=2))
    waiting.answers()
    one, office, now = waiting.hand_off(), waiting.office(), waiting.lively.clocks.moment()
    assert not waiting.lively.database.write(lambda conn: escalate(conn, one.id, office, now))
    assert waiting.rows(escalations) == []


def test_nobody_is_told_of_a_lead_who_was_anonymised_meanwhile(waiting):
    now = waiting.lively.clocks.moment()
    waiting.lively.database.write(lambda conn: anonymise(conn, waiting.lead_id, "a key of the tests", now) and None)
    told = waiting.told(NADIA)
    assert waiting.at_work().next_due() is None
    assert waiting.after(days=3) == 0
    assert (waiting.told(NADIA), waiting.told(KARIM)) == (told, [])


def test_one_alert_that_cannot_be_told_holds_up_no_other_and_is_tried_again(waiting, lively):
    """Its brief is no brief any more: a fault of ours, whichever."""
    lively.submits("bob", "demo", phone="+33639985678", need="A hall", **STUDIO)
    ada, bob = waiting.rows(hand_offs)
    spoil = update(hand_offs).where(hand_offs.c.id == ada.id)
    lively.database.write(lambda conn: conn.execute(spoil.values(brief={"total": "many"})).rowcount)
    assert waiting.after(hours=2) == 1
    assert [row.hand_off_id for row in waiting.rows(escalations)] == [bob.id]
    assert waiting.hand_off().escalate_at == lively.clocks.calendar() + PAUSE
    lively.database.write(lambda conn: conn.execute(spoil.values(brief=ada.brief)).rowcount)
    assert waiting.after(minutes=15) == 1


def test_a_step_that_was_due_when_the_lead_was_erased_is_not_taken(waiting):
    """A process that saw it due, and was slower than the erasure."""
    waiting.lively.clocks.advance(timedelta(hours=2))
    one, office, now = waiting.hand_off(), waiting.office(), waiting.lively.clocks.moment()
    waiting.lively.database.write(lambda conn: erase(conn, waiting.lead_id, "a key of the tests", now) and None)
    assert not waiting.lively.database.write(lambda conn: escalate(conn, one.id, office, now))


@pytest.mark.parametrize(
    ("away", "told", "owner"),
    [(("karim",), "lea", "lea"), (("karim", "lea"), "nadia", "nadia"), ((), "karim", "karim")],
)
def test_whoever_is_away_is_passed_over_for_the_fallback(waiting, lively, away, told, owner):
    waiting.fallback = Rep(id="lea", name="Léa Roy", email="lea@atelier-lumen.example", weight=0)
    now = lively.clocks.moment()
    for rep in away:
        days = (now.calendar.date(), now.calendar.date() + timedelta(days=7))
        noted = (rep, *days, "key of the audit chain", Clerk("chloé"), now)
        lively.database.write(lambda conn, noted=noted: absences.add(conn, *noted))
    waiting.after(hours=5)
    assert [row.told for row in waiting.rows(escalations, escalations.c.act != "remind")] == [told, told]
    assert waiting.hand_off().owner == owner


def test_only_working_hours_count(waiting, lively):
    waiting.hours = WorkingHours.model_validate({"from": "09:00", "to": "18:00"})
    bob = lively.submits("bob", "demo", phone="+33639985678", need="A hall", **STUDIO)
    opened = next(row for row in waiting.rows(hand_offs) if row.lead_id == bob)
    assert opened.escalate_at >= opened.opened_at + timedelta(hours=2)
    local = opened.escalate_at.astimezone(waiting.lively.clocks.calendar().tzinfo)
    assert local.weekday() < 5


def test_whoever_is_told_as_well_answers_under_their_own_name(waiting):
    waiting.after(hours=3)
    [mail] = waiting.rows(messages, messages.c.recipient == KARIM)
    token = mail.context["lead_url"].rpartition("/")[2]
    with waiting.lively.database.read() as conn:
        page = links.opened(conn, token)
    assert (page.rep, page.ended, page.hand_off.owner) == ("karim", False, "nadia")
    assert "Nadia Ferreira" in mail.context["text"]


def test_while_the_house_rests_nobody_is_told(waiting):
    off = {"name": "all", "off": True, "reason": "a restored copy", "since": waiting.lively.clocks.machine()}
    waiting.lively.database.write(lambda conn: upsert(conn, switches, off, key=["name"]))
    assert waiting.after(days=1) == 0
    assert waiting.at_work().next_due() is None
    waiting.lively.database.write(lambda conn: conn.execute(update(switches).values(off=False)) and None)
    assert waiting.after() == 3


def test_a_step_added_to_the_definitions_is_taken_where_another_was_due(waiting):
    waiting.after(hours=2)
    waiting.steps = [*STEPS, Escalation(id="soon", after="150 minutes", do="remind")]
    assert waiting.after(hours=1) == 2
    assert {row.step for row in waiting.rows(escalations)} == {"again", "soon", "boss"}


def test_the_report_says_how_often_a_step_was_taken_and_whether_it_helped(waiting):
    waiting.after(hours=2)
    waiting.lively.clocks.advance(timedelta(minutes=30))
    waiting.answers()
    now = waiting.lively.clocks.calendar()
    with waiting.lively.database.read() as conn:
        days = Days(now.date() - timedelta(days=1), now.date())
        told = handoff(conn, waiting.lively.releases.in_force(), days, "Europe/Paris", now)
    reps, steps, _ = told.tables
    assert steps.rows == (("again", "remind", 1, 1, 30.0),)
    assert [reps.as_dict(row)["escalated"] for row in reps.rows] == [1]


def test_without_steps_nothing_is_ever_due(lively):
    assert Waiting(lively, []).hand_off().escalate_at is None
