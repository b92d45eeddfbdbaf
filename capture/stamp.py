"""The stamp: what a page shown to a visitor puts into its form, signed, to tie the answer to that showing."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from base.tokens import Signer, TokenExpired, TokenInvalid, digest, new_token

FIELD = "_stamp"  # no declared field can have this name
MAX_AGE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Stamp:
    """One showing of a page: `key` makes a double click one submission, `shown_at` is machine time, ISO 8601.

    `again` tells that the form came back because its session was gone: a browser without cookies passes then.
    """

    key: str
    page: str
    shown_at: str
    release_id: int
    touch: dict[str, str]
    again: bool = False

    def sealed(self, signer: Signer) -> str:
        return signer.sign("stamp", asdict(self))

    def age(self, machine_now: datetime) -> timedelta:
        return machine_now - datetime.fromisoformat(self.shown_at)

    def asked_again(self) -> "Stamp":
        return replace(self, again=True)

    def for_more_work(self) -> "Stamp":
        """The same showing with another challenge: what was done on this one is spent."""
        return replace(self, key=new_token())

    def idempotency_key(self, answers: dict[str, str]) -> str:
        """One key per showing and answers: the same sent twice is one, a corrected answer is another."""
        return digest("\x1f".join([self.key, *(f"{name}={answers[name]}" for name in sorted(answers))]))


def open_stamp(signer: Signer, sealed: str, page: str) -> Stamp | None:
    """The stamp of a showing of `page`; None when it is too old, altered or of another page."""
    try:
        fields: dict[str, Any] = signer.open("stamp", sealed, MAX_AGE)
        stamp = Stamp(**fields)
    except (TokenExpired, TokenInvalid, TypeError):
        return None
    return stamp if stamp.page == page else None
