"""What a mail from outside is: bounces of every kind, complaints, machines that answer, people who do."""

import csv
import random
import resource
import time
from collections import Counter
from itertools import zip_longest
from pathlib import Path

import pytest

from base.tokens import BASE62
from emails.causes import CERTAIN, HARD, LIKELY, PHRASES, REASONS
from emails.received import LONGEST
from emails.returns import LONGEST_QUOTE, read

TOKEN = "0123456789abcdefghijkl"
REPORT = """\
From: MAILER-DAEMON@mx.example.net
To: bounce+{token}@lumen.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <r1@mx.example.net>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your mail was not delivered.

--b
Content-Type: message/{kind}

Reporting-MTA: dns; mx.example.net

Final-Recipient: {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

--b
Content-Type: message/rfc822

Return-Path: <bounce+{token}@lumen.example>
Message-ID: <{token}@lumen.example>
To: ada@atelier.example
Subject: Niveaux

--b--
"""


def report(**changed: str) -> bytes:
    told = {
        "token": TOKEN, "kind": "delivery-status", "recipient": "rfc822; ada@atelier.example", "action": "failed",
        "status": "5.1.1", "diagnostic": "smtp; 550 5.1.1 <ada@atelier.example>: User unknown",
    }  # fmt: skip
    return REPORT.format(**{**told, **changed}).encode()


def plain(body: str, **headers: str) -> bytes:
    named = {"From": "Ada <ada@atelier.example>", "To": "chloe@lumen.example", "Subject": "Re: Niveaux", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in named.items())
    return f"{head}\n{body}".encode()


# ---------------------------------------------------------------- mails of others


def corpus(shared):
    folder = shared / "bounces"
    with (folder / "expected.csv").open() as file:
        return [(row, (folder / "mails" / row["file"]).read_bytes()) for row in csv.DictReader(file)]


def agreement(row, raw):
    """Which columns of the judgement of others are ours too: kind, dsn (its class where they derived it), reason."""
    got = read(raw)
    first = next(iter(got.recipients), None)
    wanted = "complaint" if row["reason"] == "feedback" else "hard" if row["hardbounce"] == "1" else "soft"
    status, reason = (first.status, first.reason) if first else ("", "feedback" if got.kind == "complaint" else "")
    derived = len(row["dsn"].split(".")[-1]) == 3 and row["dsn"].split(".")[-1].startswith("9")
    return {
        "kind": got.kind == wanted,
        "dsn": status[:1] == row["dsn"][:1] if derived else status == row["dsn"],
        "reason": reason == row["reason"],
    }


def test_bounces_of_others_are_read_as_they_are_known_to_be(shared):
    """The judge is expected.csv; our words for reasons are its words, so that all three columns are compared."""
    right, of = Counter(), Counter()
    for row, raw in corpus(shared):
        part = "with a report" if b"message/delivery-status" in raw else "without"
        of[part] += 1
        right.update((part, column) for column, agrees in agreement(row, raw).items() if agrees)
    columns = ("kind", "dsn", "reason")
    for part in of:
        print(part, of[part], {column: f"{right[part, column] / of[part]:.1%}" for column in columns})
    total = {column: sum(right[part, column] for part in of) / of.total() for column in columns}
    print("all", of.total(), {column: f"{share:.1%}" for column, share in total.items()})
    assert all(share >= 0.95 for share in total.values()), total
    assert right["with a report", "kind"] / of["with a report"] >= 0.99


def written_by_servers():
    """`came_back.txt`: after `===` a name, the kind, and for each recipient address, status and reason, comma between
    several, empty where anything is right; then the mail, up to the next. A last column names its charset.
    """
    for case in Path(__file__).with_name("came_back.txt").read_text().split("=== ")[1:]:
        head, _, raw = case.partition("\n")
        name, kind, addresses, statuses, reasons, charset = [*map(str.strip, head.split("|")), *[""] * 5][:6]
        yield name, (kind, addresses, statuses, reasons), raw.encode(charset or "utf-8")


