"""Lists through the console: sent, looked at, changed, taken in by the house; downloads; who may."""

import csv
import io
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import delete, func, select

from leads.imports.importer import FORGOTTEN_AFTER, Importer
from storage.schema import exports, import_parts, import_rejects, imports, leads, suppressions

LIST = (
    "Prénom;Courriel;OK;Tél\nAda;ada@example.org;oui;06 39 98 12 34\n"
    "Bob;bob(at)example.org;oui;\nZoë;zoe@example.org;non;\n"
)


@pytest.fixture
def marketer(staff_client):
    return staff_client("marketer")


@pytest.fixture
def house(console_door):
    """Whoever takes lists in: part of the engine's process."""
    return Importer(console_door.database, console_door.clocks, console_door.keys.suppression, "fr")


def send(client, text=LIST, name="liste été.csv"):
    file = (io.BytesIO(text.encode("cp1252")), name)
    return client.post("/console/imports", {"file": file}, content_type="multipart/form-data")


def count(door, table):
    with door.database.read() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


CHOSEN = {"c0": "first_name", "c1": "email", "c2": "", "c3": "phone", "existing": "fill", "origin": "partner"}


def test_a_list_is_looked_at_before_anything_is_written_then_taken_in_by_the_house(console_door, marketer, house):
    sent = send(marketer)
    assert sent.status_code == 303
    page = marketer.get(sent.location).text
    assert "2 of 3 rows would be taken in. Nothing is written yet." in page
    assert '<option value="first_name" selected>' in page
    assert "line 3: this is not an email address" in page
    assert count(console_door, leads) == 0

    asked = marketer.post(sent.location, {**CHOSEN, "source": "salon", "tags": "a, b", "act": "take"})
    assert asked.status_code == 303
    assert "waits for the house: 0 rows so far." in marketer.get(asked.location).text
    assert house.drain(Event()) == 3
    assert (count(console_door, leads), count(console_door, import_parts)) == (2, 0)
    with console_door.database.read() as conn:
        ada = conn.execute(select(leads).where(leads.c.email == "ada@example.org")).one()
    assert (ada.origin, ada.source, ada.tags, ada.phone) == ("partner", "salon", ["a", "b"], "+33639981234")
    assert "Why rows were not taken" in marketer.get(asked.location).text
    assert "liste été.csv" in marketer.get("/console/imports").text

    refused = marketer.get(f"{asked.location}/rejects")
    assert refused.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert list(csv.reader(io.StringIO(refused.data.decode("utf-8-sig")))) == [
        ["line", "reason"], ["3", "this is not an email address"],
    ]  # fmt: skip


def test_choices_are_kept_and_what_will_not_do_is_said_on_the_page(console_door, marketer):
    there = send(marketer).location
    unproven = marketer.post(there, {**CHOSEN, "c2": "consent:conseils-3d", "act": "take"})
    assert unproven.status_code == 422
    assert (
        "consent needs its proof, and misses: the exact wording they agreed to; where and how they agreed; "
        in unproven.text
    )
    assert marketer.post(there, {**CHOSEN, "c2": "nonsense"}).status_code == 422
    proven = {"c2": "consent:conseils-3d", "wording": "W", "proven_by": "paper", "consent_on": "2026-10-01"}
    assert marketer.post(there, {**CHOSEN, **proven, "keep_as": "salon"}).status_code == 303
    page = marketer.get(there).text
    assert '<option value="consent:conseils-3d" selected>' in page
    assert '<option value="salon">salon</option>' in page
    other = send(marketer).location
    assert (
        marketer.post(other, {"mapping": "salon", **{k: v for k, v in proven.items() if k != "c2"}}).status_code == 303
    )
    assert '<option value="consent:conseils-3d" selected>' in marketer.get(other).text


@pytest.mark.parametrize(
    ("boxes", "taken"),
    [
        ((), {"ada@example.org", "chloe@yopmail.fr", "compta@atelier.fr"}),
        (("no_disposable",), {"ada@example.org", "compta@atelier.fr"}),
        (("no_roles",), {"ada@example.org", "chloe@yopmail.fr"}),
        (("no_roles", "no_disposable"), {"ada@example.org"}),
    ],
)
def test_a_box_leaves_out_addresses_that_nobody_keeps_or_reads(console_door, marketer, house, boxes, taken):
    there = send(marketer, "Courriel\nada@example.org\nchloe@yopmail.fr\ncompta@atelier.fr\n").location
    chosen = {"c0": "email", "existing": "fill", "origin": "outbound", **dict.fromkeys(boxes, "1")}
    assert marketer.post(there, chosen).status_code == 303
    page = marketer.get(there).text
    assert f"{len(taken)} of 3 rows would be taken in" in page
    for box in ("no_roles", "no_disposable"):
        assert (f'name="{box}" value="1" checked' in page) == (box in boxes)
    assert ("line 3: the address is thrown away after use" in page) == ("no_disposable" in boxes)
    marketer.post(there, {**chosen, "act": "take"})
    house.drain(Event())
    with console_door.database.read() as conn:
        assert set(conn.execute(select(leads.c.email)).scalars()) == taken


