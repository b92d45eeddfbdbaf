"""What was ever put in force, by whom and when; putting something in force is left to applying."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from storage.database import Database
from storage.schema import in_force, refolds, releases


@dataclass(frozen=True, slots=True)
class Listed:
    """One release. `created_at` is machine time, in UTC."""

    number: int
    hash: str
    git_commit: str | None
    author: str
    created_at: datetime
    note: str | None
    in_force: bool
    effect: Mapping[str, Any] | None  # what its rules would have made of the past; None where it changed none

    def line(self, zone: str) -> str:
        """`* 7  3f2a9c01d4e5  c0ffee1234  2026-11-02 10:00  chloé: shorter second mail`, `*` for the one in force."""
        at = self.created_at.astimezone(ZoneInfo(zone))
        commit = (self.git_commit or "–")[:10]
        note = f": {self.note}" if self.note else ""
        mark = "*" if self.in_force else " "
        return f"{mark} {self.number:>4}  {self.hash[:12]}  {commit:<10}  {at:%Y-%m-%d %H:%M}  {self.author}{note}"

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "hash": self.hash,
            "git_commit": self.git_commit,
            "author": self.author,
            "created_at": self.created_at.isoformat(),
            "note": self.note,
            "in_force": self.in_force,
            "effect": self.effect,
        }


def listed(database: Database) -> list[Listed]:
    """Every release, the newest first."""
    columns = (releases.c.id, releases.c.hash, releases.c.git_commit, releases.c.author, releases.c.created_at)
    current = select(in_force.c.release_id).scalar_subquery()
    wanted = select(*columns, releases.c.note, (releases.c.id == current).label("current"), refolds.c.effect)
    wanted = wanted.outerjoin(refolds, refolds.c.release_id == releases.c.id)
    with database.read() as conn:
        rows = conn.execute(wanted.order_by(releases.c.id.desc())).all()
    return [
        Listed(row.id, row.hash, row.git_commit, row.author, row.created_at, row.note, bool(row.current), row.effect)
        for row in rows
    ]
