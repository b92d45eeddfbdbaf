"""Messages and mails to look at: what is known, what may be decided, and that looking neither writes nor clicks."""

import html
import re
from datetime import timedelta
from email import message_from_bytes, policy
from threading import Event

import pytest
from sqlalchemy import func, insert, select, update

from console.letters import CLIPPED, drafted, framed, reader_of
from console.preview import FRAME_POLICY
from emails.drafts import Unwritable, persona_reader
from emails.outbox import Sender
from leads import events
from storage import schema
from terreau.personas import Letters
from tests.arranging import lived_once

MAILS = schema.messages


def tidy(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.replace("\u202f", " ").replace("\xa0", " ")))


@pytest.fixture
@lived_once
def mails(lively, database):
    """Ada's mails of the guide and of the first advice, bob's guide; all arrived."""
    ada = lively.submits("ada")
    lively.submits("bob")
    lively.agrees(ada, "conseils-3d", "clicks")
    lively.later(days=2)
    with database.read() as conn:
        rows = conn.execute(select(MAILS).order_by(MAILS.c.id)).all()
    return {(row.lead_id, row.email): row.id for row in rows}


@pytest.fixture
def of_ada(mails):
    return mails[1, "conseils-3d/niveaux"]


@pytest.fixture
def set_state(database):
    def change(message_id, state, **columns):
        changed = update(MAILS).where(MAILS.c.id == message_id).values(state=state, **columns)
        database.write(lambda conn: conn.execute(changed) and None)

    return change


def row(database, message_id):
    with database.read() as conn:
        return conn.execute(select(MAILS).where(MAILS.c.id == message_id)).one()


def story(database, lead_id):
    with database.read() as conn:
        ours = select(schema.events).where(schema.events.c.lead_id == lead_id).order_by(schema.events.c.seq)
        events = conn.execute(ours).all()
        return [(event.name, event.data) for event in events if event.name.startswith("mail.")]


# ---------------------------------------------------------------- the list


def test_what_needs_somebody_comes_first(staff_client, mails, of_ada, set_state, clocks):
    client = staff_client("marketer")
    assert 'aria-current="page">Sent' in client.get("/console/messages").text.replace("\n", "")
    set_state(mails[2, "livraison/guide"], "refused", reason="550 5.1.1 no such mailbox")
    assert "1 mail failed, each with its reason" in client.get("/console/messages").text
    set_state(of_ada, "unknown", reason="nobody knows whether it arrived: the connection ended before the last word",
              in_data_at=clocks.machine_now, due_at=clocks.machine_now + timedelta(days=1))  # fmt: skip
    page = tidy(client.get("/console/messages").text)
    assert "1 mail is in doubt: the server never answered." in page
    for said in ("Where to stop in the detail", "Ada", "3D advice / niveaux", "the connection ended before",
                 "taken as delivered by the house on", "none yet: no click", "The lead may get two."):  # fmt: skip
        assert said in page
    assert "Messages 1 waiting" in page


def test_every_view_has_its_own_page_and_says_so_when_it_is_empty(staff_client, mails):
    client = staff_client("admin")
    for view, said in (
        ("unknown", "Nothing is in doubt"),
        ("failed", "Nothing failed"),
        ("waiting", "Nothing is on its way"),
        ("stopped", "Nothing was held back"),
        ("sent", "Your guide"),
        ("nonsense", "Your guide"),
    ):
        assert said in client.get(f"/console/messages?view={view}").text


def test_a_long_list_is_read_page_by_page(staff_client, mails, database, clocks):
    def many(conn):
        first = conn.execute(select(MAILS).where(MAILS.c.id == min(mails.values()))).one()._mapping
        for number in range(60):
            row = {**first, "id": 1000 + number, "token": f"t{number}", "enrolment_id": None}
            conn.execute(insert(MAILS).values(row))

    database.write(many)
    client = staff_client("marketer")
    first = client.get("/console/messages?view=sent").text
    following = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = client.get(following).text
    seen = [set(re.findall(r"/console/messages/(\d+)", page)) for page in (first, second)]
    assert (len(seen[0]), len(seen[0] & seen[1]), len(seen[0] | seen[1])) == (50, 0, 60 + len(mails))
    assert 'rel="next"' not in second
    assert client.get("/console/messages?view=sent&after=nonsense").status_code == 200


