"""Whom a bounce says it could not reach, and why: from its report for machines, else from its text for people.

Pure: no database, no clock, no network.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_string
from email.policy import compat32

from flufl.bounce import all_failures

from emails.causes import CERTAIN, HARD, Reply, cause, reply_in, stage_in
from emails.named import ADDRESS, MOST_RECIPIENTS, failed_recipients, is_ours, mentioned, originally_to
from emails.received import LONGEST_ADDRESS, Headers, Received, blocks, first

logging.getLogger("flufl.bounce").disabled = True  # it tells of every mail that it does not know

REPORTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
LONGEST_NOTICE = 20_000  # characters of what a bounce tells people
_SAID = 300
_FAILURES = frozenset({"failed", "failure", "delayed", ""})  # what else a report may say is good news

# A line that opens what is said about one recipient: indented, in angle brackets, or with what follows it.
_OPENS = re.compile(
    rf"^[ \t>*]{{0,12}}(?:To: |Recipient: |RCPT TO:)?<?(?:mailto:)?({ADDRESS})>?[:,.]{{0,3}}(?=\s|$|<mailto|\()",
    re.MULTILINE,
)
_RCPT = re.compile(rf"(?:RCPT TO|rcpt|recipient)[:=\[ ]{{1,3}}<?({ADDRESS})>?", re.IGNORECASE)
_NAMED = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")  # RFC 6533 3: utf-8-addr-xtext
_RETURNED = re.compile(
    r"^[ \t]*[-_=]{2,60}.{0,12}(?:this is a copy|original message|returned message|unsent message|message follows"
    r"|message header"
    r"|below this line|undelivered message|message text follows|copie du message|message d'origine).*$"
    r"|^(?:original message headers|included is a copy|your original message|the original message follows).*$"
    r"|^(?:return-path|received): .*$",
    re.MULTILINE | re.IGNORECASE,
)
_REPORT = tuple(
    re.compile(rf"^{field}:", re.MULTILINE | re.IGNORECASE) for field in ("reporting-mta", "final-recipient")
)
_KEPT_TRYING = re.compile(r"retry (?:time ?out|time not)|hosts? (?:have|has) been failing")
_DELAYED = re.compile(
    r"(?:has|have) (?:been delayed|not yet been delivered)|warning message only|delivery attempts will continue"
    r"|will be retried|(?:still|continue) trying|do not need to resend|message delayed|delayed \d+ hours|delivery delay"
    r"|pas encore [ée]t[ée] (?:remis|distribu)"
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address, what became of the mail to it (`action`: failed, delayed, or good news), and why.

    `original` is the address that the mail was first sent to, where it was passed on.
    """

    address: str
    status: str  # an enhanced code (RFC 3463), guessed from less where the server gave none
    reason: str  # a key of emails.causes.REASONS
    action: str = "failed"
    original: str = ""
    said: str = ""
    passing: bool = False  # they said so for now only

    @property
    def hard(self) -> bool:
        """Whether the address is not there, and never will be."""
        return self.action == "failed" and self.reason in HARD and not self.passing


def reported(mail: Received, *, by_hand: bool = False) -> tuple[Recipient, ...]:
    """The recipients of a delivery report (RFC 3464, RFC 6533), wherever in the mail it stands.

    In a mail that somebody wrote `by_hand` what reads like a report is quoted: only a part that is one counts.
    """
    groups = [group for text in _reports(mail, by_hand) for group in blocks(text) if _is_recipient(group)]
    notice = notice_of(mail)
    return tuple(_from_report(group, notice, mail, len(groups)) for group in groups[:MOST_RECIPIENTS])


def told(mail: Received, *, by_machine: bool) -> tuple[Recipient, ...]:
    """The recipients that the text for people names; none where it names nobody.

    Those that it names in no way of ours are looked for by flufl.bounce, which knows what many old servers write. Only
    of what is certainly written `by_machine` is an address taken that stands just anywhere.
    """
    notice = notice_of(mail)
    delayed = _is_delay(mail, notice)
    sayings = _sayings(mail, notice) or [(address, notice) for address in _known_to_flufl(mail)]
    if not sayings and by_machine:
        sayings = [(address, notice) for address in originally_to(mail) or mentioned(mail, notice)]
    return tuple(_from_words(address, words, notice, delayed) for address, words in sayings[:MOST_RECIPIENTS])


