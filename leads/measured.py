"""How many leads let themselves be measured: what rules on clicks and opens can see of them."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from storage.schema import consents, leads


class Share(NamedTuple):
    """`part` of `whole` leads."""

    part: int
    whole: int

    @property
    def percent(self) -> int:
        return round(100 * self.part / self.whole) if self.whole else 0


def unmeasured(conn: Connection, purposes: Iterable[str]) -> dict[str, Share]:
    """For each purpose (`clicks`, `opens`), the leads without consent to it, of all who are no mere contacts."""
    known = (leads.c.status == "lead", leads.c.merged_into.is_(None))
    whole = conn.execute(select(func.count()).select_from(leads).where(*known)).scalar_one()
    shares = {}
    for purpose in purposes:
        newest = select(func.max(consents.c.id)).where(consents.c.topic == purpose).group_by(consents.c.lead_id)
        held = consents.join(leads, leads.c.id == consents.c.lead_id)
        granted = select(func.count()).select_from(held).where(*known, consents.c.id.in_(newest))
        part = conn.execute(granted.where(consents.c.state == "granted")).scalar_one()
        shares[purpose] = Share(whole - part, whole)
    return shares
