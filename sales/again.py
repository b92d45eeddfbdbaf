"""What a rep is told of a lead besides alerts: a hand raised again, an answer, an alert that waits, whose it is.

Pure: no database, no clock, no network.
"""

from datetime import datetime
from typing import Any

from authoring.models.hand_off import Rep
from leads.addresses import shown_phone
from leads.facts import Lead
from sales.brief import Dossier, brief
from sales.wording import Voice, joined, one_line


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


def unanswered(
    told: dict[str, Any], owner: str | None, since: datetime, answer_by: datetime | None, voice: Voice
) -> dict[str, Any]:
    """The variables of the same template, for an alert that nobody has answered. `told`: its brief; `owner`: whose it
    is, None for the reader's own."""
    who = joined([told["name"], told["who"]])
    opened = voice.say.moment(since, voice.zone)
    if owner is None:
        subject = voice.told("Still waiting for your answer: %(who)s", who=who)
        why = voice.told("Handed to you on %(when)s, and not answered yet.", when=opened)
    else:
        subject = voice.told("Nobody has answered yet: %(who)s", who=who)
        why = voice.told(
            "With %(rep)s since %(when)s, and not answered yet. You may answer too: the first answer counts.",
            rep=owner, when=opened,
        )  # fmt: skip
    promised = voice.say.moment(answer_by, voice.zone) if answer_by else None
    until = voice.told("An answer was promised before %(when)s.", when=promised) if promised else None
    number = voice.told("Phone: %(phone)s", phone=told["phone_shown"]) if told["phone"] else None
    return {
        "locale": told["locale"],
        "subject": subject,
        "why_now": why,
        "text": "\n\n".join(part for part in [joined([why, until], " "), told["why_now"], number] if part),
        "lead": _who(told),
        "lead_url": told["verdict_url"],
    }


def given(lead: Lead, why: str, voice: Voice, lead_url: str) -> dict[str, Any]:
    """The variables of the same template, for a lead that is theirs from now on; `why` is a sentence."""
    who = joined([one_line(lead.name), one_line(joined([lead.job_title, lead.company]))])
    number = shown_phone(lead.phone) if lead.phone else None
    return {
        "locale": voice.locale,
        "subject": voice.told("Yours from now on: %(who)s", who=who),
        "why_now": why,
        "text": why,
        "lead": {"name": one_line(lead.name), "who": "", "tel": lead.phone, "phone": number, "email": lead.email},
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
