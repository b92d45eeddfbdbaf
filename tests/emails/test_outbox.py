"""The sender, against a real mail server over TCP, on both databases."""

import dataclasses
import re
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, update

from base.tokens import Signer
from emails import channel
from emails.settling import Decider, settle
from leads import consenting
from leads.answering import ConsentAnswer
from leads.forgetting import Clerk
from storage.schema import enrolments, holders, leads, messages, suppressions
from tests.emails.conftest import Inbox, free_port

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:aiosmtpd")


def test_a_due_mail_arrives_once_and_wakes_the_lead(house, inbox, sender_to, never):
    mailbox, port = inbox
    ada = house.lead("Ada", email="ada@atelier.example")
    message = house.owe(ada)

    assert sender_to(port).drain(never) == 1
    sent = house.message(message)

    assert (sent.state, sent.reply, sent.holder) == ("sent", "250 queued as 1", None)
    assert sent.sent_at == house.now.calendar
    assert house.events_of(ada) == [
        ("mail.sent", "conseils-3d/niveaux", {"message_id": message, "enrolment_id": sent.enrolment_id, "reason": None})
    ]
    arrived = mailbox.one()
    assert (arrived.sender, arrived.recipient) == (f"bounce+{sent.token}@lumen.example", "ada@atelier.example")
    assert "Bonjour Ada," in arrived.body("plain")
    assert sender_to(port).drain(never) == 0
    assert len(mailbox.arrived) == 1


def test_nobody_leaves_before_what_was_learned_is_written(house, inbox, sender_to, never, monkeypatch):
    mail, sender = house.owe(house.lead("Ada")), sender_to(inbox[1])
    with monkeypatch.context() as away:
        away.setattr(sender._results, "flush", lambda older_than=0.0: False)
        assert sender.drain(never) == 1
        sender.leave()
    with house.database.read() as conn:
        assert conn.scalars(select(holders.c.fence)).all() == [1]
    assert house.message(mail).state == "in_data"
    sender.leave()
    assert house.message(mail).state == "sent"
    with house.database.read() as conn:
        assert conn.scalars(select(holders.c.fence)).all() == [2]


def test_a_marketing_mail_carries_one_click_and_its_two_addresses(house, inbox, sender_to, never):
    mailbox, port = inbox
    ada = house.lead("Ada")
    house.owe(ada)
    sender_to(port).drain(never)

    raw, mail = mailbox.one().raw, mailbox.one().mail
    token = house.run(lambda conn: consenting.preference_token(conn, ada, "conseils-3d"))
    page = house.run(lambda conn: consenting.preference_token(conn, ada, ""))
    assert re.search(rb"^List-Unsubscribe: <https://lumen\.example/u/" + token.encode() + rb">\r$", raw, re.MULTILINE)
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert mail["List-Id"] == "<conseils-3d.atelier-lumen.example>"
    assert "Auto-Submitted" not in mail
    for kind in ("plain", "html"):
        assert f"https://lumen.example/u/{token}" in mailbox.one().body(kind)
        assert f"https://lumen.example/preferences/{page}" in mailbox.one().body(kind)


def test_a_transactional_mail_brings_the_magnet_and_asks_to_confirm(house, inbox, sender_to, never, keys):
    mailbox, port = inbox
    bob = house.lead("Bob", topics=())
    answer = ConsentAnswer("conseils-3d", "J'accepte", True)
    house.run(lambda conn: consenting.ask(conn, bob, [answer], form="guide-3d", locale="fr", proof={}, now=house.now))
    message = house.owe(bob, "livraison/guide")
    sender_to(port).drain(never)

    text = mailbox.one().body("plain")
    opened = Signer(keys.signing, house.clocks.machine)
    magnet = re.search(r"https://lumen\.example/m/(\S+)", text)
    confirm = re.search(r"https://lumen\.example/confirm/([^\s)]+)", text)
    assert magnet
    assert confirm
    assert opened.open("magnet", magnet.group(1), timedelta(days=7)) == {
        "lead": bob, "magnet": "guide-3d", "message": message,
    }  # fmt: skip
    assert opened.open("confirm", confirm.group(1), timedelta(days=7))["topics"] == ["conseils-3d"]
    assert "List-Unsubscribe" not in mailbox.one().mail
    assert [name for name, _subject, _data in house.events_of(bob, "")][-2:] == ["mail.sent", "asset_delivered"]


