"""How a list is taken in: how it is read, what happens to leads who are known, what is added, what is proven.

Pure: no database, no clock, no network.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Self

from base.saying import Refused, joined, said
from base.tokens import digest
from leads.imports.contacts import Rules
from leads.imports.departures import REASONS
from leads.imports.mapping import CONSENT, CONSENT_AT, ordered
from leads.imports.reading import Layout, Survey

Existing = Literal["keep", "fill", "overwrite"]
EXISTING: tuple[Existing, ...] = ("keep", "fill", "overwrite")
ORIGINS = ("outbound", "partner", "vendor", "inbound", "purchased")
PURCHASED = "purchased"


class Unproven(Refused):
    """Consent was to be recorded without what proves it; the sentence says what is missing."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is done with whom the list names.

    `existing`: leads who are known keep everything, are filled in where nothing is known, or take what the list says.
    `roles`, `disposable`: whether addresses that no one person reads, or that are thrown away after use, are taken.
    `wording`, `proven_by` and a day (`consent_on`, or a column) are the proof of the consents that columns say yes to.
    """

    existing: Existing = "fill"
    origin: str = "outbound"
    source: str | None = None
    tags: tuple[str, ...] = ()
    roles: bool = True
    wording: str | None = None
    proven_by: str | None = None
    consent_on: str | None = None  # YYYY-MM-DD
    disposable: bool = True
    everybody: str | None = None  # one of `departures.REASONS`: the list is of people who left elsewhere

    @property
    def consent_day(self) -> datetime | None:
        return datetime.fromisoformat(self.consent_on).replace(tzinfo=UTC) if self.consent_on else None


@dataclass(frozen=True, slots=True)
class Settings:
    """All that has to be known to read the same rows again, and to do the same with them."""

    encoding: str
    delimiter: str
    header: int
    names: tuple[str, ...]
    fields: Mapping[str, str]  # {place of a column: field}, the places as text, as JSON has them
    policy: Policy
    locales: tuple[str, ...]
    region: str = "FR"

    @classmethod
    def of(cls, found: Survey, policy: Policy, locales: tuple[str, ...]) -> Self:
        """Raises Unproven where a column is to be consent and the proof is not whole."""
        fields = {str(place): field for place, field in found.fields.items()}
        shape = found.shape
        made = cls(found.encoding, shape.delimiter, shape.header, shape.names, fields, policy, locales)
        made.insist_on_proof()
        return made

    def insist_on_proof(self) -> None:
        """Raises Unproven where a column is to be consent and the proof is not whole."""
        _insist_on_proof(set(self.fields.values()), self.policy)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        policy = Policy(**{**kept["policy"], "tags": tuple(kept["policy"]["tags"])})
        listed = {name: tuple(kept[name]) for name in ("names", "locales")}
        return cls(**{**kept, **listed, "policy": policy})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def hash(self) -> str:
        told = self.as_json()
        if self.policy.everybody is None:  # imports of before it was asked go on
            del told["policy"]["everybody"]
        return digest(json.dumps(told, sort_keys=True))

    @property
    def may_contradict_itself(self) -> bool:
        """Whether a row may say yes, and another one of the same contact that they left: a column of consent by itself
        may say both."""
        return any(field.startswith(CONSENT) for field in self.fields.values())

    @property
    def layout(self) -> Layout:
        return Layout(self.encoding, self.delimiter, self.header, len(self.names))

    @property
    def rules(self) -> Rules:
        fields = ordered({int(place): field for place, field in self.fields.items()}, self.names)  # JSON keeps no order
        policy = self.policy
        everybody = REASONS[policy.everybody] if policy.everybody else None
        return Rules(len(self.names), fields, self.locales, self.region, policy.roles, policy.disposable, everybody)


def _insist_on_proof(fields: set[str], policy: Policy) -> None:
    if not any(field.startswith(CONSENT) for field in fields):
        return
    if policy.origin == PURCHASED:
        raise Unproven(said("a purchased list proves no consent: whoever is on it is a contact, and gets no marketing"))
    missing = [
        name
        for name, there in (
            (said("the exact wording they agreed to"), policy.wording),
            (said("where and how they agreed"), policy.proven_by),
            (said("the day they agreed, or a column of days"), policy.consent_on or CONSENT_AT in fields),
        )
        if not there
    ]
    if missing:
        raise Unproven(said("consent needs its proof, and misses: %(missing)s", missing=joined(missing)))