def test_what_servers_programs_and_people_write_in_ways_of_their_own_is_told_apart():
    """One mail in the manner of each of some 140: old and new servers, filters, languages, spoilt and nested ones."""
    wrong = {}
    for name, (kind, *columns), raw in written_by_servers():
        mail = read(raw)
        got = [",".join(getattr(one, what) for one in mail.recipients) for what in ("address", "status", "reason")]
        agrees = [
            not wanted or wanted == found
            for column, theirs in zip(columns, got, strict=True)
            for wanted, found in zip_longest(column.split(","), theirs.split(","))
        ]
        if mail.kind != kind or not all(agrees):
            wrong[name] = (mail.kind, got)
    assert wrong == {}


def test_line_ends_change_nothing(shared):
    """Some relays write CR alone, some double it."""
    for row, raw in corpus(shared):
        plainly = raw.replace(b"\r\n", b"\n")
        for end in (b"\r", b"\r\n", b"\r\r\n"):
            again = read(plainly.replace(b"\n", end))
            assert (again.kind, again.recipients) == (read(plainly).kind, read(plainly).recipients), row["file"]


MUTATIONS = (
    b"\n\n", b"\r", b"\0", b"--", b"=?utf-8?b?", b"=?x?q?", b"<", b'"', b"(", b"charset=idna", b"Status: 9.9.9\n",
    b"Content-Type: multipart/mixed; boundary=\n", b"name*0*=utf-8''%\n", b"\xff\xfe", b"\xed\xa0\x80",
)  # fmt: skip


def mutated(raw: bytes, others: list[bytes], chance: random.Random) -> bytes:
    spoilt = bytearray(raw)
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(spoilt) + 1)
        upto = min(len(spoilt), at + chance.randrange(1, 300))
        other = chance.choice(others)
        begin = chance.randrange(len(other))
        spoilt[at:upto] = chance.choice(
            [b"", chance.choice(MUTATIONS), chance.randbytes(40), bytes(spoilt[at:upto]) * 2, other[begin:][:1500]]
        )
    return bytes(spoilt)


def test_no_mail_however_spoilt_makes_it_stumble(shared):
    mails = [raw for _row, raw in corpus(shared)]
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    for number in range(600):
        spoilt = mutated(chance.choice(mails), mails, chance)
        try:
            kind = read(spoilt).kind
        except Exception as error:
            raise AssertionError(f"seed {seed}, mail {number}") from error
        assert kind in ("hard", "soft", "complaint", "auto_reply", "human_reply", "other")


