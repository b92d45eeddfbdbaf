"""A changed text reaches those inside, unless it is frozen: then they keep the newest one that was meant for them."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, select, update

from emails.texts import Texts
from storage.schema import enrolments, messages, releases

KEY = ("conseils-3d", "niveaux", "fr")


class Shelf:
    """Releases by number; the last one is in force."""

    def __init__(self, *sites):
        self.sites = {site.release_id: site for site in sites}

    def in_force(self):
        return self.sites[max(self.sites)]

    def get(self, number):
        return self.sites[number]


@pytest.fixture
def written(house):
    """`written("A", "B", "C!")`: a release for each subject, `!` for a frozen one; the texts of the mail room."""

    def write(*subjects):
        sites = []
        for number, subject in enumerate(subjects, start=1):
            text = house.site.emails[KEY].model_copy(update={"subject": subject[0], "freeze": subject.endswith("!")})
            emails = {**house.site.emails, KEY: text}
            sites.append(replace(house.site, release_id=number, hash=f"hash-{number}", emails=emails))
        row = {"hash": "h", "tree": {}, "author": "ada", "created_at": house.clocks.machine()}
        more = [{**row, "id": number} for number in range(2, len(subjects) + 1)]
        if more:
            house.run(lambda conn: conn.execute(insert(releases), more) and None)
        return Texts(house.database, Shelf(*sites))

    return write


def subject(texts, message):
    return texts.site_for(message).emails[KEY].subject


def owed(house, **columns):
    number = house.owe(house.lead())
    with house.database.read() as conn:
        message = conn.execute(select(messages).where(messages.c.id == number)).one()
    change = update(enrolments).where(enrolments.c.id == message.enrolment_id).values(columns)
    if columns:
        house.run(lambda conn: conn.execute(change) and None)
    return message


@pytest.mark.parametrize(
    ("subjects", "columns", "read"),
    [
        (("A", "B"), {}, "B"),  # a correction reaches everybody
        (("A", "B!"), {}, "A"),
        (("A", "B", "C!"), {}, "B"),  # the correction was meant for them, the frozen one is not
        (("A", "B!", "C!"), {}, "A"),
        (("A", "B!", "C"), {}, "C"),
        (("A", "B!"), {"release_id": 2}, "B"),  # who comes in under the frozen text reads it
        (("A", "B!", "C!"), {"release_id": 2}, "B"),
        (("A", "B!"), {"edit_release_id": 2}, "B"),  # who goes on in the new version reads its text
    ],
)
def test_a_frozen_text_is_for_those_who_come_after_it(house, written, subjects, columns, read):
    texts, message = written(*subjects), owed(house, **columns)
    assert subject(texts, message) == read
    assert subject(texts, message) == read, "and the second time, from what is kept"


def test_a_text_that_was_not_there_before_is_read_by_everybody(house, written):
    texts = written("A", "B!")
    first = texts._releases.sites[1]
    texts._releases.sites[1] = replace(first, emails={key: one for key, one in first.emails.items() if key != KEY})
    assert subject(texts, owed(house)) == "B"


def test_a_message_of_no_sequence_is_written_as_it_is_in_force(house, written):
    message = SimpleNamespace(email="conseils-3d/niveaux", enrolment_id=None)
    assert subject(written("A", "B!"), message) == "B"


def test_texts_of_different_times_are_compiled_apart(house, written):
    texts = written("A", "B!")
    assert texts.site_for(owed(house)).hash != texts.site_for(owed(house, release_id=2)).hash
