"""The demo's past is lived, not written: the same crowd acts through the real verbs, and every figure can say why."""

import re
import shlex
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import func, make_url, select

from base.config import Config
from base.paths import data_path
from leads.explain import explain
from leads.touches import channel
from sales.notebook import Author
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import (
    escalations,
    events,
    hand_offs,
    leads,
    messages,
    page_views,
    stage_changes,
    standings,
    submissions,
    tasks,
)
from terreau import demo
from terreau.archetypes import LATE_EVERY, acts_of
from terreau.crowd import CHANNELS, CLOSED, NOBODY_THERE, SILENT, crowd
from terreau.diary import Span
from terreau.house import House
from terreau.letting_go import host_of
from terreau.seeding import Past, seed
from tests.terreau.living import terreau

END = datetime(2026, 11, 3, 8, 12, tzinfo=UTC)
AUTHORS = {"nadia": Author("Nadia Ferreira", "nadia"), "karim": Author("Karim Benali", "karim")}
SOME = 4 * LATE_EVERY  # enough for the first four of the last night


def config_in(folder, content=None):
    return Config.model_validate(
        {
            "database": {"url": f"sqlite:///{folder}/terreau.db"},
            "data": {"dir": folder},
            "content": {"dir": content or data_path("content")},
        }
    )


def lived(folder, past, content=None):
    config = config_in(folder, content)
    migrate(config.database.url)
    seed(config, past)
    return config


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """(connection, house) of a house that has been lived in."""
    config = lived(tmp_path_factory.mktemp("past"), Past(END, AUTHORS, SOME))
    with closing(House.build(config)) as house, house.database.read() as conn:
        yield conn, house


# ---------------------------------------------------------------- who


def test_nobody_of_the_crowd_exists_and_no_two_are_one():
    people = crowd(300)
    assert len({one.email for one in people}) == len({(one.first_name, one.last_name) for one in people}) == 300
    assert all(one.email.endswith(".example") for one in people)
    phones = [one.phone for one in people if one.phone]
    assert all(re.fullmatch(r"06 39 98 \d\d \d\d", phone) for phone in phones)
    assert len(set(phones)) == len(phones) > 80


def test_the_crowd_is_the_same_every_time_and_grows_at_its_end():
    assert crowd(40) == crowd(300)[:40]


def test_they_come_through_every_channel_most_by_search():
    came = [channel(one.touch) for one in crowd(300)]
    assert set(came) == set(CHANNELS)
    assert max(set(came), key=came.count) == "organic"


def test_nobody_acts_before_the_first_day_or_at_the_end():
    span = Span(END, 90, "Europe/Paris")
    acts = [act for who in crowd(300) for act in acts_of(who, span)]
    assert min(act.at for act in acts) >= END - timedelta(days=91)
    assert max(act.at for act in acts) < END


# ---------------------------------------------------------------- what became of them


def test_everybody_came_in_through_a_form_and_every_stage_says_why(past):
    conn, _ = past
    assert conn.scalar(select(func.count()).select_from(leads)) == SOME
    assert conn.scalar(select(func.count(submissions.c.lead_id.distinct()))) == SOME
    assert conn.scalar(select(func.count()).select_from(stage_changes).where(stage_changes.c.reason == "")) == 0
    assert conn.scalar(select(func.max(events.c.at))) <= END


def test_every_score_is_the_sum_of_its_lines(past):
    conn, house = past
    site = house.releases.in_force()
    for row in conn.execute(select(standings.c.lead_id, standings.c.engagement, standings.c.as_of)).all():
        lines = explain(conn, site, row.lead_id, row.as_of, "Europe/Paris").lines
        assert sum(line.points for line in lines) == row.engagement


def test_the_figures_are_those_of_a_small_house(past):
    conn, _ = past
    heat = dict(conn.execute(select(standings.c.temperature, func.count()).group_by(standings.c.temperature)).all())
    assert heat["cold"] > heat["warm"] > heat["hot"] > 0
    stages = dict(conn.execute(select(standings.c.stage, func.count()).group_by(standings.c.stage)).all())
    assert 0.01 < stages["sql"] / SOME < 0.08


def test_hand_offs_of_the_last_night_wait_and_the_others_were_answered(past):
    conn, _ = past
    rows = conn.execute(select(hand_offs)).all()
    waiting = [row for row in rows if row.verdict is None]
    assert len(waiting) == SOME // LATE_EVERY
    assert all(row.opened_at > END - timedelta(hours=21) for row in waiting)
    owners = {row.owner for row in waiting}
    assert "nadia" in owners  # the form that raises a hand promises her
    assert owners <= set(AUTHORS)
    assert {"accepted", "rejected"} <= {row.verdict for row in rows}
    assert all(row.verdict_reason for row in rows if row.verdict not in (None, "accepted"))
    assert any(row.answer_by < END for row in waiting)
    assert any(row.answer_by > END for row in waiting)


def test_leads_go_by_the_routes_and_who_did_not_answer_in_time_was_reminded(past):
    conn, _ = past
    rows = conn.execute(select(hand_offs)).all()
    by = {row.routed["name"] for row in rows if row.routed["by"] == "route"}
    assert "ateliers" in by <= {"ateliers", "agences"}
    taken = conn.execute(select(escalations.c.step, escalations.c.hand_off_id, escalations.c.at)).all()
    assert {row.step for row in taken} == {"rappel"}
    assert len(taken) == len({row.hand_off_id for row in taken}) > 1
    late = {row.id for row in rows if row.verdict is None and row.answer_by < END}
    assert late <= {row.hand_off_id for row in taken}


