"""A lead's page says why their address is left alone, which mail came back, and offers to write to nobody in vain."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from leads import consent, consenting
from storage.schema import messages
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


def test_a_soft_bounce_is_told_with_the_mail_and_writing_is_still_offered(staff_client, lively, ada):
    with lively.database.read() as conn:
        mail = conn.execute(select(messages.c.id).where(messages.c.lead_id == ada)).scalars().first()
    lively.does(ada, "mail.soft_bounced", "x", evidence="engine", message_id=mail, reason="the mailbox is full")
    page = staff_client("admin", "en").get(f"/console/leads/{ada}").text
    assert "came back this time" in read(page)
    assert "mailto:ada@lumen.example" in page
