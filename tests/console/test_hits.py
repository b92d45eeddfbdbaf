"""Who was behind a hit, said by somebody who knows better; and alerts that rested on a machine, taken back."""

import pytest
from sqlalchemy import insert, select

from leads.hit_log import Met, note
from leads.identity import Capture, record
from storage.schema import audit, events, hand_offs, hits, messages, stage_changes


@pytest.fixture
def lead(console_door):
    now, release = console_door.clocks.moment(), console_door.releases.in_force().release_id
    capture = Capture("demo", "demo", "fr", {}, {"email": "bob@atelier.fr"}, {}, (), {}, "k", release)
    return console_door.database.write(lambda conn: record(conn, capture, now)).lead_id


@pytest.fixture
def fooled(console_door, lead):
    """A lead whom a machine's click led to sales; it is known by now."""
    now, release = console_door.clocks.moment(), console_door.releases.in_force().release_id

    def job(conn):
        conn.execute(
            insert(hand_offs).values(
                lead_id=lead, cycle=1, stage="mql", owner="nadia", token="t", brief={}, opened_at=now.calendar,
                event_seq=1, release_id=release,
            )
        )  # fmt: skip
        conn.execute(
            insert(stage_changes).values(
                lead_id=lead, from_stage="mql", to_stage="iql", reason="reclassed: enter: engagement 80", cycle=2,
                at=now.calendar, release_id=release,
            )
        )  # fmt: skip
        row = insert(hits).values(
            lead_id=lead, kind="click", link="0", hidden=False, page="demo", marks=[], touched=False, klass="human",
            reasons=[["nothing_against", 0, 0]], at=now.machine,
        )  # fmt: skip
        hit = conn.execute(row.returning(hits.c.id)).scalar_one()
        return conn.execute(select(hand_offs.c.id)).scalar_one(), hit

    return console_door.database.write(job)


def rows(door, table):
    with door.database.read() as conn:
        return conn.execute(select(table).order_by(*table.primary_key.columns)).all()


@pytest.mark.parametrize(
    ("locale", "said"), [("en", "1 alert is to be taken back."), ("fr", "1 alerte est à retirer.")]
)
def test_health_and_a_page_of_its_own_tell_of_alerts_that_should_not_have_gone_out(staff_client, fooled, locale, said):
    marketer = staff_client("marketer", locale)
    assert 'href="/console/alerts"' in marketer.get("/console/health").text
    assert said in marketer.get("/console/alerts").text


def test_an_alert_is_taken_back_once_and_its_rep_is_told(staff_client, console_door, fooled, lead):
    marketer = staff_client("marketer")
    answers = [marketer.post(f"/console/alerts/{fooled[0]}") for _ in range(2)]
    assert [answer.location.rpartition("=")[2] for answer in answers] == ["back", "late"]
    [hand_off] = rows(console_door, hand_offs)
    assert hand_off.verdict == "withdrawn"
    [letter] = [row for row in rows(console_door, messages) if row.klass == "notification"]
    assert (letter.email, letter.state) == ("notify", "due")
    assert "machine" in letter.context["text"]
    assert [row.name for row in rows(console_door, events)].count("alert_withdrawn") == 1
    assert [row.act for row in rows(console_door, audit) if row.act != "staff_came_in"] == ["alert_withdrawn"]
    assert "taken back" in marketer.get(answers[0].location).text
    assert "takes the alert back" in marketer.get(f"/console/leads/{lead}").text


def test_nobody_takes_back_an_alert_that_is_believed(staff_client, console_door, fooled):
    console_door.database.write(lambda conn: conn.execute(stage_changes.delete()) and None)
    assert staff_client("marketer").post(f"/console/alerts/{fooled[0]}").status_code == 404
    assert staff_client("marketer").post("/console/alerts/99").status_code == 404


def test_whoever_knows_better_says_what_a_hit_was(staff_client, console_door, fooled, lead):
    marketer = staff_client("marketer")
    page = marketer.get(f"/console/leads/{lead}/hits").text
    assert "nothing speaks against it" in page
    answer = marketer.post(f"/console/leads/{lead}/hits/{fooled[1]}", {"class": "machine"})
    assert answer.location.endswith("done=judged")
    [hit] = rows(console_door, hits)
    assert (hit.klass, bool(hit.judged_by)) == ("machine", True)
    assert [row.act for row in rows(console_door, audit) if row.act != "staff_came_in"] == ["hit_judged"]
    assert "somebody here said so" in marketer.get(answer.location).text


@pytest.mark.parametrize(("hit", "klass", "status"), [(0, "god", 400), (99, "machine", 404)])
def test_what_makes_no_sense_is_refused(staff_client, fooled, lead, hit, klass, status):
    number = hit or fooled[1]
    answer = staff_client("marketer").post(f"/console/leads/{lead}/hits/{number}", {"class": klass})
    assert answer.status_code == status


def test_sales_reads_it_and_changes_nothing(staff_client, fooled, lead):
    sales = staff_client("sales")
    assert sales.post(f"/console/leads/{lead}/hits/{fooled[1]}", {"class": "machine"}).status_code in (403, 404)
    assert sales.post(f"/console/alerts/{fooled[0]}").status_code == 403


def test_the_console_names_what_was_followed(staff_client, lively):
    lead_id = lively.submits("ada")
    met = Met(lead_id, "download", "1f8cb6be", "asset_downloaded", "variantes", page="magnet")
    lively.database.write(lambda conn: note(conn, met, lively.clocks.moment()))
    page = staff_client("marketer").get(f"/console/leads/{lead_id}/hits").text
    assert "“Price the variants”" in page
    assert "1f8cb6be" not in page
