"""Who came: one lead per address, nothing lost, nothing doubled, on both databases."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from base.tokens import digest
from leads import consent, consenting, events
from leads.answering import ObjectionAnswer
from leads.groups import survivor
from leads.identity import Capture, ConsentAnswer, load_leads, record
from storage.schema import consents, leads, preference_tokens, releases, submissions, wakes

TIPS = ConsentAnswer("tips", "J'accepte les conseils.", True)


@pytest.fixture
def release(database, moment):
    row = insert(releases).values(hash="h", tree={}, author="ada", created_at=moment.machine)
    return database.write(lambda conn: conn.execute(row.returning(releases.c.id)).scalar_one())


@pytest.fixture
def capture(release) -> Capture:
    return Capture(
        form="guide",
        page="guide-3d",
        locale="fr",
        answers={"email": "Ada@Lumen.example", "practice": "slow"},
        columns={"email": "ada@lumen.example", "first_name": "Ada"},
        fields={"practice": "slow"},
        consents=(TIPS, ConsentAnswer("clicks", "Mesure.", False)),
        touch={"utm_source": "google", "utm_medium": "cpc", "page": "guide-3d"},
        idempotency_key="key-1",
        release_id=release,
        magnet="guide-3d",
        interests=("cao/3d",),
    )


def count(database, table):
    with database.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_submission_makes_a_lead_with_everything_that_was_said(database, capture, moment):
    recorded = database.write(lambda conn: record(conn, capture, moment))
    with database.read() as conn:
        lead = load_leads(conn, [recorded.lead_id])[recorded.lead_id]
        row = conn.execute(select(leads)).one()
        event = events.all_of(conn, lead.id)[0]
        wake = conn.execute(select(wakes)).one()
        asked = conn.execute(select(consents)).one()
        topics = set(conn.execute(select(preference_tokens.c.topic)).scalars())
        pending = consent.pending(conn, lead.id)
    assert (lead.email, lead.first_name, lead.fields, lead.status) == (
        "ada@lumen.example", "Ada", {"practice": "slow"}, "lead",
    )  # fmt: skip
    assert (row.source, row.origin, row.first_touch["utm_medium"]) == ("paid_search", "inbound", "cpc")
    assert (event.seq, event.name, event.subject, event.evidence) == (1, "form_submitted", "guide", "human")
    assert event.data == {
        "page": "guide-3d",
        "hand_raise": False,
        "interests": ["cao/3d"],
        "magnet": "guide-3d",
        "submission_id": recorded.submission_id,
    }
    assert (wake.seq, wake.folded_seq, wake.due_at) == (1, 0, moment.calendar)
    assert (asked.topic, asked.state, asked.wording) == ("tips", "asked", TIPS.wording)
    assert asked.wording_hash == digest(TIPS.wording)
    assert topics == {"", "tips"}
    assert pending == ("tips",)


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_a_form_puts_the_only_name_that_a_list_knew_in_its_place(database, capture, moment, is_confirmed):
    told = {"email": "c@lumen.example", "last_name": "Claire"}
    lead_id = database.write(lambda conn: record(conn, replace(capture, columns=told), moment)).lead_id
    if is_confirmed:
        database.write(lambda conn: consenting.grant(conn, lead_id, ["tips"], locale="fr", proof={}, now=moment))
    hers = {"email": "c@lumen.example", "first_name": "claire"}
    database.write(lambda conn: record(conn, replace(capture, columns=hers, idempotency_key="key-2"), moment))
    with database.read() as conn:
        lead = load_leads(conn, [lead_id])[lead_id]
    assert (lead.first_name, lead.last_name, lead.name) == ("claire", None, "claire")


@pytest.mark.parametrize(
    ("known", "told", "called"), [("Ali Ali", "Ali", "Ali Ali"), ("Jean Martin", "Martin", "Martin Martin")]
)
def test_a_form_never_takes_the_last_name_of_a_lead_whose_first_name_is_known(
    database, capture, moment, known, told, called
):
    theirs = {"email": "a@lumen.example", **dict(zip(("first_name", "last_name"), known.split(), strict=True))}
    lead_id = database.write(lambda conn: record(conn, replace(capture, columns=theirs), moment)).lead_id
    again = replace(capture, columns={"email": "a@lumen.example", "first_name": told}, idempotency_key="key-2")
    database.write(lambda conn: record(conn, again, moment))
    with database.read() as conn:
        assert load_leads(conn, [lead_id])[lead_id].name == called


@pytest.mark.parametrize(("state", "kept"), [("granted", True), ("withdrawn", True), ("asked", False)])
def test_a_form_in_the_name_of_a_lead_who_has_confirmed_replaces_nothing_known_and_fills_what_is_empty(
    database, capture, moment, state, kept
):
    mine = {"email": "ada@lumen.example", "first_name": "Ada", "phone": "+33639981234", "company": "Lumen"}
    ada = database.write(lambda conn: record(conn, replace(capture, columns=mine), moment)).lead_id
    if state != "asked":
        proof = {"locale": "fr", "proof": {}, "now": moment}
        database.write(lambda conn: consenting.grant(conn, ada, ["tips"], **proof))
    if state == "withdrawn":
        database.write(lambda conn: consenting.withdraw(conn, ada, ["tips"], **proof) and None)
    theirs = {
        "email": "ada@lumen.example", "first_name": "You won, see evil.example", "phone": "+33639989999",
        "company": "Evil", "last_name": "Lovelace",
    }  # fmt: skip
    posted = replace(
        capture, columns=theirs, fields={"practice": "none", "team": "2-5"}, answers=theirs, consents=(),
        idempotency_key="key-2",
    )  # fmt: skip
    database.write(lambda conn: record(conn, posted, moment))
    with database.read() as conn:
        lead = load_leads(conn, [ada])[ada]
        newest = conn.execute(select(submissions.c.answers).order_by(submissions.c.id.desc()).limit(1)).scalar_one()
    known = (lead.first_name, lead.phone, lead.company, lead.fields["practice"])
    assert (known == ("Ada", "+33639981234", "Lumen", "slow")) is kept
    assert (lead.last_name, lead.fields["team"]) == ("Lovelace", "2-5")
    assert newest == theirs, "what was said is kept with the form"


def test_a_second_form_adds_to_the_lead_and_empties_nothing(database, capture, moment):
    first = database.write(lambda conn: record(conn, capture, moment))
    later = replace(
        capture,
        columns={"email": "ada@lumen.example", "first_name": "", "last_name": "Lovelace"},
        fields={"practice": "", "team": "2-5"},
        touch={"referrer": "https://www.linkedin.com/feed"},
        idempotency_key="key-2",
    )
    second = database.write(lambda conn: record(conn, later, moment))
    assert second.lead_id == first.lead_id
    with database.read() as conn:
        lead = load_leads(conn, [first.lead_id])[first.lead_id]
        row = conn.execute(select(leads)).one()
    assert (lead.first_name, lead.last_name, lead.fields) == ("Ada", "Lovelace", {"practice": "slow", "team": "2-5"})
    assert row.first_touch["utm_source"] == "google", "the first touch stays the first"
    assert row.last_touch == {"referrer": "https://www.linkedin.com/feed"}
    assert row.source == "paid_search"


def test_the_same_form_sent_twice_counts_once(database, capture, moment):
    first = database.write(lambda conn: record(conn, capture, moment))
    again = database.write(lambda conn: record(conn, capture, moment))
    assert again == replace(first, doubled=True)
    assert count(database, submissions) == 1
    with database.read() as conn:
        assert conn.execute(select(wakes.c.seq)).scalar_one() == 1


@pytest.mark.parametrize("same_key", [True, False])
def test_many_doors_at_once_make_one_lead_and_nobody_sees_an_error(database, capture, moment, same_key):
    results, doors = [], 8
    gate = threading.Barrier(doors)

    def door(number):
        ours = capture if same_key else replace(capture, idempotency_key=f"key-{number}")
        gate.wait()
        try:
            results.append(database.write(lambda conn: record(conn, ours, moment)))
        except Exception as error:  # what a visitor would see
            results.append(error)

    threads = [threading.Thread(target=door, args=(number,)) for number in range(doors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result for result in results if isinstance(result, Exception)] == []
    assert len({result.lead_id for result in results}) == 1
    assert count(database, leads) == 1
    expected = 1 if same_key else doors
    assert count(database, submissions) == expected
    with database.read() as conn:
        happened = events.all_of(conn, results[0].lead_id)
    assert len(happened) == expected
    assert len({event.data["submission_id"] for event in happened}) == expected


def test_many_doors_with_one_new_number_make_one_lead(database, capture, moment):
    gate, results = threading.Barrier(4), []

    def door(number):
        ours = replace(capture, columns={"phone": "+33639981234"}, idempotency_key=f"key-{number}")
        gate.wait()
        results.append(database.write(lambda conn: record(conn, ours, moment)).lead_id)

    threads = [threading.Thread(target=door, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert len(set(results)) == 1


def test_a_number_alone_is_a_lead_and_never_finds_one_who_has_an_address(database, capture, moment):
    known = replace(capture, columns={"email": "chloe@lumen.example", "phone": "+33639981234"})
    chloe = database.write(lambda conn: record(conn, known, moment)).lead_id
    alone = replace(capture, columns={"phone": "+33639981234", "first_name": "Bob"}, idempotency_key="key-2")
    bob = database.write(lambda conn: record(conn, alone, moment)).lead_id
    assert bob != chloe
    with database.read() as conn:
        found = load_leads(conn, [bob, chloe])
    assert (found[bob].email, found[bob].phone, found[chloe].first_name) == (None, "+33639981234", None)


def test_neither_address_nor_number_is_nobody(database, capture, moment):
    with pytest.raises(ValueError, match="an email address or a phone number"):
        database.write(lambda conn: record(conn, replace(capture, columns={}), moment))
    assert count(database, leads) == 0


def test_a_bought_contact_stays_one_until_they_ask_for_something(database, capture, moment):
    def buy(conn):
        made = insert(leads).values(
            status="contact", email="ada@lumen.example", fields={}, tags=[], locale="fr", origin="purchased",
            source="vendor:x", created_at=moment.calendar,
        )  # fmt: skip
        lead_id = conn.execute(made.returning(leads.c.id)).scalar_one()
        conn.execute(insert(wakes).values(lead_id=lead_id, seq=0, folded_seq=0))
        events.append(conn, lead_id, "mail.sent", moment, evidence="engine")
        return lead_id

    bought = database.write(buy)
    with database.read() as conn:
        assert load_leads(conn, [bought])[bought].status == "contact"
    assert database.write(lambda conn: record(conn, capture, moment)).lead_id == bought
    with database.read() as conn:
        assert load_leads(conn, [bought])[bought].status == "lead"
        assert conn.execute(select(leads.c.source)).scalar_one() == "vendor:x", "where they came from first stays"


@pytest.mark.parametrize(
    ("name", "evidence", "status"),
    [
        ("mail.sent", "engine", "contact"),
        ("link_clicked", "pending", "contact"),
        ("unsubscribed", "human", "contact"),
        ("hit_confirmed", "human", "lead"),
        ("consent_granted", "human", "lead"),
    ],
)
def test_an_interest_that_a_human_shows_makes_a_lead_of_a_contact(database, capture, moment, name, evidence, status):
    ada = database.write(lambda conn: record(conn, capture, moment)).lead_id
    bought = update(leads).values(status="contact")
    database.write(lambda conn: conn.execute(bought).rowcount)
    database.write(lambda conn: events.append(conn, ada, name, moment, evidence=evidence))
    with database.read() as conn:
        assert load_leads(conn, [ada])[ada].status == status


def test_what_a_merged_lead_sends_stays_its_own(database, capture, moment):
    ada = database.write(lambda conn: record(conn, capture, moment)).lead_id
    other = replace(capture, columns={"email": "ada@other.example"}, idempotency_key="key-2")
    twin = database.write(lambda conn: record(conn, other, moment)).lead_id
    database.write(lambda conn: conn.execute(update(leads).where(leads.c.id == twin).values(merged_into=ada)) and None)
    again = database.write(lambda conn: record(conn, replace(other, idempotency_key="key-3"), moment))
    assert again.lead_id == twin
    with database.read() as conn:
        assert survivor(conn, twin) == ada


def test_a_submission_does_not_take_back_a_consent_that_was_confirmed(database, capture, moment):
    ada = database.write(lambda conn: record(conn, capture, moment)).lead_id
    database.write(lambda conn: consenting.grant(conn, ada, ["tips"], locale="fr", proof={}, now=moment))
    database.write(lambda conn: record(conn, replace(capture, idempotency_key="key-2"), moment))
    with database.read() as conn:
        assert consent.granted(conn, [ada])[ada] == {"tips"}
        assert consent.pending(conn, ada) == ()


def test_events_are_read_after_the_seen_one_and_by_name(database, capture, moment, clocks):
    ada = database.write(lambda conn: record(conn, capture, moment)).lead_id
    other = replace(capture, columns={"email": "bob@lumen.example"}, idempotency_key="key-2")
    bob = database.write(lambda conn: record(conn, other, moment)).lead_id
    clocks.advance(timedelta(days=1))
    for lead_id in (ada, bob, ada):
        database.write(lambda conn, to=lead_id: events.append(conn, to, "page_seen", clocks.moment(), evidence="human"))
    with database.read() as conn:
        later = events.after(conn, {ada: 1, bob: 2})
        named = events.history(conn, [ada, bob], {"page_seen"})
        nothing = events.history(conn, [ada], ())
    assert [event.seq for event in later[ada]] == [2, 3]
    assert later[bob] == []
    assert [event.seq for event in named[bob]] == [2]
    assert named[ada][0].at == moment.calendar + timedelta(days=1)
    assert nothing == {ada: ()}


# PostgreSQL does not tell its steps; the indexes are the same.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_form_costs_the_same_however_often_the_lead_was_asked_before(database, capture, moment):
    told = ObjectionAnswer("news", "Nous vous écrirons.", False, "J'accepte les nouvelles.")
    asking = replace(capture, columns={"email": "ada@gmail.com"}, objections=(told,))

    def form(conn, number):
        return record(conn, replace(asking, idempotency_key=f"form-{number}"), moment).lead_id

    def steps_of(conn, number):
        """How often SQLite took a hundred steps."""
        driver, taken = conn.connection.driver_connection, []
        driver.set_progress_handler(lambda: taken.append(1) and None, 100)
        form(conn, number)
        driver.set_progress_handler(None, 0)
        return len(taken)

    ada = database.write(lambda conn: form(conn, 0))
    few = database.write(lambda conn: steps_of(conn, 1))
    answers = [TIPS, ConsentAnswer("news", "J'accepte les nouvelles.", True)]
    often = {"form": "guide", "locale": "fr", "proof": {}, "now": moment}
    for _ in range(4):
        database.write(lambda conn: [consenting.ask(conn, ada, answers, **often) for _ in range(500)])
    many = database.write(lambda conn: steps_of(conn, 2))
    assert few > 0
    assert many <= few * 1.2
