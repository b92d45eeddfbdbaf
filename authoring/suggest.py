"""What an author probably meant: the nearest of the names there are, or a list of them.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from base.saying import Said, said

SHOWN = 12


def nearest(got: str, known: Iterable[str]) -> str | None:
    """The known name nearest to what was written; None when nothing is near."""
    by_lower = {name.lower(): name for name in sorted(known)}
    close = get_close_matches(got.lower()[:100], by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def did_you_mean(got: str, known: Iterable[str], those: str | None = None) -> Said | None:
    """A hint: the nearest name, else, where `those` is given ("the forms are %(names)s"), the list of what there is."""
    names = sorted(known)
    if found := nearest(got, names):
        return said("did you mean `%(name)s`?", name=found)
    return said(those, names=enumerated(names)) if those and names else None


def enumerated(names: Iterable[str]) -> str:
    """The names in backticks, the first twelve of them."""
    every = list(names)
    shown = ", ".join(f"`{name}`" for name in every[:SHOWN])
    return f"{shown}, …" if len(every) > SHOWN else shown
