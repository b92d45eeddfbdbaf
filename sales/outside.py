"""What a CRM says that sales decided there, once: the verbs are those of the console, and the CRM their author, as
`system:NAME`, which no id of a rep looks like."""

from functools import partial
from typing import Protocol

from sqlalchemy import Connection, select

from authoring.site import Site
from base.clock import Moment
from leads.facts import DISQUALIFIED, RECYCLED
from leads.groups import group, survivor
from leads.outside_events import OutsideCall, Taken, whom
from sales import moving, verdicts
from sales.deals import NoDeal
from sales.moving import Refused
from sales.notebook import Author
from sales.verdicts import AnsweredBefore, Verdict
from sales.wording import Voice
from storage.schema import hand_offs

NOTHING_WAITS = "no hand-off of this lead waits for an answer"
NO_DEAL = "no deal of this lead is open"


class Verb(Protocol):
    """An act of sales with everything settled but the lead, by whom, and when."""

    def __call__(self, conn: Connection, *, lead_id: int, author: Author, now: Moment) -> object: ...


class NotSo(Exception):
    """Nothing was changed: the lead stands otherwise than the program believes; the sentence says how."""


def do(conn: Connection, call: OutsideCall, verb: Verb, key: str, site: Site, now: Moment) -> Taken:
    """Do it for the lead whom the call is about, unless that call was told before.

    Raises NotSo; NobodyTold and NoCorrection as `leads.outside_events.take`.
    """
    taken = whom(conn, call, key, now)
    if taken.new and taken.lead_id is not None:
        try:
            verb(conn, lead_id=taken.lead_id, author=Author(f"system:{call.system}"), now=now)
        except NoDeal:
            raise NotSo(NO_DEAL) from None
        except AnsweredBefore:
            raise NotSo(NOTHING_WAITS) from None
        except Refused as error:
            raise NotSo(moving.sentence(error.barred, Voice(site, "en", "UTC"))) from None
    return taken


def judging(verdict: Verdict, site: Site) -> Verb:
    """The verb of a verdict: accepting and rejecting answer the hand-off that waits, the others the lead itself.

    Where the lead goes by it, or that it stays, the engine decides: the door knows nothing of events still to be read.
    """
    if verdict.said in (RECYCLED, DISQUALIFIED):
        return partial(verdicts.decide, verdict=verdict)
    return partial(_answer, verdict=verdict, site=site)


def _answer(conn: Connection, *, lead_id: int, verdict: Verdict, site: Site, author: Author, now: Moment) -> None:
    waits = _waiting(conn, lead_id)
    if waits is None:
        raise NotSo(NOTHING_WAITS)
    moving.answer(conn, waits, verdict, site, author, now)


def _waiting(conn: Connection, lead_id: int) -> int | None:
    """The newest hand-off without an answer, of the lead or of whom it is one with."""
    theirs = hand_offs.c.lead_id.in_(group(conn, survivor(conn, lead_id)))
    unanswered = select(hand_offs.c.id).where(theirs, hand_offs.c.verdict.is_(None))
    return conn.scalars(unanswered.order_by(hand_offs.c.id.desc()).limit(1)).first()