def test_what_goes_without_its_link_to_confirm_brings_all_the_rest(house, inbox, sender_to, never):
    """Also where it is written anew, after a mailbox that was full or a text that was mended."""
    mailbox, port = inbox
    bob = house.lead("Bob", topics=())
    answer = ConsentAnswer("conseils-3d", "J'accepte", True)
    house.run(lambda conn: consenting.ask(conn, bob, [answer], form="guide-3d", locale="fr", proof={}, now=house.now))
    message = house.owe(bob, "livraison/guide", context={"unlinked": True})
    sender_to(port).drain(never)

    assert "https://lumen.example/m/" in mailbox.one().body("plain")
    assert "/confirm/" not in mailbox.one().body("plain")
    assert house.message(message).context["unlinked"] is True


@pytest.mark.parametrize(("topics", "counted"), [(("conseils-3d",), False), (("conseils-3d", "clicks"), True)])
def test_clicks_are_counted_only_for_those_who_agreed(house, inbox, sender_to, never, topics, counted):
    mailbox, port = inbox
    message = house.owe(house.lead("Ada", topics=topics))
    sender_to(port).drain(never)

    html = mailbox.one().body("html")
    assert (f'href="https://lumen.example/c/{house.message(message).token}0"' in html) is counted
    assert ('href="https://lumen.example/p/trois-niveaux"' in html) is not counted


def _unsubscribe(house, ada):
    house.run(lambda conn: consenting.withdraw(conn, ada, ["conseils-3d"], locale="fr", proof={}, now=house.now))
    house.fold(ada)


def _leave(house, ada):
    house.run(lambda conn: conn.execute(update(enrolments).values(state="left")))


def _merge(house, ada):
    other = house.lead("Chloé")
    house.run(lambda conn: conn.execute(update(leads).where(leads.c.id == ada).values(merged_into=other)))


