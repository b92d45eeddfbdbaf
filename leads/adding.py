"""A lead made by hand: whoever brings it says where it comes from, and on which ground it may be kept.

No consent comes of it: what a partner or a vendor was allowed is not allowed to us. What they showed interest in makes
a lead of them; without, they are a contact.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, insert, select

from base.clock import Moment
from base.saying import said
from base.translations import msgid
from leads import companies, events, words
from leads.correcting import value_of
from leads.erasing import is_forgotten
from leads.facts import ADDED, COLUMNS, INTERESTED
from leads.forgetting import Clerk, note
from leads.groups import survivor
from leads.identity import by_phone
from storage import wakes
from storage.schema import leads
from storage.upsert import insert_once

# Who brings leads: origin -> the word that the source begins with.
BRINGERS: Mapping[str, str] = {"outbound": "sales", "partner": "partner", "vendor": "vendor"}
# The same for a reader: by that word.
BROUGHT: Mapping[str, str] = {
    "sales": msgid("Our sales: %(who)s"),
    "partner": msgid("Partner: %(who)s"),
    "vendor": msgid("Vendor: %(who)s"),
}
ORIGIN_NAMES: Mapping[str, str] = {
    "inbound": msgid("they came by themselves"),
    "outbound": msgid("our sales found them"),
    "partner": msgid("a partner brought them"),
    "vendor": msgid("a vendor supplied them"),
    "purchased": msgid("bought with a list"),
}
# GDPR, article 6 (1): the grounds on which a lead that nobody filled in a form for may be kept.
GROUNDS: Mapping[str, str] = {
    "request": msgid("they asked for it, before a contract"),
    "contract": msgid("a contract with them"),
    "interest": msgid("our legitimate interest, weighed against theirs"),
    "consent": msgid("consent they gave to whoever brings them"),
}
LONGEST_NAME, LONGEST_TEXT = 100, 500

Origin = Literal["outbound", "partner", "vendor"]


class NoAdding(ValueError):
    """Nobody was added; the sentence says why. `lead_id`: who is known already."""

    def __init__(self, sentence: Any, lead_id: int | None = None) -> None:
        super().__init__(sentence)
        self.lead_id = lead_id


@dataclass(frozen=True, slots=True)
class NewLead:
    """What is said of somebody. `told`: columns and fields by name, as typed; `who` brings them; `ground` a key of
    GROUNDS, `note` where it is written; `interest` what they showed interest in, "" = nothing that is known."""

    told: Mapping[str, str]
    origin: Origin
    who: str
    ground: str
    note: str = ""
    interest: str = ""
    owner: str | None = None
    locale: str = "fr"
    fields: tuple[str, ...] = field(default_factory=tuple)  # the names that there are besides the columns


def add(conn: Connection, new: NewLead, key: str, clerk: Clerk, now: Moment) -> int:
    """Add them; their number. Raises NoAdding, and NoCorrection for what is no value of its field."""
    known = _values(new)
    columns = {name: known.get(name) for name in COLUMNS}
    _insist(conn, new, columns, key)
    row = _row(new, known, now)
    lead_id = made(conn, columns, row, now)
    if lead_id is None:
        raise NoAdding(said("They filled in a form at this moment: nobody was added, look for them."))
    told = {"staff": clerk.by, "origin": new.origin, "who": new.who, "ground": new.ground}
    told |= {name: text for name, text in (("note", new.note), ("interest", new.interest)) if text}
    events.append(conn, lead_id, ADDED, now, evidence="engine", subject=row["source"], data=told)
    if new.interest:
        shown = {"interest": new.interest}
        events.append(conn, lead_id, INTERESTED, now, evidence="engine", data=shown)
    note(conn, key, ADDED, lead_id, clerk, now, origin=new.origin)
    return lead_id


def made(conn: Connection, columns: Mapping[str, str | None], row: Mapping[str, Any], now: Moment) -> int | None:
    """A lead of those columns, with company, wake and words; None where a form was faster with the same address."""
    full = {**columns, **row, "company_domain": companies.meet(conn, columns["email"], now.calendar)}
    lead_id = _insert(conn, full)
    if lead_id is not None:
        wakes.create(conn, lead_id, now.calendar)
        words.write(conn, {lead_id: {name: columns[name] for name in words.NAMED}})
    return lead_id


def source_of(origin: str, who: str) -> str:
    """`partner:Ines`, `vendor:Ines`, `sales:Ines`: what reports and costs call it."""
    return f"{BRINGERS[origin]}:{' '.join(who.replace(':', ' ').split())[:LONGEST_NAME]}"


def _values(new: NewLead) -> dict[str, str]:
    """What says something, as it is stored."""
    if strange := [name for name in new.told if name not in COLUMNS and name not in new.fields]:
        choice = ", ".join([*COLUMNS, *new.fields])
        sentence = said("There is no field %(names)s: choose from %(choice)s.", names=", ".join(strange), choice=choice)
        raise NoAdding(sentence)
    return {name: value for name, text in new.told.items() if (value := value_of(name, text)) is not None}


def _insist(conn: Connection, new: NewLead, columns: Mapping[str, str | None], key: str) -> None:
    email, phone = columns["email"], columns["phone"]
    if not email and not phone:
        raise NoAdding(said("Neither an address nor a number: nobody could be reached."))
    if not new.who.strip():
        raise NoAdding(said("Say who brings them: the name of the rep, the partner or the vendor."))
    if new.ground not in GROUNDS:
        raise NoAdding(said("Say on which ground they may be kept: one of %(grounds)s.", grounds=", ".join(GROUNDS)))
    if is_forgotten(conn, key, email, phone):
        sentence = "This person asked to be forgotten: nobody was added. A form of their own brings them back."
        raise NoAdding(said(sentence))
    if (known := known_by(conn, email, phone)) is not None:
        raise NoAdding(said("Lead %(lead)s is this person already: nobody was added.", lead=known), known)


def known_by(conn: Connection, email: str | None, phone: str | None) -> int | None:
    """By the address; without one, by the number alone, as forms and lists find somebody."""
    if email:
        found = conn.execute(select(leads.c.id).where(leads.c.email == email)).scalar_one_or_none()
    else:
        found = by_phone(conn, phone or "")
    return None if found is None else survivor(conn, found)


def _row(new: NewLead, known: Mapping[str, str], now: Moment) -> dict[str, Any]:
    return {
        "status": "lead" if new.interest else "contact",
        "fields": {name: value for name, value in known.items() if name not in COLUMNS},
        "tags": [],
        "locale": new.locale,
        "origin": new.origin,
        "source": source_of(new.origin, new.who),
        "owner": new.owner,
        "created_at": now.calendar,
    }


def _insert(conn: Connection, row: Mapping[str, Any]) -> int | None:
    if row["email"]:
        return insert_once(conn, leads, "email", row)
    lead_id: int = conn.execute(insert(leads).values(**row).returning(leads.c.id)).scalar_one()
    return lead_id
