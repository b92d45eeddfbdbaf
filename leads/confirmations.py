"""What went to addresses that nobody has proven to be theirs because a form was filled in with them.

Anybody may type anybody's address into a form. Counted by keyed hash, whatever lead, form, sequence or release asks,
so that a flood of forms is never a flood of mail; who has ever confirmed anything is asked as often as they like.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, select

from leads.answering import TRACKING
from leads.asked import Answer, Ask, Asked
from leads.consent import address_hash, pending_of
from storage.among import among
from storage.prepared import Prepared
from storage.schema import confirmations, consents
from storage.upsert import insert_or_ignore

# Built once: they run for every batch of leads.
_PROVEN = Prepared(
    select(consents.c.lead_id).where(among(consents.c.lead_id, "leads"), consents.c.state == "granted").distinct()
)
_ASKED = Prepared(
    select(confirmations.c.address_hash, confirmations.c.email, confirmations.c.asks, confirmations.c.at)
    .where(among(confirmations.c.address_hash, "hashes"))
    .order_by(confirmations.c.number)
)
_TAKE_BACK = Prepared(
    delete(confirmations).where(
        confirmations.c.address_hash == bindparam("hash"), confirmations.c.number == bindparam("which")
    )
)


def asked(conn: Connection, suppression_key: str, addresses: Mapping[int, str | None]) -> dict[int, Asked]:
    """What was asked so far of these {lead: address}; leads who have ever confirmed anything are left out."""
    if not addresses:
        return {}
    proven = {row.lead_id for row in _PROVEN.rows(conn, {"leads": sorted(addresses)})}
    hashes = {
        lead_id: address_hash(suppression_key, address)
        for lead_id, address in addresses.items()
        if address and lead_id not in proven
    }
    mails: dict[str, list[Answer]] = {}
    for hashed, text, asks, at in _ASKED.rows(conn, {"hashes": sorted(hashes.values())}) if hashes else ():
        mails.setdefault(hashed, []).append(Answer(text, bool(asks), at))
    pending = pending_of(conn, [lead_id for lead_id, hashed in hashes.items() if hashed in mails]) if mails else {}
    return {
        lead_id: Asked(hashed, tuple(mails.get(hashed, ())), bool({*pending.get(lead_id, ())} - TRACKING))
        for lead_id, hashed in hashes.items()
    }


def note(conn: Connection, new: Sequence[Ask]) -> bool:
    """Write these mails down. False: somebody else asked that address meanwhile; then none of them is.

    The number of a mail is its key, so of two who counted the same, one is refused by the database.
    """
    rows = [
        {
            "address_hash": ask.address_hash,
            "number": ask.number,
            "email": ask.mail.text,
            "asks": ask.mail.asks,
            "at": ask.mail.at,
        }
        for ask in new
    ]
    for written, row in enumerate(rows):
        if not insert_or_ignore(conn, confirmations, row):
            take_back(conn, new[:written])
            return False
    return True


def take_back(conn: Connection, new: Sequence[Ask]) -> None:
    """What `note` wrote in this transaction is not going to be sent."""
    for ask in new:
        _TAKE_BACK.count(conn, {"hash": ask.address_hash, "which": ask.number})
