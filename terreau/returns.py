"""What came back, in a sentence for the doctor, and whether anybody looks where it does."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from base.calendars import Zone
from base.mail_settings import Bounces
from base.saying import Said, said, said_moment, said_n
from reports.returned import CameBack

LATE = timedelta(minutes=10)
Told = tuple[Literal["well", "doubt", "wrong"], str, str]  # state, sentence, hint


def told_of_returns(back: CameBack, awaited: Bounces, machine_now: datetime, zone: Zone) -> Told:
    """What is to be said of the last 30 days, on the wall clock of `zone`, and what to do."""
    folder = awaited.maildir
    if folder is None and awaited.secret is None and not back.total:
        hint = said("docs/mail.md says how: without it, addresses that do not exist go on being written to")
        return "well", said("no mailbox of bounces and no webhook is set under [mail.bounces]"), hint
    if folder is not None and not _usable(folder):
        hint = said("is it a Maildir, and may this account read and move what lies in it?")
        return "wrong", said("%(folder)s/new cannot be read: what comes back is not seen", folder=folder), hint
    if folder is not None and (back.read_at is None or machine_now - back.read_at > LATE):
        return (
            "doubt",
            said("%(looked)s; %(back)s", looked=_looked(folder, back, zone), back=_counted(back)),
            said("`terreau serve` and `terreau engine` do: is one running?"),
        )
    if folder is None or back.read_at is None:
        return "well", _counted(back), ""
    return "well", said("%(looked)s; %(back)s", looked=_looked(folder, back, zone), back=_counted(back)), ""


def _looked(folder: Path, back: CameBack, zone: Zone) -> Said:
    if back.read_at is None:
        return said("%(folder)s was never looked into", folder=folder)
    return said("%(folder)s was last looked into on %(when)s", folder=folder, when=said_moment(back.read_at, zone))


def _usable(folder: Path) -> bool:
    return os.access(folder / "new", os.R_OK | os.W_OK | os.X_OK)


def _counted(back: CameBack) -> Said:
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(back.kinds.items()))
    told = said_n("%(count)s mail came back in 30 days", "%(count)s mails came back in 30 days", back.total)
    if kinds:
        told = said("%(told)s (%(kinds)s)", told=told, kinds=kinds)
    if not back.strangers:
        return told
    return said("%(told)s, and %(strangers)s without a token of ours", told=told, strangers=back.strangers)
