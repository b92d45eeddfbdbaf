"""What is known of budget, authority, need and timeline, in a rep's words, and what nobody knows yet.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from typing import Any

from base.translations import msgid
from leads.facts import Lead, Noted
from sales.wording import Voice, joined, one_line

# What staff know of an item of BANT, where they know anything.
_SAID = {"no": msgid("no"), "partial": msgid("partly"), "yes": msgid("yes")}


def bant(lead: Lead, noted: Mapping[str, Noted], voice: Voice) -> list[dict[str, Any]]:
    """Budget, authority, need, timeline: what staff noted, else what a field answers; None where nobody knows yet."""
    return [
        {
            "what": voice.text(item.label),
            "answer": _noted(noted.get(item.id), voice) or _known(item.field, lead, voice),
        }
        for item in voice.site.definitions.bant
    ]


def _noted(said: Noted | None, voice: Voice) -> str | None:
    if said is None or said.value not in _SAID:
        return None
    return joined([voice.told(_SAID[said.value]), one_line(said.note) if said.note else None])


def _known(name: str | None, lead: Lead, voice: Voice) -> str | None:
    value = lead.value(name) if name else None
    if value is None:
        return None
    fields = [field for form in voice.site.forms.values() for field in form.field if field.name == name]
    labels = {option.value: voice.text(option.label) for field in fields for option in field.options}
    return labels.get(str(value), one_line(value))
