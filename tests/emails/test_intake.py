"""What follows from mail that comes back: by token alone, once, and nothing is ever answered."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from base.mail_settings import Bounces
from base.tokens import new_token
from emails.bounce_box import BounceBox
from emails.intake import Rules, take
from emails.returns import read
from leads import consent
from storage.schema import BOUNCES_READ_AT, consents, events, facts, messages, returned, suppressions
from storage.trouble import StorageUnavailable
from tests.emails.test_returns import plain, report

ADA = "ada@atelier.example"


@pytest.fixture
def rules(keys):
    return Rules(keys.suppression, Bounces())


@pytest.fixture
def sent(house):
    """A mail to Ada that has left."""

    def send(email: str = ADA, **columns):
        lead_id = columns.pop("lead_id", None) or house.lead(email=email)
        message_id = house.owe(lead_id, **{"recipient": email, "state": "sent", **columns})
        house.fold(lead_id)
        return house.message(message_id)

    return send


@pytest.fixture
def came(house, rules):
    """A mail comes back."""

    def come(raw: bytes, **changed) -> str:
        return house.run(lambda conn: take(conn, read(raw), replace(rules, **changed), house.now))

    return come


def left_alone(house, email: str = ADA):
    hashed = consent.address_hash(house.keys.suppression, email)
    return house.run(
        lambda conn: conn.execute(
            select(suppressions.c.scope, suppressions.c.reason).where(suppressions.c.address_hash == hashed)
        ).one_or_none()
    )


def evidence_of(house, lead_id: int):
    query = select(events.c.evidence).where(events.c.lead_id == lead_id, events.c.name.startswith("mail."))
    return list(house.run(lambda conn: conn.scalars(query).all()))


def everything(house):
    """The rows that a forged mail must not touch."""
    counted = (suppressions, consents, messages)
    return [house.run(lambda conn, t=table: conn.execute(select(t)).all()) for table in counted]


def about(message, **changed) -> bytes:
    return report(**{"token": message.token, "recipient": f"rfc822; {message.recipient}", **changed})


# ---------------------------------------------------------------- bounces


def test_a_hard_bounce_is_an_event_and_the_address_is_left_alone(house, sent, came):
    message = sent()
    assert came(about(message)) == "taken"
    ((name, subject, data),) = house.events_of(message.lead_id)
    assert (name, subject, data["status"], data["cause"]) == ("mail.bounced", message.email, "5.1.1", "userunknown")
    assert (data["message_id"], data["enrolment_id"]) == (message.id, message.enrolment_id)
    assert left_alone(house) == ("all", "hard_bounce")


def test_a_mail_that_comes_twice_counts_once(house, sent, came):
    message = sent()
    assert [came(about(message)), came(b"Received: by another way\n" + about(message))] == ["taken", "seen before"]
    assert len(house.events_of(message.lead_id)) == 1


def test_soft_bounces_leave_an_address_alone_only_when_they_are_many_in_a_short_while(house, sent, came, clocks):
    lead_id = house.lead(email=ADA)

    def bounce():
        full = {"status": "4.2.2", "diagnostic": "smtp; 452 4.2.2 mailbox full"}
        message = sent(lead_id=lead_id)
        return came(about(message, **full).replace(b"r1@mx", message.token.encode()))

    bounce()
    clocks.advance(timedelta(days=40))  # so long ago that it counts no more
    for _ in range(4):
        assert bounce() == "taken"
        clocks.advance(timedelta(days=1))
    assert left_alone(house) is None
    bounce()
    assert left_alone(house) == ("all", "soft_bounces")
    names = [name for name, _, _ in house.events_of(lead_id)]
    assert names.count("mail.soft_bounced") == 6
    assert names[-1] == "mail.bounced"


def test_a_delay_is_no_failure(house, sent, came):
    message = sent()
    came(about(message, action="delayed", status="4.4.1"))
    assert house.events_of(message.lead_id) == []


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        (lambda message: about(message), "settled_dropped"),
        (lambda message: about(message, action="delivered", status="2.0.0"), "settled_delivered"),
        (lambda message: plain("Away", In_Reply_To=message.message_id, Auto_Submitted="yes"), "settled_delivered"),
        (lambda message: plain("Hello", In_Reply_To=message.message_id), "settled_delivered"),
    ],
)  # fmt: skip
def test_what_comes_back_ends_a_doubt(house, sent, came, raw, state):
    token = new_token()
    message = sent(state="unknown", token=token, message_id=f"<{token}@lumen.example>")
    assert came(raw(message)) == "taken"
    assert house.message(message.id).state == state


def test_a_bounce_of_an_alert_leaves_the_lead_s_address_alone_no_more_than_before(house, came):
    lead_id = house.lead(email=ADA)
    message_id = house.notify(lead_id, "alert", "nadia@lumen.example", {})
    house.run(
        lambda conn: conn.execute(update(messages).where(messages.c.id == message_id).values(state="sent")) and None
    )
    assert came(about(house.message(message_id))) == "taken"
    assert left_alone(house) is None
    assert left_alone(house, "nadia@lumen.example") is None


# ---------------------------------------------------------------- complaints, answers


def test_a_complaint_withdraws_everything_and_no_later_consent_undoes_it(house, sent, came, moment):
    message = sent()
    raw = (
        "From: fbl@provider.example\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=f\n\n"
        "--f\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n"
        f"--f\nContent-Type: message/rfc822\n\nMessage-ID: <{message.token}@lumen.example>\n\n--f--\n"
    )
    assert came(raw.encode()) == "taken"
    assert left_alone(house) == ("all", "complaint")
    assert [name for name, _, _ in house.events_of(message.lead_id)] == ["mail.complained"]
    left = [subject for name, subject, _ in house.events_of(message.lead_id, "unsubscribed")]
    assert left == ["all"]
    granted = house.run(lambda conn: consent.granted(conn, [message.lead_id]))
    assert granted[message.lead_id] == frozenset()


def test_a_machine_s_answer_is_an_event_that_nothing_counts(house, sent, came):
    message = sent()
    came(plain("I am away", To=f"bounce+{message.token}@lumen.example", Auto_Submitted="auto-replied"))
    assert [name for name, _, _ in house.events_of(message.lead_id)] == ["mail.auto_replied"]
    assert evidence_of(house, message.lead_id) == ["machine"]


def test_a_human_s_answer_is_theirs_in_their_own_words(house, sent, came):
    message = sent()
    came(plain("Yes, please call me.", In_Reply_To=f"<{message.token}@lumen.example>"))
    ((name, _, data),) = house.events_of(message.lead_id)
    assert (name, data["text"], data["author"]) == ("mail.replied", "Yes, please call me.", ADA)
    assert evidence_of(house, message.lead_id) == ["human"]


def test_signs_that_no_database_takes_hold_up_no_answer(house, sent, came):
    message = sent()
    head = b"From: a\0da@x.example\nIn-Reply-To: <%s@x>\n\n" % message.token.encode()
    raw = head + b"Hello\0 there \xed\xa0\x80\n"
    assert came(raw) == "taken"
    ((_, _, data),) = house.events_of(message.lead_id)
    assert (data["author"], data["text"].split()[0]) == ("ada@x.example", "Hello")


def test_nothing_is_ever_answered(house, sent, came):
    """Whatever comes, no message is promised by it: not to whoever wrote, not to anybody."""
    message = sent()
    before = house.run(lambda conn: conn.execute(select(func.count()).select_from(messages)).scalar_one())
    for raw in (about(message), plain("Hello", In_Reply_To=f"<{message.token}@x.example>"), plain("?"), b"", b"\0"):
        came(raw)
    assert house.run(lambda conn: conn.execute(select(func.count()).select_from(messages)).scalar_one()) == before


def test_an_answer_that_quotes_an_old_bounce_ends_the_sequence_and_silences_nobody(house, sent, came):
    message = sent()
    quoted = about(message).decode().partition("--b\nContent-Type: message/delivery-status\n")[2]
    raw = plain(f"My address works again.\n\n{quoted}", In_Reply_To=message.message_id, Subject="Re: Undelivered Mail")
    assert came(raw) == "taken"
    assert [name for name, _, _ in house.events_of(message.lead_id)] == ["mail.replied"]
    assert left_alone(house) is None


@pytest.mark.parametrize(
    ("ours", "theirs", "told", "silenced"),
    [
        ("5.2.2", "5.1.1", ["mail.soft_bounced"], None),
        ("5.1.1", "5.2.2", ["mail.bounced"], ("all", "hard_bounce")),
        ("2.0.0", "5.1.1", [], None),
    ],
)
def test_of_several_recipients_what_is_said_of_ours_counts(house, sent, came, ours, theirs, told, silenced):
    """Their server passed it on to bob as well, who is named first."""
    message = sent()
    group = "Final-Recipient: rfc822; bob@atelier.example\nAction: failed\nStatus: {}\n\nFinal-Recipient:"
    raw = about(
        message, status=ours, action="delivered" if ours == "2.0.0" else "failed", diagnostic=f"smtp; {ours} so it is"
    )
    assert came(raw.replace(b"Final-Recipient:", group.format(theirs).encode())) == "taken"
    assert [name for name, _, _ in house.events_of(message.lead_id)] == told
    assert left_alone(house) == silenced


GONE, FULL, THERE = ("failed", "5.1.1"), ("failed", "4.2.2"), ("delivered", "2.0.0")


@pytest.mark.parametrize("original", ["", f"Original-Recipient: rfc822; {ADA}\n"], ids=["another name", "passed on"])
@pytest.mark.parametrize(
    ("members", "kind", "told", "silenced"),
    [
        ([GONE, THERE], "soft", "mail.soft_bounced", None),
        ([THERE, GONE], "soft", "mail.soft_bounced", None),
        ([GONE, FULL], "soft", "mail.soft_bounced", None),
        ([GONE, GONE], "hard", "mail.bounced", ("all", "hard_bounce")),
    ],
)
def test_an_address_behind_which_several_are_is_there_while_one_of_them_is(
    house, sent, came, members, kind, told, silenced, original
):
    message = sent()
    fields = [
        f"{original}Final-Recipient: rfc822; member{number}@atelier.example\nAction: {action}\nStatus: {status}\n\n"
        for number, (action, status) in enumerate(members)
    ]
    head, _, rest = about(message).decode().partition("Final-Recipient:")
    assert came((head + "".join(fields) + rest[rest.index("--b\n") :]).encode()) == "taken"
    assert [name for name, _, _ in house.events_of(message.lead_id)] == [told]
    assert left_alone(house) == silenced
    assert house.run(lambda conn: conn.scalars(select(returned.c.kind)).all()) == [kind]


@pytest.mark.parametrize("mark", ["Fwd:", "TR :", "WG:"])
def test_a_bounce_of_their_own_mail_that_somebody_passes_on_is_their_answer(house, sent, came, mark):
    message = sent()
    fields = (
        "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; bob@x.example\nAction: failed\nStatus: 5.1.1\n"
    )
    to = f"bounce+{message.token}@lumen.example"
    raw = plain(
        f"My answer came back. Whom do I write to?\n\n{fields}", To=to, Subject=f"{mark} Undeliverable: my answer"
    )
    assert came(raw) == "taken"
    ((name, _, data),) = house.events_of(message.lead_id)
    assert (name, data["text"].splitlines()[0]) == ("mail.replied", "My answer came back. Whom do I write to?")
    assert "status" not in data
    assert left_alone(house) is None


def test_a_bounce_of_our_mail_that_somebody_passes_on_counts(house, sent, came):
    message = sent()
    fields = f"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; {ADA}\nAction: failed\nStatus: 5.1.1\n"
    to = f"bounce+{message.token}@lumen.example"
    assert came(plain(fields, From="chloe@lumen.example", To=to, Subject="Fwd: Undeliverable: Niveaux")) == "taken"
    assert left_alone(house) == ("all", "hard_bounce")


# ---------------------------------------------------------------- proof


def test_a_thousand_forged_bounces_change_nothing(house, sent, came):
    """They name our recipient, our domain and tokens that look like ours; only the token of that mail would count."""
    message = sent()
    other = sent("bob@atelier.example")
    before = everything(house)
    for number in range(1000):
        token = new_token() if number % 2 else message.token[::-1]
        forged = report(token=token, recipient=f"rfc822; {ADA}", status=f"5.1.{number % 10}")
        assert came(forged.replace(b"r1@mx", b"%d@mx" % number)) == "not ours"
    assert everything(house) == before
    assert house.events_of(message.lead_id) == house.events_of(other.lead_id) == []


def test_the_token_of_one_lead_proves_nothing_about_another(house, sent, came):
    """Bob knows the token of his own mail, and quotes it in a report about Ada that he sends to our mailbox."""
    ada, bob = sent(), sent("bob@atelier.example")
    raw = about(bob, recipient=f"rfc822; {ADA}")
    assert came(raw.replace(f"To: bounce+{bob.token}".encode(), b"To: bounce")) == "not ours"
    assert came(raw.replace(b"r1@mx", b"r2@mx")) == "taken"  # to his own return path: that is about his mail alone
    assert left_alone(house) is None
    assert house.events_of(ada.lead_id) == []


# ---------------------------------------------------------------- the mailbox


@pytest.fixture
def box(house, rules, clocks, tmp_path):
    for part in ("new", "cur", "tmp"):
        (tmp_path / part).mkdir()
    return tmp_path, BounceBox(tmp_path, house.database, rules, clocks)


def test_new_mail_is_taken_in_once_and_lies_where_read_mail_lies(house, sent, box):
    folder, bounces = box
    message = sent()
    (folder / "new" / "1.a.mx").write_bytes(about(message))
    (folder / "new" / "2.b.mx").write_bytes(b"\xff\0 nothing")
    assert bounces.drain(threading.Event()) == 2
    assert bounces.drain(threading.Event()) == 0
    assert sorted(path.name for path in (folder / "cur").iterdir()) == ["1.a.mx:2,S", "2.b.mx:2,S"]
    assert list((folder / "new").iterdir()) == []
    assert [name for name, _, _ in house.events_of(message.lead_id)] == ["mail.bounced"]
    assert house.run(
        lambda conn: conn.execute(select(facts.c.value).where(facts.c.key == BOUNCES_READ_AT)).scalar_one()
    )


def test_a_death_between_the_commit_and_the_move_counts_once(house, sent, box, came):
    folder, bounces = box
    message = sent()
    came(about(message))
    (folder / "new" / "1.a.mx").write_bytes(about(message))
    bounces.drain(threading.Event())
    assert len(house.events_of(message.lead_id)) == 1
    assert (folder / "cur" / "1.a.mx:2,S").exists()


def test_while_the_database_is_away_mail_stays_new(house, sent, box, monkeypatch):
    folder, bounces = box
    (folder / "new" / "1.a.mx").write_bytes(about(sent()))
    real = house.database.write
    monkeypatch.setattr(house.database, "write", lambda job: (_ for _ in ()).throw(StorageUnavailable("away")))
    with pytest.raises(StorageUnavailable):
        bounces.drain(threading.Event())
    assert (folder / "new" / "1.a.mx").exists()
    monkeypatch.setattr(house.database, "write", real)
    assert bounces.drain(threading.Event()) == 1


def test_a_file_that_cannot_be_read_holds_up_no_other_and_a_missing_mailbox_nothing(house, sent, box):
    folder, bounces = box
    (folder / "new" / "0.folder").mkdir()
    (folder / "new" / "1.a.mx").write_bytes(about(sent()))
    assert bounces.drain(threading.Event()) == 1
    (folder / "new" / "0.folder").rmdir()
    (folder / "new").rmdir()
    assert bounces.drain(threading.Event()) == 0


def test_of_a_mail_no_word_is_kept_but_a_human_s_answer(house, sent, came):
    came(plain("My secret is 42", From="Eve <eve@elsewhere.example>"))
    kept = house.run(lambda conn: conn.execute(select(returned)).mappings().one())
    assert set(kept) == {"mark", "kind", "message_id", "status", "reason", "at"}
    assert "secret" not in str(kept)
    assert "eve" not in str(kept).lower()
