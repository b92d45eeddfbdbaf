"""Who left elsewhere, taken in on both databases: left alone as if they had left here, never against their own yes."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.event import listen

from base.clock import Moment
from base.tokens import digest
from leads import consent, consenting, events
from leads.answering import ConsentAnswer
from leads.imports import ledger
from leads.imports.contacts import Contact, Reject, Remark
from leads.imports.leaving import leavers
from leads.imports.reading import Wishes, contacts, rows, survey
from leads.imports.settings import Policy, Settings
from leads.imports.writing import Source, made_ready, write
from storage.schema import consents, leads, suppressions
from storage.schema import events as events_table
from storage.scratch import FirstSeen
from tests.leads.test_import_taking_in import AS_CONSENT, PROOF, TARGETS, Bureau
from workflows.tallies import of_event

LIST = (
    "Courriel;Statut;Date de désabonnement;OK\n"
    "ada@example.org;abonné;;oui\n"
    "bob@example.org;désabonné;2024-03-01;oui\n"
    "chloe@example.org;nettoyé;;oui\n"
    "dan@example.org;plainte spam;;oui\n"
    "eve@example.org;abonné;bientôt;oui\n"
)


class House(Bureau):
    """A bureau of which one can ask who is left alone."""

    def alone(self) -> dict[str, dict[str, str]]:
        """{name: {scope: why}} of everybody in `people` who is left alone."""
        people = ("ada", "bob", "chloe", "dan", "eve", "contact")
        marks = {consent.address_hash(self.keys.suppression, f"{name}@example.org"): name for name in people}
        with self.database.read() as conn:
            return {marks[kept]: whys for kept, whys in consent.left_alone(conn, marks).items()}

    def reads(self, text: str) -> list[Contact | Reject]:
        file = io.BytesIO(text.encode())
        settings = Settings.of(survey(file, Wishes(), TARGETS), Policy(), ("fr",))
        return list(contacts(rows(file, settings.layout), settings.rules, FirstSeen()))

    def story(self, email: str) -> list[tuple[str, str | None]]:
        with self.database.read() as conn:
            return [(event.name, event.subject) for event in events.all_of(conn, self.lead(email).id)]

    def agrees(self, email: str, **later: Any) -> None:
        """The lead confirms in person, so much later."""
        lead, now = self.lead(email).id, self.clocks.moment()
        now = Moment(now.calendar + timedelta(**later), now.machine)
        kept = consent.address_hash(self.keys.suppression, email)
        how = {"locale": "fr", "proof": {"page": "confirm"}, "now": now, "suppressed_hash": kept}
        self.database.write(lambda conn: consenting.grant(conn, lead, ["tips"], **how))


@pytest.fixture
def bureau(database, clocks, keys):
    return House(database, clocks, keys)


def test_who_left_elsewhere_is_left_alone_as_if_they_had_left_here(bureau):
    run = bureau.takes(LIST)
    assert bureau.alone() == {
        "bob": {"marketing": "unsubscribed"}, "chloe": {"all": "hard_bounce"}, "dan": {"all": "complaint"},
    }  # fmt: skip
    assert bureau.story("bob@example.org") == [("imported", None), ("unsubscribed", "all")]
    assert bureau.story("chloe@example.org") == [("imported", None), ("mail.bounced", None)]
    assert bureau.story("dan@example.org")[1:] == [("unsubscribed", "all"), ("mail.complained", None)]
    assert (run.counts["created"], run.counts["left"]) == (5, 3)
    with bureau.database.read() as conn:
        [left] = events.history(conn, [bureau.lead("bob@example.org").id], ["unsubscribed"]).values()
        row = ledger.one(conn, run.import_id)
    assert left[0].data == {
        "import_id": run.import_id, "file": row.hash, "line": 3, "by": "ada", "left_on": "2024-03-01",
    }  # fmt: skip
    assert (left[0].evidence, left[0].by_list, list(of_event(left[0]))) == ("engine", True, [])
    assert bureau.lead("bob@example.org").status == "contact"


def test_the_row_of_somebody_who_left_records_no_consent_and_says_why(bureau):
    run = bureau.takes(LIST, Policy(**PROOF), AS_CONSENT)
    assert [bureau.granted(f"{name}@example.org") for name in ("ada", "bob", "chloe", "dan", "eve")] == [
        {"tips"}, frozenset(), frozenset(), frozenset(), frozenset(),
    ]  # fmt: skip
    with bureau.database.read() as conn:
        assert list(ledger.kept_back(conn, run.import_id)) == [
            Remark(3, "also_left"), Remark(4, "also_left"), Remark(5, "also_left"), Remark(6, "unread"),
        ]  # fmt: skip
    assert (run.counts["consents"], run.counts["no_consent"], run.counts["left"]) == (1, 4, 3)


def test_a_rehearsal_tells_of_who_left_what_the_import_comes_to(bureau):
    tally, kept_back = bureau.rehearses(LIST, Policy(**PROOF), AS_CONSENT)
    assert (dict(tally.left), dict(tally.unread)) == (
        {"unsubscribed": 1, "hard_bounce": 1, "complaint": 1}, {"bientôt": 1},
    )  # fmt: skip
    run = bureau.takes(LIST, Policy(**PROOF), AS_CONSENT)
    with bureau.database.read() as conn:
        assert list(ledger.kept_back(conn, run.import_id)) == kept_back
    assert (tally.no_consent, tally.left.total()) == (run.counts["no_consent"], run.counts["left"])
    again, _ = bureau.rehearses(LIST, Policy(**PROOF), AS_CONSENT)
    assert (again.left.total(), again.suppressed) == (0, 3)


def test_the_same_list_again_leaves_nobody_alone_twice(bureau):
    bureau.takes(LIST)
    before = [bureau.count(table) for table in (suppressions, events_table, consents)]
    again = bureau.takes(LIST)
    assert [bureau.count(table) for table in (suppressions, events_table, consents)] == before
    assert (again.counts["left"], again.counts["unchanged"]) == (0, 5)


def test_a_consent_that_another_list_had_proven_is_withdrawn_with_its_line(bureau):
    bureau.takes("Courriel;OK\nbob@example.org;oui\nchloe@example.org;oui\n", Policy(**PROOF), AS_CONSENT)
    run = bureau.takes(LIST)
    assert bureau.granted("bob@example.org") == frozenset()
    assert bureau.granted("chloe@example.org") == {
        "tips"
    }  # a mailbox that does not work says nothing of what they want
    assert bureau.story("bob@example.org") == [
        ("imported", None), ("consent_withdrawn", "tips"), ("unsubscribed", "all"),
    ]  # fmt: skip
    with bureau.database.read() as conn:
        ours = (consents.c.lead_id == bureau.lead("bob@example.org").id) & (consents.c.state == "withdrawn")
        row = conn.execute(select(consents).where(ours)).one()
    assert (row.topic, row.wording, row.proof["import_id"], row.proof["line"]) == (
        "tips", PROOF["wording"], run.import_id, 3,
    )  # fmt: skip


@pytest.mark.parametrize("apart", [1, 150])
def test_a_row_that_says_they_left_counts_wherever_it_stands_in_the_list(bureau, apart):
    between = "".join(f"lead{number}@example.org;non;\n" for number in range(apart))
    run = bureau.takes(
        f"Courriel;OK;Désabonné\nada@example.org;oui;\n{between}ada@example.org;oui;x\n", Policy(**PROOF), AS_CONSENT
    )
    assert bureau.alone() == {"ada": {"marketing": "unsubscribed"}}
    assert bureau.granted("ada@example.org") == frozenset()
    assert (run.counts["rejected"], run.counts["left"], run.counts["consents"]) == (1, 1, 0)
    with bureau.database.read() as conn:
        assert next(ledger.kept_back(conn, run.import_id)) == Remark(2, "also_left")
    assert bureau.count(consents) == 0  # there was no moment at which they could have been written to


YES = "Courriel;OK;Désabonné\nada@example.org;oui;\n"
NOS = {
    "a column of consent by itself": "Courriel;OK\nada@example.org;abonné\n{}ada@example.org;désabonné\n",
    "a row of several addresses": YES + '{}"bob@example.org, ada@example.org";;x\n',
    "a row that is not taken": YES + '{}"contact@example.org, ada@example.org";;x\n',
}


@pytest.mark.parametrize("no", NOS)
def test_nobody_is_written_to_before_the_row_that_says_no_is_in(bureau, no):
    between = "".join(f"lead{number}@example.org;non\n" for number in range(150))
    run = bureau.takes(NOS[no].format(between), Policy(roles=False, **PROOF), AS_CONSENT)
    assert bureau.alone()["ada"] == {"marketing": "unsubscribed"}
    assert (run.counts["consents"], bureau.count(consents)) == (0, 0)


@pytest.mark.parametrize(
    ("left_on", "stands"), [("oui", True), ("2024-03-01", True), ("2026-11-01", False), ("2031-01-01", True)]
)
def test_what_they_agreed_to_here_stands_unless_the_list_says_that_they_left_later(bureau, left_on, stands):
    bureau.takes("Courriel\nada@example.org\n")
    bureau.agrees("ada@example.org", days=-10)
    text = f"Courriel;Désabonné\nada@example.org;{left_on}\n"
    tally, kept_back = bureau.rehearses(text)
    run = bureau.takes(text)
    assert ("ada" not in bureau.alone(), bureau.granted("ada@example.org") == {"tips"}) == (stands, stands)
    with bureau.database.read() as conn:
        assert (
            list(ledger.kept_back(conn, run.import_id)) == ([Remark(2, "agreed_here")] if stands else []) == kept_back
        )
    assert run.counts["left"] == tally.left.total() == int(not stands)


@pytest.mark.parametrize(("ago", "stands"), [(-1, False), (0, False), (1, True)])
def test_of_a_no_and_a_yes_on_one_day_the_no_is_taken_for_the_later(bureau, clocks, ago, stands):
    bureau.takes("Courriel\nada@example.org\n")
    bureau.agrees("ada@example.org", days=-5)
    left_on = clocks.calendar() - timedelta(days=5 + ago)
    bureau.takes(f"Courriel;Désabonné\nada@example.org;{left_on:%Y-%m-%d}\n")
    assert ("ada" not in bureau.alone()) is stands


def test_what_cannot_be_read_is_kept_with_its_row_where_the_address_is_left_alone_too(bureau):
    bureau.leave("eve@example.org", "marketing", "unsubscribed")
    run = bureau.takes(LIST, Policy(**PROOF), AS_CONSENT)
    with bureau.database.read() as conn:
        kept = {one.line: one.code for one in ledger.kept_back(conn, run.import_id)}
    assert (kept[6], run.counts["stayed"]) == ("unread", 1)


def test_an_import_that_was_interrupted_before_lists_could_be_of_leavers_alone_goes_on(bureau):
    file = io.BytesIO(LIST.encode())
    settings = Settings.of(survey(file, Wishes(), TARGETS), Policy(), ("fr",))
    kept = settings.as_json()
    del kept["policy"]["everybody"]
    assert Settings.from_json(kept).hash == settings.hash == digest(json.dumps(kept, sort_keys=True))
    assert replace(settings, policy=Policy(everybody="bounced")).hash != settings.hash


def test_what_a_list_proved_and_they_said_here_is_to_go_on_stands(bureau, clocks):
    bureau.takes("Courriel;OK\nbob@example.org;oui\n", Policy(**PROOF), AS_CONSENT)
    lead = bureau.lead("bob@example.org").id
    bureau.database.write(lambda conn: consenting.affirm(conn, lead, clocks.moment()))
    run = bureau.takes(LIST)
    assert (bureau.granted("bob@example.org"), "bob" in bureau.alone()) == ({"tips"}, False)
    assert (run.counts["left"], run.counts["stayed"]) == (2, 2)


def test_what_waits_for_a_confirmation_waits_no_more(bureau, clocks):
    bureau.takes("Courriel\nbob@example.org\n")
    lead, asked = bureau.lead("bob@example.org").id, [ConsentAnswer("tips", "W", True)]
    how = {"form": "f", "locale": "fr", "proof": {}, "now": clocks.moment()}
    bureau.database.write(lambda conn: consenting.ask(conn, lead, asked, **how))
    bureau.takes(LIST)
    with bureau.database.read() as conn:
        assert consent.pending(conn, lead) == ()


def test_only_they_themselves_undo_it_and_no_list_undoes_that(bureau):
    bureau.takes(LIST)
    for name in ("bob", "chloe", "dan"):
        bureau.agrees(f"{name}@example.org")
    assert bureau.alone() == {"chloe": {"all": "hard_bounce"}, "dan": {"all": "complaint"}}
    run = bureau.takes(LIST, Policy(tags=("again",)))
    assert (bureau.alone().get("bob"), run.counts["left"]) == (None, 0)
    assert bureau.granted("bob@example.org") == {"tips"}


def test_who_is_one_with_somebody_who_agreed_here_has_agreed(bureau, database):
    bureau.takes("Courriel\nada@example.org\nbob@example.org\n")
    ada, bob = (bureau.lead(f"{name}@example.org").id for name in ("ada", "bob"))

    def joined(conn: Any) -> None:
        conn.execute(leads.update().where(leads.c.id == bob).values(merged_into=ada))
        conn.exec_driver_sql(f"UPDATE wakes SET survivor_id = {ada}, joined_seq = 1 WHERE lead_id = {bob}")

    database.write(joined)
    bureau.agrees("ada@example.org")
    bureau.takes("Courriel;Désabonné\nbob@example.org;oui\n")
    assert bureau.alone() == {}


def test_an_address_that_is_not_taken_is_left_alone_all_the_same(bureau):
    run = bureau.takes("Courriel;Désabonné\ncontact@example.org;oui\n", Policy(roles=False))
    assert (run.counts["rejected"], run.counts["left"], bureau.count(leads)) == (1, 1, 0)
    assert bureau.alone() == {"contact": {"marketing": "unsubscribed"}}


def test_of_somebody_with_a_number_alone_their_story_says_that_they_left(bureau):
    text = "Tél;Désabonné\n06 39 98 56 78;oui\n"
    assert bureau.takes(text).counts["left"] == 1
    assert bureau.takes(text + ";\n").counts["left"] == 0
    with bureau.database.read() as conn:
        lead = conn.execute(select(leads.c.id)).scalar_one()
        assert [event.name for event in events.all_of(conn, lead)] == ["imported", "unsubscribed"]


def test_a_list_of_people_who_left_needs_no_column_that_says_so(bureau):
    text = "Courriel\nada@example.org\nbob@example.org\n"
    tally, _ = bureau.rehearses(text, Policy(everybody="complained"))
    bureau.takes(text, Policy(everybody="complained"))
    assert bureau.alone() == {"ada": {"all": "complaint"}, "bob": {"all": "complaint"}}
    assert tally.left == {"complaint": 2}


def test_who_asked_to_be_forgotten_is_not_written_down_anew(bureau):
    bureau.leave("dan@example.org", "marketing", "erased")
    run = bureau.takes(LIST)
    assert bureau.alone()["dan"] == {"marketing": "erased"}
    assert (run.counts["left"], run.counts["rejected"]) == (2, 1)


def test_beside_somebody_who_asked_to_be_forgotten_the_others_of_a_row_are_left_alone(bureau):
    bureau.leave("bob@example.org", "marketing", "erased")
    for first in ("ada@example.org, bob@example.org", "bob@example.org, chloe@example.org"):
        text = f'Courriel;Désabonné\n"{first}";oui\n'
        assert bureau.rehearses(text)[0].left == {"unsubscribed": 1}
        assert bureau.takes(text).counts["left"] == 1
    assert bureau.alone() == {
        "ada": {"marketing": "unsubscribed"}, "bob": {"marketing": "erased"}, "chloe": {"marketing": "unsubscribed"},
    }  # fmt: skip


def test_a_list_that_was_stopped_leaves_alone_whom_the_rest_of_it_names(bureau):
    text = "Courriel;Désabonné\n" + "".join(f"lead{number}@example.org;oui\n" for number in range(250))
    assert bureau.takes(text, stop_after=1).counts["left"] == 100
    run = bureau.takes(text)
    assert (run.counts["left"], bureau.count(suppressions), bureau.count(events_table)) == (250, 250, 500)


def test_many_who_left_are_written_in_as_many_statements_as_a_few(bureau, clocks):
    source = Source(1, "hash", "ada", Policy(), "fr", bureau.keys.suppression)

    def statements(first: int, last: int) -> int:
        text = "Courriel;Statut\n" + "".join(f"lead{n}@example.org;désabonné\n" for n in range(first, last))
        read = bureau.reads(text)
        entries = [made_ready(one, source, clocks.calendar()) for one in read if isinstance(one, Contact)]
        gone, asked = leavers(read, source.suppression_key, clocks.calendar()), []

        def job(conn: Any) -> None:
            listen(conn, "before_cursor_execute", lambda *told: asked.append(told[2]))
            write(conn, entries, source, clocks.moment(), gone)

        bureau.database.write(job)
        return len(asked)

    assert statements(0, 5) == statements(5, 95)
