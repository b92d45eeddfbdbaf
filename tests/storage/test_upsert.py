from sqlalchemy import select

from storage.schema import facts, suppressions
from storage.upsert import insert_or_ignore, upsert


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
