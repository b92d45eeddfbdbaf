"""What staff noted of BANT: of whoever turned out to be one the newest word, and each lead's own beside it."""

import pytest

from leads import merging
from leads.bant import noted, noted_of, values
from sales.notebook import Author, note_bant

BY = Author("Ada")


@pytest.fixture
def trio(lively):
    """Ada, who stands for bob since he said what he needs, and chloé: their numbers."""
    ada, bob, chloe = (lively.submits(who) for who in ("ada", "bob", "chloe"))
    notes(lively, bob, "need", "yes")
    lively.works()
    site, now = lively.releases.in_force(), lively.clocks.moment()
    lively.database.write(lambda conn: merging.merge(conn, ada, bob, site, now))
    lively.works()
    return ada, bob, chloe


def notes(lively, lead_id, item, value):
    now = lively.clocks.moment()
    lively.database.write(lambda conn: note_bant(conn, lead_id, item, value, f"{value} by now", BY, now))


def test_the_newest_word_counts_of_a_lead_and_of_whom_it_stands_for(lively, trio):
    ada, _, chloe = trio
    notes(lively, ada, "budget", "no")
    notes(lively, ada, "budget", "partial")
    with lively.database.read() as conn:
        found = noted(conn, [ada, chloe])
        assert found[ada] == noted_of(conn, ada)
    assert values(found[ada]) == {"budget": "partial", "need": "yes"}
    assert (found[ada]["need"].note, found[ada]["need"].author) == ("yes by now", "Ada")
    assert found[chloe] == {}
