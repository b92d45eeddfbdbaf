"""What a rep is told of a lead besides alerts: that it raises a hand again, or has answered a mail; who, how, a link.

Pure: no database, no clock, no network.
"""

from typing import Any

from authoring.models.definitions import Rep
from sales.brief import Dossier, brief
from sales.wording import Voice, joined


def notice(dossier: Dossier, rep: Rep, voice: Voice, lead_url: str) -> dict[str, Any]:
    """The variables of `templates/notifications/notify`; `dossier.submitted` is the form that raised the hand."""
    told = brief(dossier, rep, voice, lead_url)
    stage = voice.told("Is with sales already: %(stage)s.", stage=told["stage"]["label"])
    number = voice.told("Phone: %(phone)s", phone=told["phone_shown"]) if told["phone"] else None
    address = voice.told("Address: %(email)s", email=told["email"]) if told["email"] else None
    answers = [
        voice.told("%(question)s: %(answer)s", question=one["question"], answer=one["answer"])
        for one in told["answers"]
    ]
    return {
        "locale": told["locale"],
        "subject": voice.told("Asking for you again: %(who)s", who=joined([told["name"], told["who"]])),
        "why_now": told["why_now"],
        "text": "\n\n".join(part for part in [f"{told['why_now']} {stage}", number, address, *answers] if part),
        "lead": _who(told),
        "lead_url": lead_url,
    }


def answered(dossier: Dossier, rep: Rep, voice: Voice, lead_url: str) -> dict[str, Any]:
    """The variables of the same template; the event that `dossier` is about holds what they wrote."""
    told = brief(dossier, rep, voice, lead_url)
    event = next((one for one in dossier.recent if one.seq == dossier.event_seq), None)
    data = event.data if event is not None else {}
    subject = voice.told("%(who)s has answered a mail", who=joined([told["name"], told["who"]]))
    why = voice.told("The sequence has ended for them, and nothing was answered: what comes next is yours.")
    written = str(data.get("text", "")) or voice.told("They wrote nothing that can be shown as text.")
    sender = data.get("author")
    where = voice.told("Answer to: %(email)s", email=sender) if sender else None
    return {
        "locale": told["locale"],
        "subject": subject,
        "why_now": why,
        "text": "\n\n".join(part for part in [why, where, written] if part),
        "lead": _who(told),
        "lead_url": lead_url,
    }


def _who(told: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": told["name"],
        "who": told["who"],
        "tel": told["phone"],
        "phone": told["phone_shown"],
        "email": told["email"],
    }