def notice_of(mail: Received) -> str:
    """What the mail tells people, without the mail that it sends back."""
    texts = [part.text for part in mail.parts if part.kind == "text/plain" and not part.original]
    texts = texts or [part.text for part in mail.parts if part.kind == "text/html" and not part.original]
    whole = _unquoted("\n".join(texts))[: 4 * LONGEST_NOTICE]
    ends = next((found.start() for found in _RETURNED.finditer(whole) if whole[: found.start()].strip()), len(whole))
    return whole[:ends][:LONGEST_NOTICE]


# ---------------------------------------------------------------- the report for machines


def _reports(mail: Received, by_hand: bool) -> Iterator[str]:
    """Parts that are reports, whatever they call themselves; one that was itself sent back is none of ours."""
    for part in mail.parts:
        if part.original:
            continue
        if part.kind in REPORTS:
            yield part.text
        elif not by_hand and all(field.search(text := _unquoted(part.text)) for field in _REPORT):
            yield text


def _is_recipient(group: Headers) -> bool:
    return any(name in group for name in ("final-recipient", "original-recipient", "status", "action"))


def _from_report(group: Headers, notice: str, mail: Received, number: int) -> Recipient:
    final, original = _typed(first(group, "final-recipient")), _typed(first(group, "original-recipient"))
    address = _address(final, original, mail) or final or original
    kind, _, diagnostic = first(group, "diagnostic-code").partition(";")
    words = diagnostic.strip() or (kind if ";" not in kind else "")
    about = notice if number == 1 else _about(address, notice)
    action = first(group, "action").lower().split(" ")[0].rstrip(";,.") or "failed"
    status = _status(first(group, "status").split(" ")[0], words, about)
    if action not in _FAILURES:
        return Recipient(address, status, "delivered", action, original)
    local = kind.strip().lower() == "x-unix"
    reason = _of_a_program(words, about) if local else _of_a_server(status, words, about)
    now = "delayed" if action == "delayed" else "failed"
    return Recipient(address, status, reason, now, original, words[:_SAID], _is_passing(reply_in(words)))


def _of_a_server(status: str, words: str, about: str) -> str:
    stage = stage_in(words) or stage_in(about)
    reason = cause(status, words, stage) if words else "undefined"
    return reason if reason != "undefined" else cause(status, about, stage)


# sysexits.h, as sendmail reports it of a program that it gave the mail to.
_EXITS = {"67": "userunknown", "68": "hostunknown", "69": "systemerror", "77": "systemerror"}


def _of_a_program(words: str, about: str) -> str:
    """A program on their side took the mail and failed: the address is there, whatever the status says."""
    exit_code = words.strip()
    if exit_code in _EXITS:
        return _EXITS[exit_code]
    found = cause("", f"{words} {about}" if exit_code.isdigit() else words)
    return found if found in ("mailboxfull", "systemfull", "mesgtoobig") else "mailererror"


def _status(stated: str, words: str, about: str) -> str:
    """The server's own code is more exact than the report's, and where that is x.0.0 its text may know better."""
    own = reply_in(words).enhanced
    valid = re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", stated) is not None
    if own:
        return own
    if valid and not stated.endswith(".0.0"):
        return stated
    in_text = reply_in(about).enhanced
    if in_text and (not valid or in_text[0] == stated[0]):
        return in_text
    return stated if valid else _guessed(words or about)


def _typed(value: str) -> str:
    """`rfc822; ada@x.example` and `utf-8; ad\\x{E4}@x.example` -> the address alone."""
    _, separator, address = value.partition(";")
    address = (address if separator else value).strip().strip("<>").strip()
    return _NAMED.sub(lambda found: _character(found[1]), address)


def _character(code: str) -> str:
    number = int(code, 16)
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else "\ufffd"


