"""A lead's page says why their address is left alone, which mail came back, and offers to write to nobody in vain."""

import re
from html import unescape

import pytest
from sqlalchemy import event, select, update

from leads import consent, consenting
from reports.came_back import shut
from storage.schema import leads, messages
from tests.arranging import lived_once


@pytest.fixture
@lived_once
def ada(lively):
    """The guide went to her, and nothing came of it yet."""
    return lively.submits("ada", profession="interior", practice="slow")


def read(page):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page))).replace("\u202f", " ").replace("\u00a0", " ")


def comes_back(lively, keys, lead_id, name="mail.bounced", reason="hard_bounce"):
    with lively.database.read() as conn:
        mail = conn.execute(select(messages.c.id).where(messages.c.lead_id == lead_id)).scalars().first()
    hashed = consent.address_hash(keys.suppression, "ada@lumen.example")
    lively.does(lead_id, name, "guide-3d/guide", evidence="engine", message_id=mail, reason="nobody has this address")
    now = lively.clocks.machine()
    lively.database.write(lambda conn: consenting.suppress(conn, hashed, "all", reason, now) or None)


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", ["came back on ", "nobody has this address", "Not to be written to"]),
        ("fr", ["revenu", "personne n’a cette adresse", "Ne pas écrire"]),
    ],
)
def test_a_bounced_mail_and_its_address_are_told_and_nobody_is_asked_to_write(
    staff_client, lively, keys, ada, locale, words
):
    client = staff_client("admin", locale)
    assert "mailto:ada@lumen.example" in client.get(f"/console/leads/{ada}").text
    comes_back(lively, keys, ada)
    page = client.get(f"/console/leads/{ada}").text
    assert "mailto:ada@lumen.example" not in page
    assert [word for word in words if word not in read(page)] == []
    table = read(page[page.index('<table class="mails"') : page.index("</table>", page.index('<table class="mails"'))])
    assert ("sent" if locale == "en" else "envoyé") not in table


BY_LIST = {
    "mail.bounced": (
        "hard_bounce",
        "mail to it had come back elsewhere, says line 7 of a list taken in on ",
        "Mail to them had come back, the address is left alone",
    ),
    "mail.complained": (
        "complaint",
        "they had reported mail as spam elsewhere, says line 7 of a list taken in on ",
        "They had reported mail as spam, the address is left alone",
    ),
    "unsubscribed": ("unsubscribed", "They had left all mail elsewhere, says line 7 of a list", "Unsubscribed"),
}


@pytest.mark.parametrize("name", BY_LIST)
def test_what_a_list_tells_of_somebody_is_told_as_having_happened_elsewhere(staff_client, lively, keys, ada, name):
    reason, why, story = BY_LIST[name]
    subject = "all" if name == "unsubscribed" else None
    lively.does(ada, name, subject, evidence="engine", import_id=4, file="hash", line=7, by="ada")
    hashed, now = consent.address_hash(keys.suppression, "ada@lumen.example"), lively.clocks.machine()
    lively.database.write(lambda conn: consenting.suppress(conn, hashed, "all", reason, now) or None)
    page = read(staff_client("admin", "en").get(f"/console/leads/{ada}").text)
    assert why in page
    assert story in page
    assert "elsewhere, before: so says line 7 of a list (import 4)" in page


@pytest.mark.parametrize(
    ("locale", "reason", "mark"),
    [
        ("en", "hard_bounce", "their mail comes back"),
        ("fr", "hard_bounce", "ses e-mails reviennent"),
        ("en", "complaint", "reported mail as spam"),
        ("fr", "staff", "l’équipe n’y écrit plus"),
    ],
)
def test_today_and_messages_offer_no_mail_to_an_address_that_is_left_alone_and_say_why(
    staff_client, lively, keys, ada, locale, reason, mark
):
    lively.submits("ada", "demo", profession="interior", practice="slow", team="2-5", need="A tower")
    without = update(leads).where(leads.c.id == ada).values(phone=None)
    lively.database.write(lambda conn: conn.execute(without) and None)
    client = staff_client("admin", locale)
    assert "mailto:ada@lumen.example" in client.get("/console/today").text
    assert mark not in read(client.get("/console/messages?view=sent").text)
    comes_back(lively, keys, ada, reason=reason)
    today = client.get("/console/today").text
    assert "mailto:ada@lumen.example" not in today
    assert f"ada@lumen.example {mark}" in read(today)
    assert mark in read(client.get("/console/messages?view=sent").text)


def test_why_nobody_is_written_to_is_asked_once_for_all(lively, keys):
    asked = []
    people = [lively.submits(who) for who in ("ada", "bob", "dora")]
    addresses = {f"{who}@lumen.example" for who in ("ada", "bob", "dora")}
    comes_back(lively, keys, people[0])
    with lively.database.read() as conn:
        event.listen(conn, "before_execute", lambda *told: asked.append(told[1]))
        assert shut(conn, keys.suppression, {*addresses, None}) == {"ada@lumen.example": "hard_bounce"}
        assert shut(conn, keys.suppression, set()) == {}
    assert len(asked) == 1


def test_a_soft_bounce_is_told_with_the_mail_and_writing_is_still_offered(staff_client, lively, ada):
    with lively.database.read() as conn:
        mail = conn.execute(select(messages.c.id).where(messages.c.lead_id == ada)).scalars().first()
    lively.does(ada, "mail.soft_bounced", "x", evidence="engine", message_id=mail, reason="the mailbox is full")
    page = staff_client("admin", "en").get(f"/console/leads/{ada}").text
    assert "came back this time" in read(page)
    assert "mailto:ada@lumen.example" in page
