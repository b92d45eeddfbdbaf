"""What staff do: posted as a form, kept once, told back where it was done; or refused with a sentence."""

import re
import threading
from html import unescape

import pytest
from sqlalchemy import select, update

from leads import events
from storage.schema import bant, calls, enrolments, hand_offs, leads, notes, standings, tasks
from tests.arranging import lived_once

NAUGHTY = '"><script>alert(1)</script>{{ 7*7 }}%(x)s'
HTMX = {"HX-Request": "true"}
STUDIO = {"profession": "interior", "practice": "slow", "team": "2-5"}


@pytest.fixture
@lived_once
def ada(lively):
    """Ada has raised her hand, and is nadia's."""
    lead_id = lively.submits("ada", "demo", phone="+33639981234", last_name="Moreau", need="Layers?", **STUDIO)
    give_to(lively, lead_id, "nadia")
    return lead_id


def give_to(lively, lead_id, rep):
    for table, column in ((leads, leads.c.id), (standings, standings.c.lead_id), (hand_offs, hand_offs.c.lead_id)):
        lively.database.write(
            lambda conn, t=table, c=column: conn.execute(update(t).where(c == lead_id).values(owner=rep)).rowcount
        )


@pytest.fixture
def hand_off_of(lively):
    """A new lead who raises a hand and is nadia's: (lead id, hand-off id)."""

    def made(who):
        lead_id = lively.submits(who, "demo")
        give_to(lively, lead_id, "nadia")
        with lively.database.read() as conn:
            return lead_id, conn.execute(select(hand_offs.c.id).where(hand_offs.c.lead_id == lead_id)).scalar_one()

    return made


@pytest.fixture
def rows(lively):
    def read(table):
        with lively.database.read() as conn:
            return conn.execute(select(table).order_by(*table.primary_key.columns)).all()

    return read


@pytest.fixture
def told(lively):
    """The newest event of a lead, as (name, subject, evidence, data)."""

    def read(lead_id):
        with lively.database.read() as conn:
            one = events.newest(conn, lead_id, 1)[0]
        return one.name, one.subject, one.evidence, one.data

    return read


def stage_of(lively, lead_id):
    lively.works()
    with lively.database.read() as conn:
        return conn.execute(select(standings.c.stage).where(standings.c.lead_id == lead_id)).scalar_one()


VERDICTS = [
    ({"choice": "accept"}, "accepted", None, "sql"),
    ({"choice": "reject", "reason": "hors-cible"}, "rejected", "hors-cible", "iql"),
    ({"choice": "recycle", "reason": "pas-maintenant"}, "recycled", "pas-maintenant", "recycled"),
    ({"choice": "disqualify", "reason": "etudes"}, "disqualified", "etudes", "disqualified"),
]


def test_a_verdict_is_noted_told_and_moves_the_stage(staff_client, lively, hand_off_of, rows, told):
    client = staff_client("sales")
    for form, said, reason, stage in VERDICTS:
        lead_id, hand_off = hand_off_of(said)
        answer = client.post(f"/console/hand-offs/{hand_off}/verdict", form)
        assert (answer.status_code, answer.location) == (303, f"/console/today?done={hand_off}")
        kept = rows(hand_offs)[-1]
        assert (kept.verdict, kept.verdict_reason, kept.verdict_by) == (said, reason, "nadia")
        data = {"staff": "Sales", "by": "nadia", "reason": reason, "cycle": 1}
        assert told(lead_id) == ("verdict_given", said, "engine", data)
        assert stage_of(lively, lead_id) == stage
        page = client.get(answer.location).text
        assert "Nadia Ferreira" in page
        assert f'id="hand-{hand_off}"' in page
        assert "Nobody is waiting for an answer" not in page


def test_disqualifying_ends_every_sequence_under_way(staff_client, lively, ada, rows):
    lively.agrees(ada, "conseils-3d")
    assert "active" in {row.state for row in rows(enrolments)}
    [hand_off] = rows(hand_offs)
    form = {"choice": "disqualify", "reason": "etudes"}
    staff_client("sales").post(f"/console/hand-offs/{hand_off.id}/verdict", form)
    lively.works()
    assert "active" not in {row.state for row in rows(enrolments)}


