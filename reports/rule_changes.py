"""What each release that changed the rules would have made of the past, as it was kept with it; read-only."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from leads.effects import Effect
from storage.schema import refolds, releases


@dataclass(frozen=True, slots=True)
class RuleChange:
    """`at` is machine time. `effect` None: it was put in force before effects were kept."""

    release: int
    at: datetime
    author: str
    note: str | None
    effect: Effect | None


def rule_changes(conn: Connection, at_most: int) -> Iterator[RuleChange]:
    """The newest releases that changed what leads are judged by, the newest first."""
    columns = (releases.c.id, releases.c.created_at, releases.c.author, releases.c.note, refolds.c.effect)
    wanted = select(*columns).join(refolds, refolds.c.release_id == releases.c.id)
    for row in conn.execute(wanted.order_by(releases.c.id.desc()).limit(at_most)):
        effect = None if row.effect is None else Effect.from_json(row.effect)
        yield RuleChange(row.id, row.created_at, row.author, row.note, effect)
