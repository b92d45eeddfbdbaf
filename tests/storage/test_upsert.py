from sqlalchemy import select

from storage.schema import companies, facts, suppressions
from storage.upsert import hold, insert_missing, insert_or_ignore, upsert


def rows_of(database):
    with database.read() as conn:
        return {key: value for key, value in conn.execute(select(facts))}


def test_what_stands_is_left_alone_and_the_new_is_counted(database):
    first = {"key": "ada", "value": "1"}
    assert database.write(lambda conn: insert_or_ignore(conn, facts, first)) == 1
    both = [{"key": "ada", "value": "2"}, {"key": "bob", "value": "2"}]
    assert database.write(lambda conn: insert_or_ignore(conn, facts, both)) == 1
    assert database.write(lambda conn: insert_or_ignore(conn, facts, [])) == 0
    assert rows_of(database) == {"ada": "1", "bob": "2"}


def test_what_stands_is_given_the_new_values(database):
    database.write(lambda conn: upsert(conn, facts, {"key": "ada", "value": "1"}, key=["key"]))
    both = [{"key": "ada", "value": "2"}, {"key": "bob", "value": "3"}]
    database.write(lambda conn: upsert(conn, facts, both, key=["key"]))
    database.write(lambda conn: upsert(conn, facts, [], key=["key"]))
    assert rows_of(database) == {"ada": "2", "bob": "3"}


def test_a_row_that_is_all_key_is_only_made_once(database, moment):
    row = {"address_hash": "h", "scope": "all", "reason": "staff", "at": moment.machine}
    for _ in range(2):
        database.write(lambda conn: upsert(conn, suppressions, row, key=list(row)))
    with database.read() as conn:
        assert len(conn.execute(select(suppressions)).all()) == 1


def test_many_rows_are_made_at_once_but_for_those_that_stand_or_come_twice(database, moment):
    first, *others = [{"domain": f"{name}.example", "name": name, "made_at": moment.calendar} for name in "abc"]
    nameless = {**others[0], "name": None}
    database.write(lambda conn: insert_missing(conn, companies, [first]))
    database.write(lambda conn: insert_missing(conn, companies, [{**first, "name": "z"}, nameless, others[1], first]))
    database.write(lambda conn: insert_missing(conn, companies, []))
    with database.read() as conn:
        rows = conn.execute(select(companies).order_by(companies.c.domain)).all()
    assert [tuple(row) for row in rows] == [tuple(row.values()) for row in (first, nameless, others[1])]


def test_what_is_held_is_there_as_it_was_or_made(database, moment):
    ada, bob = ({"domain": f"{name}.example", "name": name, "made_at": moment.calendar} for name in ("ada", "bob"))
    database.write(lambda conn: hold(conn, companies, [bob]))
    database.write(lambda conn: hold(conn, companies, [ada, {**bob, "name": None}]))
    database.write(lambda conn: hold(conn, companies, []))
    with database.read() as conn:
        assert conn.scalars(select(companies.c.name).order_by(companies.c.domain)).all() == ["ada", "bob"]
