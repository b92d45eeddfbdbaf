"""What other programs tell of leads: signed, about whom, once, and only what the definitions name."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from base.tokens import webhook_signature
from leads.adding import NewLead, add
from leads.erasing import erase
from leads.forgetting import Clerk
from storage.schema import events, leads, outside_ids

SHOP, CRM = "the secret of the shop", "whsec_a2tra2tra2tra2tra2tra2s="
ADA = {"email": "Ada@Lumen.example", "first_name": "Ada"}
WEBINAR = {"event": "webinar_attended", "subject": "lumiere-3d"}


class Program:
    """Tells what happened, as a shop does, each time under another number."""

    def __init__(self, browser, secret=SHOP):
        self.browser, self.secret, self.number = browser, secret, 0

    def tells(self, told, number=None, stamp=None, **headers):
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.number += 1
        known = number or f"msg_{self.number}"
        stamp = str(int((stamp or self.browser.clocks.machine()).timestamp()))
        mark = webhook_signature(self.secret, known, stamp, body)
        signed = {"webhook-id": known, "webhook-timestamp": stamp, "webhook-signature": mark, **headers}
        return self.browser.post("/events", body, headers=signed)

    def problems(self, told):
        answer = self.tells(told)
        assert answer.status_code == 400
        return answer.json["problems"]


@pytest.fixture
def house(browse):
    return browse(systems=[{"name": "shop", "secret": SHOP}, {"name": "crm", "secret": CRM}])


@pytest.fixture
def shop(house):
    return Program(house)


def written(database, *columns):
    with database.read() as conn:
        return [tuple(row) for row in conn.execute(select(*columns).order_by(*columns))]


def test_an_event_makes_a_lead_once_and_the_program_finds_it_again_by_its_own_id(shop, database):
    told = {**WEBINAR, "lead": {**ADA, "id": 77}, "data": {"minutes": 42.5}, "interests": ["cao/3d"], "locale": "en"}
    first = shop.tells(told, "msg_a")
    assert (first.status_code, first.json["new"]) == (200, True)
    assert shop.tells(told, "msg_a").json == {**first.json, "new": False}
    assert shop.tells({**WEBINAR, "lead": {"id": "77"}}).json == first.json
    assert written(database, leads.c.email, leads.c.first_name, leads.c.status, leads.c.source, leads.c.locale) == [
        ("ada@lumen.example", "Ada", "lead", "shop", "en")
    ]
    assert written(database, outside_ids.c.system, outside_ids.c.value) == [("shop", "77")]
    kept = {"minutes": 42.5, "interests": ["cao/3d"], "system": "shop"}
    with database.read() as conn:
        found = conn.execute(select(events).order_by(events.c.seq)).all()
    assert [(one.name, one.subject, one.evidence) for one in found] == [("webinar_attended", "lumiere-3d", "human")] * 2
    assert [one.data for one in found] == [kept, {"system": "shop"}]


def test_what_happens_to_a_lead_is_no_act_of_theirs_and_makes_no_lead_of_a_contact(shop, database):
    shop.tells({**WEBINAR, "lead": ADA, "by": "system"})
    assert written(database, events.c.evidence) == [("engine",)]
    assert written(database, leads.c.status) == [("contact",)]


def test_what_is_known_of_a_lead_is_filled_in_and_never_replaced(shop, house, database):
    Program(house, CRM).tells({**WEBINAR, "lead": {**ADA, "first_name": "Augusta"}})
    shop.tells({**WEBINAR, "lead": {**ADA, "company": "Lumen", "phone": "06 12 34 56 78", "city": "Lyon"}})
    names = (leads.c.first_name, leads.c.company, leads.c.phone)
    assert written(database, *names) == [("Augusta", "Lumen", "+33612345678")]
    with database.read() as conn:
        assert conn.execute(select(leads.c.fields)).scalar_one()["city"] == "Lyon"


def test_a_number_alone_is_enough_and_an_unknown_id_is_not(shop, database):
    assert shop.tells({**WEBINAR, "lead": {"phone": "06 12 34 56 78"}}).json["new"]
    assert "give an `email` or a `phone`" in shop.problems({**WEBINAR, "lead": {"id": "99"}})[0]
    assert written(database, leads.c.phone) == [("+33612345678",)]


def test_two_systems_may_call_two_leads_by_the_same_id(shop, house, database):
    one = shop.tells({**WEBINAR, "lead": {**ADA, "id": 5}}).json
    other = Program(house, CRM).tells({**WEBINAR, "lead": {"email": "bob@x.example", "id": 5}}).json
    assert one["lead"] != other["lead"]
    assert written(database, outside_ids.c.system) == [("crm",), ("shop",)]


def test_nothing_is_taken_without_the_signature_of_a_known_secret_over_this_minute(shop, house, browser, database):
    told = {**WEBINAR, "lead": ADA}
    assert browser.post("/events", b"{}").status_code == 404  # no systems, no door
    assert Program(house, "a secret of nobody's").tells(told).status_code == 401
    assert shop.tells(told, **{"webhook-signature": "v1,AAAA"}).status_code == 401
    assert shop.tells(told, stamp=house.clocks.machine() - timedelta(minutes=6)).status_code == 401
    assert shop.tells(told, **{"webhook-id": ""}).status_code == 401
    assert written(database, leads.c.id) == []


def test_whatever_is_wrong_with_a_call_is_said_at_once_and_changes_nothing(shop, database):
    wrong = {**WEBINAR, "event": "webinar_attend", "lead": {"emial": "a@b.example", "id": ""}, "data": {"by": "me"}}
    assert shop.problems({**wrong, "interests": ["cao/4d"]}) == [
        "lead: there is no field `emial` (did you mean `email`?)",
        "lead: an `id` has 1 to 250 printable characters",
        "event: there is no event `webinar_attend` (did you mean `webinar_attended`?);"
        " [[event_labels]] of definitions.toml name them",
        "there is no interest `cao/4d` (did you mean `cao/3d`?)",
        "data: `by` is a word of the house: call it otherwise",
    ]
    ours = shop.problems({"event": "verdict_given", "subject": "accepted", "lead": ADA})
    assert ours == ["event: `verdict_given` is noted by the house itself, and nobody else tells it"]
    assert "say one thing" in shop.problems({"lead": ADA})[0]
    beside = {"enrol": "lettre", "lead": ADA, "subject": "plan-pro", "by": "system"}
    assert shop.problems(beside)[1:] == [
        "by: is not said beside `enrol`",
        "subject: is not said beside `enrol`",
    ]
    assert "sequence with a trigger `api = true` `lettre`" in shop.problems({"enrol": "lettre", "lead": ADA})[0]
    assert "email: “@” cannot be reached" in shop.problems({**WEBINAR, "lead": {"email": "@"}})[0]
    assert shop.problems(b"[1")
    assert shop.problems(b"[" * 30_000)
    assert len(shop.problems({**WEBINAR, "lead": 3, "x": 1})) == 2
    assert shop.tells(b"x" * 40_000).status_code == 413
    assert written(database, leads.c.id) == []


def test_signs_that_no_database_takes_are_left_out(shop, database):
    told = {**WEBINAR, "subject": "a\x00b", "lead": {**ADA, "company": "Lu\x00men"}, "data": {"k\x00": "v\x00"}}
    assert shop.tells(told).status_code == 200
    assert written(database, events.c.subject) == [("ab",)]


def test_whoever_asked_to_be_forgotten_is_not_brought_back(shop, house, database, keys):
    shop.tells({**WEBINAR, "lead": {**ADA, "id": 77}})
    with database.read() as conn:
        lead_id = conn.execute(select(leads.c.id)).scalar_one()
    now = house.clocks.moment()
    database.write(lambda conn: erase(conn, lead_id, keys.suppression, now))
    assert shop.tells({**WEBINAR, "lead": {**ADA, "id": 77}}).json == {"lead": None, "new": False}


def test_a_lead_that_was_brought_by_hand_is_known_and_keeps_its_source(shop, house, database, keys):
    new = NewLead({"email": ADA["email"]}, "partner", "Nord", "request")
    now, clerk = house.clocks.moment(), Clerk("chloé")
    lead_id = database.write(lambda conn: add(conn, new, keys.suppression, clerk, now))
    assert shop.tells({**WEBINAR, "lead": ADA}).json == {"lead": lead_id, "new": True}
    assert written(database, leads.c.source, leads.c.status) == [("partner:Nord", "lead")]