REFUSALS = {
    "no consent": _unsubscribe,
    "suppressed": lambda house, ada: house.suppress("ada@atelier.example"),
    "left": _leave,
    "merged": _merge,
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_who_left_before_the_claim_is_not_written_to(house, inbox, sender_to, never, reason):
    mailbox, port = inbox
    ada = house.lead("Ada", email="ada@atelier.example")
    message = house.owe(ada)
    REFUSALS[reason](house, ada)
    sender_to(port).drain(never)

    assert mailbox.arrived == []
    assert (house.message(message).state, house.message(message).reason) == ("withdrawn", reason)
    assert house.events_of(ada)[0][0] == "mail.withdrawn"


@pytest.mark.parametrize("reason", REFUSALS)
def test_who_leaves_between_the_claim_and_the_354_is_not_written_to_and_nobody_else_is_touched(
    house, inbox, sender_to, never, reason
):
    mailbox, port = inbox
    ada, bob = house.lead("Ada", email="ada@atelier.example"), house.lead("Bob", email="bob@atelier.example")
    message = house.owe(ada)
    other = None if reason == "left" else house.owe(bob)

    def leave(recipient):
        if recipient == "ada@atelier.example":
            mailbox.before_data = lambda recipient: None
            REFUSALS[reason](house, ada)

    mailbox.before_data = leave
    sender_to(port, connections=1).drain(never)

    assert (house.message(message).state, house.message(message).reason) == ("withdrawn", reason)
    assert [arrived.recipient for arrived in mailbox.arrived] == ([] if other is None else ["bob@atelier.example"])


def test_a_mail_waits_until_the_engine_has_folded_what_the_lead_just_did(house, inbox, sender_to, never, clocks):
    mailbox, port = inbox
    ada = house.lead("Ada")
    message = house.owe(ada)

    def click(recipient):
        mailbox.before_data = lambda recipient: None
        house.run(lambda conn: consenting.grant(conn, ada, ["clicks"], locale="fr", proof={}, now=house.now))

    mailbox.before_data = click
    sender = sender_to(port)
    sender.drain(never)
    waiting = house.message(message)
    assert (waiting.state, waiting.attempts, mailbox.arrived) == ("due", 0, [])

    house.fold(ada)
    clocks.advance(timedelta(seconds=2))
    sender.drain(never)
    assert house.message(message).state == "sent"


def test_a_switch_holds_mail_back_and_loses_none(house, inbox, sender_to, never, clocks):
    _mailbox, port = inbox
    message = house.owe(house.lead("Ada"))
    other = house.owe(house.lead("Bob", topics=()), "livraison/guide")
    house.switch("conseils-3d", off=True)
    sender = sender_to(port)
    sender.drain(never)
    assert (house.message(message).state, house.message(other).state) == ("due", "sent")

    house.run(lambda conn: conn.exec_driver_sql("DELETE FROM switches"))
    clocks.advance(timedelta(minutes=2))
    sender.drain(never)
    assert house.message(message).state == "sent"


def test_a_mail_that_is_too_late_expires(house, inbox, sender_to, never):
    mailbox, port = inbox
    ada = house.lead("Ada")
    message = house.owe(ada, expires_at=house.now.calendar - timedelta(seconds=1))
    sender_to(port).drain(never)
    assert (house.message(message).state, house.events_of(ada)[0][0], mailbox.arrived) == (
        "expired",
        "mail.expired",
        [],
    )


def test_a_text_that_cannot_be_filled_in_fails_alone(house, inbox, sender_to, never):
    _mailbox, port = inbox
    bad = house.owe(house.lead("Ada"), "conseils-3d/nowhere")
    good = house.owe(house.lead("Bob"))
    sender_to(port).drain(never)
    assert (house.message(bad).state, house.message(good).state) == ("failed", "sent")
    assert "no text" in house.message(bad).reason


def test_a_text_that_grows_too_large_for_one_lead_fails_for_that_one_and_says_so(house, inbox, sender_to, never):
    mailbox, port = inbox
    key = ("conseils-3d", "niveaux", "fr")
    text = house.site.emails[key].model_copy(update={"body": "{% for tag in lead.tags %}{{ tag }}{% endfor %}"})
    house.site = dataclasses.replace(house.site, emails={**house.site.emails, key: text})
    tags = {"Ada": ["a"], "Bob": ["b" * 900] * 900, "Chloé": ["c"]}
    ada, bob, chloe = (house.lead(name, tags=tags[name]) for name in tags)
    those = [house.owe(lead) for lead in (ada, bob, chloe)]
    sender_to(port).drain(never)
    assert [house.message(one).state for one in those] == ["sent", "failed", "sent"]
    assert len(mailbox.arrived) == 2
    assert "the text grew beyond 524288 characters" in house.message(those[1]).reason
    name, subject, data = house.events_of(bob)[-1]
    assert (name, subject, data["reason"]) == ("mail.failed", "conseils-3d/niveaux", house.message(those[1]).reason)


def test_an_expression_that_fails_for_one_lead_is_named_with_file_and_line(house, inbox, sender_to, never):
    mailbox, port = inbox
    key = ("conseils-3d", "niveaux", "fr")
    practice = '{% if lead.fields.practice and lead.fields.practice < "m" %}'
    body = f"Bonjour {{{{ lead.first_name }}}}\n\n{practice}Petit{{% endif %}}"
    text = house.site.emails[key].model_copy(update={"body": body, "body_line": 7})
    house.site = dataclasses.replace(house.site, emails={**house.site.emails, key: text})
    those = [house.owe(house.lead(fields={"practice": answer})) for answer in ("a", 7, None)]
    sender_to(port).drain(never)
    assert [house.message(one).state for one in those] == ["sent", "failed", "sent"]
    assert len(mailbox.arrived) == 2
    assert house.message(those[1]).reason == (
        f"the text cannot be filled in: emails/conseils-3d/niveaux.fr.md:9, `{practice}`:"
        " '<' not supported between instances of 'int' and 'str'"
    )


def test_an_address_with_accents_arrives_as_it_is_written(house, inbox, sender_to, never):
    mailbox, port = inbox
    house.owe(house.lead("Zoé", email="zoé@atelier.example"))
    sender_to(port).drain(never)
    assert mailbox.one().recipient == "zoé@atelier.example"
    assert "\r\nTo: zoé@atelier.example\r\n".encode() in mailbox.one().raw


def test_an_address_with_accents_is_refused_by_itself_where_the_server_takes_none(house, sender_to, never):
    mailbox, port = Inbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, enable_SMTPUTF8=False)
    controller.start()
    zoe, ada = house.owe(house.lead("Zoé", email="zoé@atelier.example")), house.owe(house.lead("Ada"))
    sender_to(port).drain(never)
    controller.stop()
    assert (house.message(zoe).state, house.message(ada).state) == ("refused", "sent")
    assert "does not offer SMTPUTF8" in house.message(zoe).reason
    assert len(mailbox.arrived) == 1


