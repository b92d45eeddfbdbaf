"""The process that `bench.folding` measures: a replay of everything in a database, with dearer forms beside.

Says how many events it played, in how many seconds of the processor, and the most memory it took, as JSON.
"""

import json
import resource
import sys
from dataclasses import replace
from time import process_time

from authoring.site import Site
from bench.folding import NOW, ZONE, example
from leads.replaying import Plays, replayed
from leads.stories import sizes
from storage.database import open_database


def main(file: str) -> None:
    database = open_database(f"sqlite:///{file}", wait_seconds=30)
    old = example()
    begun = process_time()
    with database.read() as conn:
        everybody = sizes(conn, None)
    found = replayed(database, everybody, Plays(old, _dearer(old), ZONE, NOW), lambda _: None)
    seconds = process_time() - begun
    database.close()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"events": found.events, "seconds": seconds, "mb": most}))


def _dearer(site: Site) -> Site:
    """Every act worth a tenth more."""
    scoring = site.definitions.scoring
    rules = [rule.model_copy(update={"points": rule.points + max(rule.points // 10, 1)}) for rule in scoring.engagement]
    new = site.definitions.model_copy(update={"scoring": scoring.model_copy(update={"engagement": rules})})
    return replace(site, definitions=new)


if __name__ == "__main__":
    main(sys.argv[1])
