"""What a row of a list changes of a lead who is known, and what a new contact is made of.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leads.domains import company_domain
from leads.facts import COLUMNS
from leads.imports import names
from leads.imports.contacts import BOTH_NAMES, Contact
from leads.imports.settings import Policy

ERASED = "erased"  # the reason of a suppression that outlives the lead
_UNKNOWN = (None, "")
_TOLD = tuple(name for name in COLUMNS if name != "email")  # a lead is found by the address, and keeps it


def new_contact(contact: Contact, policy: Policy, locale: str, calendar_now: datetime) -> dict[str, Any]:
    """The row of `leads`: a contact, for a list is no act of theirs."""
    return {
        "status": "contact",
        **{name: contact.columns.get(name) for name in COLUMNS},
        "company_domain": company_domain(contact.columns.get("email")),
        "fields": dict(contact.fields),
        "tags": list(dict.fromkeys((*contact.tags, *policy.tags))),
        "locale": contact.locale or locale,
        "timezone": contact.timezone,
        "origin": policy.origin,
        "source": policy.source,
        "created_at": calendar_now,
    }


def changes(known: Mapping[str, Any], contact: Contact, policy: Policy) -> dict[str, Any]:
    """The columns of a lead that change; none where the policy is to keep, or nothing new is said."""
    if policy.existing == "keep":
        return {}
    replace = policy.existing == "overwrite"
    told = {name: contact.columns.get(name) for name in _TOLD}
    told |= {"timezone": contact.timezone, "source": policy.source if not known["source"] else None}
    if replace and contact.locale:
        told["locale"] = contact.locale
    changed = {name: value for name, value in told.items() if _is_news(known[name], value, replace)}
    for name in _doubled(known, changed, contact):
        del changed[name]
    fields = {
        name: value for name, value in contact.fields.items() if _is_news(known["fields"].get(name), value, replace)
    }
    tags = list(dict.fromkeys((*known["tags"], *contact.tags, *policy.tags)))
    return (
        changed
        | ({"fields": {**known["fields"], **fields}} if fields else {})
        | ({"tags": tags} if tags != list(known["tags"]) else {})
    )


def _is_news(known: Any, told: str | None, replace: bool) -> bool:
    return told not in _UNKNOWN and told != known and (replace or known in _UNKNOWN)


def _doubled(known: Mapping[str, Any], changed: Mapping[str, str | None], contact: Contact) -> list[str]:
    """The first or last name that would make a `Claire Claire` of a Claire: what a list has in one cell, or in a wrong
    column, is no second name. A list that tells both is taken at its word."""
    first, last = (contact.columns.get(name) for name in BOTH_NAMES)
    if names.is_same(first, last):
        return []
    pairs = (BOTH_NAMES, BOTH_NAMES[::-1])
    return [one for one, other in pairs if other not in changed and names.is_same(changed.get(one), known[other])]
