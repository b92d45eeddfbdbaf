"""The verdict page: the brief, and the first answer of sales."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from authoring.blobs import BlobDirectory
from authoring.load import load_site
from authoring.releases import Releases, apply
from authoring.tree import read_tree
from base.config import Config
from base.paths import data_path
from console.verdict import StaffDoor, verdict_blueprint
from leads import consent
from leads.identity import Capture, record
from sales import links
from storage.schema import events, hand_off_links, hand_offs, suppressions, wakes

TOKEN = "abcdefghijklmnopqrstuv"
PATH = f"/v/{TOKEN}"
BRIEF = {
    "locale": "fr",
    "name": "Ada Moreau",
    "who": "Architecte d’intérieur, <b>Trois Pignons</b>",
    "phone": "+33639981234",
    "phone_shown": "06 39 98 12 34",
    "email": "ada@trois-pignons.example",
    "owner": "nadia",
    "why_now": "Ada vient d’atteindre 92 points (seuil : 80).",
    "suggestion": "Proposer une démonstration.",
    "score": [
        {"what": "Démonstration demandée", "points": "+40"},
        {"what": "Lien suivi", "points": "+60"},
        {"what": "Atténuation", "points": "−8"},
    ],
    "total": "92",
    "threshold": 80,
    "fit": {
        "points": "50",
        "best": "50",
        "persona": None,
        "lines": [],
        "missing": [],
        "sentence": "Profil : 50 sur 50.",
    },
    "actions": [{"when": "aujourd’hui 10:40", "what": "Démonstration demandée"}],
    "answers": [{"question": "La pièce à monter", "answer": "<script>alert(1)</script>"}],
    "interests": [{"what": "CAO", "points": "20"}],
    "bant": [{"what": "Budget", "answer": None}, {"what": "Échéance", "answer": "Ce mois-ci"}],
    "stage": {
        "id": "mql",
        "label": "MQL",
        "meaning": "Mûre.",
        "version": "2026-10-01",
        "release": "93e1ac2",
        "cycle": 1,
    },
    "consents": {"granted": ["Conseils 3D"], "not_granted": []},
    "words": {
        name: name
        for name in (
            "why_now",
            "suggestion",
            "accept",
            "reject",
            "score",
            "total",
            "actions",
            "unknown",
            "answers",
            "interests",
        )
    },
}


@pytest.fixture
def staff_door(database, clocks, keys, tmp_path):
    tree = read_tree(data_path("content"))
    site, problems = load_site(tree)
    assert site is not None, problems
    blobs = BlobDirectory(tmp_path / "blobs")
    apply(database, tree, site, "ada", None, None, clocks.moment(), blobs)
    return StaffDoor(database, Releases(database, blobs), Config(), clocks, keys)


@pytest.fixture
def client(staff_door, clocks):
    app = Flask("terreau", static_folder=None)
    app.register_blueprint(verdict_blueprint(staff_door))
    capture = Capture(
        "demo",
        "demo",
        "fr",
        {},
        {"email": BRIEF["email"]},
        {},
        (),
        {},
        "one",
        staff_door.releases.in_force().release_id,
    )

    def job(conn):
        lead_id = record(conn, capture, clocks.moment()).lead_id
        conn.execute(
            insert(hand_offs).values(
                lead_id=lead_id, cycle=1, stage="mql", owner="nadia", token=TOKEN, brief=BRIEF, event_seq=1,
                opened_at=clocks.calendar(), answer_by=clocks.calendar() + timedelta(hours=4), release_id=1,
            )
        )  # fmt: skip

    staff_door.database.write(job)
    return app.test_client()


def hand_off(door):
    with door.database.read() as conn:
        return conn.execute(select(hand_offs)).one()


def verdicts(door):
    with door.database.read() as conn:
        return conn.execute(select(events).where(events.c.name == "verdict_given")).all()


def test_the_page_shows_the_brief_and_two_buttons(client):
    page = client.get(PATH).text
    for said in ("Ada Moreau", "06 39 98 12 34", "92 points", "+40", "Ce mois-ci", "Mûre.", "2026-10-01", "à demander"):
        assert said in page
    assert '<html lang="fr">' in page
    assert page.count("<form") == 2
    assert "4\u00a0heures" in page or "4 heures" in page


def test_no_mail_is_offered_to_an_address_that_is_left_alone(client, staff_door, clocks):
    assert "mailto:ada@trois-pignons.example" in client.get(PATH).text
    mark = consent.address_hash(staff_door.keys.suppression, BRIEF["email"])
    gone = {"address_hash": mark, "scope": "all", "reason": "hard_bounce", "at": clocks.machine()}
    staff_door.database.write(lambda conn: conn.execute(insert(suppressions).values(gone)) and None)
    page = client.get(PATH).text
    assert "mailto:" not in page
    assert 'ada@trois-pignons.example <b class="late">ses e-mails reviennent</b>' in page


def test_what_a_lead_wrote_is_text(client):
    page = client.get(PATH).text
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b&gt;Trois" in page


@pytest.mark.parametrize("choice", ["", "?choice=accept", "?choice=reject", "?choice=<script>"])
def test_opening_the_page_changes_nothing_whatever_it_preselects(client, staff_door, choice):
    before = hand_off(staff_door)
    answer = client.get(PATH + choice)
    assert answer.status_code == 200
    assert ('<details class="reject" open>' in answer.text) == (choice == "?choice=reject")
    assert "<script>" not in answer.text
    assert hand_off(staff_door) == before
    assert verdicts(staff_door) == []


def test_accepting_is_an_event_that_never_scores_and_wakes_the_lead(client, staff_door):
    answer = client.post(PATH, data={"choice": "accept"})
    assert answer.status_code == 303
    event = verdicts(staff_door)[0]
    assert (event.subject, event.evidence) == ("accepted", "engine")
    assert event.data == {"reason": None, "staff": "Nadia Ferreira", "by": "nadia", "cycle": 1}
    row = hand_off(staff_door)
    assert (row.verdict, row.verdict_by) == ("accepted", "nadia")
    with staff_door.database.read() as conn:
        wake = conn.execute(select(wakes)).one()
    assert wake.seq == event.seq


def test_rejecting_needs_a_reason_of_the_definitions(client, staff_door):
    for reason in ({}, {"reason": "because"}):
        answer = client.post(PATH, data={"choice": "reject", **reason})
        assert answer.status_code == 422
        assert "Choisissez le motif" in answer.text
    assert client.post(PATH, data={"choice": "reject", "reason": "hors-cible"}).status_code == 303
    assert verdicts(staff_door)[0].data["reason"] == "hors-cible"


def test_the_first_answer_counts_and_the_page_says_whose_and_when(client, staff_door):
    client.post(PATH, data={"choice": "accept"})
    late = client.post(PATH, data={"choice": "reject", "reason": "hors-cible"})
    page = client.get(late.location).text
    assert "Nadia Ferreira a pris ce lead le 2 novembre 2026" in page
    assert "Une réponse a été donnée avant la vôtre" in page
    assert "<form" not in page
    assert hand_off(staff_door).verdict == "accepted"
    assert len(verdicts(staff_door)) == 1
    with staff_door.database.read() as conn:
        assert conn.execute(select(wakes.c.seq)).scalar_one() == verdicts(staff_door)[0].seq


def test_of_many_answers_at_once_one_counts(client, staff_door):
    app = client.application
    start = threading.Barrier(6)

    def press(choice):
        start.wait(5)
        app.test_client().post(PATH, data={"choice": choice, "reason": "hors-cible"})

    threads = [threading.Thread(target=press, args=(("accept", "reject")[n % 2],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [event.subject for event in verdicts(staff_door)] == [hand_off(staff_door).verdict]


def test_an_unknown_token_and_an_unknown_choice_are_refused(client, staff_door):
    assert client.get("/v/nothing").status_code == 404
    assert client.post("/v/nothing", data={"choice": "accept"}).status_code == 404
    assert client.post(PATH, data={"choice": "maybe"}).status_code == 400
    assert hand_off(staff_door).verdict is None


@pytest.mark.parametrize(
    ("after", "left", "state"),
    [
        (timedelta(0), "4 heures", "clock "),
        (timedelta(seconds=1), "4 heures", "clock "),
        (timedelta(minutes=40), "3\u00a0h\u00a030", "clock "),
        (timedelta(hours=3, minutes=50), "10 minutes", "clock soon"),
        (timedelta(hours=5), "en retard", "clock over"),
    ],
)
def test_the_clock_tells_how_long_is_left(client, clocks, after, left, state):
    clocks.advance(after)
    page = client.get(PATH).text
    assert left in page
    assert f'class="{state}"' in page


def test_each_page_answers_under_the_name_of_the_rep_whose_it_is(client, staff_door):
    link = {"token": "karims", "hand_off_id": hand_off(staff_door).id, "rep": "karim"}
    staff_door.database.write(lambda conn: conn.execute(insert(hand_off_links).values(**link)) and None)
    assert client.post("/v/karims", data={"choice": "accept"}).status_code == 303
    assert (hand_off(staff_door).verdict, hand_off(staff_door).verdict_by) == ("accepted", "karim")
    assert verdicts(staff_door)[0].data["staff"] == "Karim Benali"
    assert "Karim Benali a pris ce lead" in client.get(PATH).text


def test_the_page_of_whoever_had_the_lead_before_shows_nothing_of_it_and_answers_nothing(client, staff_door, clocks):
    link = {"token": "old", "hand_off_id": hand_off(staff_door).id, "rep": "karim", "ended_at": clocks.calendar()}
    staff_door.database.write(lambda conn: conn.execute(insert(hand_off_links).values(**link)) and None)
    for answer in (client.get("/v/old"), client.post("/v/old", data={"choice": "accept"})):
        assert answer.status_code == 200
        assert "Il est chez Nadia Ferreira" in answer.text
        assert "Ada Moreau" not in answer.text
        assert "<form" not in answer.text
    assert hand_off(staff_door).verdict is None


def test_a_page_that_ends_while_its_answer_is_on_the_way_answers_nothing(client, staff_door, clocks):
    """The lead is given to karim after the page was looked up and before the answer is written."""
    in_force, one = staff_door.releases.in_force, hand_off(staff_door)

    def given_away(conn):
        links.pass_page(conn, one, clocks.calendar())
        conn.execute(update(hand_offs).values(owner="karim"))

    def slowly():
        if hand_off(staff_door).owner == "nadia":
            staff_door.database.write(given_away)
        return in_force()

    staff_door.releases.in_force = slowly
    answer = client.post(PATH, data={"choice": "accept"})
    assert (answer.status_code, hand_off(staff_door).owner, hand_off(staff_door).verdict) == (200, "karim", None)
    assert "Il est chez Karim Benali" in answer.text
    assert "Ada Moreau" not in answer.text
    assert verdicts(staff_door) == []
