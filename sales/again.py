"""What a rep is told when a lead whom sales has already raises a hand again: who, the number, the answers, a link.

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
        "lead": {
            "name": told["name"],
            "who": told["who"],
            "tel": told["phone"],
            "phone": told["phone_shown"],
            "email": told["email"],
        },
        "lead_url": lead_url,
    }
