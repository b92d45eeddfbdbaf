"""Gives a lead to another rep: what waits and what is to do goes along, the new rep is told once, and why."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select, update

from authoring.models.hand_off import Rep
from authoring.site import Site
from base.calendars import Zone
from base.clock import Moment
from leads.forgetting import Clerk, note
from leads.groups import group
from leads.identity import load_leads
from sales import again, links, notebook
from sales.alert import mail_context
from sales.brief import brief
from sales.dossiers import dossier_of
from sales.handoff import LEAD_PAGE
from sales.notebook import Act, Author
from sales.routing import ASSIGNED, Routed, why
from sales.telling import ALERT, NOTICE, About, tell_by_mail
from sales.wording import Voice
from storage.schema import hand_offs, leads, standings

GIVEN = "lead_reassigned"  # what the audit chain calls it


class UnknownRep(LookupError):
    """The definitions in force know no rep of that id."""


@dataclass(frozen=True, slots=True)
class Office:
    """Where sales is told from: the site in force, its clock on the wall, its address, the key of the audit chain."""

    site: Site
    zone: Zone
    base_url: str
    key: str

    def rep(self, name: str) -> Rep:
        """Raises UnknownRep."""
        found = next((rep for rep in self.site.definitions.hand_off.reps if rep.id == name), None)
        if found is None:
            raise UnknownRep(name)
        return found

    def lead_url(self, lead_id: int) -> str:
        return f"{self.base_url.rstrip('/')}{LEAD_PAGE}/{lead_id}"

    def verdict_url(self, token: str) -> str:
        return f"{self.base_url.rstrip('/')}/v/{token}"


def reassign(
    conn: Connection, lead_id: int, rep: str | None, reason: str, author: Author, office: Office, now: Moment
) -> bool:
    """Give the lead to a rep, or to nobody, for a reason in words; entered in the story and in the audit chain.

    Returns whether that is news. Raises LookupError for a lead that is not there, UnknownRep.
    """
    act = Act.begin(conn, lead_id, author, now)
    before = conn.execute(select(leads.c.owner).where(leads.c.id == act.lead_id)).scalar_one()
    if before == rep:
        return False
    given = Routed(rep or "", ASSIGNED, author=author.name, reason=reason)
    give(conn, act, given, before, office)
    clerk = Clerk(author.name, author.staff_id)
    note(conn, office.key, GIVEN, act.lead_id, clerk, now, to=rep, before=before, reason=reason)
    return True


def give(conn: Connection, act: Act, given: Routed, before: str | None, office: Office) -> None:
    """The same for an act under way: `given` says to whom, and why; whoever gives it to themselves knows of it."""
    rep = office.rep(given.rep) if given.rep else None
    open_ones = _open(conn, act.lead_id)
    notebook.hand_on(conn, act, rep.id if rep else None, before, given.reason, given.name)
    if rep is None:
        return
    told = False
    for hand_off in open_ones:
        told = _hand_on(conn, hand_off, rep, given, act, office) or told
    if not told and act.author.rep != rep.id:
        _tell(conn, act, rep, given, office)


def _open(conn: Connection, lead_id: int) -> list[Row[Any]]:
    theirs = hand_offs.c.lead_id.in_(group(conn, lead_id)) & hand_offs.c.verdict.is_(None)
    return list(conn.execute(select(hand_offs).where(theirs).order_by(hand_offs.c.id)))


def _hand_on(conn: Connection, hand_off: Row[Any], rep: Rep, given: Routed, act: Act, office: Office) -> bool:
    """The hand-off is theirs, with a brief in their language and a page of their own. True: an alert tells them so."""
    if hand_off.owner == rep.id:
        return False
    voice, now = Voice(office.site, rep.locale, office.zone), act.now.calendar
    dossier = replace(dossier_of(conn, hand_off, office.site, office.zone, now), routed=given)
    told = brief(dossier, rep, voice, office.verdict_url(links.pass_page(conn, hand_off, now)))
    values = {"owner": rep.id, "routed": given.as_json(), "brief": told}
    conn.execute(update(hand_offs).where(hand_offs.c.id == hand_off.id).values(**values))
    if act.author.rep == rep.id:
        return False
    about = About(hand_off.lead_id, hand_off.cycle, office.site.release_id, act.now)
    return tell_by_mail(conn, about, rep, mail_context(told, dossier.reason, voice), ALERT, f"mail:{rep.id}")


def _tell(conn: Connection, act: Act, rep: Rep, given: Routed, office: Office) -> None:
    """Whoever was alerted of this cycle before, or has nothing to answer, is told in a line."""
    voice = Voice(office.site, rep.locale, office.zone)
    lead = load_leads(conn, [act.lead_id])[act.lead_id]
    cycle = conn.execute(select(standings.c.cycle).where(standings.c.lead_id == act.lead_id)).scalar_one_or_none()
    about = About(act.lead_id, cycle or 1, office.site.release_id, act.now)
    letter = again.given(lead, why(given, voice), voice, office.lead_url(lead.id))
    tell_by_mail(conn, about, rep, letter, NOTICE, f"mail:{rep.id}:{ASSIGNED}:{act.seq}")
