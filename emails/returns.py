"""What came back: a bounce, a complaint, a machine's answer, a human's; and which mail of ours it is about.

`read` tells what a mail is, whoever sent it. Whether it is to be believed, and what follows, is left to
`emails.intake`, which looks for the tokens in the tables.

Pure: no database, no clock, no network.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from base.tokens import TOKEN_LENGTH, digest
from emails.automatic import ANSWERS, PASSES_ON, is_automatic, is_receipt, says_away
from emails.causes import Reply, refuses, reply_in
from emails.complaints import complaint, complaint_without_report
from emails.received import LONGEST_ADDRESS, Received, addresses, first, open_mail
from emails.refusals import REPORTS, Recipient, notice_of, reported, told

Kind = Literal["hard", "soft", "complaint", "auto_reply", "human_reply", "other"]

LONGEST_QUOTE = 1_500  # characters of a human's answer
MOST_TOKENS = 20

_TOKEN = f"[0-9A-Za-z]{{{TOKEN_LENGTH}}}"
_MARKED = re.compile(rf"\+({_TOKEN})@|<({_TOKEN})@")  # the return path of a mail of ours, or its Message-ID
_ID = re.compile(r"<[^<>\s]{3,250}>")
_TO_US = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "original-recipient", "to", "cc")

# What programs alone are called, and what people who look after one are called as well.
_PROGRAMS = re.compile(r"(?:mailer-?daemon|mail ?delivery (?:sub)?system|mdaemon|mmdf)\b|microsoft ?exchange\w{20}")
_DAEMONS = re.compile(
    rf"{_PROGRAMS.pattern}|^\W*(?:mail|system) administrator\b|(?:post ?master|(?:nondeliver|undeliver)\w*)\b"
    r"|\bbounces?(?:[-+=][^@\s]*)?@"
)
_BOUNCED = re.compile(
    r"undeliver|mail failure|returned (?:mail|to sender|message)|delivery (?:status|fail|has failed|problem|error"
    r"|report"
    r"|notif|delay|unsuccess|incomplete)|(?:mail|message) delivery (?:fail|status|stopped|warning)|failure notice"
    r"|non.?remis|non.?d[ée]liv|[ée]chec (?:de|d')|nicht (?:zustellbar|zugestellt)|unzustellbar|non recapitabil"
    r"|no se (?:pudo|puede|ha podido) entregar|n[ãa]o foi poss[íi]vel entregar|onbestelbaar|remise (?:retard|diff)"
    r"|niet (?:worden )?(?:af)?geleverd|error sending (?:message|mail)"
    r"|mail (?:could not|not) (?:be )?deliver|could not (?:be )?(?:deliver|send)"
    r"|message (?:not|un)deliver|mail system error|returning message|bounced? (?:mail|message)|delayed \d+ hours"
    r"|recipient (?:unknown|not found)|postmaster notify|smtp server.{0,40}error|permanent fail|退信"
    r"|(?:correo|mensaje) devuelto|manca(?:to recapito|ta consegna)|n[ãa]o entregue|falha na entrega"
    r"|nie(?:dostarczon|doręczon)|не ?доставлен|配信(?:不能|できません)"
)
_BOUNCE_WORDS = re.compile(
    r"could not be delivered|couldn't be delivered|delivery (?:to|has) .{0,80}failed|undeliverable"
    r"|permanent(?:ly)? (?:fatal )?"
    r"(?:error|fail)|following (?:address|recipient)|incorrectly constructed|not deliver(?:ed)?|unable to deliver"
    r"|was rejected by|has been delayed"
    r"|transcript of session|mail server error|n'a pas (?:pu|encore) [êe]t(?:re|[ée]) (?:remis|d[ée]livr|distribu)"
    r"|nicht zugestellt|n'est pas parvenu|no se (?:pudo|puede|ha podido) entregar|n[ãa]o foi poss[íi]vel entregar"
    r"|non (?:pu[òo]|[èe] stato) (?:\w+ )?consegnat"
    r"|niet (?:worden )?(?:af)?geleverd|failed to deliver|delivery failed|not (?:yet )?been delivered"
)
_QUOTED_BELOW = re.compile(
    r"^(?:>|-{2,}\s*(?:original|forwarded|message d|urspr|mensaje)|_{10,}\s*$|on .{5,200} wrote:|le .{5,200} a écrit"
    r"|am .{5,200} schrieb"
    r"|(?:from|de|von) ?: .{0,200}@)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Returned:
    """What a mail from outside is. `tokens` are those of mails of ours that it names, the likeliest first; `addressed`
    those that it was sent to. `quote` is what a human wrote, without what they quote, also where it is a bounce that no
    machine certainly sent; empty for all else. `mark` tells it from every other mail.
    """

    kind: Kind
    recipients: tuple[Recipient, ...]
    tokens: tuple[str, ...]
    addressed: tuple[str, ...]
    message_ids: tuple[str, ...]
    author: str
    mark: str
    quote: str = ""
    arrived: bool = False  # it proves that the mail reached somebody
    by_machine: bool = False  # certainly: a bounce that a human passes on may be about any address


def read(raw: bytes) -> Returned:
    """What this mail is; of a huge one, what its first MiB says. Never raises."""
    mail = open_mail(raw)
    kind, recipients = _judged(mail)
    by_machine = _is_by_machine(mail)
    tokens = _tokens(mail)
    good_news = kind == "other" and bool(recipients) and all(one.reason == "delivered" for one in recipients)
    return Returned(
        kind=kind,
        recipients=recipients,
        tokens=tokens,
        addressed=_addressed(mail),
        message_ids=_message_ids(mail),
        author=_author(mail),
        mark=_mark(mail, kind, tokens, raw),
        quote=_own_words(mail) if kind == "human_reply" or (kind in ("hard", "soft") and not by_machine) else "",
        arrived=good_news or kind in ("complaint", "auto_reply", "human_reply"),
        by_machine=by_machine,
    )


def _judged(mail: Received) -> tuple[Kind, tuple[Recipient, ...]]:
    by_hand = _is_by_hand(mail)
    if feedback := complaint(mail, by_hand=by_hand):
        complains, recipients = feedback
        return ("complaint", recipients) if complains else ("other", ())
    if recipients := reported(mail, by_hand=by_hand):
        return kind_of(recipients), recipients
    complainants = None if by_hand or _from_nobody(mail) else complaint_without_report(mail)
    if complainants is not None:
        return "complaint", complainants
    if is_receipt(mail):
        return "other", ()
    if not by_hand and _is_bounce(mail):
        by_machine = _is_by_machine(mail)
        recipients = told(mail, by_machine=by_machine)
        if recipients or by_machine:
            return kind_of(recipients) if recipients else "soft", recipients
    if is_automatic(mail):
        return "auto_reply", ()
    if not _is_reply(mail):
        return "other", ()
    return ("auto_reply" if _from_nobody(mail) else "human_reply"), ()


def kind_of(recipients: Iterable[Recipient]) -> Kind:
    """What a bounce is that names these: of several, what is worst for any of them."""
    failed = [one for one in recipients if one.reason != "delivered"]
    if not failed:
        return "other"
    return "hard" if any(one.hard for one in failed) else "soft"


# ---------------------------------------------------------------- bounces without a report


def _is_bounce(mail: Received) -> bool:
    """By what only bounces have; else by its sender, its subject and its words, of which two must agree.

    Bounces call themselves automatic, too: what says no more than that, and comes from no mailer, is an answer.
    """
    if _is_made_as_bounce(mail):
        return True
    from_daemon, subject = _DAEMONS.search(_sender(mail)) is not None, mail.first("subject").lower()
    by_subject = _BOUNCED.search(subject) is not None
    if not by_subject and (says_away(mail) or (not from_daemon and is_automatic(mail))):
        return False
    if _from_nobody(mail) and _PROGRAMS.search(mail.first("from").lower()) is not None:
        return True  # in whatever language
    notice = notice_of(mail)
    by_sender = _from_nobody(mail) or from_daemon
    by_words = _BOUNCE_WORDS.search(notice.lower()) is not None or refuses(notice)
    if _PROGRAMS.search(_sender(mail)) is not None:
        by_words = by_words or reply_in(notice) != Reply()
    return by_sender + by_subject + by_words >= 2 and (by_sender or not _follows(mail))


def _is_made_as_bounce(mail: Received) -> bool:
    """By a header or a part that only bounces have, whatever it says."""
    if "x-failed-recipients" in mail.headers or "x-ms-exchange-message-is-ndr" in mail.headers:
        return True
    if "report-type=delivery-status" in mail.first("content-type").lower().replace('"', ""):
        return True
    return any(part.kind in REPORTS and not part.original for part in mail.parts)


def _from_nobody(mail: Received) -> bool:
    """Nothing is to come back to it (RFC 5321 4.5.5): no human writes so."""
    return "<>" in mail.first("return-path") or mail.first("from").strip() == "<>"


def _sender(mail: Received) -> str:
    return f"{mail.first('from')} {mail.first('return-path')}".lower()


def _is_by_hand(mail: Received) -> bool:
    """A human's answer: what it quotes is not its own word. Who passes a bounce on lets it speak for itself."""
    marked = ANSWERS.match(mail.first("subject")) is not None
    answers = marked or (_follows(mail) and not _is_passed_on(mail) and _DAEMONS.search(_sender(mail)) is None)
    return answers and not _from_nobody(mail) and _PROGRAMS.search(_sender(mail)) is None


