"""Takes an alert back that should not have gone out: the hand-off is closed, and its rep is told why, once."""

from typing import Any

from sqlalchemy import Connection, Row, select, update

from authoring.site import Site
from base.calendars import Zone
from base.clock import Moment
from leads.forgetting import Clerk, note
from leads.identity import load_leads
from leads.undone import UNDONE, WITHDRAWN
from sales.handoff import LEAD_PAGE
from sales.notebook import Act, Author
from sales.telling import NOTICE, About, tell_by_mail
from sales.verdicts import AnsweredBefore
from sales.wording import Voice
from storage.schema import hand_offs, stage_changes

TAKEN_BACK = "alert_withdrawn"


def withdraw(
    conn: Connection, hand_off_id: int, site: Site, zone: Zone, base_url: str, key: str, author: Author, now: Moment
) -> None:
    """Close the hand-off, tell the rep who was alerted, and enter both in the story and in the audit chain.

    `zone`: the site's; `key`: of the audit chain. Raises AnsweredBefore when sales has answered it, LookupError when it
    is not there or what it rests on is believed.
    """
    found = conn.execute(
        select(hand_offs).join(stage_changes, UNDONE).where(hand_offs.c.id == hand_off_id).limit(1)
    ).one_or_none()
    if found is None:
        raise LookupError(f"no alert {hand_off_id} rests on a hit that is believed no longer")
    act = Act.begin(conn, found.lead_id, author, now)  # its wake is held: an answer comes before, or after
    closed = update(hand_offs).where(hand_offs.c.id == hand_off_id, hand_offs.c.verdict.is_(None))
    values = {"verdict": WITHDRAWN, "verdict_by": author.signature, "verdict_at": now.calendar, "escalate_at": None}
    if not conn.execute(closed.values(**values)).rowcount:
        raise AnsweredBefore
    act.tell(conn, TAKEN_BACK, found.stage, cycle=found.cycle)
    note(conn, key, TAKEN_BACK, act.lead_id, Clerk(author.name, author.staff_id), now, cycle=found.cycle)
    rep = next((one for one in site.definitions.hand_off.reps if one.id == found.owner), None)
    if rep is not None:
        url = f"{base_url.rstrip('/')}{LEAD_PAGE}/{act.lead_id}"
        letter = _letter(conn, found, Voice(site, rep.locale, zone), url)
        about = About(found.lead_id, found.cycle, site.release_id, now)
        tell_by_mail(conn, about, rep, letter, NOTICE, f"mail:{rep.id}:{WITHDRAWN}")


def _letter(conn: Connection, hand_off: Row[Any], voice: Voice, url: str) -> dict[str, Any]:
    """The variables of `templates/notifications/notify`."""
    lead = load_leads(conn, [hand_off.lead_id])[hand_off.lead_id]
    why = voice.told("The alert rested on links that a machine had followed: that is known now.")
    rest = voice.told("There is nothing to do. You are told again when they act by themselves.")
    return {
        "locale": voice.locale,
        "subject": voice.told("Not to be called: %(who)s", who=lead.name),
        "why_now": why,
        "text": f"{why}\n\n{rest}",
        "lead": {"name": lead.name, "who": "", "tel": None, "phone": None, "email": None},
        "lead_url": url,
    }