def test_a_refused_recipient_is_refused_and_the_next_mail_goes(house, inbox, sender_to, never):
    mailbox, port = inbox
    mailbox.rcpt["ada@atelier.example"] = "550 5.1.1 no such user"
    mailbox.answers["chloe@atelier.example"] = "554 5.6.0 not this"
    ada = house.owe(house.lead("Ada", email="ada@atelier.example"))
    bob = house.owe(house.lead("Bob"))
    chloe = house.owe(house.lead("Chloé", email="chloe@atelier.example"))
    sender_to(port, connections=1).drain(never)
    assert [house.message(one).state for one in (ada, bob, chloe)] == ["refused", "sent", "refused"]
    assert house.message(ada).reason == "550 5.1.1 no such user"


def test_an_address_that_does_not_exist_is_left_alone_from_then_on(house, inbox, sender_to, never):
    mailbox, port = inbox
    mailbox.rcpt["ada@atelier.example"] = "550 5.1.1 no such user"
    ada = house.lead("Ada", email="ada@atelier.example")
    house.owe(ada)
    sender = sender_to(port)
    sender.drain(never)
    house.fold(ada)
    second, other = house.owe(ada, "livraison/guide"), house.owe(house.lead("Bob"))
    sender.drain(never)
    assert (house.message(second).state, house.message(second).reason) == ("withdrawn", "suppressed")
    assert house.message(other).state == "sent"


def test_a_word_about_our_own_address_said_to_rcpt_marks_nobody(house, inbox, sender_to, never):
    """Postfix keeps what it thinks of a sender until RCPT (smtpd_delay_reject)."""
    mailbox, port = inbox
    mailbox.rcpt["ada@atelier.example"] = "550 5.1.8 Sender address rejected: Domain not found"
    message = house.owe(house.lead("Ada", email="ada@atelier.example"))
    sender = sender_to(port, connections=1)
    sender.drain(never)
    assert (house.message(message).state, house.message(message).attempts) == ("deferred", 0)
    assert sender.channel.reason is None
    with house.database.read() as conn:
        assert conn.execute(select(suppressions)).all() == []


def test_a_sender_that_is_refused_holds_up_no_other(house, inbox, sender_to, never):
    mailbox, port = inbox
    mailbox.senders["mail.lumen.example"] = "553 5.7.1 not your address"
    refused = house.owe(house.lead("Ada"))
    sender_to(port, connections=1, return_path="bounce@mail.lumen.example").drain(never)
    other = house.owe(house.lead("Bob"))
    sender = sender_to(port, connections=1)
    assert sender.drain(never) == 1
    put_off = house.message(refused)
    assert (put_off.state, put_off.attempts, put_off.reason) == ("deferred", 0, "553 5.7.1 not your address")
    assert (house.message(other).state, sender.channel.reason) == ("sent", None)


