"""What a lead is found by: the words of name, address and company, folded, and the rows that keep them."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select

from base.letters import Letters
from storage.database import Database
from storage.schema import lead_words, leads
from storage.upsert import insert_missing

LONGEST = 100  # as the column has it
MOST_ASKED = 6  # words of one question; more say nothing more
BATCH = 200
NAMED = ("email", "first_name", "last_name", "company")

# Letters that Unicode does not take apart, and that people type apart.
_APART = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "þ": "th", "ı": "i"})
_PIECES = re.compile(r"[^\W_]+")
_ENDS = re.compile(r"^[\W_]+|[\W_]+$")

_WITHOUT_WORDS = (
    select(leads.c.id, *(leads.c[name] for name in NAMED))
    .where(
        leads.c.id > bindparam("after"),
        leads.c.merged_into.is_(None),
        ~exists().where(lead_words.c.lead_id == leads.c.id),
    )
    .order_by(leads.c.id)
    .limit(BATCH)
)


def folded(text: str) -> str:
    """The text without case, accents and what cannot be seen: `Chloé` and `CHLOE` are `chloe`."""
    return text.translate(_FOLDED)


def _folded(letter: str) -> str:
    apart = unicodedata.normalize("NFKD", letter.casefold().translate(_APART))
    return "".join(sign for sign in apart if (sign.isprintable() or sign.isspace()) and not unicodedata.combining(sign))


_FOLDED = Letters(_folded)


def words_of(named: Mapping[str, str | None]) -> frozenset[str]:
    """The words that a lead with these `email`, `first_name`, `last_name`, `company` is found by, from their beginning.

    An address is found whole, by its local part (its own beginning), by its domain, and by the pieces of both, the
    last label of the domain left out: half of all leads have `com` there.
    """
    texts = (folded(text) for name in NAMED if name != "email" and (text := named.get(name)))
    words = {word for text in texts for chunk in text.split() for word in _of_chunk(chunk)}
    words.update(_of_address(folded(named.get("email") or "")))
    return frozenset(word[:LONGEST] for word in words)


def asked_for(question: str) -> tuple[str, ...]:
    """The words of a question, each of which must begin a word of the lead; none when nothing was asked."""
    found: dict[str, None] = {}
    for chunk in folded(question).split():
        dotted = _ENDS.sub("", chunk)
        pieces = [dotted] if "." in dotted or "@" in dotted else _PIECES.findall(chunk)
        found.update(dict.fromkeys(piece[:LONGEST] for piece in pieces))
    return tuple(found)[:MOST_ASKED]


def write(conn: Connection, named: Mapping[int, Mapping[str, str | None]]) -> None:
    """Let each lead of `{lead id: its columns}` be found by its words; what it was called before stays too."""
    rows = [{"word": word, "lead_id": lead_id} for lead_id, those in named.items() for word in words_of(those)]
    insert_missing(conn, lead_words, sorted(rows, key=lambda row: (row["word"], row["lead_id"])))


def fill_in(database: Database) -> int:
    """Write the words of every lead that has none, a batch to a transaction; returns how many leads were looked at.

    May be stopped and run again at any time, while the house is open.
    """
    seen, after = 0, 0
    while batch := _without_words(database, after):
        database.write(partial(write, named=batch))
        seen, after = seen + len(batch), max(batch)
    return seen


def _without_words(database: Database, after: int) -> dict[int, Mapping[str, Any]]:
    with database.read() as conn:
        rows = conn.execute(_WITHOUT_WORDS, {"after": after}).mappings()
        return {row["id"]: dict(row) for row in rows}


def _of_chunk(chunk: str) -> Iterator[str]:
    yield from _PIECES.findall(chunk)
    if "." in (written := _ENDS.sub("", chunk)):  # `archi.com` is asked for as it is written
        yield written


def _of_address(address: str) -> Iterable[str]:
    local, at, domain = address.rpartition("@")
    if not at:
        return ()
    return (address, domain, *_PIECES.findall(local), *_PIECES.findall(domain.rpartition(".")[0]))
