"""Pairs of leads that are likely one: found by number, name and mailbox, until somebody says that they are two."""

import pytest
from sqlalchemy import select

from leads import erasing, merging
from leads.forgetting import Clerk
from leads.telling_apart import tell_apart
from reports import alike as module
from reports.alike import MAILBOX, NAME, PHONE, alike, alike_to
from storage.schema import told_apart
from tests.conftest import SUPPRESSION_KEY

NUMBER = "+33639981234"
ADA = Clerk("Ada")


def found(lively, below=None):
    with lively.database.read() as conn:
        return {(pair.newer.id, pair.older.id): pair.reasons for pair in alike(conn, below).pairs}


@pytest.mark.parametrize(
    ("one", "other", "reasons"),
    [
        ({"phone": NUMBER}, {"phone": NUMBER}, (PHONE,)),
        ({"email": None, "phone": NUMBER}, {"phone": NUMBER}, (PHONE,)),
        (
            {"first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe@brun.fr"},
            {"first_name": "ZOE", "last_name": "LEFEVRE", "email": "z.lefevre@brun.fr"},
            (NAME,),
        ),
        (
            {"first_name": "Zoé", "last_name": "de la Tour", "email": "zoe@orange.fr", "company": "Studio Brun"},
            {"first_name": "Zoe", "last_name": "De La Tour", "email": "zoe@brun.fr", "company": "studio brun"},
            (NAME,),
        ),
        (
            {"first_name": "Zoé", "last_name": "d'Arc", "email": "zoe@brun.fr", "phone": NUMBER},
            {"first_name": "Zoe", "last_name": "D'Arc", "email": "z.darc@brun.fr", "phone": NUMBER},
            (NAME, PHONE),
        ),
        (
            {"first_name": "Zoé", "last_name": "Martin", "email": "zoe@brun.fr", "company": "Studio Brun"},
            {"first_name": "Zoé", "last_name": "Martin", "email": "zoe@zinc.fr", "company": "Studio Brun"},
            None,
        ),
        ({"email": "zoe@brun.fr"}, {"email": "zoe+salon@brun.fr"}, (MAILBOX,)),
        ({"phone": NUMBER}, {"phone": "+33639980000"}, None),
        (
            {"first_name": "Zoé", "last_name": "Martin", "email": "zoe@brun.fr"},
            {"first_name": "Zoé", "last_name": "Martin", "email": "zoe@zinc.fr"},
            None,
        ),
        (
            {"first_name": "Zoé", "last_name": "Martin", "email": "zoe@brun.fr"},
            {"first_name": "Paul", "last_name": "Martin", "email": "paul@brun.fr"},
            None,
        ),
        (
            {"first_name": "Zoé", "last_name": "Martin", "email": "zoe@orange.fr"},
            {"first_name": "Zoé", "last_name": "Martin", "email": "zoe.martin@orange.fr"},
            None,
        ),
    ],
)
def test_two_are_likely_one_for_a_reason(lively, watched, one, other, reasons):
    older = lively.submits("ada", **{"company": "One", **one})
    newer = lively.submits("bob", **{"company": "Other", **other})
    with watched() as conn:
        pairs = {(pair.newer.id, pair.older.id): pair.reasons for pair in alike(conn).pairs}
        mates = [each.id for each in alike_to(conn, newer)]
    assert pairs == ({(newer, older): reasons} if reasons else {})
    assert mates == ([older] if reasons else [])


@pytest.fixture
def pair(lively):
    return lively.submits("ada", phone=NUMBER), lively.submits("bob", phone=NUMBER)


def test_a_pair_that_was_told_apart_is_not_shown_again(lively, pair):
    older, newer = pair
    now = lively.clocks.moment()
    tells = [
        lively.database.write(lambda conn, both=both: tell_apart(conn, *both, SUPPRESSION_KEY, ADA, now))
        for both in ((newer, older), (older, newer))
    ]
    assert tells == [True, False]
    assert found(lively) == {}
    with lively.database.read() as conn:
        assert alike_to(conn, older) == alike_to(conn, newer) == ()


def test_two_who_are_one_already_are_no_pair(lively, pair):
    older, newer = pair
    site, now = lively.releases.in_force(), lively.clocks.moment()
    lively.database.write(lambda conn: merging.merge(conn, older, newer, site, now))
    lively.works()
    assert found(lively) == {}


@pytest.mark.parametrize("place", [0, 1])
def test_what_was_said_of_a_pair_goes_with_either_of_them(lively, pair, place):
    now = lively.clocks.moment()
    lively.database.write(lambda conn: tell_apart(conn, *pair, SUPPRESSION_KEY, ADA, now))
    lively.database.write(lambda conn: erasing.erase(conn, pair[place], SUPPRESSION_KEY, now))
    with lively.database.read() as conn:
        assert conn.execute(select(told_apart)).all() == []


def test_older_leads_are_looked_at_batch_by_batch(lively, pair, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 1)
    lively.submits("chloe")
    below, seen = None, []
    with lively.database.read() as conn:
        while True:
            part = alike(conn, below)
            seen += [(one.newer.id, one.older.id) for one in part.pairs]
            if part.below is None:
                break
            below = part.below
    assert seen == [pair[::-1]]
