"""What the rules of a release would have made of the past: as its plan found it, else as played before it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from authoring.choosing import kept_effect
from authoring.editing import judges_otherwise
from authoring.question import Sample, every
from authoring.site import Site
from leads.effects import Effect
from leads.replaying import Plays, replayed
from leads.stories import sizes
from storage.database import Database
from terreau.virtual import clocks_of

LOOKED_AT = 1_000  # leads that are played, evenly spread; a plan of everybody (--all) is kept in their place


def effect_of(database: Database, former: Site, site: Site, zone: str) -> Mapping[str, Any] | None:
    """The effect of `site` in place of `former`, which is in force; None where nobody is judged otherwise."""
    if not judges_otherwise(former.definitions, site.definitions):
        return None
    with database.read() as conn:
        planned = kept_effect(conn, site.hash)
        everybody = [] if planned else sizes(conn, None)
    if planned is not None:
        return planned
    chosen = [everybody[place] for place in every(list(range(len(everybody))), LOOKED_AT)]
    by_both = Plays(former, replace(site, release_id=former.release_id), zone, clocks_of(database).calendar())
    found = replayed(database, chosen, by_both, lambda _: None)
    return Effect.of(found, Sample(len(chosen), len(everybody)), former, site).as_json()
