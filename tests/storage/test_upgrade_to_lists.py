"""An upgraded database lists the leads that it knew before: owners, sources and segments are copied on the way."""

from alembic import command
from sqlalchemy import make_url, select, text

from storage import postgresql, sqlite
from storage.database import open_database
from storage.migrate import alembic_config, migrate
from storage.schema import lead_segments, standings

KNOWN = """
INSERT INTO releases (id, hash, tree, author, created_at) VALUES (1, 'h', '{}', 'ada', '2026-11-02 09:00:00');
INSERT INTO leads (id, status, email, fields, tags, locale, origin, source, owner, created_at)
 VALUES (7, 'lead', 'ada@x.example', '{}', '[]', 'fr', 'inbound', 'organic', 'nadia', '2026-11-02 09:00:00');
INSERT INTO standings (lead_id, stage, stage_since, cycle, engagement, fit, temperature, interests, segments, buckets,
 verdict_seq, human_seq, as_of, release_id)
 VALUES (7, 'mql', '2026-11-02 09:00:00', 1, 90000, 0, 'hot', '{}', '["cad", "phone"]', '{}', 0, 1,
 '2026-11-02 09:00:00', 1)
"""


def as_it_was_before(url):
    """The tables of the first version, with one lead."""
    address = make_url(url)
    on_sqlite = address.get_backend_name() == "sqlite"
    engine = sqlite.migrating_engine(sqlite.path_of(address)) if on_sqlite else postgresql.migrating_engine(address)
    with engine.connect() as conn, conn.begin():
        config = alembic_config()
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        for statement in KNOWN.split(";"):
            conn.execute(text(statement.replace(":00:00", r"\:00\:00")))
    engine.dispose()


def test_what_lists_are_narrowed_by_is_there_after_the_upgrade(empty_url):
    as_it_was_before(empty_url)
    migrate(empty_url)
    database = open_database(empty_url)
    with database.read() as conn:
        assert conn.execute(select(standings.c.owner, standings.c.source)).all() == [("nadia", "organic")]
        assert sorted(conn.execute(select(lead_segments))) == [("cad", 7), ("phone", 7)]
    database.close()
