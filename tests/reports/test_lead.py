"""One lead as questions: portrait, score, story, dealings; bounded, by index, whatever happened to them."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from leads import merging
from leads.explain import explain
from leads.hit_log import Met, note
from leads.judging import correct
from leads.known import REMEMBERED, facts_of
from reports import dealings, lead, places, score
from reports.timeline import Place, machine_visits, timeline
from sales import calling, notebook
from sales.calling import Call
from sales.notebook import Author
from storage.schema import events, hits, leads, wakes
from tests.arranging import lived_once

ZONE = "Europe/Paris"
NADIA = Author("Nadia Ferreira", "nadia")
STUDIO = {"profession": "interior", "practice": "slow", "team": "2-5"}


@pytest.fixture
@lived_once
def ada(lively):
    """Ada asks for the guide, agrees, reads, looks at the demonstration, and raises her hand a week later."""
    lead_id = lively.submits("ada", phone="+33639981234", company="Trois Pignons", **STUDIO)
    lively.agrees(lead_id, "conseils-3d", "clicks")
    lively.does(lead_id, "asset_downloaded", "guide-3d", interests=["cao/3d"])
    lively.does(lead_id, "link_clicked", "conseils-3d/niveaux", evidence="machine", interests=["cao/3d"])
    for _ in range(3):
        lively.does(lead_id, "page_seen", "demo", interests=["cao/3d"])
        lively.later(days=1)
    lively.later(days=4)
    lively.submits("ada", "demo", need="Does the DWG import keep layers?")
    return lead_id


def act(lively, verb, *args):
    return lively.database.write(lambda conn: verb(conn, *args, NADIA, lively.clocks.moment()))


def facts(conn, lively, lead_id):
    site = lively.releases.in_force()
    return facts_of(conn, site, [lead_id], ZONE, lively.clocks.calendar())[lead_id]


def test_a_portrait_says_who_they_are_and_how_they_came(lively, ada, watched):
    act(lively, notebook.add_note, ada, "Before ten")
    act(lively, calling.log_call, ada, Call("voicemail"))
    act(lively, notebook.note_bant, ada, "budget", "partial", "3 to 5 k")
    with watched() as conn:
        found = lead.portrait(conn, ada)
    assert (found.lead.first_name, found.lead.company) == ("Ada", "Trois Pignons")
    assert (found.first["page"], found.last["page"]) == ("guide-3d", "demo")
    assert [one.stage for one in found.passages] == ["mql", "iql"]
    assert [note.text for note in found.notes] == ["Before ten"]
    assert [call.outcome for call in found.calls] == ["voicemail"]
    assert (found.bant["budget"].value, found.bant["budget"].author) == ("partial", "Nadia Ferreira")
    assert found.events > 10


def test_a_merged_lead_is_shown_as_the_one_that_stands_for_both(lively, ada):
    bob = lively.submits("bob")
    merge = update(leads).where(leads.c.id == bob).values(merged_into=ada)
    lively.database.write(lambda conn: conn.execute(merge).rowcount)
    with lively.database.read() as conn:
        assert lead.portrait(conn, bob).lead.id == ada
        assert lead.portrait(conn, 999_999) is None


# ---------------------------------------------------------------- score


def test_the_lines_of_the_score_add_up_and_name_their_places(lively, ada, watched):
    lively.later(days=30)
    site, now = lively.releases.in_force(), lively.clocks.calendar()
    with watched() as conn:
        found = score.score(conn, site, facts(conn, lively, ada), now)
        told = explain(conn, site, ada, now, ZONE)
    assert found.total == told.total == sum(rule.milli for rule in found.rules) > 0
    for rule in found.rules:
        assert rule.raw + rule.decay + rule.cap == rule.milli
        assert rule.raw == sum(line.points for line in told.lines if (line.rule, line.kind) == (rule.rule.id, "points"))
    demo = next(rule for rule in found.rules if rule.rule.id == "page-demonstration")
    assert (demo.times, demo.raw) == (3, 30_000)
    assert [one.event.name for one in demo.earned] == ["page_seen"] * 3
    text = open_definitions().splitlines()
    assert text[demo.line - 1] == 'id = "page-demonstration"'
    assert found.by_event[demo.earned[0].event.seq] == 10_000


def open_definitions():
    from base.paths import data_path

    return data_path("content", "definitions.toml").read_text(encoding="utf-8")


def test_fit_names_the_persona_what_holds_and_what_is_missing(lively, ada):
    with lively.database.read() as conn:
        found = score.score(conn, lively.releases.in_force(), facts(conn, lively, ada), lively.clocks.calendar()).fit
    assert (found.persona, found.milli, found.best) == ("atelier-independant", 50_000, 65_000)
    assert {line.rule for line in found.lines if line.held} == {"metier", "pratique", "equipe"}
    assert {line.rule for line in found.lines if not line.held} == {"metier-voisin", "pratique-papier"}
    lines = open_definitions().splitlines()
    assert all(lines[line.line - 1] == f'id = "{line.rule}"' for line in found.lines)


def test_a_long_story_is_told_by_day_and_adds_up_to_the_same(lively, ada, monkeypatch, watched):
    site, now = lively.releases.in_force(), lively.clocks.calendar()
    with watched() as conn:
        by_event = score.score(conn, site, facts(conn, lively, ada), now)
        monkeypatch.setattr(score, "LOOKED_AT", 3)
        by_day = score.score(conn, site, facts(conn, lively, ada), now)
    assert (by_event.by_day, by_day.by_day) == (False, True)
    assert by_event.total == by_day.total
    shares = [{rule.rule.id: (rule.raw, rule.decay, rule.cap) for rule in found.rules} for found in (by_event, by_day)]
    assert shares[0] == shares[1]
    assert all(one.event is None for rule in by_day.rules for one in rule.earned)


def test_where_nothing_was_stored_no_line_is_named(lively, site):
    with lively.database.read() as conn:
        assert places.places(conn, site) is places.NOWHERE


# ---------------------------------------------------------------- story


def whole(conn, lead_id, size, **more):
    place, pages = None, []
    while place is None or place != Place():
        page = timeline(conn, lead_id, place, size, **more)
        pages.append(page.entries)
        if page.after is None:
            return pages
        assert str(Place.read(str(page.after))) == str(page.after)
        place = Place.read(str(page.after))
    raise AssertionError("the story never ends")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 40, 1000])
def test_the_story_is_told_once_whatever_the_size_of_a_page(lively, ada, size, watched):
    with watched() as conn:
        pages = whole(conn, ada, size)
        everything = timeline(conn, ada, None, 10_000).entries
    assert all(len(page) == size for page in pages[:-1])
    told = [(entry.kind, entry.number) for page in pages for entry in page]
    assert told == [(entry.kind, entry.number) for entry in everything]
    assert len(set(told)) == len(told)
    assert [entry.at for entry in everything] == sorted((entry.at for entry in everything), reverse=True)
    assert {entry.kind for entry in everything} == {"event", "stage", "decision"}


def test_what_machines_did_is_left_out_and_counted(lively, ada, watched):
    with watched() as conn:
        assert machine_visits(conn, ada) == 1
        evidence = [entry.event.evidence for entry in timeline(conn, ada, None, 1000).entries if entry.event]
        everything = timeline(conn, ada, None, 1000, machines=True).entries
    assert "machine" not in evidence
    assert [entry.event.evidence for entry in everything if entry.event].count("machine") == 1


def clicks_of(conn, lead_id, **more):
    """What the clicks in one mail are taken for, as the story has them."""
    told = (entry.event for entry in timeline(conn, lead_id, None, 1000, **more).entries if entry.event)
    return [one.evidence for one in told if one.means == "link_clicked" and one.subject == "conseils-3d/exemple"]


@pytest.mark.parametrize(
    ("judged", "shown", "machines"),
    [
        ((), ["pending"], 0),
        (("human",), ["human"], 0),
        (("machine",), [], 1),
        (("human", "machine"), [], 1),
        (("machine", "human"), ["human"], 0),
    ],
)
@pytest.mark.parametrize("together", [False, True])
def test_a_hit_stands_once_in_the_story_as_what_it_is_taken_for(
    lively, ada, judged, shown, machines, together, watched
):
    """Of a lead alone, and of one who is one with another."""
    database = lively.database
    met = Met(ada, "click", "0", "link_clicked", "conseils-3d/exemple", {"url": "https://lumen.example/x"})
    database.write(lambda conn: note(conn, met, lively.clocks.moment()))
    for klass in judged:
        with database.read() as conn:
            number = conn.execute(select(hits.c.id)).scalar_one()
        database.write(lambda conn, to=klass, hit=number: correct(conn, hit, to, "Nadia", lively.clocks.moment()))
    if together:
        bob, site, now = lively.submits("bob"), lively.releases.in_force(), lively.clocks.moment()
        database.write(lambda conn: merging.merge(conn, ada, bob, site, now) and None)
    with watched() as conn:
        told, every = clicks_of(conn, ada), clicks_of(conn, ada, machines=True)
        if not together:
            assert machine_visits(conn, ada) == 1 + machines  # ada's own, and this one
    assert told == shown
    assert every == shown + ["machine"] * machines


def test_an_entry_brings_the_mail_the_note_and_the_answers_it_is_about(lively, ada, watched):
    act(lively, notebook.add_note, ada, "Before ten")
    act(lively, calling.log_call, ada, Call("reached", "Monday"))
    with watched() as conn:
        entries = {entry.event.name: entry for entry in timeline(conn, ada, None, 1000).entries if entry.event}
    assert entries["note_added"].words == "Before ten"
    assert entries["call_logged"].words == "Monday"
    assert entries["form_submitted"].answers["first_name"] == "Ada"
    assert entries["mail.sent"].mail.email == entries["mail.sent"].event.subject


@pytest.mark.parametrize("text", ["", "1", "1.2", "a.b.c", "1.2.3.4", "-1.2.3", "1.2.³", "9" * 40 + "..", "<script>"])
def test_a_place_that_is_none_is_the_beginning(text):
    assert Place.read(text) == Place()


# ---------------------------------------------------------------- dealings


def test_sequences_mails_and_consents_are_those_of_the_lead(lively, ada, watched):
    with watched() as conn:
        found = dealings.dealings(conn, ada)
    states = {one.sequence: (one.state, one.position) for one in found.inside}
    assert states["livraison"] == ("completed", "ready")
    assert states["conseils-3d"][0] == "left"
    assert states["demande-demo"] == ("active", "waiting")
    assert found.inside[0].state == "active", "those under way come first"
    assert found.mails[0].email == "demande-demo/recu"
    assert all(mail.klass != "notification" for mail in found.mails)
    assert {row.topic: row.state for row in found.consents} == {"conseils-3d": "granted", "clicks": "granted"}
    assert found.consents[0].wording == "J'accepte."


def test_entries_that_were_refused_say_why(lively, ada):
    lively.does(ada, "consent_granted", "conseils-3d")
    with lively.database.read() as conn:
        refused = dealings.dealings(conn, ada).refused
    assert [(one.sequence, one.outcome) for one in refused] == [("conseils-3d", "refused")]


# ---------------------------------------------------------------- ten thousand events


def test_ten_thousand_events_make_no_page_longer(lively, ada, watched):
    with lively.database.read() as conn:
        first = conn.execute(wakes.select().where(wakes.c.lead_id == ada)).one().seq + 1
    at = lively.clocks.calendar()

    def pour(start):
        rows = [
            {
                "lead_id": ada, "seq": first + number, "name": "page_seen", "at": at, "recorded_at": at,
                "evidence": "human", "subject": "demo", "data": {"interests": ["cao/3d"]},
            }
            for number in range(start, start + 500)
        ]  # fmt: skip
        lively.database.write(lambda conn: conn.execute(insert(events), rows).rowcount)

    for start in range(0, 10_000, 500):
        pour(start)
    last = update(wakes).where(wakes.c.lead_id == ada).values(seq=first + 9_999, due_at=at)
    lively.database.write(lambda conn: conn.execute(last).rowcount)
    lively.works()
    site = lively.releases.in_force()
    with watched() as conn:
        known = facts(conn, lively, ada)
        assert len(known.history) <= 3 * REMEMBERED
        found = score.score(conn, site, known, lively.clocks.calendar())
        assert found.by_day
        assert found.total == known.standing.engagement
        page = timeline(conn, ada)
        assert len(page.entries) == 40
        assert page.after.event == page.entries[-1].number
        assert lead.portrait(conn, ada).events >= 10_000


def test_time_that_passes_is_counted_on_the_day_it_is_looked_at(lively, ada):
    site = lively.releases.in_force()
    totals = []
    for days in (0, 10, 60):
        with lively.database.read() as conn:
            at = lively.clocks.calendar() + timedelta(days=days)
            totals.append(score.score(conn, site, facts(conn, lively, ada), at).total)
    assert totals == sorted(totals, reverse=True)
    assert len(set(totals)) == 3
