"""What came back, in a sentence for the page about health, and what to do where nobody looks."""

from dataclasses import dataclass
from datetime import timedelta

from flask import g
from markupsafe import Markup

from base.mail_settings import Bounces
from console.context import say, say_n, span
from reports.returned import CameBack

LATE = timedelta(minutes=10)  # a mailbox that nobody has looked into for so long


@dataclass(frozen=True, slots=True)
class Told:
    """`do`: what is to be done where nobody looks; "" where somebody does."""

    sentence: str
    do: str | Markup = ""


def told_of_returns(back: CameBack, awaited: Bounces) -> Told:
    """What is to be said of the last 30 days."""
    if awaited.maildir is not None and (back.read_at is None or g.moment.machine - back.read_at > LATE):
        return _unread(back)
    if awaited.maildir is None and awaited.secret is None and not back.total:
        do = Markup("{} <code>[mail.bounces]</code>").format(say("Name a mailbox, or a webhook, under"))
        return Told(say("Nobody looks where they do: addresses that do not exist go on being written to."), do)
    kinds = ", ".join(_kinds(back))
    return Told(say("In 30 days: %(kinds)s.", kinds=kinds) if kinds else say("Nothing came back in 30 days."))


def _kinds(back: CameBack) -> list[str]:
    """What there was of each kind, what needs a look first."""
    of = [back.kinds.get(kind, 0) for kind in ("hard", "soft", "complaint", "human_reply", "auto_reply")]
    told = (
        say_n("%(count)s address that does not exist", "%(count)s addresses that do not exist", of[0]),
        say_n("%(count)s mail refused for now", "%(count)s mails refused for now", of[1]),
        say_n("%(count)s complaint", "%(count)s complaints", of[2]),
        say_n("%(count)s answer", "%(count)s answers", of[3]),
        say_n("%(count)s machine that answered", "%(count)s machines that answered", of[4]),
    )
    return [words for words, count in zip(told, of, strict=True) if count]


def _unread(back: CameBack) -> Told:
    do = say("Is an engine running, and may it read that folder?")
    if back.read_at is None:
        return Told(say("Their mailbox was never looked into."), do)
    since = span(max(g.moment.machine - back.read_at, timedelta(0)))
    return Told(say("Their mailbox has not been looked into for %(age)s.", age=since), do)
