"""One engine in a process of its own, for test_engines_together.py: works until the file `stop` is there."""

import time
from datetime import datetime
from pathlib import Path

from authoring.site import Site
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
    def __init__(self, site: Site) -> None:
        self.site = site

    def in_force(self):
        return self.site

    def sequence(self, version):
        names = {version: name for name, version in self.site.versions.items()}
        return self.site.sequences[names[version]]


def work(url: str, folder: Path, site: Site, name: str) -> None:
    """The folder holds `now` (ISO); how many leads it did is in the file `done-NAME` in the end."""
    database = open_database(url)
    engine = Engine(
        database,
        OneRelease(site),
        FolderClocks(folder),
        "Europe/Paris",
        name,
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
    (folder / f"done-{name}").write_text(str(done))
