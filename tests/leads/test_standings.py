"""What lists are narrowed by is kept beside the standing: owner, source, segments."""

import pytest
from sqlalchemy import insert, select, update

from leads import standings
from leads.facts import Lead
from storage.schema import lead_segments, leads, releases
from storage.schema import standings as table


@pytest.fixture
def release(database, moment):
    row = insert(releases).values(hash="h", tree={}, author="ada", created_at=moment.machine).returning(releases.c.id)
    return database.write(lambda conn: conn.execute(row).scalar_one())


@pytest.fixture
def ada(database, moment):
    row = insert(leads).values(
        status="lead", email="ada@x.example", fields={}, tags=[], locale="fr", origin="inbound",
        created_at=moment.calendar,
    )  # fmt: skip
    return database.write(lambda conn: conn.execute(row.returning(leads.c.id)).scalar_one())


def copied(database):
    with database.read() as conn:
        return conn.execute(select(table.c.owner, table.c.source)).all()


def test_owner_and_source_of_the_lead_are_copied_with_its_standing(database, house, release, ada):
    for lead in (Lead(ada, source="organic"), Lead(ada, source="organic", owner="nadia")):
        stood = {ada: house.standing()}
        database.write(lambda conn, lead=lead, stood=stood: standings.save(conn, stood, {ada: lead}, release, "UTC"))
        assert copied(database) == [(lead.owner, "organic")]


def test_a_lead_given_to_a_rep_is_listed_as_theirs(database, house, release, ada):
    database.write(lambda conn: standings.save(conn, {ada: house.standing()}, {ada: Lead(ada)}, release, "UTC"))
    database.write(lambda conn: conn.execute(update(leads).values(owner="karim")).rowcount)
    database.write(lambda conn: standings.copy_owners(conn, [ada]))
    assert copied(database) == [("karim", None)]


@pytest.mark.parametrize(
    ("before", "now", "listed"),
    [((), ("a", "b"), {"a", "b"}), (("a", "b"), ("b", "c"), {"b", "c"}), (("a", "b"), (), set())],
)
def test_segments_are_entered_and_left(database, ada, before, now, listed):
    for move in (((), before), (before, now), (before, now)):
        database.write(lambda conn, move=move: standings.move_segments(conn, {ada: move}))
    with database.read() as conn:
        assert set(conn.execute(select(lead_segments.c.segment)).scalars()) == listed