def test_recycling_until_a_day_leaves_a_task_for_that_morning(staff_client, lively, ada, rows):
    [hand_off] = rows(hand_offs)
    form = {"choice": "recycle", "reason": "pas-maintenant", "until": "2027-02-01"}
    staff_client("sales", "fr").post(f"/console/hand-offs/{hand_off.id}/verdict", form)
    [task] = rows(tasks)
    assert (task.lead_id, task.owner, task.due_at.isoformat()) == (ada, "nadia", "2027-02-01T08:00:00+00:00")
    assert task.title == "Revenir vers ce lead\u00a0: recyclé jusqu’à aujourd’hui"


UNUSABLE = [
    ({}, "This is not a verdict"),
    ({"choice": "maybe"}, "This is not a verdict"),
    ({"choice": "reject"}, "Choose a reason"),
    ({"choice": "reject", "reason": "because"}, "Choose a reason"),
    ({"choice": "disqualify", "reason": NAUGHTY}, "Choose a reason"),
    ({"choice": "recycle", "reason": "etudes", "until": "someday"}, "This day cannot be planned"),
    ({"choice": "recycle", "reason": "etudes", "until": "0001-01-01"}, "This day cannot be planned"),
]


def test_a_verdict_that_cannot_be_taken_keeps_nothing_and_says_why(staff_client, ada, rows):
    client = staff_client("sales")
    [before] = rows(hand_offs)
    path = f"/console/hand-offs/{before.id}/verdict"
    for form, sentence in UNUSABLE:
        plain = client.post(path, form)
        assert plain.status_code == 422
        assert sentence in plain.text
        assert "Ada Moreau" in plain.text, "the page is still there"
        by_htmx = client.post(path, form, headers=HTMX)
        assert (by_htmx.status_code, by_htmx.headers["HX-Retarget"]) == (422, "#notice")
        assert sentence in by_htmx.text
    assert rows(hand_offs) == [before]


def test_the_first_answer_counts_and_the_second_learns_who_was_faster(staff_client, ada, rows):
    [hand_off] = rows(hand_offs)
    path = f"/console/hand-offs/{hand_off.id}/verdict"
    staff_client("sales").post(path, {"choice": "accept"})
    late = staff_client("admin").post(path, {"choice": "disqualify", "reason": "etudes"})
    assert late.location.endswith("late=1")
    page = staff_client("admin").get(late.location).text
    assert "Somebody was faster" in page
    assert "accepted by Nadia Ferreira" in page
    fragment = staff_client("admin").post(path, {"choice": "accept"}, headers=HTMX)
    assert "Somebody was faster" in fragment.text
    again = staff_client("sales").post(path, {"choice": "accept"}, headers=HTMX)
    assert "You had answered already" in again.text
    assert rows(hand_offs)[0].verdict == "accepted"