def _is_by_machine(mail: Received) -> bool:
    """Certainly: by who sent it, or as nothing but a bounce is made and no mail that passes one on."""
    return (
        _from_nobody(mail)
        or _DAEMONS.search(_sender(mail)) is not None
        or (_is_made_as_bounce(mail) and not _is_passed_on(mail))
    )


def _is_passed_on(mail: Received) -> bool:
    return PASSES_ON.match(mail.first("subject")) is not None


# ---------------------------------------------------------------- answers


def _is_reply(mail: Received) -> bool:
    """Somebody answers: the mail names one that it follows, or is addressed to the return path of one."""
    if mail.first("list-id") or mail.first("precedence").lower() in ("bulk", "list", "junk"):
        return False
    to_us = any(_MARKED.search(value) for name in _TO_US for value in mail.headers.get(name, ()))
    return bool(_author(mail)) and (_follows(mail) or to_us or ANSWERS.match(mail.first("subject")) is not None)


def _follows(mail: Received) -> bool:
    return any(_ID.search(mail.first(name)) for name in ("in-reply-to", "references"))


def _own_words(mail: Received) -> str:
    """What they wrote themselves, as plain text: up to where they quote, without control characters."""
    text = notice_of(mail)
    below = _QUOTED_BELOW.search(text)
    own = text[: below.start()] if below is not None and text[: below.start()].strip() else text
    seen = "".join(sign for sign in own if sign in "\n\t" or sign.isprintable())
    return re.sub(r"\n{3,}", "\n\n", seen).strip()[:LONGEST_QUOTE]