def test_a_sender_that_is_refused_again_and_again_is_a_fault_of_the_channel(house, inbox, sender_to, never):
    mailbox, port = inbox
    mailbox.mail_from = "550 5.1.8 who are you"
    for _ in range(6):
        house.owe(house.lead("Ada"))
    sender = sender_to(port, connections=1)
    sender.drain(never)
    assert (house.states(), sender.channel.reason) == ({"deferred": 3, "due": 3}, "550 5.1.8 who are you")


def test_a_line_that_hangs_does_not_hold_up_the_others(house, inbox, sender_to, never):
    mailbox, port = inbox
    mailbox.slow["ada@atelier.example"] = 2.0
    house.owe(house.lead("Ada", email="ada@atelier.example"))
    for number in range(6):
        house.owe(house.lead("Bob", email=f"bob{number}@maison.example"))
    sender_to(port, connections=2).drain(never)
    assert [arrived.recipient for arrived in mailbox.arrived].index("ada@atelier.example") == 6


def test_every_try_of_a_mail_carries_the_same_key_and_no_other_mail_does(house, inbox, sender_to, never, clocks):
    mailbox, port = inbox
    ada = house.owe(house.lead("Ada", email="ada@atelier.example"))
    house.owe(house.lead("Bob", email="bob@maison.example"))
    sender = sender_to(port, key_header="Resend-Idempotency-Key")
    sender.drain(never)
    first = {one.recipient: one.mail["Resend-Idempotency-Key"] for one in mailbox.arrived}
    assert len(set(first.values())) == 2
    in_doubt = update(messages).where(messages.c.id == ada).values(state="unknown", ended_at=None)
    house.run(lambda conn: conn.execute(in_doubt) and None)
    house.run(lambda conn: settle(conn, ada, "again", Decider(Clerk("ada"), "a key"), house.now))
    house.fold(house.message(ada).lead_id)
    sender.drain(never)
    again = mailbox.arrived[-1]
    assert (again.recipient, again.mail["Resend-Idempotency-Key"]) == ("ada@atelier.example", first[again.recipient])


def test_a_put_off_mail_is_tried_again_with_the_same_bytes(house, inbox, sender_to, never, clocks):
    mailbox, port = inbox
    mailbox.answers["ada@atelier.example"] = "451 4.7.1 greylisted"
    message = house.owe(house.lead("Ada", email="ada@atelier.example"))
    sender = sender_to(port)
    sender.drain(never)
    put_off = house.message(message)
    assert (put_off.state, put_off.attempts, put_off.reason) == ("deferred", 1, "451 4.7.1 greylisted")
    assert timedelta(seconds=40) < put_off.due_at - clocks.machine() < timedelta(seconds=80)

    first = []
    mailbox.answers["ada@atelier.example"] = "250 at last"
    clocks.advance(timedelta(minutes=2))
    house.run(lambda conn: conn.execute(update(leads).values(first_name="Augusta")))
    sender.drain(never)
    again = house.message(message)
    assert (again.state, again.message_id, again.dated) == ("sent", put_off.message_id, put_off.dated)
    assert "Bonjour Ada," in mailbox.one().body("plain")
    assert first == []


def test_a_mail_is_given_up_after_two_days_and_the_last_try_is_made_then(house, inbox, sender_to, never, clocks):
    mailbox, port = inbox
    mailbox.rcpt["ada@atelier.example"] = "450 later"
    message, began = house.owe(house.lead("Ada", email="ada@atelier.example")), clocks.machine()
    sender, tries = sender_to(port), 0
    while house.message(message).state != "refused":
        last = clocks.machine() - began
        sender.drain(never)
        tries += 1
        clocks.advance(max(house.message(message).due_at - clocks.machine(), timedelta(0)))
    assert last == timedelta(hours=48)
    assert tries in (9, 10), "by luck"
    assert house.message(message).reason == f"given up after {tries} tries: 450 later"


