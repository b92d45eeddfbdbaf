"""What came back, in a sentence for the doctor, and whether anybody looks where it does."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from base.settings import Bounces
from reports.returned import CameBack

LATE = timedelta(minutes=10)
Told = tuple[Literal["well", "doubt", "wrong"], str, str]  # state, sentence, hint


def told_of_returns(back: CameBack, awaited: Bounces, machine_now: datetime) -> Told:
    """What is to be said of the last 30 days, and what to do."""
    folder = awaited.maildir
    if folder is None and awaited.secret is None and not back.total:
        hint = "docs/mail.md says how: without it, addresses that do not exist go on being written to"
        return "well", "no mailbox of bounces and no webhook is set under [mail.bounces]", hint
    if folder is not None and not _usable(folder):
        hint = "is it a Maildir, and may this account read and move what lies in it?"
        return "wrong", f"{folder}/new cannot be read: what comes back is not seen", hint
    if folder is not None and (back.read_at is None or machine_now - back.read_at > LATE):
        last = "never looked into" if back.read_at is None else f"last looked into at {back.read_at:%Y-%m-%d %H:%M} UTC"
        return (
            "doubt",
            f"{folder} was {last}; {_counted(back)}",
            "`terreau serve` and `terreau engine` do: is one running?",
        )
    read = f"; {folder} was looked into at {back.read_at:%H:%M} UTC" if folder is not None and back.read_at else ""
    return "well", f"{_counted(back)}{read}", ""


def _usable(folder: Path) -> bool:
    return os.access(folder / "new", os.R_OK | os.W_OK | os.X_OK)


def _counted(back: CameBack) -> str:
    kinds = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(back.kinds.items()))
    strangers = f", and {back.strangers} without a token of ours" if back.strangers else ""
    return f"{back.total} mails came back in 30 days{f' ({kinds})' if kinds else ''}{strangers}"
