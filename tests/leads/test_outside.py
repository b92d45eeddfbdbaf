"""Ids of other systems: one lead for each, kept through merges, given out, erased; of advertisers with consent."""

import csv
import io

import pytest
from sqlalchemy import event, select, update

from leads import consenting, erasing, giving_ids, hit_log, merging, outside, parting
from leads.exports import Narrowed, write_list
from leads.forgetting import Clerk
from leads.giving_ids import NoId
from leads.hit_log import Met
from leads.identity import Capture, record
from leads.outside import OutsideId
from leads.touches import channel
from reports.personal import record_of
from storage.schema import events, hits, leads, outside_ids, submissions
from tests.conftest import SUPPRESSION_KEY

HUBSPOT = OutsideId("hubspot", "51200034")
ADA = Clerk("Ada")


@pytest.fixture
def two(lively):
    return lively.submits("ada"), lively.submits("bob")


def told(lively):
    return SUPPRESSION_KEY, ADA, lively.clocks.moment()


def gives(lively, lead_id, one=HUBSPOT):
    return lively.database.write(lambda conn: giving_ids.give(conn, lead_id, one, *told(lively)))


def of_lead(lively, lead_id):
    with lively.database.read() as conn:
        return outside.of_lead(conn, lead_id)


def test_an_id_is_one_leads_and_the_second_is_told_whose(lively, two):
    ada, bob = two
    assert gives(lively, ada) is True
    assert gives(lively, ada) is False
    with pytest.raises(NoId, match=f"hubspot 51200034 is lead {ada}"):
        gives(lively, bob)
    assert of_lead(lively, ada) == (HUBSPOT,)
    assert lively.database.write(lambda conn: giving_ids.take(conn, bob, HUBSPOT, *told(lively))) is False
    assert lively.database.write(lambda conn: giving_ids.take(conn, ada, HUBSPOT, *told(lively))) is True
    assert gives(lively, bob) is True


@pytest.mark.parametrize(
    "one", [OutsideId("Hub Spot", "1"), OutsideId("", "1"), OutsideId("x", ""), OutsideId("x", "1" * 251),
            OutsideId("x", "a\nb")],
)  # fmt: skip
def test_what_cannot_be_an_id_is_refused(lively, two, one):
    with pytest.raises(NoId):
        gives(lively, two[0], one)


def test_ids_of_two_who_are_one_are_all_theirs_until_they_are_parted(lively, two):
    ada, bob = two
    other = OutsideId("salesforce", "00Q5")
    gives(lively, ada)
    gives(lively, bob, other)
    site, now = lively.releases.in_force(), lively.clocks.moment()
    lively.database.write(lambda conn: merging.merge(conn, ada, bob, site, now))
    lively.works()
    assert of_lead(lively, ada) == (HUBSPOT, other)
    assert gives(lively, ada, other) is False
    lively.database.write(lambda conn: parting.unmerge(conn, bob, lively.clocks.moment()))
    lively.works()
    assert (of_lead(lively, ada), of_lead(lively, bob)) == ((HUBSPOT,), (other,))


def test_they_are_given_out_and_erased(lively, two):
    ada, _ = two
    gives(lively, ada)
    into = io.StringIO()
    write_list(lively.database, Narrowed(), into, SUPPRESSION_KEY, ADA, lively.clocks.moment())
    rows = {row["email"]: row for row in csv.DictReader(io.StringIO(into.getvalue()))}
    assert rows["ada@lumen.example"]["outside_ids"] == "hubspot=51200034"
    assert rows["bob@lumen.example"]["outside_ids"] == ""
    assert rows["ada@lumen.example"]["company_domain"] == "lumen.example"
    with lively.database.read() as conn:
        told = record_of(conn, ada, lively.clocks.calendar()).tables["outside_ids"]
    assert [(row["system"], row["value"]) for row in told] == [("hubspot", "51200034")]
    lively.later(hours=1)
    lively.database.write(lambda conn: erasing.erase(conn, ada, SUPPRESSION_KEY, lively.clocks.moment()))
    with lively.database.read() as conn:
        assert conn.execute(select(outside_ids)).all() == []


