"""A lead's right to have put right what is wrong: fields by name. No other door ever replaces an address."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, select, update

from authoring.site import Site
from base.clock import Moment
from base.saying import said
from base.translations import msgid
from leads import companies, consent, consenting, events, words
from leads.addresses import canonical_email, canonical_phone
from leads.callable import LEFT, leave_alone, noes
from leads.facts import COLUMNS
from leads.forgetting import Clerk, note
from leads.groups import survivor
from leads.identity import load_leads
from leads.postal import POSTAL, canonical
from storage.schema import lead_words, leads

CORRECTED = "lead_corrected"
LONGEST = {"email": 254, "phone": 20}
OTHERS = 200  # signs of any other column
NOTHING = msgid("%(name)s: “%(value)s” cannot be reached; write it like %(sample)s. Nothing was changed.")
_SAMPLES = {"email": "ada@example.org", "phone": "+33 6 12 34 56 78"}
_CANONICAL: Mapping[str, Callable[[str], str]] = {"email": canonical_email, "phone": canonical_phone}


class NoCorrection(ValueError):
    """Nothing was changed; the sentence says why."""


def fields_of(site: Site) -> list[str]:
    """The fields besides the columns that may be corrected: a postal address, and what any form asks for."""
    asked = {field.name for form in site.forms.values() for field in form.field if not field.is_box}
    return [*POSTAL, *sorted(asked - {*COLUMNS, *POSTAL})]


def correct(
    conn: Connection, lead_id: int, told: Mapping[str, str], known: list[str], key: str, clerk: Clerk, now: Moment
) -> list[str]:
    """Give these columns and fields the values `told` ("" = none); returns the names of those that changed.

    `known`: the fields there are (`fields_of`). Another address was never confirmed: what was agreed to under the old
    one is to be asked again. Raises NoCorrection, LookupError.
    """
    lead_id = survivor(conn, lead_id)
    row = conn.execute(select(leads).where(leads.c.id == lead_id)).one_or_none()
    if row is None:
        raise LookupError(f"there is no lead {lead_id}")
    values = {name: value_of(name, text) for name, text in told.items()}
    if strange := [name for name in values if name not in COLUMNS and name not in known]:
        strangers, choice = ", ".join(strange), ", ".join([*COLUMNS, *known])
        raise NoCorrection(said("No form asks for %(names)s: choose from %(choice)s.", names=strangers, choice=choice))
    shown = load_leads(conn, [lead_id])[lead_id]  # what one who is one with it filled in is not taken over
    columns = {name: value for name, value in values.items() if name in COLUMNS and value != getattr(shown, name)}
    fields = {name: value for name, value in values.items() if name in known and value != shown.fields.get(name)}
    if not columns and not fields:
        return []
    _refuse_strangers(conn, lead_id, columns, {**row._mapping, **columns})
    _write(conn, lead_id, columns, {**row._mapping, **columns}, _merged(row.fields, fields))
    if "email" in columns:
        _move(conn, lead_id, row.company_domain, columns["email"], now)
    names = sorted([*columns, *fields])
    events.append(conn, lead_id, CORRECTED, now, evidence="engine", data={"fields": names, "staff": clerk.by})
    if "email" in columns:
        _ask_again(conn, lead_id, row.locale, now)
    _leave_alone(conn, lead_id, row.email, columns, key, now)
    note(conn, key, CORRECTED, lead_id, clerk, now, fields=names)
    return names


def value_of(name: str, text: str) -> str | None:
    """A column or field as it is stored; None for nothing. Raises NoCorrection."""
    clean = text.replace("\x00", "").strip()
    if not clean:
        return None
    if len(clean) > LONGEST.get(name, OTHERS):
        longest = LONGEST.get(name, OTHERS)
        raise NoCorrection(said("%(name)s is too long: at most %(longest)s characters.", name=name, longest=longest))
    try:
        return _CANONICAL.get(name, partial(canonical, name))(clean)
    except ValueError as error:
        raise NoCorrection(said(NOTHING, name=name, value=clean, sample=_SAMPLES[name])) from error


def _merged(known: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**known, **fields}.items() if value is not None}


def _refuse_strangers(conn: Connection, lead_id: int, columns: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    if not after["email"] and not after["phone"]:
        raise NoCorrection(said("Without an address and a number nobody is known again: erase the lead instead."))
    if email := columns.get("email"):
        other = select(leads.c.id).where(leads.c.email == email, leads.c.id != lead_id)
        if (found := conn.execute(other).scalar_one_or_none()) is not None:
            raise NoCorrection(said("Lead %(lead)s has this address: merge the two instead.", lead=found))


def _write(
    conn: Connection, lead_id: int, columns: Mapping[str, Any], after: Mapping[str, Any], fields: Mapping[str, Any]
) -> None:
    conn.execute(update(leads).where(leads.c.id == lead_id).values(**columns, fields=dict(fields)))
    conn.execute(delete(lead_words).where(lead_words.c.lead_id == lead_id))  # nobody is found by what was wrong
    words.write(conn, {lead_id: {name: after[name] for name in words.NAMED}})


def _move(conn: Connection, lead_id: int, before: str | None, email: str | None, now: Moment) -> None:
    """Another address may be another company's."""
    domain = companies.meet(conn, email, now.calendar)
    conn.execute(update(leads).where(leads.c.id == lead_id).values(company_domain=domain))
    companies.forget_empty(conn, [before] if before else [])


def _leave_alone(
    conn: Connection, lead_id: int, old: str | None, columns: Mapping[str, Any], key: str, now: Moment
) -> None:
    """Whoever said no said it for the address and the number that come later, too (`leads.callable`)."""
    if email := columns.get("email"):
        new = consent.address_hash(key, email)
        if old:
            consenting.carry_over(conn, consent.address_hash(key, old), new)
        if LEFT in noes(conn, lead_id):
            consenting.suppress(conn, new, "marketing", LEFT, now.machine)
    if phone := columns.get("phone"):
        leave_alone(conn, key, lead_id, phone, now.machine)


def _ask_again(conn: Connection, lead_id: int, locale: str, now: Moment) -> None:
    if held := consent.grounds(conn, [lead_id])[lead_id]:
        consenting.ask_again(conn, lead_id, sorted(held), locale=locale, proof={"corrected": "email"}, now=now)
