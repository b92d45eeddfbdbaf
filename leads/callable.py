"""Who is not to be called: whoever asked not to be, and whoever left all our mail; of a number a keyed hash is kept.

An address that only does not work, or a long silence, is no reason: a call is what is left then.
"""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, delete

from base.tokens import keyed_hash
from leads import consent
from leads.facts import Lead
from leads.groups import owners
from leads.identity import load_leads
from storage.schema import suppressions

CALLS, OBJECTED = "calls", "objected"  # scope and reason of such a number in `suppressions`
_NO_REASON = frozenset({"hard_bounce", "soft_bounces", "sunset"})


def number_hash(key: str, phone: str) -> str:
    """What stands for it in `suppressions`, so that an objection outlives the lead; `key`: the suppression key."""
    return keyed_hash(key, f"tel:{phone}")


def allow_calls(conn: Connection, key: str, phone: str) -> bool:
    """Take an objection back, which was noted by mistake. Returns whether there was one."""
    ours = suppressions.c.address_hash == number_hash(key, phone)
    return conn.execute(delete(suppressions).where(ours, suppressions.c.scope == CALLS)).rowcount == 1


def numbers(conn: Connection, lead_id: int) -> list[str]:
    """Every number of the lead and of those it stands for."""
    those = load_leads(conn, owners(conn, [lead_id]))
    return sorted({one.phone for one in those.values() if one.phone})


def not_to_be_called(conn: Connection, key: str, leads: Collection[Lead]) -> dict[int, str]:
    """{lead id: why} of those who are not: `objected`, or why an address of theirs is left alone.

    Whoever was merged speaks for the lead that stands for them: each of their numbers and addresses counts.
    """
    marks = _marks(conn, key, leads)
    known = consent.reasons(conn, {mark for those in marks.values() for mark in those})
    found = {
        lead_id: sorted({reason for mark in those for reason in known.get(mark, ())} - _NO_REASON)
        for lead_id, those in marks.items()
    }
    return {lead_id: OBJECTED if OBJECTED in why else why[0] for lead_id, why in found.items() if why}


def _marks(conn: Connection, key: str, leads: Collection[Lead]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set, {lead.id: set(_marks_of(lead, key)) for lead in leads})
    whose = owners(conn, list(found))
    for lead_id, joined in load_leads(conn, whose.keys() - found.keys()).items():
        found[whose[lead_id]].update(_marks_of(joined, key))
    return found


def _marks_of(lead: Lead, key: str) -> list[str]:
    by_mail = [consent.address_hash(key, lead.email)] if lead.email else []
    return [*by_mail, number_hash(key, lead.phone)] if lead.phone else by_mail
