"""What the console works with: given once by whoever composes the house, passed to every view."""

from collections.abc import Callable
from dataclasses import dataclass

from authoring.blobs import Blobs
from authoring.releases import Releases
from authoring.site import Site
from base.clock import Clocks
from base.config import Config, Keys
from base.tokens import Signer
from storage.database import Database


def _no_trouble() -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class ConsoleDoor:
    """Everything a view of the console may touch."""

    database: Database
    releases: Releases
    config: Config
    clocks: Clocks
    signer: Signer
    keys: Keys
    blobs: Blobs
    trouble: Callable[[], str | None] = _no_trouble  # why mail cannot leave now, as far as this process knows

    def site(self) -> Site:
        """The site in force. Raises NoRelease when nothing was ever applied."""
        return self.releases.in_force()