def test_an_advertisers_number_comes_with_the_touch_and_goes_with_the_consent(lively):
    touch = {"gclid": "EAIaIQob", "page": "guide-3d", "at": lively.clocks.calendar().isoformat()}
    capture = Capture(
        "guide-3d", "guide-3d", "fr", {}, {"email": "ada@lumen.example"}, {}, (), touch, "key-x",
        lively.releases.in_force().release_id,
    )  # fmt: skip
    lead_id = lively.database.write(lambda conn: record(conn, capture, lively.clocks.moment())).lead_id
    lively.works()
    gives(lively, lead_id)
    assert of_lead(lively, lead_id) == (OutsideId("gclid", "EAIaIQob"), HUBSPOT)
    assert came(lively, lead_id) == [touch] * 3
    lively.agrees(lead_id, "clicks")
    withdraws(lively, lead_id)
    assert of_lead(lively, lead_id) == (HUBSPOT,)
    others = {name: value for name, value in touch.items() if name != "gclid"}
    assert came(lively, lead_id) == [{**others, "ad_click": "gclid"}] * 3, "how they came, and of nobody who came"
    assert channel(came(lively, lead_id)[0]) == channel(touch)


def came(lively, lead_id):
    """How the lead came, first and last, and by its newest form."""
    with lively.database.read() as conn:
        lead = conn.execute(select(leads.c.first_touch, leads.c.last_touch).where(leads.c.id == lead_id)).one()
        sent = conn.scalars(select(submissions.c.touch).where(submissions.c.lead_id == lead_id)).one()
    return [lead.first_touch, lead.last_touch, sent]


def withdraws(lively, lead_id):
    now = lively.clocks.moment()
    lively.database.write(lambda conn: consenting.withdraw(conn, lead_id, ["clicks"], locale="fr", proof={}, now=now))


def test_a_no_to_being_measured_takes_along_what_advertisers_call_those_who_are_one(lively, two):
    ada, bob = two
    gives(lively, bob, OutsideId("gclid", "EAIaIQob"))
    gives(lively, bob)
    touch = {"gclid": "EAIaIQob", "page": "guide-3d"}
    lively.database.write(lambda conn: conn.execute(update(leads).values(last_touch=touch)).rowcount)
    lively.agrees(ada, "clicks")
    site, now = lively.releases.in_force(), lively.clocks.moment()
    lively.database.write(lambda conn: merging.merge(conn, ada, bob, site, now))
    lively.works()
    withdraws(lively, ada)
    assert of_lead(lively, ada) == (HUBSPOT,)
    assert came(lively, bob)[1] == {"page": "guide-3d", "ad_click": "gclid"}


@pytest.fixture
def asked(lively):
    """What the database is asked by a job, statement by statement."""

    def of(job):
        seen = []

        def within(conn):
            def keep(conn, cursor, statement, *more):
                seen.append(statement)

            event.listen(conn, "before_cursor_execute", keep)
            return job(conn)

        return lively.database.write(within), seen

    return of


def test_what_many_leads_are_called_is_asked_once(lively, asked):
    people = [lively.submits(f"ada{number}") for number in range(4)]
    for number, lead_id in enumerate(people):
        gives(lively, lead_id, OutsideId("hubspot", str(number)))
    gives(lively, people[0], OutsideId("gclid", "EAIaIQob"))
    called, seen = asked(lambda conn: outside.named_by_systems(conn, people))
    assert called == {lead_id: {"hubspot": [str(number)]} for number, lead_id in enumerate(people)}
    assert sum("FROM outside_ids" in statement for statement in seen) == 1
    assert asked(lambda conn: outside.named_by_systems(conn, [])) == ({}, [])


def test_hits_that_were_not_judged_are_forgotten_at_once_with_what_they_told(lively, two, asked):
    now = lively.clocks.moment()
    for lead_id in two:
        for link in "123":
            met = Met(lead_id, "click", link, "link_clicked", "tips/one")
            lively.database.write(lambda conn, met=met: hit_log.note(conn, met, now))
    _, seen = asked(lambda conn: hit_log.forget(conn, [two[0]], ["clicks"]))
    assert sum(statement.startswith("DELETE FROM events") for statement in seen) == 1
    with lively.database.read() as conn:
        clicks = conn.scalars(select(events.c.lead_id).where(events.c.name == "link_clicked")).all()
        assert clicks == conn.scalars(select(hits.c.lead_id)).all() == [two[1]] * 3
        assert set(conn.scalars(select(events.c.lead_id))) == set(two), "what else they did stays"
