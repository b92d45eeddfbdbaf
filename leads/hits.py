"""A hit as the judge sees it: an opening, a click, a download or a visit, and the verdict on it.

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["open", "click", "download", "visit"]
Class = Literal["pending", "human", "proxy", "machine"]
# What the page that a hit leads to has said: nothing is known of it; it cannot say anything (another site's, or a
# picture); nothing yet; it stood before somebody's eyes; and was touched there: a key, a finger, a wheel, a pointer.
Beacon = Literal["unknown", "impossible", "missing", "seen", "touched"]


@dataclass(frozen=True, slots=True)
class Hit:
    """One request. `at` and `sent_at` (the mail server's 250) are of the machine's clock.

    `network` and `client` tell hits apart (`client`: the same program in the same network); None = not known.
    """

    id: int
    kind: Kind
    at: datetime
    mail: str | None = None
    lead: str | None = None
    link: str | None = None
    hidden: bool = False  # the link that no reader sees
    sent_at: datetime | None = None
    marks: frozenset[str] = frozenset()  # leads.marks
    network: str | None = None
    client: str | None = None
    beacon: Beacon = "unknown"


@dataclass(frozen=True, slots=True)
class Reason:
    """One signal, how much it weighs (for a machine; against it when negative), and the number it tells of."""

    code: str
    points: int
    value: int = 0

    def as_json(self) -> list[str | int]:
        return [self.code, self.points, self.value]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a hit is taken for, and why: the heaviest reason first. `proven`: a human's own act has shown it."""

    klass: Class
    reasons: tuple[Reason, ...] = ()
    proven: bool = False
