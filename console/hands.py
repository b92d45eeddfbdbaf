"""A hand-off as a rep reads it: who, how warm, why, in at most four facts, what to say, and what may be answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from authoring.site import Site
from base.calendars import local_day
from base.translations import msgid
from console.choices import Choices, of_hand_off
from console.context import Viewer, phone_shown, say
from console.drawings import in_points
from console.names import Names
from console.telling import own_words
from leads.points import MILLI, engagement
from leads.scoring import temperature
from reports.today import Answered, Waiting
from sales.brief import Dossier, Submitted, brief
from sales.notebook import Author
from sales.wording import Voice, signed

REASONS = 4


SAID: Mapping[str, str] = {
    "accepted": msgid("accepted by %(who)s"),
    "rejected": msgid("rejected by %(who)s"),
    "withdrawn": msgid("taken back by %(who)s: it rested on hits of a machine"),
    "recycled": msgid("recycled by %(who)s"),
    "disqualified": msgid("disqualified by %(who)s"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """So many points for this; `fit`: for who they are, which is no part of the engagement."""

    points: str
    what: str
    fit: bool = False


@dataclass(frozen=True, slots=True)
class Hand:
    """An open hand-off. `cooled` says what became of a lead that has cooled while it waited."""

    id: int
    lead_id: int
    name: str
    who: str
    phone: str | None
    phone_shown: str
    email: str | None
    shut: str  # why nobody writes to that address, "" where one may
    owner: str
    temperature: str
    temperature_name: str
    engagement: int
    opened_at: datetime
    answer_by: datetime | None
    why_now: str
    reasons: tuple[Reason, ...]
    fit: str
    quote: str
    answers: Sequence[dict[str, str]]
    suggestion: str
    cooled: str
    choices: Choices


@dataclass(frozen=True, slots=True)
class Done:
    """An answered hand-off: who decided what, and where the lead is now."""

    id: int
    lead_id: int
    name: str
    verdict: str
    sentence: str
    reason: str
    at: datetime
    took: timedelta
    stage: str
    stage_name: str
    own: bool  # the viewer decided it


def hand(waiting: Waiting, site: Site, viewer: Viewer, now: datetime, shut: str = "") -> Hand:
    """The hand-off at `now`; its brief is written again, so that points, days and language are the viewer's."""
    told = _brief(waiting, site, viewer, now)
    lead, definitions = waiting.facts.lead, site.definitions
    milli = engagement(waiting.facts.standing.buckets, definitions, local_day(now, viewer.zone))
    heat = temperature(milli, definitions)
    names, newest = Names(site, viewer), waiting.submitted[0] if waiting.submitted else None
    return Hand(
        id=waiting.id,
        lead_id=lead.id,
        name=told["name"],
        who=told["who"],
        phone=lead.phone,
        phone_shown=phone_shown(lead.phone) if lead.phone else "",
        email=lead.email,
        shut=shut,
        owner=names.rep(waiting.owner),
        temperature=heat,
        temperature_name=next(viewer.speech.text(one.label) for one in definitions.temperatures if one.id == heat),
        engagement=milli,
        opened_at=waiting.opened_at,
        answer_by=waiting.answer_by,
        why_now=told["why_now"],
        reasons=_reasons(told),
        fit=told["fit"]["sentence"] or "",
        quote=own_words(newest.form, newest.answers, site) if newest else "",
        answers=told["answers"],
        suggestion=told["suggestion"] or "",
        cooled="" if waiting.present else _cooled(waiting, names),
        choices=of_hand_off(site, viewer, waiting.stage),
    )


def done(answered: Answered, site: Site, viewer: Viewer) -> Done:
    names = Names(site, viewer)
    return Done(
        id=answered.id,
        lead_id=answered.lead_id,
        name=answered.name,
        verdict=answered.verdict,
        sentence=say(SAID.get(answered.verdict, SAID["rejected"]), who=names.rep(answered.by)),
        reason=names("reason", answered.reason) if answered.reason else "",
        at=answered.at,
        took=answered.took,
        stage=answered.stage,
        stage_name=names.stage(answered.stage),
        own=answered.by == Author(viewer.name, viewer.rep).signature,
    )


def _brief(waiting: Waiting, site: Site, viewer: Viewer, now: datetime) -> dict[str, Any]:
    facts = waiting.facts
    then = replace(
        facts.standing, engagement=waiting.points * MILLI
    )  # what it had just reached when it was handed over
    dossier = Dossier(
        facts=replace(facts, standing=then),
        stage=waiting.stage,
        cycle=waiting.cycle,
        event_seq=waiting.event_seq,
        reason=waiting.reason,
        recent=waiting.recent,
        submitted=[Submitted(one.form, one.answers, one.at) for one in waiting.submitted],
        answer_by=waiting.answer_by or waiting.opened_at,
        now=now,
        noted=waiting.bant,
    )
    reps = site.definitions.hand_off.reps
    rep = next((one for one in reps if one.id == waiting.owner), reps[0])
    return brief(dossier, rep, Voice(site, viewer.locale, viewer.zone), "")


def _reasons(told: dict[str, Any]) -> tuple[Reason, ...]:
    """The strongest first, whichever way they point, and what the others come to: together the engagement. Who they
    are is the last."""
    score = sorted(told["score"], key=lambda line: -abs(in_points(line["points"])))
    shown = score if len(score) <= REASONS else score[: REASONS - 1]
    others = sum(in_points(line["points"]) for line in score[len(shown) :])
    earned = [Reason(line["points"], line["what"]) for line in shown]
    earned += [Reason(signed(others), say("all else"))] if others else []
    fit = told["fit"]
    known = int(fit["points"]) > 0 and fit["persona"]
    return (*earned, Reason(fit["points"], fit["persona"], fit=True)) if known else tuple(earned)


def _cooled(waiting: Waiting, names: Names) -> str:
    stage = names.stage(waiting.facts.standing.stage)
    return say("Has cooled while waiting and is at %(stage)s now. You may still accept them.", stage=stage)