# ---------------------------------------------------------------- which mail of ours


def _addressed(mail: Received) -> tuple[str, ...]:
    """The tokens of return paths that this mail was sent to: nobody learns of one but by a mail of ours."""
    return _marks(value for name in _TO_US for value in mail.headers.get(name, ()))


def _tokens(mail: Received) -> tuple[str, ...]:
    """Every token that the mail names: in its own addresses first, then in what it answers, then anywhere."""
    own = [value for name in (*_TO_US, "in-reply-to", "references") for value in mail.headers.get(name, ())]
    within = [
        value for headers in mail.originals for name in ("return-path", "message-id") for value in headers.get(name, ())
    ]
    return _marks((*own, *within, *(part.text for part in mail.parts)))


def _marks(texts: Iterable[str]) -> tuple[str, ...]:
    found = (one for text in texts for pair in _MARKED.findall(text) for one in pair if one)
    return tuple(dict.fromkeys(token for token, _ in zip(found, range(10 * MOST_TOKENS), strict=False)))[:MOST_TOKENS]


def _message_ids(mail: Received) -> tuple[str, ...]:
    """What the mail answers or sends back."""
    named = [mail.first("in-reply-to"), mail.first("references"), *(first(one, "message-id") for one in mail.originals)]
    return tuple(dict.fromkeys(one for value in named for one in _ID.findall(value)))[:MOST_TOKENS]


def _author(mail: Received) -> str:
    """Whoever wrote, without what no database and no page would show."""
    written = next(iter(addresses(mail.first("from"))), "")
    return "".join(sign for sign in written if sign.isprintable())[:LONGEST_ADDRESS]


def _mark(mail: Received, kind: Kind, tokens: tuple[str, ...], raw: bytes) -> str:
    """The same for a mail that is delivered twice on different ways; another for every other mail."""
    known = mail.first("message-id")
    if not known:
        return digest(raw)
    return digest("\n".join((kind, known, mail.first("date"), mail.first("from"), *tokens[:1])))
