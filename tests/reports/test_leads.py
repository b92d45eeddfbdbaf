"""Lists of leads: every filter and order holds what a look at each lead finds, and reads ranges of indexes only."""

import itertools
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, insert, text, update

from leads import words
from leads.facts import Lead
from reports import lead_few, lead_ranges, lead_search
from reports import leads as lists
from reports.lead_few import Place
from reports.lead_ranges import Asked
from reports.lead_rows import Next, rows
from reports.leads import Count, count, listed, page
from storage import schema
from tests.arranging import written_once
from tests.conftest import MONDAY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STAGES = ("iql", "mql", "customer")
SOURCES = ("organic", "paid", None)
OWNERS = (None, "nadia", "karim")
NAMES = (("Ada", "Moreau"), ("Bob", "Keller"), ("Chloé", "Lefèvre"))
COMPANIES = ("Atelier Ada", "Lumen & Fils", None)
PEOPLE = 90
BIG = ("leads", "standings", "events", "lead_words", "lead_segments", "enrolments", "tasks", "hand_offs", "meetings",
       "deals")  # fmt: skip


def person(number):
    """One of PEOPLE leads, each unlike the others; every tenth was not folded yet."""
    first, last = NAMES[number % 3]
    return {
        "id": number,
        "first_name": first,
        "last_name": last,
        "company": COMPANIES[number % 4 % 3],
        "email": f"{first.lower()}{number}@lumen.example",
        "stage": None if number % 10 == 0 else STAGES[number % 7 % 3],
        "engagement": 0 if number % 10 == 0 else (number * 37 % 12) * 10_000,
        "source": None if number % 10 == 0 else SOURCES[number % 5 % 3],
        "owner": None if number % 10 == 0 else OWNERS[number % 11 % 3],
        "segments": () if number % 10 == 0 or number % 4 else ("cad",),
        "busy": number % 6 == 1,
        "task": number % 9 == 1,
        "meets": {2: 1, 3: -1}.get(number % 12),  # hours from now
        "deal": {4: 1, 6: -1}.get(number % 17),  # days from now
    }


EVERYBODY = [person(number) for number in range(1, PEOPLE + 1)]
WORDS = {one["id"]: words.words_of(one) for one in EVERYBODY}


@pytest.fixture
def house(database, moment):
    """The people above, in the tables."""
    write_everybody(database=database, moment=moment)
    return database


@written_once
def write_everybody(database, moment):
    at = moment.calendar

    def job(conn):
        conn.execute(insert(schema.releases).values(id=1, hash="h", tree={}, author="ada", created_at=at))
        conn.execute(insert(schema.documents).values(hash="d", text=""))
        conn.execute(insert(schema.sequence_versions).values(hash="v", name="tips", document_hash="d"))
        for one in EVERYBODY:
            _live(conn, one, at)

    database.write(job)


def _live(conn, one, at):
    named = {name: one[name] for name in ("id", "first_name", "last_name", "company", "email", "source", "owner")}
    conn.execute(
        insert(schema.leads).values(
            **named, status="lead", fields={}, tags=[], locale="fr", origin="inbound", created_at=at
        )
    )
    words.write(conn, {one["id"]: one})
    if one["stage"]:
        conn.execute(insert(schema.standings).values(**_standing(one, at)))
    for segment in one["segments"]:
        conn.execute(insert(schema.lead_segments).values(segment=segment, lead_id=one["id"]))
    if one["busy"]:
        conn.execute(insert(schema.enrolments).values(**_enrolment(one["id"], at)))
    if one["task"]:
        conn.execute(insert(schema.tasks).values(lead_id=one["id"], title="call", created_by="ada", at=at))
    if one["meets"]:
        conn.execute(insert(schema.meetings).values(**_meeting(one["id"], at + one["meets"] * HOUR)))
    if one["deal"]:
        conn.execute(insert(schema.deals).values(**_deal(one["id"], at + one["deal"] * DAY)))


def _meeting(lead_id, at):
    return {"lead_id": lead_id, "starts_at": at, "minutes": 30, "author": "ada", "at": at}


def _deal(lead_id, at, state="open"):
    return {
        "lead_id": lead_id, "state": state, "amount": 100, "close_on": at.date(), "opened_at": at, "author": "ada",
    }  # fmt: skip