def test_the_messages_of_one_text_are_led_to_from_its_sequence(staff_client, mails, of_ada, set_state):
    client = staff_client("marketer")
    arrived = "/console/messages?view=sent&amp;mail=livraison/guide"
    assert arrived in client.get("/console/sequences/livraison").text
    page = client.get(arrived.replace("&amp;", "&")).text
    ids = {int(id) for id in re.findall(r'<th scope="row"><a href="/console/messages/(\d+)"', page)}
    assert ids == {id for (_, email), id in mails.items() if email == "livraison/guide"}
    assert "Looked for among the newest 2,000 of each state." in page
    assert "view=failed&amp;mail=livraison/guide" in page, "the other states are those of this mail"
    assert "None of this mail stands here" in client.get("/console/messages?view=failed&mail=livraison/guide").text
    assert len(re.findall("/console/messages/\\d+", client.get("/console/messages?view=sent&mail=x").text)) == len(
        mails
    )
    assert "view=sent&amp;mail" not in staff_client("viewer").get("/console/sequences/livraison").text


@pytest.mark.parametrize(("role", "one"), [("viewer", 403), ("sales", 200)])
def test_mails_are_listed_and_decided_by_those_who_write_them(staff_client, of_ada, role, one):
    client = staff_client(role)
    for path in ("/console/messages", "/console/preview"):
        assert client.get(path).status_code == 403
    assert client.get(f"/console/messages/{of_ada}").status_code == one
    assert client.get(f"/console/messages/{of_ada}/frame").status_code == one
    assert client.post(f"/console/messages/{of_ada}/retry").status_code == 403


def test_sales_reads_what_went_to_its_leads_and_decides_nothing(staff_client, lively, of_ada, set_state):
    set_state(of_ada, "unknown", reason="nobody knows whether it arrived: the connection ended before the last word")
    client = staff_client("sales")
    assert f"/console/messages/{of_ada}" in client.get("/console/leads/1").text
    page = client.get(f"/console/messages/{of_ada}").text
    assert "Where to stop in the detail" in page
    assert "/console/leads/1" in page
    assert "What became of it?" not in page
    assert 'href="/console/messages"' not in page, "a link that leads nowhere"
    assert "What became of it?" in staff_client("marketer").get(f"/console/messages/{of_ada}").text


def test_a_word_to_staff_says_whom_it_told_about_whom(staff_client, lively, database):
    lively.submits("ada", "demo", last_name="Moreau")
    with database.read() as conn:
        alert = conn.execute(select(MAILS.c.id).where(MAILS.c.klass == "notification").limit(1)).scalar_one()
    client = staff_client("marketer")
    for path in ("/console/messages?view=sent", f"/console/messages/{alert}"):
        assert re.search(r"Nadia Ferreira,? about Ada Moreau", tidy(client.get(path).text)), path


def test_what_the_machine_timed_is_shown_on_the_calendar(staff_client, of_ada, set_state, clocks):
    """A demo's calendar is years from the machine's clock: nothing is told that happened in its future."""
    clocks.calendar_now += timedelta(days=400)
    set_state(of_ada, "unknown", in_data_at=clocks.machine_now - timedelta(hours=1), due_at=clocks.machine_now)
    page = tidy(staff_client("marketer").get(f"/console/messages/{of_ada}").text)
    given = clocks.calendar_now - timedelta(hours=1)
    assert f"Given to the server {given:%-d %b %Y}" in page


# ---------------------------------------------------------------- decisions