def test_colleagues_left_something_to_do(past):
    conn, _ = past
    assert conn.scalar(select(func.count()).select_from(tasks).where(tasks.c.done_at.is_(None))) > 0
    assert conn.scalar(select(func.count()).select_from(events).where(events.c.name == "call_logged")) > 0


def test_mails_ended_as_their_servers_said(past):
    conn, _ = past
    rows = conn.execute(select(messages.c.recipient, messages.c.state)).all()
    ends = {"due": 0} | {state: sum(row.state == state for row in rows) for state in {row.state for row in rows}}
    assert ends["due"] == 0
    assert ends["sent"] > 0.9 * len(rows)
    for row in rows:
        host = host_of(row.recipient or "")
        if row.state == "sent":
            assert host not in (NOBODY_THERE, CLOSED)
        if row.state == "unknown":
            assert host == SILENT


def test_houses_in_trouble_are_as_many_companies_as_houses(past):
    """And not one, at the domain of their trouble."""
    conn, _ = past
    rows = conn.execute(select(leads.c.email, leads.c.company_domain).where(leads.c.email.is_not(None))).all()
    lost = {row.email: row.company_domain for row in rows if host_of(row.email) in (NOBODY_THERE, CLOSED, SILENT)}
    assert lost
    assert all(email.endswith(f".{domain}") for email, domain in lost.items())


def test_more_pages_were_opened_than_forms_filled(past):
    conn, _ = past
    views = dict(
        conn.execute(select(page_views.c.page, func.sum(page_views.c.views)).group_by(page_views.c.page)).all()
    )
    filled = dict(conn.execute(select(submissions.c.page, func.count()).group_by(submissions.c.page)).all())
    assert all(views[page] > 2 * count for page, count in filled.items())


def test_the_examples_of_moving_a_lead_work_as_they_are_printed(past, tmp_path, monkeypatch):
    _, house = past
    with (
        closing(sqlite3.connect(make_url(house.database.url).database)) as lived,
        closing(sqlite3.connect(tmp_path / "copy.db")) as copy,
    ):
        lived.backup(copy)
    monkeypatch.setenv("TERREAU__DATABASE__URL", f"sqlite:///{tmp_path}/copy.db")
    monkeypatch.setenv("TERREAU__DATA__DIR", str(tmp_path))
    printed = [terreau("leads", "move", "--help").output, terreau("leads", "--help").output]
    [one, other] = [re.search(r"terreau (leads move .*)", text)[1] for text in printed]
    assert one == other
    moved = terreau(*shlex.split(one))
    assert moved.exit_code == 0, moved.output
    assert "is to stand at `mql`" in moved.output


# ---------------------------------------------------------------- how


def test_the_same_past_twice_is_the_same(tmp_path):
    def told(folder):
        config = lived(folder, Past(END, AUTHORS, 17))
        with closing(open_database(config.database.url)) as database, database.read() as conn:
            stood = select(leads.c.email, standings.c.stage, standings.c.engagement, standings.c.stage_since)
            happened = select(events.c.lead_id, events.c.seq, events.c.name, events.c.at)
            joined = stood.join(standings, standings.c.lead_id == leads.c.id).order_by(leads.c.id)
            return conn.execute(joined).all(), conn.execute(happened.order_by(events.c.lead_id, events.c.seq)).all()

    assert told(tmp_path / "a") == told(tmp_path / "b")


def test_content_that_is_not_the_examples_has_none_of_these_visitors(tmp_path):
    """The definitions alone, as somebody has them on their first day."""
    content = tmp_path / "content"
    content.mkdir()
    definitions = (data_path("content") / "definitions.toml").read_text()
    (content / "definitions.toml").write_text(re.sub(r"(?s)\[\[event_labels\]\].*", "", definitions))
    config = config_in(tmp_path, content)
    migrate(config.database.url)
    assert seed(config, Past(END, AUTHORS, 20)) == 0


def test_the_demo_opens_on_those_leads_with_accounts_that_come_in(tmp_path):
    stop, said, heard = Event(), [], []

    def say(line):
        said.append(line)
        if "explain" in line:
            stop.set()

    class Bar:
        def __enter__(self):
            return heard.append

        def __exit__(self, *_):
            return None

    wish = demo.Wish(data_path("content"), tmp_path, 0, None, False, leads=6)
    assert demo.run(wish, say, stop, lambda name: Bar()) == 0
    assert heard == sorted(heard)
    assert heard[-1] <= 1
    told = "\n".join(said)
    for role, address in (("sales", "nadia@"), ("marketer", "ines@"), ("admin", "bonjour@")):
        assert re.search(rf"{role} +{address}\S+ +\w{{12}}\n", told)
    with closing(open_database(f"sqlite:///{tmp_path}/terreau.db")) as database, database.read() as conn:
        assert conn.scalar(select(func.count()).select_from(leads)) == 6


def test_a_signal_during_the_past_ends_the_demo_at_once(tmp_path):
    stop = Event()
    stop.set()
    said = []
    wish = demo.Wish(data_path("content"), tmp_path, 0, None, False, leads=30)
    assert demo.run(wish, said.append, stop) == 0
    assert said == []
