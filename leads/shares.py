"""Which share of the leads one belongs to: decided by who they are and where they stand, never by chance.

The same lead at the same step always gets the same answer, after a restart, in a simulation and in every new enrolment.
Pure: no database, no clock, no network.
"""

from collections.abc import Sequence
from hashlib import sha256

from authoring.models.steps import Share

_WHOLE = 2**64


def held_out(per_cent: int, lead_id: int, sequence: str, step: str) -> bool:
    """Whether the lead is among the `per_cent` who go no further."""
    return _place(lead_id, sequence, step) * 100 < per_cent * _WHOLE


def tries(per_cent: int, lead_id: int, sequence: str, former: str) -> bool:
    """Whether the lead is among the `per_cent` who enter a new version of the sequence instead of `former`, its hash.

    As long as the version of before is the same, so is the answer: when the new one is edited again, and, for those in
    the share, when the share is made larger. Against another version of before, leads are shared out anew.
    """
    return _place(lead_id, sequence, former) * 100 < per_cent * _WHOLE


def way(shares: Sequence[Share], lead_id: int, sequence: str, step: str) -> str:
    """The step that the lead's share leads to."""
    passed = _place(lead_id, sequence, step) * sum(share.weight for share in shares)
    for share in shares:
        passed -= share.weight * _WHOLE
        if passed < 0:
            return share.to
    raise AssertionError("a place lies inside the whole")


def _place(lead_id: int, sequence: str, at: str) -> int:
    """From 0 up to the whole: even over leads, and unlike at every step (or version)."""
    return int.from_bytes(sha256(f"{lead_id}/{sequence}/{at}".encode()).digest()[:8])