BOUNCE = b"From: mailer-daemon@mx.example\nSubject: failure notice\n\n"
PARTS = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
FIELDS = b"Final-Recipient: rfc822; a@b.c\nAction: failed\n\n"
BOMBS = {
    "parts in parts": b"".join(PARTS % (n, n) for n in range(20_000)),
    "mails in mails": b"Content-Type: message/rfc822\n\n" * 40_000,
    "headers": b"X: y\n" * (LONGEST // 5),
    "one header": b"Subject: " + b"=?utf-8?q?a?= " * 100_000,
    "comments": b"From: " + b"(" * LONGEST,
    "addresses": b"From: " + b'"a" <a@b.c>, ' * 100_000,
    "boundaries": b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * (LONGEST // 4),
    "tags": b"Content-Type: text/html\n\n" + b"<style " * (LONGEST // 7),
    "brackets": b"Content-Type: text/html\n\n" + b"<" * LONGEST,
    "recipients": BOUNCE + b"a@b.c\n" * (LONGEST // 6),
    "words": BOUNCE + b"mailbox user " * (LONGEST // 13),
    "dashes": BOUNCE + b"-" * LONGEST,
    "blanks": BOUNCE + b" \n" * (LONGEST // 2),
    "reports": b"From: a@b\n\n" + b"reporting-mta:\n" * (LONGEST // 15),
    "fields": b"Content-Type: message/delivery-status\n\n" + FIELDS * 20_000,
    "charset": b"Content-Type: text/plain; charset=punycode\n\n" + b"a" * LONGEST,
    "charset of a header": b"Subject: =?idna?q?" + b"a" * 3000 + b"?=\n\n",
    "line ends": b"\r" * LONGEST,
    "parameters": b"Content-Type: multipart/mixed; " + b"a*0*=b; " * 100_000,
    "size": b"From: a@b.c\n\n" + b"a" * (40 << 20),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_mail_made_to_be_slow_or_large_is_neither(name):
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read(BOMBS[name])
    assert time.perf_counter() - begun < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


# ---------------------------------------------------------------- reports


def test_a_report_names_the_recipient_the_code_the_reason_and_our_mail():
    got = read(report())
    assert (got.kind, got.tokens, got.addressed) == ("hard", (TOKEN,), (TOKEN,))
    assert [(one.address, one.status, one.reason) for one in got.recipients] == [
        ("ada@atelier.example", "5.1.1", "userunknown")
    ]


@pytest.mark.parametrize(
    ("changed", "kind", "status", "reason"),
    [
        ({"status": "5.2.2", "diagnostic": "smtp; 552 5.2.2 over quota"}, "soft", "5.2.2", "mailboxfull"),
        (
            {"action": "delayed", "status": "4.4.1", "diagnostic": "smtp; connection timed out"},
            "soft",
            "4.4.1",
            "expired",
        ),
        ({"action": "delivered", "status": "2.0.0", "diagnostic": "smtp; 250 ok"}, "other", "2.0.0", "delivered"),
        ({"action": "relayed", "status": "2.0.0", "diagnostic": "smtp; 250 ok"}, "other", "2.0.0", "delivered"),
        # The server's own code is more exact than the report's.
        ({"diagnostic": "smtp; 550 5.7.1 blocked using a block list"}, "soft", "5.7.1", "blocked"),
        # What refuses the sender says nothing about the address.
        (
            {"status": "5.0.0", "diagnostic": "smtp; 550 no such user (in reply to MAIL FROM command)"},
            "soft",
            "5.0.0",
            "rejected",
        ),
        # A server that took the address and says so only after the letter filters.
        (
            {"status": "5.0.0", "diagnostic": "smtp; 550 User unknown (in reply to end of DATA command)"},
            "soft",
            "5.0.0",
            "filtered",
        ),
        (
            {"status": "5.0.0", "diagnostic": "smtp; 550 User unknown (in reply to RCPT TO command)"},
            "hard",
            "5.0.0",
            "userunknown",
        ),
        ({"status": "5.1.2", "diagnostic": "dns; host not found"}, "hard", "5.1.2", "hostunknown"),
        ({"status": "5.1.1", "diagnostic": "x-unix; procmail: cannot write"}, "soft", "5.1.1", "mailererror"),
        ({"status": "nonsense", "diagnostic": "smtp; 452 too busy"}, "soft", "4.0.0", "systemfull"),
        (
            {"kind": "global-delivery-status", "recipient": r"utf-8; ad\x{E4}@atelier.example"},
            "hard",
            "5.1.1",
            "userunknown",
        ),
    ],
)
def test_a_report_is_understood(changed, kind, status, reason):
    got = read(report(**changed))
    assert (got.kind, got.recipients[0].status, got.recipients[0].reason) == (kind, status, reason)


def test_an_address_outside_ascii_is_read_as_rfc_6533_writes_it():
    changed = {"kind": "global-delivery-status", "recipient": r"utf-8; ad\x{E4}@atelier.example"}
    assert read(report(**changed)).recipients[0].address == "adä@atelier.example"


def test_a_report_that_was_itself_sent_back_is_no_report():
    """Somebody answers, with a bounce of long ago under their words as a mail."""
    forwarded = report().decode().replace("multipart/report; report-type=delivery-status", "multipart/mixed")
    raw = (
        "From: ada@atelier.example\nIn-Reply-To: <x@lumen.example>\nContent-Type: multipart/mixed; boundary=o\n\n"
        f"--o\n\nWhat is this?\n--o\nContent-Type: message/rfc822\n\n{forwarded}--o--\n"
    ).encode()
    assert read(raw).kind == "human_reply"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("abuse", "complaint"),
        ("fraud", "complaint"),
        ("opt-out", "complaint"),
        ("not-spam", "other"),
        ("virus", "other"),
    ],
)
def test_a_feedback_report_is_a_complaint_unless_it_says_otherwise(kind, expected):
    raw = (
        "From: fbl@provider.example\nSubject: FW: Niveaux\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="f"\n\n'
        "--f\nContent-Type: text/plain\n\nThis is an abuse report.\n"
        f"--f\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nVersion: 1\n"
        "Original-Rcpt-To: <ada@atelier.example>\n\n"
        f"--f\nContent-Type: message/rfc822\n\nMessage-ID: <{TOKEN}@lumen.example>\nSubject: Niveaux\n\n--f--\n"
    )  # fmt: skip
    got = read(raw.encode())
    assert (got.kind, got.tokens) == (expected, (TOKEN,))
    assert expected == "other" or [one.address for one in got.recipients] == ["ada@atelier.example"]


ATTACHED = f"""\
What your server sent:

--a
Content-Type: message/rfc822

Message-ID: <{TOKEN}@lumen.example>
To: ada@atelier.example
Subject: Niveaux

--a--
"""


@pytest.mark.parametrize(
    ("sender", "subject", "kind"),
    [
        ("staff@provider.example", "complaint about message from 192.0.2.1", "complaint"),
        ("Loop <noreply@fbl.provider.example>", "Spam report", "complaint"),
        ("Ada <ada@atelier.example>", "Feedback report on your guide", "human_reply"),
        ("Ada <ada@atelier.example>", "Spam report", "human_reply"),
    ],
)
def test_a_complaint_without_a_report_comes_from_those_who_send_them(sender, subject, kind):
    """Somebody who wrote by hand, with our mail attached, has not complained."""
    changed = {"From": sender, "Subject": subject, "To": f"bounce+{TOKEN}@lumen.example"}
    raw = plain(f"\n--a\nContent-Type: text/plain\n\n{ATTACHED}", Content_Type="multipart/mixed; boundary=a", **changed)
    assert read(raw).kind == kind


@pytest.mark.parametrize("sender", ["MAILER-DAEMON@mx.example.net", "abuse@mx.example.net"])
def test_a_mail_refused_as_spam_is_a_bounce_and_no_complaint(sender):
    changed = {"status": "5.7.1", "diagnostic": "smtp; 550 5.7.1 Message detected as spam"}
    raw = report(**changed).replace(b"MAILER-DAEMON@mx.example.net", sender.encode())
    got = read(raw.replace(b"Undelivered Mail Returned to Sender", b"Spam notification: your message was refused"))
    assert (got.kind, got.recipients[0].reason) == ("soft", "spamdetected")


# ---------------------------------------------------------------- bounces in words alone


@pytest.mark.parametrize(
    ("words", "kind", "status", "reason"),
    [
        ("<ada@atelier.example>:\n550 5.1.1 No such user here\n", "hard", "5.1.1", "userunknown"),
        ("ada@atelier.example\n    host mx.x [192.0.2.1]: 452 4.2.2 mailbox is full\n", "soft", "4.2.2", "mailboxfull"),
        (
            "  ada@atelier.example\n  all relevant MX records point to non-existent hosts: no such domain\n",
            "hard",
            "5.0.0",
            "hostunknown",
        ),
        ("ada@atelier.example : l'adresse du destinataire est inconnue\n", "hard", "5.0.0", "userunknown"),
        ("<ada@atelier.example>\nDer Empfänger ist unbekannt\n", "hard", "5.0.0", "userunknown"),
        ("The user(s) account is temporarily over quota.\n\n<ada@atelier.example>\n", "soft", "5.0.0", "mailboxfull"),
    ],
)
def test_a_bounce_without_a_report_is_read_by_its_words(words, kind, status, reason):
    raw = plain(words, From="Mail Delivery System <mailer-daemon@mx.example>", Subject="Mail delivery failed")
    got = read(raw)
    assert (got.kind, got.recipients[0].address) == (kind, "ada@atelier.example")
    assert (got.recipients[0].status, got.recipients[0].reason) == (status, reason)


ABOUT_OTHERS = [
    "554 5.7.1 Recipient address rejected: Access denied by policy",
    "550 We do not accept mail from dynamic address ranges",
    "550 This host does not accept mail until Monday",
    "550 Your domain does not exist in DNS",
    "550 Your email address could not be verified: mailbox not found",
    "550 5.7.1 sender address unknown",
    "550-Verification failed for <a@lumen.example>; The account or domain may not exist",
    "450 4.7.1 <lumen.example>: Helo command rejected: Host not found",
    "550 reverse DNS name not found for 192.0.2.1",
    "5.1.0 - Unknown address error 554-'Denied by local policy'",
]
FOR_NOW = [
    "450 Requested mail action not taken: mailbox unavailable",
    "550 Mailbox temporarily unavailable, please retry later",
    "451 4.1.1 temporarily unable to verify user",
    "550 Recipient address rejected: try again later",
    "550 Mailbox unavailable, please try later",
    "450 4.2.1 The mailbox is being moved to another server",
    "451 LDAP: user not found, directory unavailable, try again",
    "550 5.1.1 <ada@atelier.example> Mailbox full",
]
GONE = [
    "450 4.1.1 <ada@atelier.example>: Recipient address rejected: User unknown",
    "550 5.4.1 Recipient address rejected: Access denied",
    "550 5.1.0 - Unknown address error 550-'No such user'",
    "550 User has moved",
    "550 unroutable address",
    "550 Empfaenger unbekannt",
    "550 nie ma takiego użytkownika",
    "550 This host does not accept mail",
    "550 account closed: this address no longer exists",
    "550 The following destination addresses were unknown",
]


@pytest.mark.parametrize(("said", "kind"), [
    *((said, "soft") for said in ABOUT_OTHERS + FOR_NOW), *((said, "hard") for said in GONE),
])  # fmt: skip
def test_what_is_said_of_the_sender_or_for_now_alone_never_makes_an_address_one_that_is_gone(said, kind):
    in_words = f"<ada@atelier.example>: host mx.example[192.0.2.8] said: {said} (in reply to RCPT TO command)"
    mailer = {"From": "MAILER-DAEMON@mx.example", "Subject": "Undelivered Mail Returned to Sender"}
    status = "4.0.0" if said.startswith("4") else "5.0.0"
    assert read(plain(in_words, **mailer)).kind == kind
    assert read(report(status=status, diagnostic=f"smtp; {said}")).kind == kind


def test_of_two_addresses_in_a_sentence_the_one_of_our_own_house_wrote_the_mail():
    body = "A mail from chloe@lumen.example to ada@atelier.example met an error: 5.1.1, address unknown"
    got = read(plain(body, From="MAILER-DAEMON@mx.example", To="bounces@lumen.example", Subject="Error"))
    assert [one.address for one in got.recipients] == ["ada@atelier.example"]


# ---------------------------------------------------------------- answers


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; type=vacation"},
        {"X_Autoreply": "yes"},
        {"Precedence": "auto_reply"},
        {"Subject": "Out of office: Re: Niveaux"},
        {"Subject": "=?utf-8?q?R=C3=A9ponse_automatique_=3A_Niveaux?="},
        {"Subject": "Abwesenheitsnotiz"},
        {"Subject": "Respuesta automática: Niveaux"},
        {"Subject": "自動返信: Niveaux"},
        {"Subject": "不在: Niveaux"},
        {"Subject": "Automatisk svar: Niveaux"},
        {"Subject": "Automatická odpověď: Niveaux"},
        {"Subject": "Otomatik yanıt: Niveaux"},
        {"Subject": "Răspuns automat: Niveaux"},
        {"Subject": "Abwesenheit"},
        {"Subject": "OOO: Niveaux"},
        {"Subject": "I'm on annual leave"},
        {"X_Mail_Autoreply": "on"},
        {"X_Autoresponse": "1"},
    ],
)
def test_a_machine_s_answer_is_no_answer(headers):
    assert read(plain("I am away.", In_Reply_To="<a@lumen.example>", **headers)).kind == "auto_reply"


AWAY = {
    "a day like a code": "Ich bin bis 5.1.27 im Urlaub. Die Adresse ist nicht bekannt. bob@lead.example",
    "a day": "I am back on 5.1.27; write to bob@lead.example",
    "a telephone number": "Call me\n450 555 1234\nbob@lead.example",
    "words of a bounce": "Your mail is not delivered to anybody else. 550 5.1.1 bob@lead.example is unknown.",
}


@pytest.mark.parametrize("body", AWAY.values(), ids=AWAY)
@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Subject": "Automatic reply: Niveaux"},
        {"From": "Postmaster <postmaster@lead.example>", "Subject": "Out of office: Niveaux"},
    ],
)
def test_an_absence_notice_that_comes_from_nobody_is_no_bounce(headers, body):
    """RFC 3834 4: they are sent so; and they name days, telephones and whoever is there instead."""
    changed = {"Return_Path": "<>", "To": f"bounce+{TOKEN}@lumen.example", **headers}
    assert read(plain(body, **changed)).kind == "auto_reply"


@pytest.mark.parametrize("body", list(AWAY.values())[:3], ids=list(AWAY)[:3])
def test_a_day_and_a_telephone_number_are_no_codes(body):
    assert read(plain(body, Return_Path="<>", To=f"bounce+{TOKEN}@lumen.example")).kind == "auto_reply"


@pytest.mark.parametrize(
    "headers",
    [
        {"From": "MAILER-DAEMON@mx.example", "Subject": "Your mail"},
        {"From": "Support <support@mx.example>", "Subject": "Undeliverable: Niveaux"},
        {"From": "Support <support@mx.example>", "Subject": "Your mail", "X_Failed_Recipients": "ada@atelier.example"},
    ],
)
def test_a_bounce_that_calls_itself_automatic_stays_one(headers):
    body = "<ada@atelier.example>: 550 5.1.1 User unknown"
    assert read(plain(body, Auto_Submitted="auto-replied", Return_Path="<>", **headers)).kind == "hard"


def test_a_human_s_answer_is_quoted_without_what_they_quote():
    body = "Hello,\n\nyes, please call me \x07on Monday.\n\nOn Tue, Chloé wrote:\n> Bonjour Ada\n> …\n"
    got = read(plain(body, In_Reply_To=f"<{TOKEN}@lumen.example>"))
    assert (got.kind, got.tokens, got.author) == ("human_reply", (TOKEN,), "ada@atelier.example")
    assert got.quote == "Hello,\n\nyes, please call me on Monday."
    assert len(read(plain("a" * 100_000, In_Reply_To="<a@b.c>")).quote) == LONGEST_QUOTE


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Auto_Submitted": "no", "In_Reply_To": "<a@b.c>"}, "human_reply"),
        ({"Subject": "Hello"}, "other"),
        ({"In_Reply_To": "<a@b.c>", "List_Id": "<list.example>"}, "other"),
        ({"To": f"bounce+{TOKEN}@lumen.example", "Subject": "Hello"}, "human_reply"),
        ({"In_Reply_To": "<a@b.c>", "Subject": "Re: failure notice"}, "human_reply"),
    ],
)
def test_people_and_others_are_told_apart(headers, kind):
    assert read(plain("Could not be delivered? Here I am.", **headers)).kind == kind


