"""A standing computed again from every event that was taken in, by the rules of the site given.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from authoring.models.definitions import Definitions
from authoring.site import Site
from leads.facts import Event, Facts, Standing
from leads.fold import refreshed
from leads.lifecycle import after, moves
from leads.scoring import fold_buckets, interests_after
from leads.ways import Move


def judged_again(
    facts: Facts, past: Sequence[Event], site: Site, now: datetime, *, with_moves: bool
) -> tuple[Standing, tuple[Move, ...]]:
    """The standing, with the points of `past` counted anew. `with_moves`: moved on to the stage where the rules put it;
    else stage, temperature and segments are those before, for a fold to find what changes."""
    definitions = site.definitions
    counted = replace(
        facts.standing,
        buckets=fold_buckets(past, definitions, facts.zone),
        interests=interests_of(past, definitions),
    )
    if not with_moves:
        return counted, ()
    facts = refreshed(replace(facts, standing=counted), definitions, now)
    made = moves(facts.standing, facts, (), site, now)
    standing = facts.standing
    for move in made:
        standing = after(standing, move, now)
    return refreshed(replace(facts, standing=standing), definitions, now).standing, made


def interests_of(past: Sequence[Event], definitions: Definitions) -> Mapping[str, int]:
    """Interests in milli-points, counted from a whole history."""
    interests: Mapping[str, int] = {}
    for event in past:
        interests = interests_after(interests, event, definitions)
    return interests
