"""Which problems between files merely stem from a file that cannot be read, or not in full: they are not told.

Pure: no database, no clock, no network.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from authoring.images import FOLDER
from authoring.load import Drafts
from authoring.tree import kind_of
from base.problems import Problem

_MAGNET_URL = "magnet_url"  # what a mail has because of its form, or of what starts its sequence
_FIELDS = "lead.fields."
_CONFIRM_URL = "confirm_url"  # what a mail that cannot be read may have
_SUBSCRIBE = "subscribe"  # how a form that cannot be read may ask for a topic
_TICKED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Doubts:
    """`words`: names that may well be there, in plain letters.

    `fields`: nobody knows what forms ask. `partial`: files that were read in part.
    """

    words: frozenset[str]
    fields: bool
    partial: frozenset[str]

    def stems(self, problem: Problem) -> bool:
        """Whether it names what was left out, or warns that something is not used by a file read in part."""
        if problem.severity == "warning" and self._is_about_a_part(problem.file):
            return True
        named = _TICKED.findall(f"{problem.message} {problem.hint or ''}")
        return any(self._doubtful(name) for name in [*named, problem.file.removeprefix("magnets/")])

    def stems_in_a_room(self, problem: Problem) -> bool:
        """The same for the rules of a room, which look at a file as a whole: of half a file they know nothing."""
        return problem.file in self.partial or self.stems(problem)

    def _doubtful(self, name: str) -> bool:
        told = {_plain(name), _plain(name.rpartition(".")[2])}
        return bool(told & self.words) or (self.fields and name.startswith(_FIELDS))

    def _is_about_a_part(self, file: str) -> bool:
        kind, names = kind_of(file) or ("", {})
        return file in self.partial or (kind == "email" and f"sequences/{names['sequence']}.toml" in self.partial)


def doubts_of(drafts: Drafts) -> Doubts:
    """What nobody can know about a tree of which these drafts were read."""
    words = set().union(*drafts.partial.values(), *(_names(file) for file in drafts.broken))
    kinds = _kinds(drafts.broken)
    if (kinds | _kinds(drafts.partial)) & {"form", "sequence"}:
        words.add(_MAGNET_URL)
    if kinds & {"email", "sequence"} or _kinds(drafts.partial) & {"email", "sequence"}:
        words.add(_CONFIRM_URL)
    if "form" in kinds | _kinds(drafts.partial):
        words.add(_SUBSCRIBE)
    plain = frozenset(filter(None, map(_plain, words)))
    return Doubts(plain, bool(kinds & {"form", "sequence"}), frozenset(drafts.partial))


def _kinds(files: Iterable[str]) -> set[str]:
    return {found[0] for found in map(kind_of, files) if found}


def _names(file: str) -> Iterator[str]:
    """What others call a page or an image that cannot be read; of the other kinds, the names in the paths are known."""
    if file.startswith(FOLDER):
        yield file
    kind, names = kind_of(file) or ("", {})
    if kind == "page":
        yield f"pages.{names['name']}"


def _plain(name: str) -> str:
    """`Ad vice`, which will not do as a name, is where `advice` was to be found."""
    return "".join(char for char in unicodedata.normalize("NFKD", name.lower()) if char.isalnum())
