"""Leads taken out: nothing a spreadsheet calculates, everything back by an import, never without a trace."""

import csv
import gc
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from leads import exports as taking_out
from leads.exports import HEADER, Narrowed, write_list
from leads.forgetting import Clerk
from leads.imports.contacts import Contact
from leads.imports.mapping import Targets
from leads.imports.reading import Layout, Wishes, contacts, rows, survey
from leads.imports.settings import Policy, Settings
from leads.imports.values import harmless, tidy
from leads.imports.writing import Source, made_ready, write
from storage.schema import exports, leads
from storage.scratch import FirstSeen

NASTY = ("=1+1", "+33", "-2", "@SUM(A1)", "\tx", "\rx", "'=1+1", "''@x", "＝1+1", '=HYPERLINK("x";"y")')


@pytest.fixture
def some(database, keys, moment):
    """Contacts whose fields a spreadsheet would calculate."""
    people = [
        Contact(
            line,
            {"email": f"lead{line}@example.org", "last_name": cell.strip() or "x"},
            {"secteur": cell.strip()},
            (f"={line}", "b"),
        )
        for line, cell in enumerate(NASTY)
    ]
    source = Source(1, "f" * 64, "ada", Policy(source="=cmd"), "fr", keys.suppression)
    ready = [made_ready(one, source, moment.calendar) for one in people]
    database.write(lambda conn: write(conn, ready, source, moment))
    return people


def taken_out(database, keys, moment, narrowed=Narrowed(), **how):  # noqa: B008
    into = io.StringIO(newline="")
    done = write_list(database, narrowed, into, keys.suppression, Clerk("ada"), moment, ("secteur",), **how)
    return into.getvalue(), done


@given(st.text(max_size=30).map(str.strip) | st.sampled_from(NASTY).map(str.strip))
def test_a_harmless_cell_begins_no_formula_and_is_read_back_as_it_was(text):
    cell = harmless(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    if text.isprintable() and len(text) > 15:  # shorter ones may say that nothing is known
        assert tidy(cell) == text.strip().strip("\u00a0")
    if text in NASTY:
        assert tidy(cell) == text


def test_each_column_stands_once_though_forms_ask_for_the_lead_s_own(database, keys, moment, some):
    into = io.StringIO(newline="")
    write_list(database, Narrowed(), into, keys.suppression, Clerk("ada"), moment, ("company", "secteur", "last_name"))
    head = into.getvalue().splitlines()[0].split(",")
    assert head == [*HEADER, "secteur"]


def test_no_cell_of_a_list_is_live(database, keys, moment, some):
    text, done = taken_out(database, keys, moment)
    table = list(csv.reader(io.StringIO(text)))
    assert done.rows == len(NASTY) == len(table) - 1
    assert [cell for row in table for cell in row if cell[:1] in set("=+-@\t\r＝＋－＠")] == []


def test_a_list_taken_out_and_in_again_says_the_same(database, keys, moment, some):
    text, _ = taken_out(database, keys, moment)
    file = io.BytesIO(text.encode("utf-8-sig"))
    found = survey(file, Wishes(), Targets(frozenset({"secteur"})))
    rules = Settings.of(found, Policy(), ("fr", "en")).rules
    layout = Layout(found.encoding, found.shape.delimiter, found.shape.header, found.shape.width)
    back = list(contacts(rows(file, layout), rules, FirstSeen()))
    assert [(one.columns, one.fields, one.tags) for one in back] == [
        (one.columns, one.fields, one.tags) for one in some
    ]


def test_who_took_what_out_is_noted_and_a_list_says_where_it_was_cut(database, keys, moment, some):
    _, done = taken_out(database, keys, moment, Narrowed(origin="outbound"), ceiling=3)
    assert (done.rows, done.is_cut) == (3, True)
    assert taken_out(database, keys, moment, Narrowed(origin="partner"))[1].rows == 0
    with database.read() as conn:
        newest = taking_out.newest(conn, 5)
        assert conn.execute(select(exports.c.id)).all()
    assert [(row.author, row.rows, row.filters["origin"]) for row in newest] == [
        ("ada", 0, "partner"), ("ada", 3, "outbound"),
    ]  # fmt: skip


def many(database, numbers, moment):
    row = {
        "status": "lead",
        "fields": {},
        "tags": [],
        "locale": "fr",
        "origin": "inbound",
        "created_at": moment.calendar,
    }
    first = {"first_name": "Ada", "company": "=1+1"}
    rows = [{**row, **first, "email": f"lead{number}@example.org"} for number in numbers]
    database.write(lambda conn: conn.execute(leads.insert(), rows) and None)


def peak_of(work):
    """What `work` keeps in memory at most, in bytes."""
    gc.collect()
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_a_long_list_takes_no_more_memory_than_a_short_one_and_says_how_far_it_is(database, keys, moment, tmp_path):
    """`python -m bench exports` takes out a million."""
    told = []

    def takes_out():
        with (tmp_path / "list.csv").open("w", encoding="utf-8", newline="") as into:
            write_list(
                database, Narrowed(), into, keys.suppression, Clerk("ada"), moment,
                progress=lambda share, counts: told.append((share, counts["rows"])),
            )  # fmt: skip

    many(database, range(1_000), moment)
    takes_out()  # what is only loaded once
    short = peak_of(takes_out)
    many(database, range(1_000, 5_000), moment)
    told.clear()
    assert peak_of(takes_out) < 1.5 * short
    assert len(told) > 5
    assert told == sorted(told)
    assert told[-1] == (1.0, 5_000)
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in csv.reader(file) for cell in row)


def test_leads_who_were_merged_are_in_no_list(database, keys, moment, some):
    def merge(conn):
        first, second = conn.execute(select(leads.c.id).order_by(leads.c.id).limit(2)).scalars()
        conn.execute(leads.update().where(leads.c.id == second).values(merged_into=first))

    database.write(merge)
    text, done = taken_out(database, keys, moment)
    assert done.rows == len(NASTY) - 1
    assert text.splitlines()[0].split(",")[: len(HEADER)] == list(HEADER)