def test_each_consent_that_is_not_recorded_is_shown_with_its_line_and_its_reason(marketer, house):
    text = "Courriel;OK;Le\nada@example.org;oui;01/02/2025\nbob@example.org;oui;2031-01-01\nzoe@example.org;oui;x\n"
    there = send(marketer, text).location
    columns = {"c0": "email", "c1": "consent:conseils-3d", "c2": "consent_at", "wording": "W", "proven_by": "paper"}
    marketer.post(there, columns)
    plan = marketer.get(there).text
    told = (
        ("line 3", "the day of the consent is still to come: no consent is recorded"),
        ("line 4", "the day of the consent cannot be read: no consent is recorded"),
    )
    assert "1 new consent would be recorded with its proof. Of 2 people none could be." in plan
    assert all(f"{line}: {reason}" in plan for line, reason in told)
    marketer.post(there, {**columns, "act": "take"})
    house.drain(Event())
    page = marketer.get(there).text
    assert "1 consent was recorded with its proof." in page
    assert all(f'<th scope="row">{line}</th><td>{reason}</td>' in page for line, reason in told)
    assert "Why rows were not taken" not in page
    kept = csv.reader(io.StringIO(marketer.get(f"{there}/rejects").data.decode("utf-8-sig")))
    assert [tuple(row) for row in kept][1:] == [(line.removeprefix("line "), reason) for line, reason in told]


GONE = (
    "Courriel;Désabonné;Statut\nada@example.org;oui;abonné\nbob@example.org;peut-être;nettoyé\n"
    "zoe@example.org;bientôt;abonné\n"
)


def test_who_left_elsewhere_is_shown_before_and_after_and_a_column_left_out_is_pointed_out(
    console_door, marketer, house
):
    there = send(marketer, GONE).location
    plan = marketer.get(there).text
    assert '<option value="unsubscribed" selected>' in plan
    assert '<option value="subscribed" selected>' in plan
    assert "unsubscribed: left alone by marketing from now on</span><b>1</b>" in plan
    assert "mail to them came back: left alone by all mail from now on</span><b>1</b>" in plan
    assert "<code>peut-être</code> (1), <code>bientôt</code> (1)" in plan
    unread = "whether they left cannot be read: they are not left alone for it, and no consent is recorded"
    assert f"line 4: {unread}" in plan
    marketer.post(there, {"c0": "email", "c1": "", "c2": "subscribed"})
    assert "Désabonné: it looks as if it said who left elsewhere, and is left out." in marketer.get(there).text
    marketer.post(there, {"c0": "email", "c1": "unsubscribed", "c2": "subscribed", "act": "take"})
    house.drain(Event())
    page = marketer.get(there).text
    assert "2 rows say that they left elsewhere: they are left alone from now on." in page
    assert f'<th scope="row">line 4</th><td>{unread}</td>' in page
    with console_door.database.read() as conn:
        assert sorted(conn.execute(select(suppressions.c.reason)).scalars()) == ["hard_bounce", "unsubscribed"]


def test_a_list_of_people_who_left_is_said_to_be_one(console_door, marketer, house):
    there = send(marketer, "Courriel\nada@example.org\nbob@example.org\n").location
    chosen = {"c0": "email", "everybody": "unsubscribed"}
    marketer.post(there, chosen)
    assert '<option value="unsubscribed" selected>yes: they unsubscribed, or objected' in marketer.get(there).text
    marketer.post(there, {**chosen, "act": "take"})
    house.drain(Event())
    assert count(console_door, suppressions) == 2


def test_how_many_consents_were_not_recorded_is_told_where_nobody_kept_why(console_door, marketer, house):
    there = send(marketer, "Courriel;OK;Le\nada@example.org;oui;x\nbob@example.org;oui;x\n").location
    columns = {"c0": "email", "c1": "consent:conseils-3d", "c2": "consent_at", "wording": "W", "proven_by": "paper"}
    marketer.post(there, {**columns, "act": "take"})
    house.drain(Event())
    told = "No new consent was recorded. Of 2 people none could be."
    assert told in marketer.get(there).text
    console_door.database.write(lambda conn: conn.execute(delete(import_rejects)) and None)  # as imports once were
    page = marketer.get(there).text
    assert (told in page, "Why consents were not recorded" in page) == (True, False)


