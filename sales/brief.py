"""What a rep needs to know before the call, on one page: why now, the score line by line, the last acts, the answers.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authoring.models.common import Localised
from authoring.models.definitions import Definitions, Topic
from authoring.models.hand_off import Rep
from base.calendars import local_day
from leads.addresses import shown_phone
from leads.conditions import holds
from leads.facts import COLUMNS, Event, Facts, Lead, Noted
from leads.hands import is_asked
from leads.points import MILLI, engagement
from sales.known import bant
from sales.points import fit_of, score, threshold
from sales.routing import Routed, why
from sales.wording import Voice, joined, named, one_line

LAST_ACTIONS = 6
_ANSWERED = ("text", "choice", "phone")


@dataclass(frozen=True, slots=True)
class Submitted:
    """A form's answers as they were given; `at` in calendar time."""

    form: str
    answers: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that a brief is written from. `recent` are the lead's last events, `submitted` their forms, newest first;
    `noted` what staff know of BANT, by item."""

    facts: Facts
    stage: str
    cycle: int
    event_seq: int
    reason: str
    recent: Sequence[Event]
    submitted: Sequence[Submitted]
    answer_by: datetime
    now: datetime
    noted: Mapping[str, Noted]
    routed: Routed | None = None  # why it is whose


def brief(dossier: Dossier, rep: Rep, voice: Voice, verdict_url: str) -> dict[str, Any]:
    """The brief in the rep's language, as JSON's types. The score's lines add up to its total."""
    lead = dossier.facts.lead
    return {
        "locale": rep.locale,
        "name": one_line(lead.name),
        "who": one_line(joined([lead.job_title, lead.company])),
        "phone": lead.phone,
        "phone_shown": shown_phone(lead.phone) if lead.phone else None,
        "email": lead.email,
        "owner": rep.id,
        "owner_why": why(dossier.routed, voice) if dossier.routed is not None else None,
        "why_now": _why_now(dossier, voice),
        "suggestion": _suggestion(dossier, voice),
        **score(dossier.facts, dossier.stage, dossier.now, voice),
        "fit": fit_of(dossier.facts, voice),
        "actions": _actions(dossier, voice),
        "answers": _answers(dossier, voice),
        "interests": _interests(dossier, voice),
        "bant": bant(dossier.facts.lead, dossier.noted, voice),
        "stage": _stage(dossier, voice),
        "consents": _consents(dossier, voice),
        "answer_by": dossier.answer_by.isoformat(),
        "deadline": _deadline(dossier, voice),
        "verdict_url": verdict_url,
        "words": words(voice),
    }


def words(voice: Voice) -> dict[str, str]:
    """The headings around a brief."""
    return {
        "why_now": voice.told("Why now:"),
        "suggestion": voice.told("Suggestion:"),
        "accept": voice.told("I take it"),
        "reject": voice.told("Not for me"),
        "score": voice.told("The score, line by line"),
        "total": voice.told("Engagement"),
        "actions": voice.told("Latest actions"),
        "owner": voice.told("Why you"),
        "unknown": voice.told("What we know, and what we do not know yet"),
        "answers": voice.told("What they answered"),
        "interests": voice.told("Interests"),
        "open": voice.told("Open the lead"),
    }


# ---------------------------------------------------------------- why


def _why_now(dossier: Dossier, voice: Voice) -> str:
    lead = dossier.facts.lead  # a room reads this sentence too: it says no address and no number
    name = named([lead.first_name or lead.last_name], lead.id, voice.say)
    trigger = next((event for event in dossier.recent if event.seq == dossier.event_seq), None)
    if is_asked(dossier.reason) and trigger is not None:
        when = voice.when(trigger.at, dossier.now)
        return voice.told(
            "%(name)s is asking for you: %(action)s, %(when)s.", name=name, action=voice.action(trigger), when=when
        )
    return joined([_reached(dossier, voice, name), _latest(dossier, voice)], " ")


def _reached(dossier: Dossier, voice: Voice, name: str) -> str:
    limit = threshold(voice.site.stage(dossier.stage))
    standing = dossier.facts.standing
    points = standing.engagement // MILLI
    if limit is None:
        return voice.told(
            "%(name)s now meets the rule of this stage, with %(points)s points.", name=name, points=points
        )
    left = engagement(standing.buckets, voice.site.definitions, local_day(dossier.now, dossier.facts.zone)) // MILLI
    if left != points:  # who waits for an answer fades, or goes on
        return voice.told(
            "%(name)s reached %(points)s points (threshold: %(limit)s), and has %(left)s now.",
            name=name, points=points, limit=limit, left=left,
        )  # fmt: skip
    return voice.told(
        "%(name)s has just reached %(points)s points (threshold: %(limit)s).", name=name, points=points, limit=limit
    )


