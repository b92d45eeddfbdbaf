"""Stages by hand: who may, what must be known, and the sentence that whoever may not reads."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from authoring.load import load_site
from authoring.releases import apply
from leads import events
from sales import notebook
from sales.notebook import Author
from storage.schema import hand_offs, stage_changes, standings

NADIA = Author("Nadia Ferreira", "nadia")
FILE = "definitions.toml"
MQL, SQL = 'rejected_to = "iql"\n', 'by_sales = ["meeting"]\n'


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("\u202f", " ").replace("\u00a0", " ")


@pytest.fixture
def put(console_door, lively, example, clocks):
    """`put((text of the definitions, text that follows it), …)` in force."""
    tree, _ = example
    for releases in (console_door.releases, lively.releases):
        releases._patience = 0

    def edited(*pairs):
        text = re.sub(r"^moved_by = .*\n", "", tree.texts[FILE].decode(), flags=re.M)  # each test says who moves
        for before, more in pairs:
            assert before in text
            text = text.replace(before, before + more, 1)
        after = replace(tree, texts={**tree.texts, FILE: text.encode()})
        site, problems = load_site(after)
        assert site is not None, problems
        apply(console_door.database, after, site, "ada", None, None, clocks.moment(), console_door.blobs)

    return edited


@pytest.fixture
def stage_of(lively):
    def read(lead_id):
        lively.works()
        with lively.database.read() as conn:
            return conn.execute(select(standings.c.stage).where(standings.c.lead_id == lead_id)).scalar_one()

    return read


@pytest.fixture
def steps(staff_client):
    def step(lead_id, to, role="marketer", why="Met at the fair", locale="en"):
        form = {"stage": to, "why": why, "back": "lead"}
        return staff_client(role, locale).post(f"/console/leads/{lead_id}/stage", form)

    return step


def test_marketing_leads_a_lead_to_sales_by_hand_and_sales_is_told(staff_client, lively, put, steps, stage_of):
    ada = lively.submits("ada")
    put((MQL, 'moved_by = ["marketing"]\n'))
    assert "Move by hand" in staff_client("marketer").get(f"/console/leads/{ada}").text
    assert "Move by hand" not in staff_client("sales").get(f"/console/leads/{ada}").text
    assert steps(ada, "mql").location == f"/console/leads/{ada}"
    assert stage_of(ada) == "mql"
    with lively.database.read() as conn:
        assert conn.execute(select(hand_offs.c.lead_id)).scalars().all() == [ada]
        reason = conn.execute(select(stage_changes.c.reason).order_by(stage_changes.c.id.desc())).scalars().first()
    assert reason == "moved: Met at the fair"
    page = plain(staff_client("admin").get(f"/console/leads/{ada}").text)
    assert "Moved by hand: “Met at the fair”" in page
    assert "Marketer moves the lead to MQL" in page


REFUSED = [
    ("mql", "sales", "Met", "Only marketing may move leads to MQL."),
    ("sql", "admin", "Met", "Nobody moves leads to SQL by hand"),
    ("iql", "admin", "Met", "The lead stands at IQL already."),
    ("recycled", "admin", "Met", "by a verdict of sales alone"),
    ("nowhere", "admin", "Met", "The definitions have no stage “nowhere”: choose from contact, iql, mql, "),
    ("mql", "admin", " ", "Write something first"),
    ("mql", "admin", "x" * 151, "This is too long"),
]


@pytest.mark.parametrize(("to", "role", "why", "said"), REFUSED)
def test_a_move_that_may_not_be_made_explains_itself(lively, put, steps, stage_of, to, role, why, said):
    ada = lively.submits("ada")
    put((MQL, 'moved_by = ["marketing"]\n'))
    answer = steps(ada, to, role, why)
    assert answer.status_code == 422
    assert said in plain(answer.text)
    assert stage_of(ada) == "iql"
    with lively.database.read() as conn:
        assert "stage_moved" not in [event.name for event in events.all_of(conn, ada)]


def test_a_viewer_moves_nobody(lively, steps):
    assert steps(lively.submits("ada"), "mql", "viewer").status_code == 403


def note(lively, lead_id, **items):
    for item, value in items.items():
        lively.database.write(
            lambda conn, i=item, v=value: notebook.note_bant(conn, lead_id, i, v, None, NADIA, lively.clocks.moment())
        )
    lively.works()


def test_accepting_waits_until_what_the_stage_asks_for_is_known(staff_client, lively, put, stage_of, database):
    put((SQL, 'requires = ["company"]\nrequires_bant = true\n'))
    ada = lively.submits("ada", "demo", timeline="quarter")
    with database.read() as conn:
        number = conn.execute(select(hand_offs.c.id)).scalar_one()
    client = staff_client("admin")
    answer = client.post(f"/console/hand-offs/{number}/verdict", {"choice": "accept", "lead_id": ada, "back": "lead"})
    assert answer.status_code == 422
    missing = "asks for what nobody knows of the lead yet: Company or studio, Budget, Decision maker, Need."
    assert missing in plain(answer.text)
    assert plain(answer.text).count("asks for what nobody knows") >= 2, "it stands on the page before anybody tries"
    assert stage_of(ada) == "mql"
    note(lively, ada, budget="no", authority="yes", need="partial")
    lively.submits("ada", "demo", company="Trois Pignons")
    assert client.post(f"/console/hand-offs/{number}/verdict", {"choice": "accept"}).status_code == 303
    assert stage_of(ada) == "sql"


def test_whoever_accepts_too_late_is_told_so_and_not_what_is_missing(staff_client, lively, put):
    ada = lively.submits("ada", "demo", timeline="quarter")
    client, here = staff_client("admin"), "/console/hand-offs/1/verdict"
    client.post(here, {"choice": "reject", "reason": "etudes"})
    put((SQL, 'requires = ["company"]\n'))
    late = client.post(here, {"choice": "accept", "lead_id": ada, "back": "lead"})
    assert (late.status_code, "late=1" in late.location) == (303, True)


def test_refusing_a_lead_asks_for_nothing(staff_client, lively, put, stage_of):
    put((SQL, "requires_bant = true\n"))
    ada = lively.submits("ada", "demo")
    form = {"choice": "reject", "reason": "etudes"}
    assert staff_client("admin").post("/console/hand-offs/1/verdict", form).status_code == 303
    assert stage_of(ada) == "iql"


def test_a_stage_that_points_would_reach_says_what_keeps_it(staff_client, lively, put, stage_of):
    put((MQL, 'requires = ["phone"]\n'))
    ada = lively.submits("ada", profession="interior", practice="slow")
    lively.agrees(ada, "conseils-3d")
    lively.does(ada, "asset_downloaded", "guide-3d")
    for _ in range(2):
        lively.does(ada, "webinar_attended")
        lively.later(days=1)
    assert stage_of(ada) == "iql"
    page = plain(staff_client("marketer").get(f"/console/leads/{ada}").text)
    assert "By their points they would be MQL" in page
    french = plain(staff_client("admin", "fr").get(f"/console/leads/{ada}").text)
    assert "Par ses points il serait au stade MQL" in french


def test_how_often_a_lead_was_set_aside_is_counted(staff_client, lively):
    ada = lively.submits("ada", "demo")
    client = staff_client("admin")
    for _ in range(2):
        client.post(f"/console/leads/{ada}/verdict", {"choice": "recycle", "reason": "pas-maintenant"})
        lively.works()
        lively.submits("ada", "demo")
    assert "Recycled: 2 times" in plain(client.get(f"/console/leads/{ada}").text)


def test_the_agreement_says_what_must_be_known_and_who_moves(staff_client, put):
    put((SQL, "requires_bant = true\n"), (MQL, 'moved_by = ["marketing", "sales"]\n'))
    page = plain(staff_client("viewer").get("/console/agreement").text)
    assert "must be known: Budget, Decision maker, Need, Timeline" in page
    assert "by hand: marketing or sales" in page