def _standing(one, at):
    return {
        "lead_id": one["id"], "stage": one["stage"], "stage_since": at, "cycle": 1, "engagement": one["engagement"],
        "fit": 0, "temperature": "warm", "interests": {}, "segments": list(one["segments"]), "buckets": {},
        "verdict_seq": 0, "human_seq": 0, "as_of": at, "owner": one["owner"], "source": one["source"], "release_id": 1,
    }  # fmt: skip


def _enrolment(lead_id, at, **other):
    return {
        "lead_id": lead_id, "sequence": "tips", "sequence_version": "v", "entry_key": "", "state": "active",
        "step": "one", "occurrence": 1, "position": "waiting", "due_at": at + HOUR, "anchor_at": at, "entered_at": at,
        "entry_seq": 1, "release_id": 1, **other,
    }  # fmt: skip


@pytest.fixture
def look(monkeypatch):
    """`look(5)`: no range is read further than five entries, no more than five leads are read at once."""

    def short(entries):
        for module in (lead_search, lead_ranges, lists):
            monkeypatch.setattr(module, "LOOK", entries)
        for module in (lead_search, lead_few):
            monkeypatch.setattr(module, "MATCHES", entries)

    return short


# ---------------------------------------------------------------- what a look at each lead finds


def expected(asked):
    """The ids, in order, from looking at everybody; a lead that was not folded is only found by its words."""
    found = [one for one in EVERYBODY if _is_asked_for(one, asked) and (one["stage"] or asked.words)]
    keys = {"score": lambda one: (one["engagement"], one["id"]), "newest": lambda one: one["id"]}
    return [one["id"] for one in sorted(found, key=keys[asked.order], reverse=True)]


def _is_asked_for(one, asked):
    known = WORDS[one["id"]]
    low, high = asked.band or (None, None)
    return (
        all(any(word.startswith(begin) for word in known) for begin in asked.words)
        and asked.stage in (None, one["stage"])
        and asked.source in (None, one["source"])
        and (asked.segment is None or asked.segment in one["segments"])
        and (asked.owners is None or one["owner"] in asked.owners)
        and (low is None or (one["stage"] and one["engagement"] >= low and (high is None or one["engagement"] < high)))
        and not (asked.orphans and (one["busy"] or one["task"] or one["meets"] == 1 or one["deal"] == 1))
    )


def walked(conn, asked, size):
    """All pages one after the other, and how many there were."""
    ids, after, pages = [], None, 0
    while pages == 0 or after:
        found = page(conn, asked, after, size)
        assert len(found.ids) <= size
        ids, after, pages = [*ids, *found.ids], found.after, pages + 1
        assert pages < 200, "the pages never end"
    return ids


NARROWED = [
    dict(zip(("stage", "band", "segment", "source", "owners", "orphans", "order"), chosen, strict=True))
    for chosen in itertools.product(
        (None, "mql", "nothing"),
        (None, (50_000, 90_000), (80_000, None)),
        (None, "cad"),
        (None, "paid"),
        (None, frozenset({"nadia", None}), frozenset({"karim"}), frozenset()),
        (None, MONDAY),
        ("score", "newest"),
    )
]


@pytest.mark.parametrize("entries", [3, 20, 10_000])
def test_every_filter_in_every_order_lists_whom_a_look_at_each_lead_finds(house, look, entries):
    look(entries)
    with house.read() as conn:
        for narrowed in NARROWED[:: 1 if entries == 20 else 7]:
            asked = Asked(**narrowed)
            assert walked(conn, asked, 7) == expected(asked), asked


@pytest.mark.parametrize("question", ["ada", "mor", "CHLOÉ lef", "ada7@", "lumen fils", "keller bob lumen", "zoé", "l"])
def test_a_question_lists_whoever_has_words_that_begin_so(house, question):
    asked = Asked(words=words.asked_for(question))
    assert question == "zoé" or expected(asked)
    with house.read() as conn:
        for narrowed in NARROWED[::5]:
            both = replace(asked, **narrowed)
            assert walked(conn, both, 7) == expected(both), both


