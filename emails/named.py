"""Whom a mail that came back names: in a header, as the one it was written to, in the middle of a sentence."""

import re

from emails.received import Received, first

MOST_RECIPIENTS = 50
ADDRESS = r"[^\s<>@:;,()\[\]\"'：；，（）【】「」]{1,200}@(?:\[[A-Za-z0-9.:]{1,60}\]|[A-Za-z0-9][A-Za-z0-9.-]{0,253})"
_FOUND = re.compile(ADDRESS)
_TAG = re.compile(r"\+[^@\s]{0,100}@")  # what makes a return path that of one mail


def failed_recipients(mail: Received) -> list[str]:
    """Exim and Google name them in a header."""
    values = " ".join(mail.headers.get("x-failed-recipients", ()))
    return list(dict.fromkeys(_FOUND.findall(values)))[:MOST_RECIPIENTS]


def originally_to(mail: Received) -> list[str]:
    """Whom the mail that came back was written to."""
    return [one for headers in mail.originals[:1] for one in _FOUND.findall(first(headers, "to"))][:1]


def mentioned(mail: Received, notice: str) -> list[str]:
    """The first address that stands anywhere in the notice, in the middle of a sentence; one of the house that the
    notice is sent to wrote the mail more likely than it got it."""
    named = [one for one in _FOUND.findall(notice) if not is_ours(one, mail)]
    house = {_host(one) for one in _FOUND.findall(mail.first("to"))}
    return sorted(named, key=lambda one: _host(one) in house)[:1]


def _host(address: str) -> str:
    return address.rpartition("@")[2].rstrip(".").lower()


def is_ours(address: str, mail: Received) -> bool:
    """Whether it is the one who wrote, or to whom this report is sent, or who sends it."""
    ours = {*mail.headers.get("to", ()), *mail.headers.get("from", ()), *(first(one, "from") for one in mail.originals)}
    named = {value.lower() for value in ours} | {_TAG.sub("@", value.lower()) for value in ours}
    return any(address.lower() in value for value in named) or address.lower().startswith("postmaster@")
