"""Mail that comes back to a house that runs, by its mailbox or a webhook: an answer, a bounce, a forgery."""

import base64
import json
import time

import httpx
from sqlalchemy import select

from base.tokens import webhook_signature
from storage.schema import events, leads, messages, suppressions
from terreau.visitor import Visitor
from tests.emails.test_returns import plain, report
from tests.journeys.conftest import SECRET
from tests.journeys.test_failures_of_others import GUIDE, count, open_form, until

ADA = "ada@x.example"


def asks_for_the_guide(play):
    """Ada fills in the form; gives the mail that reached her."""
    with Visitor(play.url, "en") as ada:
        ada.send(open_form(ada), {"email": ADA, **GUIDE})
    return until(lambda: next((mail for mail in play.stage.mailbox.all() if ADA in mail.recipients), None))


def token_of(mail):
    return mail.sender.partition("+")[2].partition("@")[0]


def lies_in_the_mailbox(play, raw, name="1.mx"):
    """As a mail server lays it there: whole, since whoever looks there looks at any moment."""
    folder = play.stage.house.config.mail.bounces.maildir
    (folder / name).write_bytes(raw)
    (folder / name).rename(folder / "new" / name)
    play.running.nudge()
    until(lambda: not (folder / "new" / name).exists())


def names(play):
    with play.stage.house.database.read() as conn:
        return list(conn.scalars(select(events.c.name).where(events.c.name.startswith("mail.")).order_by(events.c.seq)))


def test_an_answer_reaches_the_rep_and_nobody_else(play):
    mail = asks_for_the_guide(play)
    until(lambda: "mail.sent" in names(play))
    before = len(play.stage.mailbox.all())
    body = "Yes, call me <b>please</b>.\n\nOn Tuesday, Atelier Lumen wrote:\n> Here is the guide"
    lies_in_the_mailbox(play, plain(body, From=ADA, In_Reply_To=f"<{token_of(mail)}@lumen.example>"))
    until(lambda: play.stage.mailbox.all()[before:])
    with play.stage.house.database.read() as conn:
        owners = {rep.email for rep in play.stage.house.releases.in_force().definitions.hand_off.reps}
        klass, context = conn.execute(
            select(messages.c.klass, messages.c.context).where(messages.c.email == "notify")
        ).one()
    assert (klass, context["text"].rpartition("\n\n")[2]) == ("notification", "Yes, call me <b>please</b>.")
    lies_in_the_mailbox(play, plain(body, From=ADA, In_Reply_To=f"<{token_of(mail)}@lumen.example>"), "2.mx")
    time.sleep(0.5)
    told = play.stage.mailbox.all()[before:]
    assert len(told) == 1
    assert set(told[0].recipients) <= owners
    assert b"<b>please" not in told[0].raw.split(b"text/html")[-1]


def posts(play, raw, **changed):
    """As a provider does."""
    body = changed.pop("body", None) or json.dumps({"raw": base64.b64encode(raw).decode()}).encode()
    stamp = str(changed.pop("stamp", int(time.time())))
    signed = webhook_signature(changed.pop("secret", SECRET), "msg_1", stamp, body)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": signed, **changed}
    headers = {"content-type": "application/json", **headers}
    return httpx.post(f"{play.url}/returned", content=body, headers=headers).status_code


def test_a_bounce_that_a_provider_posts_leaves_the_address_alone_and_a_forged_one_nothing(play):
    mail = asks_for_the_guide(play)
    until(lambda: "mail.sent" in names(play))
    raw = report(token=token_of(mail), recipient=f"rfc822; {ADA}")
    assert posts(play, raw, secret="not the secret of this house") == 401
    assert posts(play, raw, stamp=int(time.time()) - 3600) == 401
    assert posts(play, raw, **{"webhook-signature": ""}) == 401
    assert posts(play, raw, body=b"{}") == 400
    assert posts(play, report(recipient=f"rfc822; {ADA}")) == 204  # signed, and about no mail of ours
    assert (count(play, suppressions), names(play)[-1]) == (0, "mail.sent")
    assert posts(play, raw) == 204
    assert posts(play, raw, body=raw, **{"content-type": "message/rfc822"}) == 204  # the same once more, another way
    assert (count(play, suppressions), names(play).count("mail.bounced")) == (1, 1)
    sent = len(play.stage.mailbox.all())
    with Visitor(play.url, "en") as ada:
        ada.send(open_form(ada), {"email": ADA, **GUIDE})
    until(lambda: count(play, leads))
    time.sleep(0.5)
    assert len(play.stage.mailbox.all()) == sent
