"""What the public door works with: given once by whoever composes the house, passed to every view."""

from dataclasses import dataclass, field

from authoring.blobs import Blobs
from authoring.releases import Releases
from authoring.site import Site
from base.clock import Clocks
from base.config import Config, Keys
from base.tokens import Signer
from capture.last_write import LastWrite
from capture.views import PageViews
from storage.database import Database, StorageUnavailable


@dataclass(slots=True)
class LastSite:
    """The site seen last, so that pages stay up while the database is away."""

    site: Site | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """Everything a view of the public door may touch."""

    database: Database
    releases: Releases
    config: Config
    clocks: Clocks
    signer: Signer
    keys: Keys
    blobs: Blobs
    views: PageViews = field(default_factory=PageViews)
    last: LastSite = field(default_factory=LastSite)
    last_write: LastWrite = field(default_factory=LastWrite)

    def site(self) -> Site:
        """The site in force; the one seen last when the database is away.

        Raises NoRelease when nothing was ever applied, StorageUnavailable when nothing was ever seen.
        """
        try:
            self.last.site = self.releases.in_force()
        except StorageUnavailable:
            if self.last.site is None:
                raise
        assert self.last.site is not None
        return self.last.site
