"""What a CRM says that sales decided there, once: the verbs are those of the console, and the CRM their author."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from authoring.site import Site
from base.clock import Moment
from leads import standings
from leads.conditions import stage_rank
from leads.facts import DISQUALIFIED, RECYCLED
from leads.groups import group, survivor
from leads.outside_events import OutsideCall, Taken, whom
from leads.ways import with_sales
from sales import moving, verdicts
from sales.deals import NoDeal
from sales.moving import Refused
from sales.notebook import Author
from sales.verdicts import AnsweredBefore, Verdict
from sales.wording import Voice
from storage.schema import hand_offs

Verb = Callable[..., Any]  # of (conn, lead_id, author, now)

NOTHING_WAITS = "no hand-off of this lead waits for an answer"
NO_DEAL = "no deal of this lead is open"
THERE = "the lead stands at `{stage}` already"
NO_STAGE = "the definitions have no stage `{stage}`"
NOT_WITH_SALES = "sales does not have this lead: there is nothing to give back"


class NotSo(Exception):
    """Nothing was changed: the lead stands otherwise than the program believes; the sentence says how."""


def do(conn: Connection, call: OutsideCall, verb: Verb, key: str, site: Site, now: Moment) -> Taken:
    """Do it for the lead whom the call is about, unless that call was told before.

    Raises NotSo; NobodyTold and NoCorrection as `leads.outside_events.take`.
    """
    taken = whom(conn, call, key, now)
    if taken.new and taken.lead_id is not None:
        try:
            verb(conn, lead_id=taken.lead_id, author=Author(call.system), now=now)
        except NoDeal:
            raise NotSo(NO_DEAL) from None
        except AnsweredBefore:
            raise NotSo(NOTHING_WAITS) from None
        except Refused as error:
            raise NotSo(moving.sentence(error.barred, Voice(site, "en", "UTC"))) from None
    return taken


def judging(verdict: Verdict, site: Site) -> Verb:
    """The verb of a verdict: accepting and rejecting answer the hand-off that waits, the others the lead itself."""
    return partial(_decide if verdict.said in (RECYCLED, DISQUALIFIED) else _answer, verdict=verdict, site=site)


def _answer(conn: Connection, lead_id: int, verdict: Verdict, site: Site, author: Author, now: Moment) -> None:
    waits = _waiting(conn, lead_id)
    if waits is None:
        raise NotSo(NOTHING_WAITS)
    moving.answer(conn, waits, verdict, site, author, now)


def _decide(conn: Connection, lead_id: int, verdict: Verdict, site: Site, author: Author, now: Moment) -> None:
    lead_id = survivor(conn, lead_id)
    if stage_rank(site.definitions, verdict.said) < 0:
        raise NotSo(NO_STAGE.format(stage=verdict.said))
    stood = standings.load(conn, [lead_id]).get(lead_id)
    if stood is not None and stood.stage == verdict.said:
        raise NotSo(THERE.format(stage=verdict.said))
    held = stood is not None and (stood.stage == DISQUALIFIED or with_sales(stood, site.definitions))
    if verdict.said == RECYCLED and not held and _waiting(conn, lead_id) is None:
        raise NotSo(NOT_WITH_SALES)
    verdicts.decide(conn, lead_id, verdict, author, now)


def _waiting(conn: Connection, lead_id: int) -> int | None:
    """The newest hand-off without an answer, of the lead or of whom it is one with."""
    theirs = hand_offs.c.lead_id.in_(group(conn, survivor(conn, lead_id)))
    unanswered = select(hand_offs.c.id).where(theirs, hand_offs.c.verdict.is_(None))
    return conn.scalars(unanswered.order_by(hand_offs.c.id.desc()).limit(1)).first()