def _address(final: str, original: str, mail: Received) -> str:
    """Where the mail went may be a file or a program of theirs: then the address it was sent to."""
    named = (
        final if "@" in final and not final.startswith(("|", "/", '"|')) else "",
        original if "@" in original else "",
    )
    return next((one for one in named if one), "") or next(iter(failed_recipients(mail) or originally_to(mail)), "")


def _about(address: str, notice: str) -> str:
    """The lines of the notice about one of several recipients."""
    starts = [(found.start(), found[1].lower()) for found in _OPENS.finditer(notice)]
    for place, (start, named) in enumerate(starts):
        if named == address.lower():
            return notice[start : starts[place + 1][0] if place + 1 < len(starts) else len(notice)]
    return ""


# ---------------------------------------------------------------- the text for people


def _sayings(mail: Received, notice: str) -> list[tuple[str, str]]:
    """Each address that failed, with what is said about it."""
    failed = failed_recipients(mail)
    openings = [(found[1].rstrip(".:,"), found.start()) for found in _OPENS.finditer(notice)]
    wanted = [(one, at) for one, at in openings if not failed or one.lower() in map(str.lower, failed)]
    wanted = [(one, at) for one, at in wanted if not is_ours(one, mail)]
    if not wanted:
        named = failed or list(dict.fromkeys(_RCPT.findall(notice)))
        return [(one, notice) for one in named]
    ends = [at for _, at in wanted[1:]] + [len(notice)]
    found: dict[str, str] = {}
    for (address, at), end in zip(wanted, ends, strict=True):
        found[address] = found.get(address, "") + notice[at:end]
    telling = {
        address: words for address, words in found.items() if cause("", words) != "undefined" or address in failed
    }
    return list((telling or found).items())


def _from_words(address: str, words: str, notice: str, delayed: bool) -> Recipient:
    reply = reply_in(words) if reply_in(words) != reply_in("") else reply_in(notice)
    stage = stage_in(words)
    reason = cause(reply.enhanced, words, stage)
    reason = reason if reason != "undefined" else cause(reply.enhanced, notice, stage_in(notice))
    temporary = delayed or _KEPT_TRYING.search(words.lower()) is not None
    status = reply.enhanced or (f"{reply.digits[0]}.0.0" if reply.digits else "4.0.0" if temporary else "5.0.0")
    if reason == "undefined" and delayed:
        reason = "expired"
    now, told_so = "delayed" if delayed else "failed", " ".join(words.split())[:_SAID]
    return Recipient(address, status, reason, now, said=told_so, passing=_is_passing(reply))


def _is_passing(reply: Reply) -> bool:
    """A server that says `try again` (RFC 5321 4.2.1), but where its code says that there is no such address."""
    topic = reply.enhanced.partition(".")[2]
    return (reply.enhanced or reply.digits).startswith("4") and CERTAIN.get(topic) not in HARD


def _guessed(words: str) -> str:
    digits = reply_in(words).digits
    return f"{digits[0]}.0.0" if digits else "5.0.0"


def _is_delay(mail: Received, notice: str) -> bool:
    subject = mail.first("subject").lower()
    return _DELAYED.search(notice.lower()) is not None or _DELAYED.search(subject) is not None


def _known_to_flufl(mail: Received) -> list[str]:
    """Whom flufl.bounce finds in the parts that are ours to read, given to it as one plain text."""
    sender = mail.first("from")[:LONGEST_ADDRESS] or "unknown"
    text = f"Subject: {mail.first('subject')}\nFrom: {sender}\n\n{notice_of(mail)}"
    try:
        temporary, permanent = all_failures(message_from_string(text, policy=compat32))
    except Exception:  # its detectors are many and old: what one of them stumbles over is no bounce that it knows
        return []
    return [one.decode("utf-8", "replace") for one in sorted({*permanent, *temporary})]


def _unquoted(text: str) -> str:
    """The text without `> ` before its lines, where all of it was forwarded so."""
    lines = text.splitlines()
    quoted: Sequence[str] = [line for line in lines if line.startswith(">")]
    if len(quoted) * 2 <= len(lines):
        return text
    return "\n".join(line[1:].removeprefix(" ") if line.startswith(">") else line for line in lines)