def test_a_mail_that_is_put_off_expires_when_its_time_comes(house, inbox, sender_to, never, clocks):
    mailbox, port = inbox
    mailbox.rcpt["ada@atelier.example"] = "450 later"
    ada = house.lead("Ada", email="ada@atelier.example")
    message = house.owe(ada, expires_at=house.now.calendar + timedelta(seconds=20))
    sender = sender_to(port)
    sender.drain(never)
    assert house.message(message).due_at == clocks.machine() + timedelta(seconds=20)
    clocks.advance(timedelta(seconds=20))
    sender.drain(never)
    assert house.message(message).state == "expired"


def test_a_server_that_says_when_to_come_again_is_taken_at_its_word(house, inbox, sender_to, never, clocks):
    mailbox, port = inbox
    mailbox.rcpt["ada@atelier.example"] = "451 4.7.1 Greylisted, please try again in 12 minutes"
    message = house.owe(house.lead("Ada", email="ada@atelier.example"))
    sender_to(port).drain(never)
    wait = house.message(message).due_at - clocks.machine()
    assert timedelta(minutes=12) <= wait <= timedelta(minutes=14.4)


def test_who_must_sign_in_first_stops_the_channel_and_spends_nobodys_tries(house, inbox, sender_to, never, monkeypatch):
    monkeypatch.setattr(channel, "FIRST_PAUSE", 60.0)
    mailbox, port = inbox
    mailbox.mail_from = "530 5.7.0 sign in first"
    many = [house.owe(house.lead("Ada")) for _ in range(5)]
    sender = sender_to(port)
    sender.drain(never)
    assert {(house.message(one).state, house.message(one).attempts) for one in many} == {("due", 0)}
    assert sender.channel.reason == "530 5.7.0 sign in first"
    assert sender.drain(never) == 0


def test_a_server_that_is_away_keeps_mail_waiting_and_it_leaves_when_it_is_back(house, inbox, sender_to, never, clocks):
    _mailbox, port = inbox
    many = [house.owe(house.lead("Ada")) for _ in range(5)]
    away = sender_to(1)
    away.drain(never)
    assert {(house.message(one).state, house.message(one).attempts) for one in many} == {("due", 0)}
    assert "no connection to the mail server" in away.channel.reason

    clocks.advance(timedelta(minutes=1))
    sender_to(port).drain(never)
    assert house.states() == {"sent": 5}


def test_a_line_is_kept_between_mails_and_renewed_after_a_hundred(house, inbox, sender_to, never):
    mailbox, port = inbox
    ada = house.lead("Ada", topics=())
    for _ in range(120):
        house.owe(ada, "livraison/guide")
    sender_to(port, connections=1).drain(never)
    assert (len(mailbox.arrived), mailbox.sessions) == (120, 2)


def test_an_alert_says_it_is_automatic_and_carries_what_sales_gave(house, inbox, sender_to, never):
    mailbox, port = inbox
    chloe = house.lead("Chloé", last_name="Marchand", phone="+33639981234", topics=())
    given = {
        "subject": "Lead chaud : Chloé Marchand", "why_now": "82 points", "verdict_url": "https://lumen.example/v/x",
        "score": [{"what": "Webinaire <suivi>", "points": "+30"}], "total": "82",
    }  # fmt: skip
    message = house.notify(chloe, "alert", "karim@lumen.example", given)
    sender_to(port).drain(never)

    mail = mailbox.one().mail
    assert (house.message(message).state, mail["Auto-Submitted"]) == ("sent", "auto-generated")
    assert "List-Unsubscribe" not in mail
    assert mail["Subject"] == "Lead chaud : Chloé Marchand"
    assert "Webinaire &lt;suivi&gt;" in mailbox.one().body("html")
    assert "Webinaire <suivi>" in mailbox.one().body("plain")
    assert "Je prends\u00a0: https://lumen.example/v/x" in mailbox.one().body("plain")


def test_stopping_gives_back_what_is_in_hand(house, inbox, sender_to, never):
    mailbox, port = inbox
    for _ in range(10):
        house.owe(house.lead("Ada"))
    mailbox.before_data = lambda recipient: never.set()
    sender_to(port, connections=1).drain(never)
    assert house.states() == {"due": 9, "sent": 1}