@pytest.mark.parametrize(
    "subject",
    [
        "Lu : votre guide",
        "Read: your guide",
        "Gelesen: der Ratgeber",
        "Re: absence du commercial",
        "RE: Votre réponse automatique ne part plus",
        "Automatic reply rates doubled",
    ],
)
def test_a_subject_that_only_begins_like_a_machine_s_loses_no_answer(subject):
    words = "Thank you, I have read your message. Please call me."
    got = read(plain(words, Subject=subject, In_Reply_To=f"<{TOKEN}@lumen.example>"))
    assert (got.kind, got.quote) == ("human_reply", words)


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Out of office: how to keep leads warm",
        "Re: Automatic reply: Niveaux",
        "RE: Congés : le guide",
        "Odp.: Poza biurem: jak pisać",
        "[EXT] RE : Hors du bureau : le guide",
        "TR: Hors du bureau : le guide",
        "Abwesenheitsverwaltung im Betrieb",
        "我们不在巴黎",
    ],
)
def test_a_subject_that_speaks_of_absences_or_answers_one_that_does_loses_no_answer(subject):
    words = "This interests me. Please call me."
    got = read(plain(words, Subject=subject, In_Reply_To=f"<{TOKEN}@lumen.example>"))
    assert (got.kind, got.quote) == ("human_reply", words)