def _latest(dossier: Dossier, voice: Voice) -> str | None:
    acts = _acts(dossier)
    if not acts:
        return None
    when = voice.when(acts[0].at, dossier.now)
    return voice.told("Latest: %(action)s, %(when)s.", action=voice.action(acts[0]), when=when)


def _suggestion(dossier: Dossier, voice: Voice) -> str | None:
    text = proposed(dossier.facts, voice.site.definitions, dossier.now)
    return None if text is None else voice.text(text)


def proposed(facts: Facts, definitions: Definitions, now: datetime) -> Localised | None:
    """What the definitions propose to do with such a lead: the first suggestion that holds."""
    for one in definitions.hand_off.suggestions:
        if one.when is None or holds(one.when, facts, definitions, now):
            return one.text
    return None


# ---------------------------------------------------------------- what they did and said


def _acts(dossier: Dossier) -> list[Event]:
    """What the lead surely did, newest first, and what sales said of them; clicks nobody confirmed are left out."""
    return [event for event in dossier.recent if event.human or event.name == "verdict_given"]


def _actions(dossier: Dossier, voice: Voice) -> list[dict[str, str]]:
    """The last acts; what was done twice within a minute is told once."""
    told = {(event.at.replace(second=0, microsecond=0), voice.action(event)): event for event in _acts(dossier)}
    shown = list(told.items())[:LAST_ACTIONS]
    return [{"when": voice.when(event.at, dossier.now), "what": what} for (_, what), event in shown]


def _answers(dossier: Dossier, voice: Voice) -> list[dict[str, str]]:
    """The newest answer to each question of the forms, in the words that the visitor saw; of the lead's own columns,
    only where it is another than what is known: a form does not replace what is (`leads.identity`)."""
    found: dict[str, dict[str, str]] = {}
    lead, same = dossier.facts.lead, set[str]()
    for submitted in dossier.submitted:
        form = voice.site.forms.get(submitted.form)
        for field in form.field if form else ():
            given = submitted.answers.get(field.name)
            if field.kind not in _ANSWERED or field.name == "email" or given in (None, "", False):
                continue
            if field.name not in found and _is_known(lead, field.name, given):
                same.add(field.name)
            labels = {option.value: voice.text(option.label) for option in field.options}
            question = voice.text(field.label) if field.label else field.name
            found.setdefault(field.name, {"question": question, "answer": labels.get(str(given), one_line(given))})
    return [told for name, told in found.items() if name not in same]


def _is_known(lead: Lead, name: str, given: Any) -> bool:
    """Whether a column's answer says what the lead's own column says."""
    if name not in COLUMNS:
        return False
    said, known = one_line(given), one_line(lead.value(name) or "")
    return shown_phone(said) == shown_phone(known) if name == "phone" else said == known


def _interests(dossier: Dossier, voice: Voice) -> list[dict[str, Any]]:
    labels = {interest.id: interest.label for interest in voice.site.definitions.interests}
    ranked = sorted(dossier.facts.standing.interests.items(), key=lambda known: (-known[1], known[0]))
    return [
        {"what": voice.text(labels.get(name, name)), "points": str(milli // MILLI)}
        for name, milli in ranked
        if milli > 0
    ]


# ---------------------------------------------------------------- what it means


def _stage(dossier: Dossier, voice: Voice) -> dict[str, Any]:
    stage, site = voice.site.stage(dossier.stage), voice.site
    return {
        "id": stage.id,
        "label": voice.text(stage.label),
        "meaning": voice.text(stage.meaning),
        "version": site.definitions.version,
        "release": site.hash[:7],
        "cycle": dossier.cycle,
    }


def _consents(dossier: Dossier, voice: Voice) -> dict[str, list[str]]:
    definitions = voice.site.definitions
    labels: dict[str, Topic] = dict([*definitions.topics.items(), *definitions.tracking.items()])
    facts = dossier.facts
    granted = [voice.text(topic.label) for name, topic in labels.items() if name in facts.granted]
    informed = [voice.text(topic.label) for name, topic in labels.items() if name in facts.informed]
    others = [name for name in labels if name not in facts.mailable]
    refused = [voice.text(labels[name].label) for name in others]
    return {"granted": granted, "informed": informed, "not_granted": refused}


def _deadline(dossier: Dossier, voice: Voice) -> str:
    return voice.told(
        "To be answered before %(moment)s. Each button opens a page where you confirm.",
        moment=voice.say.moment(dossier.answer_by, voice.zone),
    )
