"""The process that `bench.replaying` measures: a replay of everything in a database, with every act a little dearer.

Says how many events it played, in how many seconds of the processor, and the most memory it took, as JSON; and on the
error output how far it is.
"""

import json
import resource
import sys
from dataclasses import dataclass, replace
from time import process_time

from authoring.site import Site
from bench.folding import NOW, ZONE, example
from leads.replaying import Plays, replayed
from leads.stories import sizes
from storage.database import open_database

PARTS = 20


def main(file: str) -> None:
    database = open_database(f"sqlite:///{file}", wait_seconds=30)
    old = example()
    begun = process_time()
    with database.read() as conn:
        everybody = sizes(conn, None)
    told = Progress(sum(size for _, size in everybody), begun)
    found = replayed(database, everybody, Plays(old, _dearer(old), ZONE, NOW), told)
    seconds = process_time() - begun
    database.close()
    print(json.dumps({"events": found.events, "seconds": seconds, "mb": peak()}))


@dataclass(slots=True)
class Progress:
    """Called with so many events more, it says after each twentieth how far it is."""

    of: int
    begun: float
    done: int = 0

    def __call__(self, events: int) -> None:
        before, self.done = self.done * PARTS // self.of, self.done + events
        if self.done * PARTS // self.of > before:
            rate = self.done / (process_time() - self.begun)
            told = f"    {self.done:,} of {self.of:,} events, {rate:,.0f}/s of CPU, {peak():.0f} MB"
            print(told, file=sys.stderr, flush=True)


def peak() -> float:
    """The most memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _dearer(site: Site) -> Site:
    """Every act worth a tenth more."""
    scoring = site.definitions.scoring
    rules = [rule.model_copy(update={"points": rule.points + max(rule.points // 10, 1)}) for rule in scoring.engagement]
    new = site.definitions.model_copy(update={"scoring": scoring.model_copy(update={"engagement": rules})})
    return replace(site, definitions=new)


if __name__ == "__main__":
    main(sys.argv[1])
