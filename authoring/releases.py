"""The content that everybody runs: the release in force as a parsed site, and how a new one takes its place."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from authoring.applying import ReleaseRefused, apply
from authoring.blobs import Blobs
from authoring.models.sequences import Sequence
from authoring.site import Site
from authoring.stored import NoRelease, Release, ReleaseUnreadable, id_in_force, load_release, load_sequence
from base.clock import elapsed
from base.saying import said
from storage.database import Database

PATIENCE = 0.2  # seconds of machine time for which a release in force is believed without looking again
SITES_KEPT, SEQUENCES_KEPT = 8, 256

T = TypeVar("T")

__all__ = ["NoRelease", "Release", "ReleaseRefused", "ReleaseUnreadable", "Releases", "apply"]


class Releases:
    """What every process asks for its content. Safe to share between threads."""

    def __init__(self, database: Database, blobs: Blobs, patience: float = PATIENCE) -> None:
        self.blobs = blobs
        self._database = database
        self._patience = patience
        self._lock = threading.Lock()
        self._current: int | None = None
        self._looked_at = 0.0
        self._sites: _Kept[Site] = _Kept(SITES_KEPT)
        self._sequences: _Kept[Sequence] = _Kept(SEQUENCES_KEPT)

    def in_force(self) -> Site:
        """The site that everybody runs; raises NoRelease before the first `apply`.

        One thread looks every PATIENCE seconds, the others take its last answer meanwhile.
        """
        return self.get(self._current_id())

    def get(self, release_id: int) -> Site:
        """That release as a site; NoRelease or ReleaseUnreadable where there is none to be had."""
        return self._sites.get(release_id, lambda: load_release(self._database, release_id))

    def sequence(self, version_hash: str) -> Sequence:
        """The sequence as it was in that version, for the leads that entered it; LookupError if never stored."""
        return self._sequences.get(version_hash, lambda: load_sequence(self._database, version_hash))

    def _current_id(self) -> int:
        with self._lock:
            now = elapsed()
            if self._current is not None and now - self._looked_at < self._patience:
                return self._current
            self._looked_at = now
        found = id_in_force(self._database)
        if found is None:
            raise NoRelease(said("nothing is in force yet: run `terreau apply`"))
        self._current = found
        return found


class _Kept(Generic[T]):
    """The values made last, by key; making one may happen twice, never wrongly."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        made = make()
        with self._lock:
            self._values[key] = made
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return made