def test_a_question_that_is_too_common_is_answered_in_part_and_says_so(house, look):
    look(20)
    with house.read() as conn:
        found = page(conn, Asked(words=("lumen",)))
        assert found.more
        assert 0 < len(found.ids) <= 20
        assert not page(conn, Asked(words=("ada", "ada7"))).more
        assert count(conn, Asked(words=("lumen",))).more


def test_a_page_that_was_cut_says_so_and_goes_on_behind(house, look):
    look(5)
    with house.read() as conn:
        first = page(conn, Asked(orphans=MONDAY, segment=None), size=7)
        assert first.cut
        assert len(first.ids) < 7
        assert page(conn, Asked(orphans=MONDAY), first.after).ids != first.ids


def test_lists_are_counted_up_to_a_limit(house, look):
    with house.read() as conn:
        for narrowed in NARROWED[::11]:
            asked = Asked(**narrowed)
            assert count(conn, asked) == Count(len(expected(asked)))
        assert count(conn, Asked(), 10) == Count(10, more=True)
        look(5)
        cut = count(conn, Asked(orphans=MONDAY))
        assert cut.more
        assert cut.number <= 5


def test_a_page_and_its_count_are_read_together(house, look):
    look(20)
    with house.read() as conn:
        for asked in (*QUESTIONS, Asked(owners=frozenset())):
            for after in (None, Place(50_000, 40)):
                assert listed(conn, asked, after, 7) == (page(conn, asked, after, 7), count(conn, asked)), asked


# ---------------------------------------------------------------- the lines


def test_a_line_tells_who_stands_where_what_was_last_and_what_comes_next(house, moment):
    at = moment.calendar

    def job(conn):
        for seq, name, evidence, data in (
            (1, "form_submitted", "human", {}),
            (2, "link_clicked", "pending", {}),
            (3, "hit_confirmed", "human", {"of": "link_clicked"}),
            (4, "mail.sent", "engine", {}),
        ):
            told = {"lead_id": 7, "seq": seq, "name": name, "at": at, "recorded_at": at, "evidence": evidence}
            conn.execute(insert(schema.events).values(**told, subject="x", data=data))

    house.write(job)
    with house.read() as conn:
        found = rows(conn, [7, 30, 999, 3], MONDAY, "UTC")
    assert [row.id for row in found] == [7, 30, 3]
    bob = found[0]
    one = person(7)
    assert (bob.name, bob.company, bob.stage) == ("Bob Keller", one["company"], one["stage"])
    assert (bob.engagement, bob.owner, bob.last.means) == (one["engagement"], one["owner"], "link_clicked")
    assert bob.next == Next("step", at + HOUR, "tips", "one")
    assert (found[1].stage, found[1].last, found[1].next) == (None, None, None)


def test_what_comes_next_is_the_verdict_then_the_earliest_day(house, moment):
    at = moment.calendar
    with house.read() as conn:
        assert rows(conn, [19], MONDAY, "UTC")[0].next == Next("step", at + HOUR, "tips", "one")  # its task has no day
    task = insert(schema.tasks).values(lead_id=19, title="ring", due_at=at, created_by="ada", at=at)
    house.write(lambda conn: conn.execute(task).rowcount)
    with house.read() as conn:
        assert rows(conn, [19], MONDAY, "UTC")[0].next == Next("task", at, "ring")
    opened = insert(schema.hand_offs).values(
        lead_id=19, cycle=1, stage="mql", owner="nadia", token="t", brief={}, opened_at=at, answer_by=at + 2 * HOUR,
        event_seq=1, release_id=1,
    )  # fmt: skip
    house.write(lambda conn: conn.execute(opened).rowcount)
    with house.read() as conn:
        assert rows(conn, [19], MONDAY, "UTC")[0].next == Next("verdict", at + 2 * HOUR, "nadia")


def test_a_meeting_that_is_booked_and_a_deal_whose_day_is_not_over_come_next(house, moment):
    at = moment.calendar

    def following(lead_id):
        with house.read() as conn:
            return rows(conn, [lead_id], at, "UTC")[0].next

    assert [following(lead_id) for lead_id in (14, 21)] == [
        Next("meeting", at + HOUR),
        Next("deal", at + DAY + 3 * HOUR),
    ]
    assert [following(lead_id) for lead_id in (15, 23)] == [None, None], "what is over is not ahead"
    won = insert(schema.deals).values(**_deal(15, at + DAY, "won"))
    house.write(lambda conn: conn.execute(won).rowcount)
    assert following(15) is None
    with house.read() as conn:
        found = set(page(conn, Asked(orphans=at), size=PEOPLE).ids)
    assert {14, 21, 15, 23} & found == {15, 23}