def test_a_stage_that_nobody_knows_is_refused_and_not_noted(console_door, marketer):
    refused = marketer.post("/console/exports", {"stage": "mqll"})
    assert (refused.status_code, "there is no stage `mqll` (did you mean `mql`?)" in refused.text) == (422, True)
    assert count(console_door, exports) == 0


def test_a_list_is_forgotten_when_asked_and_by_itself_after_a_day(console_door, marketer, house, clocks):
    there = send(marketer).location
    assert marketer.post(f"{there}/drop").status_code == 303
    assert marketer.get(there).status_code == 404
    send(marketer)
    clocks.advance(FORGOTTEN_AFTER + timedelta(seconds=1))
    assert house.drain(Event()) == 0
    assert (count(console_door, imports), count(console_door, import_parts)) == (0, 0)


def test_a_list_that_a_dead_process_left_is_gone_on_with_by_another(console_door, marketer, house, clocks):
    there = send(marketer, "Courriel\n" + "".join(f"lead{number}@example.org\n" for number in range(250))).location
    marketer.post(there, {"c0": "email", "act": "take"})
    stopping = Event()
    stopping.set()
    with console_door.database.read() as conn:
        import_id = conn.execute(select(imports.c.id)).scalar_one()
    house._take_in(import_id, stopping)  # takes it in hand and dies
    assert house.drain(Event()) == 0
    clocks.advance(timedelta(seconds=61))
    assert house.drain(Event()) == 250
    assert count(console_door, leads) == 250


def test_a_list_that_cannot_be_taken_in_says_so_and_is_not_tried_for_ever(console_door, marketer, house, monkeypatch):
    there = send(marketer).location
    marketer.post(there, {**CHOSEN, "act": "take"})
    monkeypatch.setattr("leads.imports.running.write", lambda *_: 1 / 0)
    assert house.drain(Event()) == 0
    assert "ZeroDivisionError: division by zero" in marketer.get(there).text
    assert (count(console_door, leads), house.drain(Event())) == (0, 0)


def test_a_list_with_notes_above_its_names_is_shown_by_its_names(marketer):
    there = send(marketer, "Export du 3 mai\n\nPrénom;Courriel\nAda;ada@example.org\n").location
    page = marketer.get(there).text
    assert ("1 of 1 rows would be taken in" in page, "in line 3" in page, "ada@example.org" in page) == (True,) * 3


def test_what_is_no_list_is_refused_in_a_sentence(marketer):
    assert "the file is empty" in send(marketer, "").text
    assert send(marketer, "").status_code == 422
    none = marketer.post("/console/imports", {}, content_type="multipart/form-data")
    assert (none.status_code, "No file was chosen." in none.text) == (422, True)


def test_a_list_longer_than_a_form_is_taken_and_one_without_end_is_not(marketer, monkeypatch):
    long = "Courriel\n" + "".join(f"lead{number}@example.org\n" for number in range(20_000))
    there = send(marketer, long)
    assert there.status_code == 303
    assert "By the first 5,000 rows" in marketer.get(there.location).text
    monkeypatch.setattr("console.blueprint.LONGEST_LIST", 1000)
    assert send(marketer, long).status_code == 413


def test_leads_are_taken_out_as_a_list_with_the_name_of_who_did_it(console_door, marketer, house):
    marketer.post(send(marketer).location, {**CHOSEN, "act": "take"})
    house.drain(Event())
    taken = marketer.post("/console/exports", {"origin": "partner"})
    rows = list(csv.DictReader(io.StringIO(taken.data.decode("utf-8-sig"))))
    assert [(row["email"], row["phone"]) for row in rows] == [
        ("ada@example.org", "'+33639981234"), ("zoe@example.org", ""),
    ]  # fmt: skip
    with console_door.database.read() as conn:
        noted = conn.execute(select(exports)).one()
    assert (noted.author, noted.rows, noted.filters["origin"]) == ("Marketer", 2, "partner")
    assert "2 leads" in marketer.get("/console/imports").text


@pytest.mark.parametrize("role", ["viewer", "sales"])
def test_only_those_who_see_every_lead_bring_lists_in_and_out(staff_client, role):
    client = staff_client(role)
    assert client.get("/console/imports").status_code == 403
    assert client.post("/console/exports").status_code == 403
    assert send(client).status_code == 403
