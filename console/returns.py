"""What came back, in a sentence for the page about health, and what to do where nobody looks."""

from dataclasses import dataclass
from datetime import timedelta

from flask import g
from markupsafe import Markup

from base.settings import Bounces
from base.translations import msgid
from console.context import say, say_n, span
from reports.returned import CameBack

LATE = timedelta(minutes=10)  # a mailbox that nobody has looked into for so long

# What came back -> one, many.
KINDS: dict[str, tuple[str, str]] = {
    "hard": (msgid("%(count)s address that does not exist"), msgid("%(count)s addresses that do not exist")),
    "soft": (msgid("%(count)s mail refused for now"), msgid("%(count)s mails refused for now")),
    "complaint": (msgid("%(count)s complaint"), msgid("%(count)s complaints")),
    "human_reply": (msgid("%(count)s answer"), msgid("%(count)s answers")),
    "auto_reply": (msgid("%(count)s machine that answered"), msgid("%(count)s machines that answered")),
}


@dataclass(frozen=True, slots=True)
class Told:
    """`unread`: there is a mailbox, and nobody looks into it."""

    sentence: str
    do: str | Markup = ""
    unread: bool = False


def told_of_returns(back: CameBack, awaited: Bounces) -> Told:
    """What is to be said of the last 30 days."""
    if awaited.maildir is not None and (back.read_at is None or g.moment.machine - back.read_at > LATE):
        return _unread(back)
    if awaited.maildir is None and awaited.secret is None and not back.total:
        do = Markup("{} <code>[mail.bounces]</code>").format(say("Name a mailbox, or a webhook, under"))
        return Told(say("Nobody looks where they do: addresses that do not exist go on being written to."), do)
    parts = [say_n(*KINDS[kind], back.kinds[kind]) for kind in KINDS if back.kinds.get(kind)]
    return Told(say("In 30 days: %(kinds)s.", kinds=", ".join(parts)) if parts else say("None in 30 days."))


def _unread(back: CameBack) -> Told:
    do = say("Is an engine running, and may it read that folder?")
    if back.read_at is None:
        return Told(say("Their mailbox was never looked into."), do, unread=True)
    since = span(max(g.moment.machine - back.read_at, timedelta(0)))
    return Told(say("Their mailbox has not been looked into for %(age)s.", age=since), do, unread=True)