@pytest.mark.parametrize(("zone", "over"), [("UTC", False), ("Europe/Paris", True), ("America/New_York", False)])
def test_a_deal_is_ahead_until_its_day_is_over_where_the_house_is(house, moment, zone, over):
    late = (moment.calendar + DAY).replace(hour=23, minute=30)
    with house.read() as conn:
        assert (rows(conn, [21], late, zone)[0].next is None) == over
        assert (21 in page(conn, Asked(orphans=late, zone=zone), size=PEOPLE).ids) == over


def test_a_lead_that_was_merged_into_another_is_not_listed(house):
    merged = update(schema.leads).where(schema.leads.c.id == 7).values(merged_into=8)
    house.write(lambda conn: conn.execute(merged).rowcount)
    with house.read() as conn:
        assert [row.id for row in rows(conn, [7, 8], MONDAY, "UTC")] == [8]
        assert rows(conn, [], MONDAY, "UTC") == ()


def test_the_name_of_a_line_is_the_name_of_the_lead(house):
    with house.read() as conn:
        line = rows(conn, [1], MONDAY, "UTC")[0]
    assert line.name == Lead(1, first_name=line.name.split()[0], last_name=line.name.split()[1]).name


# ---------------------------------------------------------------- how they are read


class Plans:
    """Collects what is asked of a connection, then asks how each of it would be done."""

    def __init__(self, conn):
        self.conn, self.asked = conn, []
        event.listen(conn, "before_cursor_execute", self._keep)

    def _keep(self, conn, cursor, statement, parameters, context, many):
        self.asked.append((statement, parameters))

    def close(self):
        event.remove(self.conn, "before_cursor_execute", self._keep)

    def lines(self):
        self.close()
        explain = "EXPLAIN QUERY PLAN " if self.conn.dialect.name == "sqlite" else "EXPLAIN "
        for statement, parameters in self.asked:
            if re.match(r"\s*(SELECT|WITH)", statement):
                told = self.conn.exec_driver_sql(explain + statement, parameters).all()
                yield statement, [str(row[-1]) for row in told]


SCANS = {
    "sqlite": re.compile(rf"^SCAN ({'|'.join(BIG)})\b"),
    "postgresql": re.compile(rf"Seq Scan on ({'|'.join(BIG)})\b"),
}
QUESTIONS = [
    *(Asked(**narrowed) for narrowed in NARROWED[::9]),
    *(
        Asked(order=order, **one)
        for order in ("score", "newest")
        for one in ({}, {"stage": "mql"}, {"orphans": MONDAY})
    ),
    Asked(words=("ada",)),
    Asked(words=("ada", "lumen"), stage="mql", segment="cad", orphans=MONDAY),
]


@pytest.mark.parametrize("entries", [5, 10_000])
def test_no_list_scans_a_table(house, look, entries):
    look(entries)
    with house.read() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text("SET LOCAL enable_seqscan = off"))
        for asked in QUESTIONS:
            plans = Plans(conn)
            first = page(conn, asked, size=7)
            page(conn, asked, Place(50_000, 40), size=7)
            count(conn, asked)
            rows(conn, first.ids, MONDAY, "UTC")
            for statement, lines in plans.lines():
                scans = [line for line in lines if SCANS[conn.dialect.name].search(line)]
                assert scans == [], f"{asked}\n{statement}\n" + "\n".join(lines)


@pytest.mark.parametrize("order", ["score", "newest"])
def test_a_list_in_its_index_order_sorts_nothing(house, order):
    with house.read() as conn:
        for asked in (Asked(order=order), *([Asked(stage="mql"), Asked(source="paid")] if order == "score" else [])):
            plans = Plans(conn)
            page(conn, asked, Place(50_000, 40), size=7)
            for statement, lines in plans.lines():
                assert not any("TEMP B-TREE" in line for line in lines), f"{asked}\n{statement}\n" + "\n".join(lines)
