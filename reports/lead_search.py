"""Which leads a question means: those with a word that begins with each word asked; a bounded piece of each range."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, literal, select

from storage.schema import lead_words

LOOK = 10_000  # index entries of a word that are looked at: what is commoner is no way to find anybody
MATCHES = 2_000  # leads that a question may mean, to be ordered and narrowed further
_BEYOND = "\U0010ffff"  # after every word that begins so


@dataclass(frozen=True, slots=True)
class Meant:
    """The numbers of the leads that were found, at most one more than MATCHES; `more`: not all was looked at."""

    lead_ids: Select[Any]
    more: bool


def meant(connection: Connection, asked: Sequence[str]) -> Meant:
    """Those with a word for each word of `asked`, which is not empty: the rarest is read, the others are looked up."""
    sizes = {word: _size(connection, word) for word in asked}
    rarest = min(asked, key=lambda word: (sizes[word], -len(word)))
    found = _found(rarest, [word for word in asked if word != rarest])
    return Meant(found.limit(MATCHES + 1), sizes[rarest] > LOOK)


def begins(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """A range of the index: words are kept in the order of their code points."""
    return (column >= word) & (column < word + _BEYOND)


def _found(rarest: str, others: Sequence[str]) -> Select[Any]:
    read = select(lead_words.c.lead_id).where(begins(lead_words.c.word, rarest)).limit(LOOK).subquery("read")
    too = [lead_words.alias(f"too{place}") for place in range(len(others))]
    each = [
        exists(literal(1)).where(alias.c.lead_id == read.c.lead_id, begins(alias.c.word, word)).correlate(read)
        for alias, word in zip(too, others, strict=True)
    ]
    return select(read.c.lead_id).where(*each).distinct()


def _size(connection: Connection, word: str) -> int:
    """How many entries begin so, counted up to one more than is looked at."""
    entries = select(literal(1).label("one")).where(begins(lead_words.c.word, word)).limit(LOOK + 1).subquery()
    return connection.execute(select(func.count()).select_from(entries)).scalar_one()