def test_what_failed_is_sent_again_and_the_lead_remembers_by_whom(staff_client, of_ada, set_state, database):
    set_state(of_ada, "failed", reason="a text that broke")
    answer = staff_client("marketer").post(f"/console/messages/{of_ada}/retry")
    assert (answer.status_code, answer.location) == (303, "/console/messages?view=failed&done=retried")
    assert row(database, of_ada).state == "due"
    assert story(database, 1)[-1] == (
        "mail.retried", {"message_id": of_ada, "by": "Marketer", "was": "failed", "reason": "a text that broke"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("choice", "state"), [("delivered", "settled_delivered"), ("again", "due"), ("dropped", "settled_dropped")]
)
def test_a_doubt_is_ended_from_the_list_or_from_the_mail(staff_client, of_ada, set_state, database, choice, state):
    set_state(of_ada, "unknown")
    client = staff_client("marketer")
    answer = client.post(f"/console/messages/{of_ada}/settle", {"choice": choice, "back": "message"})
    assert (answer.status_code, answer.location) == (303, f"/console/messages/{of_ada}?done=settled")
    assert row(database, of_ada).state == state
    late = client.post(f"/console/messages/{of_ada}/settle", {"choice": choice})
    assert late.location == "/console/messages?view=unknown&done=late"
    assert "Nothing was changed" in client.get(late.location).text


def test_many_doubts_are_looked_at_once_more_and_ended_alike(staff_client, mails, set_state, database):
    for id in mails.values():
        set_state(id, "unknown", reason="nobody knows whether it arrived: no reply in time")
    client = staff_client("marketer")
    page = client.get("/console/messages?view=unknown").text
    assert page.count('form="many"') == len(mails)
    chosen = sorted(mails.values())[:2]

    shown = client.post("/console/messages/settle", {"choice": "again", "id": [str(id) for id in chosen]})
    assert shown.status_code == 200
    assert "Send it again: 2 mails" in tidy(shown.text)
    assert "The lead may get two." in shown.text
    assert {row(database, id).state for id in chosen} == {"unknown"}, "only shown"

    sure = {"choice": "again", "sure": "1", "id": [str(id) for id in chosen]}
    done = client.post("/console/messages/settle", sure)
    assert done.location == "/console/messages?view=unknown&done=many"
    assert {row(database, id).state for id in chosen} == {"due"}
    for id in chosen:
        name, data = story(database, row(database, id).lead_id)[-1]
        assert (name, data["by"]) == ("mail.retried", "Marketer")
    page = staff_client("admin").get("/console/data").text
    assert page.count("doubt about a mail ended") == len(chosen)


def test_all_doubts_are_ended_at_once_and_once(staff_client, mails, set_state, database):
    for id in mails.values():
        set_state(id, "unknown")
    client = staff_client("admin")
    everything = {"choice": "dropped", "all": "1"}
    page = client.post("/console/messages/settle", everything).text
    ids = re.findall(r'name="id" value="(\d+)"', page)
    assert sorted(map(int, ids)) == sorted(mails.values())
    client.post("/console/messages/settle", {"choice": "dropped", "sure": "1", "id": ids})
    assert {row(database, id).state for id in mails.values()} == {"settled_dropped"}
    assert client.post("/console/messages/settle", everything).location.endswith("done=none")
    assert client.post("/console/messages/settle", {"choice": "forget", "all": "1"}).status_code == 400
    assert staff_client("sales").post("/console/messages/settle", everything).status_code == 403


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # without a browser it is done on both, above
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_many_doubts_are_ended_in_a_browser_by_day_and_by_night(
    console_server, axe, mails, set_state, database, locale
):
    for id in mails.values():
        set_state(id, "unknown", reason="nobody knows whether it arrived: no reply in time")
    for scheme in ("light", "dark"):
        page = console_server.page("admin", locale, color_scheme=scheme, viewport={"width": 390, "height": 844})
        page.goto("/console/messages?view=unknown")
        assert axe(page) == []
        page.locator("input[name=id]").first.check()
        page.locator("form.many button[value=delivered]").click()
        page.wait_for_load_state()
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("main button.primary").click()
    page.wait_for_load_state()
    assert "done=many" in page.url
    assert console_server.faults == []
    assert [row(database, id).state for id in sorted(mails.values(), reverse=True)].count("settled_delivered") == 1


def test_all_that_is_known_of_a_doubt_is_told(staff_client, mails, of_ada, set_state, database, clocks):
    now = clocks.machine_now
    set_state(of_ada, "unknown", reason="nobody knows whether it arrived: no reply in time (a letter of 4312 bytes)",
              in_data_at=now, due_at=now + timedelta(days=1), reply=None)  # fmt: skip
    frozen = update(MAILS).where(MAILS.c.id == of_ada).values(message_id="<x@lumen.example>")
    database.write(lambda conn: conn.execute(frozen) and None)
    lead = row(database, of_ada).lead_id
    database.write(
        lambda conn: events.append(
            conn, lead, "mail.bounced", clocks.moment(), evidence="engine", data={"message_id": of_ada}
        )
    )
    client = staff_client("marketer")
    for path in ("/console/messages?view=unknown", f"/console/messages/{of_ada}"):
        page = tidy(client.get(path).text)
        for said in ("it came back", "<x@lumen.example>", "taken as delivered by the house on", "4,312 bytes"):
            assert said in html.unescape(page), (path, said)


def test_what_nobody_offers_is_refused(staff_client, of_ada, set_state, database):
    set_state(of_ada, "unknown")
    client = staff_client("marketer")
    assert client.post(f"/console/messages/{of_ada}/settle", {"choice": "forget"}).status_code == 400
    assert client.raw_post(f"/console/messages/{of_ada}/settle", {"choice": "dropped"}).status_code == 400
    assert client.post("/console/messages/4040/retry").status_code == 404
    assert client.post(f"/console/messages/{of_ada}/retry").location.endswith("done=late")
    assert row(database, of_ada).state == "unknown"


# ---------------------------------------------------------------- the mail itself


@pytest.fixture
def really_sent(console_door, clocks, database, mails, set_state, of_ada):
    """Ada's advice as the sender froze and gave it: the bytes, beside what the console makes of the same row."""
    set_state(of_ada, "due", sent_at=None, due_at=clocks.machine_now)
    reopened = update(schema.enrolments).values(state="active")
    database.write(lambda conn: conn.execute(reopened) and None)
    letters = Letters()
    config = console_door.config.model_copy(
        update={"database": console_door.config.database.model_copy(update={"url": database.url})}
    )
    sender = Sender(database, console_door.releases, config, clocks, console_door.signer, letters, "test:1")
    sender.drain(Event())
    sender.close()
    [(_, data)] = letters.kept
    return message_from_bytes(data, policy=policy.default)


def test_a_mail_is_shown_as_it_was_sent_without_the_keys_of_its_reader(staff_client, really_sent, of_ada):
    client = staff_client("marketer")
    real = really_sent.get_body(("plain",)).get_content()
    shown = client.get(f"/console/messages/{of_ada}?part=text").text
    keys = set(re.findall(r"/(?:u|preferences|c)/([A-Za-z0-9_-]{20,})", real))
    assert len(keys) >= 2
    for key in keys:
        assert key not in shown
        assert key not in client.get(f"/console/messages/{of_ada}?part=headers").text
        assert key not in client.get(f"/console/messages/{of_ada}/frame").text
    assert "as it was sent" in shown
    text = html.unescape(shown)
    for line in real.splitlines():
        assert "http" in line or line in text
    heads = client.get(f"/console/messages/{of_ada}?part=headers").text
    assert really_sent["Message-ID"].strip("<>") in heads
    assert "List-Unsubscribe" in heads


def test_the_frame_runs_nothing_loads_nothing_and_leads_nowhere(staff_client, of_ada):
    client = staff_client("marketer")
    for path in (f"/console/messages/{of_ada}/frame", "/console/preview/frame?text=conseils-3d/niveaux"):
        frame = client.get(path)
        assert frame.headers["Content-Security-Policy"] == FRAME_POLICY
        assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "script-src" not in FRAME_POLICY
        assert "http" not in FRAME_POLICY
        assert "allow" not in FRAME_POLICY
        assert '<base target="_blank">' in frame.text
    page = client.get("/console/preview?text=conseils-3d/niveaux").text
    assert re.search(r"<iframe [^>]*\bsandbox title=", page)
    assert re.search(r"Beside the subject: <span lang=\"\w\w\">(Trois niveaux, un temps|Three levels, a time)", page)


def test_night_and_day_are_those_that_were_asked_for():
    head = '<meta content="light dark"><style>@media (prefers-color-scheme: dark) {a{}}</style>'
    page = f"<html><head>{head}</head><body>light dark</body></html>"
    day, night = framed(page, False), framed(page, True)
    assert 'content="light"' in day
    assert "@media not all {a{}}" in day
    assert 'content="dark"' in night
    assert "@media all {a{}}" in night
    assert day.endswith("<body>light dark</body></html>")


def test_any_text_is_read_as_anybody_in_each_of_its_languages(staff_client, mails, site):
    client = staff_client("marketer")
    for (sequence, email, locale), text in site.emails.items():
        for reader in ("persona:architecte-independante", "lead:2"):
            page = client.get(f"/console/preview?text={sequence}/{email}&reader={reader}&locale={locale}&part=text")
            assert page.status_code == 200
            assert "cannot be written" not in page.text, (sequence, email, locale, page.text)
            assert f"emails/{sequence}/{email}.{locale}.md" in page.text
            assert len(text.body) > 0


def test_a_lead_is_found_by_address_and_a_stranger_is_told(staff_client, mails):
    client = staff_client("marketer")
    assert 'value="lead:2" selected>Bob</option>' in client.get("/console/preview?address=BOB@lumen.example").text
    for stranger in ("nobody@lumen.example", "no address"):
        assert "No lead has this address." in client.get("/console/preview", query_string={"address": stranger}).text
    assert client.get("/console/preview?reader=lead:404").status_code == 200
    assert client.get("/console/preview/frame?reader=lead:404").status_code == 404
    assert client.get(f"/console/preview?reader=lead:{10**30}").status_code == 200


def test_what_a_step_tells_staff_is_read_like_a_mail(staff_client, mails):
    client = staff_client("marketer")
    where = "text=demande-demo/word:rappel-interne&reader=lead:1&locale=en"
    page = tidy(client.get(f"/console/preview?{where}&part=text").text)
    assert "to staff: A demonstration request has waited for one working day" in page
    assert "Nobody has accepted or rejected it." in page
    assert "sequences/demande-demo.toml" in page
    assert "nadia@" in client.get(f"/console/preview?{where}&part=headers").text
    assert "Une demande de démonstration" in client.get(f"/console/preview/frame?{where.replace('=en', '=fr')}").text


def test_why_a_text_cannot_be_written_is_said_in_the_readers_language(staff_client, mails, database):
    gone = update(schema.leads).where(schema.leads.c.id == 2).values(email=None)
    database.write(lambda conn: conn.execute(gone) and None)
    said = "Cet e-mail ne peut pas être écrit : aucune adresse e-mail n’est connue"
    assert said in tidy(staff_client("marketer", "fr").get("/console/preview?reader=lead:2").text)


def test_looking_writes_nothing(staff_client, mails, of_ada, database):
    def everything():
        with database.read() as conn:
            return {
                name: conn.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in schema.metadata.tables.items()
                if name not in ("staff", "staff_sessions", "sign_in_attempts")
            }

    client = staff_client("marketer")
    before = everything()
    for path in (f"/console/messages/{of_ada}", f"/console/messages/{of_ada}/frame", "/console/preview/frame",
                 "/console/preview?reader=lead:1", "/console/preview?part=headers"):  # fmt: skip
        assert client.get(path).status_code == 200
    assert everything() == before


def test_a_text_that_cannot_be_written_says_why(console_door, site, moment, lively):
    persona = persona_reader(site.personas["architecte-independante"], site, "conseils-3d")
    letter = drafted(console_door, "conseils-3d", "niveaux", "fr", persona, moment)
    assert (letter.clipped, letter.html_bytes < CLIPPED, letter.bytes > letter.html_bytes / 2) == (False, True, True)
    with console_door.database.read() as conn, pytest.raises(Unwritable, match="no such lead"):
        reader_of(conn, 404)
    with pytest.raises(Unwritable):
        drafted(console_door, "conseils-3d", "no-such-mail", "fr", persona, moment)
