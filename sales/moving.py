"""Moving leads by hand, and accepting them, where the definitions allow it; a refusal says what stands in the way."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from authoring.models.definitions import Side
from authoring.site import Site
from base.clock import Moment
from base.translations import msgid
from leads import standings
from leads.bant import noted_of, values
from leads.facts import MOVED
from leads.gates import Barred, barred, lacking
from leads.groups import survivor
from leads.identity import load_leads
from sales import verdicts
from sales.notebook import Act, Author
from sales.verdicts import ACCEPTED, Verdict
from sales.wording import Voice, joined
from storage.schema import hand_offs

LONGEST_REASON = 150  # it stands in the story of the stages
SIDES: Mapping[Side, str] = {"marketing": msgid("marketing"), "sales": msgid("sales")}
SENTENCES: Mapping[str, str] = {
    "unknown": msgid("The definitions have no stage “%(stage)s”: choose from %(choice)s."),
    "silent": msgid("Say why: the reason stands in the lead's story."),
    "here": msgid("The lead stands at %(stage)s already."),
    "verdict": msgid(
        "Leads come to %(stage)s by a verdict of sales alone, with its reason: recycle or disqualify them."
    ),
    "disqualified": msgid("Sales has disqualified the lead: recycle them first."),
    "nobody": msgid(
        "Nobody moves leads to %(stage)s by hand. To let somebody, write `moved_by = ['sales']`, `['marketing']` or"
        " both under that stage in definitions.toml, and put it in force."
    ),
    "others": msgid("Only %(who)s may move leads to %(stage)s."),
    "lacking": msgid("%(stage)s asks for what nobody knows of the lead yet: %(what)s."),
}


class Refused(Exception):
    """Nothing was changed: the lead may not come to that stage, and `barred` says why."""

    def __init__(self, barred: Barred) -> None:
        super().__init__(f"not to {barred.stage}: {barred.why}")
        self.barred = barred


def move(
    conn: Connection, lead_id: int, to: str, by: Collection[Side], reason: str, site: Site, author: Author, now: Moment
) -> None:
    """Tell the engine to move the lead to that stage; `by`: for whom the author acts, `reason`: in their words.

    Raises Refused, LookupError for a lead that is not there.
    """
    act = Act.begin(conn, lead_id, author, now)  # its wake is held: nobody else moves it meanwhile
    stood = standings.load(conn, [act.lead_id]).get(act.lead_id)
    here = stood.stage if stood is not None else site.definitions.stages[0].id
    lead = load_leads(conn, [act.lead_id])[act.lead_id]
    if not reason.strip():
        raise Refused(Barred("silent", to))
    found = barred(site.definitions, here, to, by, lead, values(noted_of(conn, act.lead_id)))
    if found is not None:
        raise Refused(found)
    act.tell(conn, MOVED, to, reason=reason[:LONGEST_REASON])


def answer(conn: Connection, hand_off_id: int, verdict: Verdict, site: Site, author: Author, now: Moment) -> None:
    """Answer a hand-off as `verdicts.answer` does, whose errors it raises, where the definitions let the lead be moved.

    Raises Refused, and nothing is saved. Asked last: nobody changes the lead meanwhile, and whoever is late is told so.
    """
    verdicts.answer(conn, hand_off_id, verdict, author, now)
    if verdict.said == ACCEPTED:
        _may_accept(conn, hand_off_id, site)


def _may_accept(conn: Connection, hand_off_id: int, site: Site) -> None:
    """Raise Refused when the stage of accepted leads asks for what nobody knows."""
    row = conn.execute(
        select(hand_offs.c.lead_id, hand_offs.c.stage).where(hand_offs.c.id == hand_off_id)
    ).one_or_none()
    origin = next((one for one in site.definitions.stages if row is not None and one.id == row.stage), None)
    target = next((one for one in site.definitions.stages if origin and one.id == origin.accepted_to), None)
    if row is None or target is None:
        return
    lead_id = survivor(conn, row.lead_id)
    lead = load_leads(conn, [lead_id])[lead_id]
    lacks = lacking(target, lead, values(noted_of(conn, lead_id)), site.definitions)
    if lacks:
        raise Refused(Barred("lacking", target.id, lacks=lacks))


def sentence(found: Barred, voice: Voice) -> str:
    """Why not, as a sentence."""
    who = joined((voice.told(SIDES[side]) for side in found.may), f" {voice.told('or')} ")
    stage = voice.stage(found.stage)
    choice = ", ".join(one.id for one in voice.site.definitions.stages)
    what = joined(voice.lacks(found.lacks))
    return voice.told(SENTENCES[found.why], stage=stage, who=who, what=what, choice=choice)
