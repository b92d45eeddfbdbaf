"""Who is not to be called: whoever asked not to be, and whoever left all our mail.

A no is the person's, not the number's at which it was said: their story holds it, so it holds for what number or
address they come to have, and for all who are one with them. A keyed hash of the number holds it for longer than the
lead is known.
An address that only does not work, or a long silence, is no reason: a call is what is left then.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, delete

from base.tokens import keyed_hash
from leads import consent, consenting, events
from leads.answering import ALL, TRACKING
from leads.facts import CALLED, CALLS_ALLOWED, OBJECTED, Event, Lead
from leads.groups import others, owners, survivors
from leads.identity import load_leads
from storage.schema import suppressions

CALLS = "calls"  # the scope of such a number in `suppressions`; its reason is OBJECTED
LEFT = "unsubscribed"  # the event, and the reason of an address
_NO_REASON = consent.OF_THE_MAILBOX | {"sunset"}
_SAID = (CALLED, CALLS_ALLOWED, LEFT, "consent_granted")  # events that begin or end a no


def number_hash(key: str, phone: str) -> str:
    """What stands for it in `suppressions`, so that an objection outlives the lead; `key`: the suppression key."""
    return keyed_hash(key, f"tel:{phone}")


def allow_calls(conn: Connection, key: str, phone: str) -> bool:
    """Take an objection back, which was noted by mistake. Returns whether there was one."""
    ours = suppressions.c.address_hash == number_hash(key, phone)
    return conn.execute(delete(suppressions).where(ours, suppressions.c.scope == CALLS)).rowcount == 1


def leave_alone(conn: Connection, key: str, lead_id: int, phone: str, machine_now: datetime) -> None:
    """The lead comes to have this number: whoever of those who are one objected to calls said it of this one, too."""
    if OBJECTED in noes(conn, lead_id):
        consenting.suppress(conn, number_hash(key, phone), CALLS, OBJECTED, machine_now)


def numbers(conn: Connection, lead_id: int) -> list[str]:
    """Every number of the lead and of those it stands for."""
    those = load_leads(conn, owners(conn, [lead_id]))
    return sorted({one.phone for one in those.values() if one.phone})


def not_to_be_called(conn: Connection, key: str, leads: Collection[Lead]) -> dict[int, str]:
    """{lead id: why} of those who are not: `objected`, or why an address of theirs is left alone.

    Those who are one speak for each other: what each of them said counts, each of their numbers and addresses.
    """
    marks, said = _marks(conn, key, leads), _said(conn, [lead.id for lead in leads])
    known = consent.reasons(conn, {mark for those in marks.values() for mark in those})
    found = {
        lead_id: sorted({*said[lead_id], *(reason for mark in those for reason in known.get(mark, ()))} - _NO_REASON)
        for lead_id, those in marks.items()
    }
    return {lead_id: OBJECTED if OBJECTED in why else why[0] for lead_id, why in found.items() if why}


def noes(conn: Connection, lead_id: int) -> set[str]:
    """What they, whoever of those who are one, say no to, at whatever address and number: as `refused`."""
    return _said(conn, [lead_id])[lead_id]


def refused(story: Iterable[Event]) -> set[str]:
    """What a story says no to, given what was said of it since: `objected` to calls, `unsubscribed` from all our mail.
    Pure."""
    no: set[str] = set()
    for event in story:
        if event.name == CALLED and event.subject == OBJECTED:
            no.add(OBJECTED)
        elif event.name == CALLS_ALLOWED:
            no.discard(OBJECTED)
        elif event.name == LEFT and event.subject == ALL:
            no.add(LEFT)
        elif event.name == "consent_granted" and event.subject not in TRACKING:
            no.discard(LEFT)
    return no


def _said(conn: Connection, lead_ids: Collection[int]) -> dict[int, set[str]]:
    ends = survivors(conn, lead_ids)
    stories = events.history(conn, set(ends.values()), _SAID)
    return {lead_id: refused(stories[end]) for lead_id, end in ends.items()}


def _marks(conn: Connection, key: str, leads: Collection[Lead]) -> dict[int, set[str]]:
    found = {lead.id: set(_marks_of(lead, key)) for lead in leads}
    together = others(conn, list(found))
    known = load_leads(conn, {one for those in together.values() for one in those})
    for lead_id, those in together.items():
        found[lead_id].update(mark for one in those for mark in _marks_of(known[one], key))
    return found


def _marks_of(lead: Lead, key: str) -> list[str]:
    by_mail = [consent.address_hash(key, lead.email)] if lead.email else []
    return [*by_mail, number_hash(key, lead.phone)] if lead.phone else by_mail
