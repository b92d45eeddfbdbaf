"""A lead is found by the beginning of any word of its name, address or company, however it is typed."""

import pytest
from sqlalchemy import delete, insert, select

from leads import words
from leads.identity import Capture, record
from storage.schema import lead_words, leads, releases

ADA = {
    "email": "ada.moreau@trois-pignons.example",
    "first_name": "Ada",
    "last_name": "Moreau-Œuvré",
    "company": "L'Été & Fils (archi.com)",
}


def test_the_words_of_a_lead_are_those_of_its_name_company_and_address():
    assert words.words_of(ADA) == {
        "ada", "moreau", "oeuvre", "l", "ete", "fils", "archi", "com", "archi.com", "trois", "pignons",
        "ada.moreau@trois-pignons.example", "trois-pignons.example",
    }  # fmt: skip
    assert words.words_of({"email": None, "first_name": "", "last_name": None, "company": "—"}) == frozenset()


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Moreau, Ada", ("moreau", "ada")),
        ("ADA ada", ("ada",)),
        ("trois-pig", ("trois", "pig")),
        ("trois-pignons.ex", ("trois-pignons.ex",)),
        ("<ada.mo@trois>", ("ada.mo@trois",)),
        ("l’été", ("l", "ete")),
        ("Straße Łódź smørrebrød Ἀθήνα", ("strasse", "lodz", "smorrebrod", "αθηνα")),
        ("a\x00b\ud800 \u200bc.\u0007d", ("ab", "c.d")),
        (" \t'—' ", ()),
        ("a b c d e f g h", ("a", "b", "c", "d", "e", "f")),
        ("x" * 300, ("x" * 100,)),
    ],
)
def test_a_question_is_folded_as_the_words_are(question, asked):
    assert words.asked_for(question) == asked


@pytest.mark.parametrize("question", ["ada.mor", "trois-pignons.example", "archi.c", "PIGN", "l'ete", "oeuv", "œuvre"])
def test_what_is_asked_begins_a_word_of_whoever_it_means(question):
    known = words.words_of(ADA)
    assert all(any(word.startswith(asked) for word in known) for asked in words.asked_for(question))


# ---------------------------------------------------------------- the rows


@pytest.fixture
def stored_release(database, moment):
    row = insert(releases).values(hash="h", tree={}, author="ada", created_at=moment.machine).returning(releases.c.id)
    return database.write(lambda conn: conn.execute(row).scalar_one())


def sent(database, moment, site_release, key, **columns):
    given = Capture("demo", "demo", "fr", {}, columns, {}, (), {}, key, site_release)
    return database.write(lambda conn: record(conn, given, moment)).lead_id


def found_by(database, lead_id):
    with database.read() as conn:
        return set(conn.execute(select(lead_words.c.word).where(lead_words.c.lead_id == lead_id)).scalars())


def test_a_submission_lets_its_lead_be_found_and_a_later_one_adds_to_it(database, moment, stored_release):
    ada = sent(database, moment, stored_release, "one", email="ada@pignons.example", first_name="Ada")
    assert found_by(database, ada) == words.words_of({"email": "ada@pignons.example", "first_name": "Ada"})
    sent(database, moment, stored_release, "two", email="ada@pignons.example", last_name="Moreau", first_name=None)
    assert found_by(database, ada) == words.words_of(
        {"email": "ada@pignons.example", "first_name": "Ada", "last_name": "Moreau"}
    )


def test_leads_without_words_are_given_theirs_in_batches_and_only_once(database, moment, monkeypatch, stored_release):
    monkeypatch.setattr(words, "_WITHOUT_WORDS", words._WITHOUT_WORDS.limit(2))
    ids = [
        sent(database, moment, stored_release, name, email=f"{name}@pignons.example")
        for name in ("ada", "bob", "chloé")
    ]
    before = {lead_id: found_by(database, lead_id) for lead_id in ids}
    nameless = insert(leads).values(
        status="contact", phone="+33639981234", fields={}, tags=[], locale="fr", origin="partner",
        created_at=moment.calendar,
    )  # fmt: skip
    for statement in (delete(lead_words), nameless):
        database.write(lambda conn, statement=statement: conn.execute(statement).rowcount)
    assert words.fill_in(database) == 4
    assert {lead_id: found_by(database, lead_id) for lead_id in ids} == before
    assert words.fill_in(database) == 1  # the one who has nothing to be found by
