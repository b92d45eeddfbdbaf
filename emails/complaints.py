"""Somebody called a mail of ours spam, and their provider says so: in a report for machines, or with the mail alone.

Pure: no database, no clock, no network.
"""

import re
from collections.abc import Iterator

from emails.received import Headers, Received, addresses, blocks, first
from emails.refusals import Recipient

FEEDBACK = "message/feedback-report"
_NOT_A_COMPLAINT = frozenset({"not-spam", "auth-failure", "virus", "other"})  # RFC 5965 7.3, RFC 6430, RFC 6591
# The fields that every report has (RFC 5965 3.1), where a relay made text of it.
_FIELDS = tuple(
    re.compile(rf"^{field}:", re.MULTILINE | re.IGNORECASE) for field in ("feedback-type", "user-agent", "version")
)
_SUBJECT = re.compile(
    r"complaint about (?:a |the |your )?(?:message|e?-?mail)|(?:spam|abuse|junk) (?:report|complaint|notification)"
    r"|feedback (?:report|loop)|signalement (?:de |d'un )?(?:spam|abus)|plainte (?:pour )?(?:spam|abus)"
    r"|spam.?(?:beschwerde|meldung)"
)
# What those who send them are called; whoever only speaks of spam or of feedback is called otherwise.
_LOOPS = re.compile(
    r"(?:staff|scomp|jmrpp?|fbl|feedback(?:loop)?|abuse|complaints?|spam|plaintes?)\b|.*[@.](?:fbl|arf)\."
)
# Whose complaint it is, where the provider took their address out of the mail.
_COMPLAINANT = ("x-hmxmroriginalrecipient", "x-original-to", "delivered-to", "to")


def complaint(mail: Received, *, by_hand: bool) -> tuple[bool, tuple[Recipient, ...]] | None:
    """Whether it complains, and who does; None for a mail without a feedback report.

    In a mail that somebody wrote `by_hand` only a part that is one counts: what reads like one may be quoted.
    """
    report = next(_reports(mail, by_hand), None)
    return None if report is None else _from_report(report, mail)


def complaint_without_report(mail: Received) -> tuple[Recipient, ...] | None:
    """Who complains in a mail that only says so and sends ours back; None where its sender or subject does not fit."""
    loop = any(_LOOPS.match(address.lower()) for address in addresses(mail.first("from")))
    told = mail.originals and loop and _SUBJECT.search(mail.first("subject").lower())
    return _complained(_addressed(mail)) if told else None


def _reports(mail: Received, by_hand: bool) -> Iterator[str]:
    for part in mail.parts:
        typed = part.kind == FEEDBACK or (not by_hand and all(field.search(part.text) for field in _FIELDS))
        if typed and not part.original:
            yield part.text


def _from_report(report: str, mail: Received) -> tuple[bool, tuple[Recipient, ...]]:
    fields = [group for group in blocks(report) if "feedback-type" in group or "original-rcpt-to" in group]
    kind = next((first(group, "feedback-type").lower() for group in fields), "abuse") or "abuse"
    if kind in _NOT_A_COMPLAINT:
        return False, ()
    named = [address for group in fields for address in addresses(*group.get("original-rcpt-to", ()))]
    return True, _complained(named or _addressed(mail))


def _addressed(mail: Received) -> list[str]:
    """Whom the mail that they complain of was for."""
    within: Headers = next(iter(mail.originals), {})
    return next((found for name in _COMPLAINANT if (found := addresses(*within.get(name, ())))), [])


def _complained(named: list[str]) -> tuple[Recipient, ...]:
    return tuple(Recipient(address, "", "feedback", "complaint") for address in dict.fromkeys(named))