def test_of_many_answers_at_once_one_counts(staff_client, lively, ada, rows):
    [hand_off] = rows(hand_offs)
    sales, admin = staff_client("sales"), staff_client("admin")
    pressed = [(client, client.token()) for client in (sales, admin)]
    start = threading.Barrier(6)

    def press(client, token, choice):
        start.wait(5)
        form = {"choice": choice, "reason": "etudes", "csrf-token": token}
        client.raw_post(f"/console/hand-offs/{hand_off.id}/verdict", form)

    choices = ["accept", "reject", "recycle", "disqualify", "accept", "reject"]
    threads = [threading.Thread(target=press, args=(*pressed[n % 2], choice)) for n, choice in enumerate(choices)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with lively.database.read() as conn:
        given = events.history(conn, [ada], ["verdict_given"])[ada]
    assert [one.subject for one in given] == [rows(hand_offs)[0].verdict]


def test_with_htmx_the_answer_stands_where_the_question_was(staff_client, ada, rows):
    [hand_off] = rows(hand_offs)
    answer = staff_client("sales").post(f"/console/hand-offs/{hand_off.id}/verdict", {"choice": "accept"}, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert f'id="hand-{hand_off.id}"' in answer.text
    assert "accepted by Nadia Ferreira" in answer.text
    assert re.search(r'id="sentence" hx-swap-oob="true"', answer.text)
    assert re.search(r'id="hot-count" hx-swap-oob="true">0<', answer.text)


def test_from_a_leads_page_one_comes_back_to_it(staff_client, ada, rows):
    client = staff_client("sales")
    [hand_off] = rows(hand_offs)
    form = {"choice": "accept", "back": "lead", "lead_id": str(ada)}
    answer = client.post(f"/console/hand-offs/{hand_off.id}/verdict", form)
    assert answer.location == f"/console/leads/{ada}?done={hand_off.id}"
    assert "accepted by Nadia Ferreira" in client.get(answer.location).text


def test_a_lead_may_be_set_aside_from_its_page(staff_client, lively, hand_off_of, rows):
    client = staff_client("sales")
    for choice, stage in (("recycle", "recycled"), ("disqualify", "disqualified"), ("accept", None), ("reject", None)):
        lead_id, _ = hand_off_of(choice)
        form = {"choice": choice, "reason": "etudes", "back": "lead"}
        answer = client.post(f"/console/leads/{lead_id}/verdict", form)
        assert rows(hand_offs)[-1].verdict == stage, "its open hand-off is answered by that"
        if stage is None:
            assert answer.status_code == 422
        else:
            assert (answer.status_code, answer.location) == (303, f"/console/leads/{lead_id}")
            assert stage_of(lively, lead_id) == stage


ACTS = [
    # path, form, table, what is kept, event
    ("notes", {"text": NAUGHTY}, notes, {"text": NAUGHTY, "author": "Sales"}, ("note_added", None)),
    (
        "calls",
        {"outcome": "voicemail", "note": NAUGHTY},
        calls,
        {"outcome": "voicemail", "note": NAUGHTY},
        ("call_logged", "voicemail"),
    ),
    ("calls", {"outcome": "reached"}, calls, {"outcome": "reached", "note": None}, ("call_logged", "reached")),
    (
        "tasks",
        {"title": NAUGHTY, "due": "2026-11-10"},
        tasks,
        {"title": NAUGHTY, "owner": "nadia", "created_by": "Sales"},
        ("task_added", None),
    ),
    (
        "bant",
        {"item": "budget", "value": "partial", "note": NAUGHTY},
        bant,
        {"item": "budget", "value": "partial", "note": NAUGHTY, "author": "Sales"},
        ("bant_noted", "budget"),
    ),
]


def test_what_staff_note_is_kept_shown_and_recorded(staff_client, ada, rows, told):
    client = staff_client("sales")
    for path, form, table, kept, event in ACTS:
        answer = client.post(f"/console/leads/{ada}/{path}", {**form, "back": "lead"})
        assert (answer.status_code, answer.location) == (303, f"/console/leads/{ada}")
        row = rows(table)[-1]
        assert {name: getattr(row, name) for name in kept} == kept
        name, subject, evidence, data = told(ada)
        assert ((name, subject), evidence, data["staff"], data["by"]) == (event, "engine", "Sales", "nadia")
    page = client.get(f"/console/leads/{ada}").text
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}%(x)s") >= len(ACTS)
    assert "<script>alert" not in page


def test_with_htmx_the_section_comes_back_as_it_is_now(staff_client, ada):
    client = staff_client("sales")
    for path, form, *_ in ACTS:
        answer = client.post(f"/console/leads/{ada}/{path}", {**form, "back": "lead"}, headers=HTMX)
        assert answer.status_code == 200
        assert f'id="part-{path}"' in answer.text
        assert "<html" not in answer.text
        assert "<script>alert" not in answer.text


REFUSED = [
    ("notes", {"text": "  "}),
    ("notes", {"text": "x" * 10_001}),
    ("notes", {}),
    ("calls", {}),
    ("calls", {"outcome": "fled"}),
    ("calls", {"outcome": "reached", "note": "x" * 1_001}),
    ("tasks", {"title": ""}),
    ("tasks", {"title": "x", "due": "32 May"}),
    ("tasks", {"title": "x" * 301}),
    ("bant", {"item": "shoe size", "value": "yes"}),
    ("bant", {"item": "budget", "value": "perhaps"}),
    ("owner", {"rep": "nobody-known"}),
]


def test_what_cannot_be_taken_keeps_nothing_and_says_why(staff_client, ada, rows, told):
    client, before = staff_client("admin"), told(ada)
    for path, form in REFUSED:
        plain = client.post(f"/console/leads/{ada}/{path}", {**form, "back": "lead"})
        assert plain.status_code == 422
        assert 'class="notice" role="alert"' in plain.text
        assert "nothing was saved" in plain.text
        assert client.post(f"/console/leads/{ada}/{path}", form, headers=HTMX).headers["HX-Retarget"] == "#notice"
    assert told(ada) == before
    assert [rows(table) for table in (notes, calls, tasks, bant)] == [[], [], [], []]


def test_a_task_is_ticked_and_taken_up_again_where_it_stands(staff_client, lively, ada, rows):
    client = staff_client("sales")
    client.post(f"/console/leads/{ada}/tasks", {"title": "Quote"})
    client.post("/console/tasks", {"title": "Tidy up", "due": "2026-11-01"})
    first, second = rows(tasks)
    assert (second.lead_id, second.owner) == (None, "nadia")
    ticked = client.post(f"/console/tasks/{second.id}", {"done": "1"}, headers=HTMX)
    assert 'aria-pressed="true"' in ticked.text
    assert rows(tasks)[1].done_by == "Sales"
    assert client.post(f"/console/tasks/{second.id}", {"done": "0"}).location == "/console/today"
    assert rows(tasks)[1].done_at is None
    back = client.post(f"/console/tasks/{first.id}", {"done": "1", "back": "lead", "lead_id": str(ada)})
    assert back.location == f"/console/leads/{ada}"


def test_a_call_on_the_days_list_is_answered_in_its_line(staff_client, ada, rows):
    client = staff_client("sales")
    form = {"outcome": "voicemail", "back": "today"}
    answer = client.post(f"/console/leads/{ada}/calls", form, headers=HTMX)
    assert f'id="call-{ada}"' in answer.text
    assert "Message left" in answer.text
    assert client.post(f"/console/leads/{ada}/calls", form).location == "/console/today"
    assert len(rows(calls)) == 2


def test_an_admin_gives_a_lead_away_and_its_old_rep_sees_it_no_more(staff_client, ada, rows):
    admin, sales = staff_client("admin"), staff_client("sales")
    assert sales.get(f"/console/leads/{ada}").status_code == 200
    assert sales.post(f"/console/leads/{ada}/owner", {"rep": "karim"}).status_code == 403
    given = {"rep": "karim", "reason": "Speaks Flemish", "back": "lead"}
    fragment = admin.post(f"/console/leads/{ada}/owner", given, headers=HTMX)
    assert "Karim Benali" in fragment.text
    assert [row.owner for row in rows(leads)] == ["karim"]
    assert sales.get(f"/console/leads/{ada}").status_code == 404
    for path, form in (
        ("notes", {"text": "x"}),
        ("calls", {"outcome": "reached"}),
        ("bant", {"item": "budget", "value": "no"}),
    ):
        assert sales.post(f"/console/leads/{ada}/{path}", form).status_code == 404
    [hand_off] = rows(hand_offs)
    assert sales.post(f"/console/hand-offs/{hand_off.id}/verdict", {"choice": "accept"}).status_code == 404
    assert rows(notes) == []


def test_the_story_says_that_the_lead_was_given_away_by_whom_and_why(staff_client, lively, ada):
    """To whoever was alerted of it before it is no reminder that a mail brings."""
    admin = staff_client("admin")
    for rep, reason in (("karim", "Speaks Flemish"), ("nadia", "Karim is away")):
        given = {"rep": rep, "reason": reason, "back": "lead"}
        assert admin.post(f"/console/leads/{ada}/owner", given).status_code == 303
        lively.works()
    story = unescape(re.sub(r"<[^>]+>", " ", admin.get(f"/console/leads/{ada}/story").text))
    told = re.search(r"Nadia Ferreira was told that the lead is theirs now (.+?) given to them by (\w+)", story)
    assert told
    assert "Karim is away" in told[1]
    assert told[2] == "Admin"
    assert "was reminded" not in story


def test_a_marketer_notes_but_does_not_sell(staff_client, ada, rows):
    client = staff_client("marketer")
    assert client.post(f"/console/leads/{ada}/notes", {"text": "From the fair", "back": "lead"}).status_code == 303
    [hand_off] = rows(hand_offs)
    for path in (f"hand-offs/{hand_off.id}/verdict", f"leads/{ada}/calls", f"leads/{ada}/bant", f"leads/{ada}/verdict"):
        assert client.post(f"/console/{path}", {"choice": "accept"}).status_code == 403
    page = client.get(f"/console/leads/{ada}").text
    assert "hand-offs/" not in page, "no button that would be refused"
    assert "/bant" not in page


def test_no_act_leads_out_of_the_house(staff_client, ada):
    client = staff_client("sales")
    form = {"text": "x", "back": "https://evil.example", "lead_id": "//evil.example", "next": "//evil.example"}
    assert client.post(f"/console/leads/{ada}/notes", form).location == "/console/today"


def test_a_task_whose_day_is_past_is_late_and_one_of_today_is_not(staff_client, ada):
    client = staff_client("sales")
    for title, due in (("Quote", "2026-11-01"), ("Demo", "2026-11-02")):
        client.post("/console/tasks", {"title": title, "due": due})
    page = client.get("/console/today").text
    assert re.findall(r'class="(due[^"]*)">(\w+)', page) == [("due late", "yesterday"), ("due", "today")]