@pytest.mark.parametrize("subject", ["Absent mardi, dispo jeudi", "Congés : reporter l'appel", "Vacation rentals"])
def test_whoever_begins_a_subject_like_an_absence_and_asks_something_is_a_person(subject):
    raw = plain("Peut-on décaler à jeudi ?", Subject=subject, In_Reply_To=f"<{TOKEN}@lumen.example>")
    assert read(raw).kind == "human_reply"


@pytest.mark.parametrize("sender", ["Ada <ada@bounce.example>", "Ada, System Administrator <ada@lead.example>"])
def test_a_human_whose_house_or_work_is_called_like_a_program_loses_no_answer(sender):
    words = "Please send it to the following address: bob@x.example"
    assert read(plain(words, From=sender, Subject="Guide", In_Reply_To="<a@b.c>")).quote == words


@pytest.mark.parametrize(
    ("subject", "body", "headers", "kind"),
    [
        ("Read: Niveaux", "", {}, "other"),
        ("Non letto: Niveaux", "Il messaggio\n\n  A: Ada\n\nè stato eliminato senza essere letto.", {}, "other"),
        ("Lu : Niveaux", "Votre message\n\n  À : Ada\n  Objet : Niveaux\n\na été lu le 4 mars.", {}, "other"),
        ("Gelesen: Niveaux", "Ihre Nachricht\n\nwurde am 4. März gelesen.", {}, "other"),
        ("Leído: Niveaux", "Visto.", {"Auto_Submitted": "auto-replied"}, "other"),
        ("Absence du bureau : Re: Niveaux", "De retour lundi.", {}, "auto_reply"),
        ("[EXT] Absence du bureau", "De retour lundi.", {}, "auto_reply"),
        ("Automatic reply", "Back on Monday.", {}, "auto_reply"),
        ("Out of Office AutoReply: Niveaux", "Back on Monday.", {}, "auto_reply"),
        ("[Auto-Reply] Niveaux", "Back on Monday.", {}, "auto_reply"),
    ],
)
def test_a_receipt_and_an_absence_without_a_header_are_a_machine_s(subject, body, headers, kind):
    changed = {"Subject": subject, "In_Reply_To": f"<{TOKEN}@lumen.example>", **headers}
    assert read(plain(body, **changed)).kind == kind


