"""One engine in a process of its own, for test_engines_together.py: works until the file `stop` is there.

Arguments: database address, folder. The folder holds `site` (pickled) and `now` (ISO); prints how many leads it did.
"""

import pickle
import sys
import time
from datetime import datetime
from pathlib import Path

from base.clock import Moment
from storage.database import open_database
from workflows.engine import Engine


class FolderClocks:
    """Both clocks show what the test wrote into the folder."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "now"

    def moment(self) -> Moment:
        now = datetime.fromisoformat(self.file.read_text())
        return Moment(now, now)


class OneRelease:
    def __init__(self, folder: Path) -> None:
        self.site = pickle.loads((folder / "site").read_bytes())

    def in_force(self):
        return self.site

    def sequence(self, version):
        names = {version: name for name, version in self.site.versions.items()}
        return self.site.sequences[names[version]]


def main(url: str, folder: Path) -> int:
    database = open_database(url)
    engine = Engine(
        database,
        OneRelease(folder),
        FolderClocks(folder),
        "Europe/Paris",
        sys.argv[3],
        lambda conn, call: None,
        batch=20,
        suppression_key="suppression-key-of-the-tests-012345",
    )
    done = 0
    while not (folder / "stop").exists():
        worked = engine.work()
        done += worked
        if not worked:
            time.sleep(0.02)
    database.close()
    return done


if __name__ == "__main__":
    print(main(sys.argv[1], Path(sys.argv[2])))
