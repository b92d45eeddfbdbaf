"""The site: everything a marketer wrote, parsed; what every room reads and none changes.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from authoring.images import Image
from authoring.models.costs import Costs
from authoring.models.definitions import Definitions, Stage
from authoring.models.emails import Email
from authoring.models.forms import Form
from authoring.models.magnets import Magnet
from authoring.models.pages import Page
from authoring.models.personas import Persona
from authoring.models.sequences import Sequence

CONFIRM = "confirm_url"
UNLINKED = "unlinked"  # said in what a mail is frozen with: it goes without that link

# (file, keys and indexes below its root) -> (line, column); the place of the nearest table where it is not written.
Locate = Callable[[str, tuple[str | int, ...]], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A magnet's file: `hash` (sha256, hex) finds its bytes in the blob store; `size` in bytes."""

    hash: str
    size: int


@dataclass(frozen=True, slots=True)
class Site:
    """One tree of content. `release_id` is None until it is stored as a release."""

    release_id: int | None
    hash: str  # of the whole tree
    definitions: Definitions
    costs: Costs = field(default_factory=Costs)
    pages: Mapping[str, Page] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)
    magnets: Mapping[str, Magnet] = field(default_factory=dict)
    sequences: Mapping[str, Sequence] = field(default_factory=dict)
    personas: Mapping[str, Persona] = field(default_factory=dict)
    emails: Mapping[tuple[str, str, str], Email] = field(default_factory=dict)  # (sequence, email, locale)
    versions: Mapping[str, str] = field(default_factory=dict)  # sequence name -> hash of its parsed file
    former_versions: Mapping[str, str] = field(default_factory=dict)  # of sequences in a rollout -> what the rest enter
    files: Mapping[str, StoredFile] = field(default_factory=dict)  # path inside magnets/ -> where its bytes are
    images: Mapping[str, Image] = field(default_factory=dict)  # path, with its images/ -> what mails carry

    def stage(self, name: str) -> Stage:
        """The stage of that id; LookupError where these definitions have none."""
        return self.definitions.stages[self.stage_rank(name)]

    def stage_rank(self, name: str) -> int:
        """Its place in the lifecycle, 0 for the first; LookupError where these definitions have none."""
        for rank, stage in enumerate(self.definitions.stages):
            if stage.id == name:
                return rank
        raise LookupError(f"the definitions in force have no stage `{name}`")

    def asks_to_confirm(self, sequence: str, email: str) -> bool:
        """Whether that email, in any of its languages, has the link by which a reader confirms."""
        texts = (self.emails[sequence, email, locale] for locale in self.locales_of(sequence, email))
        return any(CONFIRM in text.body for text in texts)

    def needs_its_link(self, sequence: str, email: str) -> bool:
        """Whether that email, in any of its languages, may not leave without the link by which a reader confirms."""
        texts = (self.emails[sequence, email, locale] for locale in self.locales_of(sequence, email))
        return any(CONFIRM in text.body and not text.link_optional for text in texts)

    def locales_of(self, sequence: str, email: str) -> frozenset[str]:
        """The languages that email is written in."""
        return frozenset(locale for seq, name, locale in self.emails if (seq, name) == (sequence, email))