NOTICES = [
    ("Message automatique", "Bonjour,\n\nMerci pour votre message.\nJe suis absente jusqu'au 12 janvier."),
    ("Notification d'absence : Niveaux", "Je serai en congés du 2 au 9 mars. Écrivez à bob@lead.example."),
    ("[EXT] Avis d’absence", "Ceci est un message automatique. De retour lundi."),
    ("Automated message: Niveaux", "Hi,\nthank you for your email. I am currently out of the office until Monday."),
    ("Automatic message", "I am out of the office. Our shop: https://lead.example/order?from=mail is open."),
    ("Absence notification", "Dear sender,\n\nI will be on annual leave until 9 March."),
]
OF_PEOPLE = [
    ("Re: Niveaux", NOTICES[0][1]),
    ("Re: Message automatique", NOTICES[0][1]),
    ("Message automatique", "Votre guide m'a plu. Je suis absente jusqu'au 12, appelez-moi après."),
    ("Message automatique", NOTICES[0][1] + "\nPouvez-vous m'appeler le 13 ?"),
    ("Vacances", "Je suis en vacances la semaine prochaine, appelez-moi avant."),
    ("I am unavailable on Tuesday", "I am away then. Wednesday would suit me."),
    ("Your automated emails", "Thank you. I am on leave now, and would like a quote in April."),
]


