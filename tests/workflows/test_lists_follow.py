"""What lists are read from follows the engine: owners given by a hand-off, sources, segments entered, words learned."""

from dataclasses import replace

from sqlalchemy import update

from authoring.models.definitions import Segment
from leads import words
from storage import schema

SETS = """
title = "Sets"
topic = "tips"
class = "transactional"
sender = "ines"

[[trigger]]
form = "guide"

[[step]]
id = "name"
set = { fields = { company = "Pignons" } }
"""


def given_to(rep):
    """What sales does at a hand-off: the lead gets a rep."""

    def open_hand_off(conn, call):
        conn.execute(update(schema.leads).where(schema.leads.c.id == call.lead.id).values(owner=rep))

    return open_hand_off


def test_the_rep_of_a_hand_off_and_the_source_stand_beside_the_score(workshop):
    shop = workshop()
    shop.engine._open_hand_off = given_to("nadia")
    ada, bob = shop.submits("ada"), shop.submits("bob")
    for _ in range(4):
        shop.happens(ada, "page_seen", "offer")
    shop.engine.work()
    assert shop.rows(schema.standings, "lead_id", "owner", "source") == [
        (ada, "nadia", "direct"),
        (bob, None, "direct"),
    ]


def test_a_lead_is_listed_in_the_segments_it_stands_in_and_no_longer(workshop):
    shop = workshop()
    lukewarm = Segment.model_validate({"id": "lukewarm", "label": "L", "when": {"engagement_at_least": 20}})
    in_force = shop.releases.in_force()
    shop.releases.apply(replace(in_force, definitions=in_force.definitions.model_copy(update={"segments": [lukewarm]})))
    ada = shop.submits("ada")
    shop.works()
    assert shop.rows(schema.lead_segments) == []
    shop.happens(ada, "page_seen", "offer")
    shop.works()
    assert [tuple(row) for row in shop.rows(schema.lead_segments)] == [("lukewarm", ada)]
    shop.advance(days=400)
    shop.works()
    assert shop.rows(schema.lead_segments) == []


def test_a_company_that_a_step_sets_is_found(workshop):
    shop = workshop({"sets": SETS})
    ada = shop.submits("ada")
    shop.works()
    known = {"email": "ada@lumen.example", "first_name": "ada", "company": "Pignons"}
    found = {word for word, lead_id in shop.rows(schema.lead_words, "word", "lead_id") if lead_id == ada}
    assert found == words.words_of(known)
