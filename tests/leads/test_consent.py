"""Consent: asked, proven, withdrawn at once; addresses left alone by a keyed hash."""

import pytest
from sqlalchemy import insert, select

from base.tokens import digest
from leads import consent, consenting, events
from leads.answering import ConsentAnswer
from storage.schema import consents, leads, wakes


@pytest.fixture
def ada(database, moment) -> int:
    def make(conn):
        row = insert(leads).values(
            status="lead", email="ada@lumen.example", fields={}, tags=[], locale="fr", origin="inbound",
            created_at=moment.calendar,
        )  # fmt: skip
        lead_id = conn.execute(row.returning(leads.c.id)).scalar_one()
        conn.execute(insert(wakes).values(lead_id=lead_id, seq=0, folded_seq=0))
        return lead_id

    return database.write(make)


@pytest.fixture
def ledger(database, ada, moment):
    """The acts of consent, each in a transaction of its own, as doors do them."""

    class Ledger:
        def ask(self, *topics):
            answers = [ConsentAnswer(topic, f"Yes to {topic}.", True) for topic in topics]
            return database.write(
                lambda conn: consenting.ask(
                    conn, ada, answers, form="guide", locale="fr", proof={"page": "p"}, now=moment
                )
            )

        def grant(self, *topics, **more):
            return database.write(
                lambda conn: consenting.grant(conn, ada, topics, locale="fr", proof={"token": "t"}, now=moment, **more)
            )

        def withdraw(self, *topics):
            left = topics or None
            return database.write(lambda conn: consenting.withdraw(conn, ada, left, locale="fr", proof={}, now=moment))

        def rows(self):
            with database.read() as conn:
                return list(conn.execute(select(consents).order_by(consents.c.id)))

        def granted(self):
            with database.read() as conn:
                return consent.granted(conn, [ada])[ada]

        def events(self):
            with database.read() as conn:
                return [(event.name, event.subject) for event in events.all_of(conn, ada)]

    return Ledger()


def test_asking_is_no_consent_and_confirming_is_with_the_wording_that_was_shown(ledger):
    assert ledger.ask("tips", "letter") == ("tips", "letter")
    assert ledger.granted() == frozenset()
    assert ledger.grant("tips") is True
    assert ledger.granted() == {"tips"}
    proof = ledger.rows()[-1]
    assert (proof.state, proof.wording, proof.wording_hash, proof.form, proof.proof) == (
        "granted", "Yes to tips.", digest("Yes to tips."), "guide", {"token": "t"},
    )  # fmt: skip
    assert ledger.events() == [("consent_granted", "tips")]


def test_confirming_twice_changes_nothing(ledger):
    ledger.ask("tips")
    assert [ledger.grant("tips"), ledger.grant("tips")] == [True, False]
    assert len(ledger.rows()) == 2
    assert len(ledger.events()) == 1


def test_a_box_that_was_not_ticked_leaves_no_trace(database, ada, ledger, moment):
    answers = [ConsentAnswer("tips", "Yes.", False)]
    database.write(lambda conn: consenting.ask(conn, ada, answers, form="f", locale="fr", proof={}, now=moment))
    assert ledger.rows() == []


def test_leaving_one_topic_leaves_the_others(ledger):
    ledger.grant("tips", "letter", "clicks")
    assert ledger.withdraw("tips") is True
    assert ledger.granted() == {"letter", "clicks"}
    assert ledger.events()[-2:] == [("consent_withdrawn", "tips"), ("unsubscribed", "tips")]
    assert ledger.withdraw("tips") is False


def test_refusing_to_be_measured_is_not_unsubscribing(ledger):
    ledger.grant("tips", "clicks")
    ledger.withdraw("clicks")
    assert ledger.events()[-1] == ("consent_withdrawn", "clicks")


def test_leaving_everything_is_said_once(ledger):
    ledger.grant("tips", "letter")
    assert [ledger.withdraw(), ledger.withdraw()] == [True, False]
    assert ledger.granted() == frozenset()
    assert ledger.events().count(("unsubscribed", "all")) == 1


def test_whoever_never_agreed_may_leave_too(ledger):
    assert ledger.withdraw("tips") is True
    assert ledger.events() == [("consent_withdrawn", "tips"), ("unsubscribed", "tips")]


def test_coming_back_needs_asking_and_confirming_again(ledger):
    ledger.grant("tips")
    ledger.withdraw("tips")
    ledger.ask("tips")
    assert ledger.granted() == frozenset()
    assert ledger.grant("tips") is True
    assert ledger.granted() == {"tips"}


def test_an_address_is_suppressed_by_a_keyed_hash_and_the_scopes_add_up(database, keys, moment):
    ours = consent.address_hash(keys.suppression, "ada@lumen.example")
    other = consent.address_hash(keys.suppression, "bob@lumen.example")
    assert ours != consent.address_hash("another key", "ada@lumen.example")
    for scope in ("marketing", "all"):
        database.write(lambda conn, scope=scope: consenting.suppress(conn, ours, scope, "hard_bounce", moment.machine))
    assert database.write(lambda conn: consenting.suppress(conn, ours, "all", "staff", moment.machine)) is False
    with database.read() as conn:
        assert consent.suppressed(conn, [ours, other]) == {ours: {"marketing", "all"}}


@pytest.mark.parametrize(
    ("reason", "left"), [("unsubscribed", {}), ("complaint", {"marketing"}), ("hard_bounce", {"marketing"})]
)
def test_a_new_consent_undoes_a_farewell_and_never_a_complaint_or_a_bounce(
    database, ledger, keys, moment, reason, left
):
    ours = consent.address_hash(keys.suppression, "ada@lumen.example")
    database.write(lambda conn: consenting.suppress(conn, ours, "marketing", reason, moment.machine))
    ledger.grant("tips", suppressed_hash=ours)
    with database.read() as conn:
        assert consent.suppressed(conn, [ours]).get(ours, {}) == left


def test_agreeing_to_be_measured_undoes_no_farewell(database, ledger, keys, moment):
    ours = consent.address_hash(keys.suppression, "ada@lumen.example")
    database.write(lambda conn: consenting.suppress(conn, ours, "marketing", "unsubscribed", moment.machine))
    ledger.grant("clicks", suppressed_hash=ours)
    with database.read() as conn:
        assert consent.suppressed(conn, [ours]) == {ours: {"marketing"}}


def test_a_preference_token_is_made_once_and_found_again(database, ada):
    first = database.write(lambda conn: consenting.preference_token(conn, ada, "tips"))
    again = database.write(lambda conn: consenting.preference_token(conn, ada, "tips"))
    page = database.write(lambda conn: consenting.preference_token(conn, ada, ""))
    assert first == again != page
    with database.read() as conn:
        assert consent.by_preference_token(conn, first) == (ada, "tips")
        assert consent.by_preference_token(conn, page) == (ada, "")
        assert consent.by_preference_token(conn, "nobody's") is None