@pytest.mark.parametrize(("subject", "body", "kind"), [
    *((subject, body, "auto_reply") for subject, body in NOTICES),
    *((subject, body, "human_reply") for subject, body in OF_PEOPLE),
])  # fmt: skip
def test_an_absence_told_by_subject_and_text_together_is_a_machine_s_and_no_human_s_answer_is_lost(subject, body, kind):
    assert read(plain(body, Subject=subject, In_Reply_To=f"<{TOKEN}@lumen.example>")).kind == kind


def test_a_human_s_own_mail_about_a_failure_is_no_bounce_of_whoever_they_name():
    words = "I wrote to bob@x.example, it was not delivered: user unknown. Can you help?"
    got = read(plain(words, To=f"bounce+{TOKEN}@lumen.example", Subject="Problem: could not be delivered"))
    assert (got.kind, got.recipients, got.quote) == ("human_reply", (), words)


# ---------------------------------------------------------------- the tables


def test_every_reason_of_the_tables_is_explained():
    named = {*CERTAIN.values(), *LIKELY.values(), *(reason for reason, _ in PHRASES), *HARD}
    assert named <= REASONS.keys()


def test_the_same_mail_on_two_ways_has_one_mark_and_another_mail_another():
    marks = {read(report()).mark, read(b"Received: from a\n" + report()).mark}
    assert len(marks) == 1
    assert read(report(token=BASE62[-22:])).mark not in marks
    assert read(b"no header").mark != read(b"no header either").mark
