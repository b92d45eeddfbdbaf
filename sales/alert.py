"""From a brief to what the alert's mail and webhook say of it.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from base.clock import Moment
from leads.facts import Facts, Lead, Standing
from leads.hands import is_asked
from sales.wording import Voice, joined


def mail_context(brief: Mapping[str, Any], reason: str, voice: Voice) -> dict[str, Any]:
    """The variables of `templates/notifications/alert`, complete: what is not known is None or empty."""
    return {
        "locale": brief["locale"],
        "subject": _subject(brief, reason, voice),
        "preheader": brief["why_now"],
        "lead": {
            "name": brief["name"],
            "who": brief["who"],
            "tel": brief["phone"],
            "phone": brief["phone_shown"],
            "email": brief["email"],
        },
        "words": brief["words"],
        "why_now": brief["why_now"],
        "suggestion": brief["suggestion"],
        "reach": _reach(brief, voice),
        "owner_why": brief["owner_why"],
        "accept_url": f"{brief['verdict_url']}?choice=accept",
        "reject_url": f"{brief['verdict_url']}?choice=reject",
        "deadline": brief["deadline"],
        "score": brief["score"],
        "total": brief["total"],
        "fit": brief["fit"]["sentence"],
        "actions": brief["actions"],
        "bant": _bant(brief, voice),
        "lead_url": brief["verdict_url"],
        "meaning": _meaning(brief, voice),
        "privacy": _privacy(brief, voice),
    }


def webhook_body(
    brief: Mapping[str, Any],
    facts: Facts,
    reason: str,
    lead_url: str,
    outside_ids: Mapping[str, Sequence[str]],
    now: Moment,
) -> dict[str, Any]:
    """The body of `lead.hot`, the same on every try: type, timestamp and data, as Standard Webhooks has it.

    Points in `data.score` are whole and add up to `data.engagement`. `lead_url` is the lead's page in the console;
    `outside_ids` are `{system: what it calls them}`.
    """
    data = {
        "lead": {**_lead(brief, facts.lead), "outside_ids": outside_ids},
        "locale": brief["locale"],  # of the sentences
        **_standing(brief, facts.standing, reason),
        **{name: brief[name] for name in _SAID},
        "lead_url": lead_url,
        "definitions": brief["stage"]["version"],
        "release": brief["stage"]["release"],
    }
    return {"type": "lead.hot", "timestamp": now.machine.isoformat(), "data": data}


# What a brief says in sentences and lists, word for word.
_SAID = (
    "why_now", "suggestion", "score", "actions", "answers", "bant", "interests", "owner", "owner_why", "answer_by",
    "verdict_url",
)  # fmt: skip


def _lead(brief: Mapping[str, Any], lead: Lead) -> dict[str, Any]:
    columns = ("first_name", "last_name", "email", "phone", "company", "job_title", "locale", "source")
    return {"id": lead.id, "name": brief["name"], **{name: getattr(lead, name) for name in columns}}


def _standing(brief: Mapping[str, Any], standing: Standing, reason: str) -> dict[str, Any]:
    return {
        "stage": brief["stage"]["id"],
        "meaning": brief["stage"]["meaning"],
        "cycle": brief["stage"]["cycle"],
        "reason": reason,
        "temperature": standing.temperature,
        "engagement": int(brief["total"]),
        "threshold": brief["threshold"],
        "fit": int(brief["fit"]["points"]),
        "persona": standing.persona,
    }


def _subject(brief: Mapping[str, Any], reason: str, voice: Voice) -> str:
    who = joined([brief["name"], brief["who"]])
    if is_asked(reason):
        return voice.told("Asking for you: %(who)s", who=who)
    return voice.told("Hot lead: %(who)s (%(points)s points)", who=who, points=brief["total"])


def _reach(brief: Mapping[str, Any], voice: Voice) -> str:
    if brief["phone"] and brief["email"]:
        return voice.told("Left a phone number: a call is welcome.")
    if brief["phone"]:
        return voice.told("Left a phone number and no address: call.")
    return voice.told("Left no phone number: write first.")


def _bant(brief: Mapping[str, Any], voice: Voice) -> str | None:
    unknown = voice.told("unknown")
    return (
        " ".join(
            voice.told("%(what)s: %(answer)s.", what=item["what"], answer=item["answer"] or unknown)
            for item in brief["bant"]
        )
        or None
    )


def _meaning(brief: Mapping[str, Any], voice: Voice) -> str:
    stage = brief["stage"]
    version = voice.told(
        "Definitions %(version)s, release %(release)s.", version=stage["version"], release=stage["release"]
    )
    return joined([stage["meaning"], version], " ")


def _privacy(brief: Mapping[str, Any], voice: Voice) -> str:
    held = brief["consents"]
    granted, informed, refused = (joined(held.get(kind, ())) for kind in ("granted", "informed", "not_granted"))
    return joined(
        [
            voice.told("Has agreed to: %(what)s.", what=granted)
            if granted
            else voice.told("Has agreed to no mail yet."),
            voice.told("Was told of this at a work address, and did not object: %(what)s.", what=informed)
            if informed
            else None,
            voice.told("Has not agreed to: %(what)s.", what=refused) if refused else None,
            voice.told("This message is internal: please do not forward it."),
        ],
        " ",
    )
