"""From a tree of bytes to a site: parses and validates every file, and finds all problems at once."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from authoring.images import FOLDER
from authoring.models.common import Model
from authoring.models.costs import Costs
from authoring.models.definitions import Definitions
from authoring.models.emails import Email
from authoring.models.sequences import Sequence
from authoring.salvage import salvage
from authoring.sentences import Fault
from authoring.shapes import MODELS, Path
from authoring.site import Site
from authoring.syntax import place, read_toml
from authoring.tree import Tree, kind_of
from base.problems import Problem
from base.saying import Said, said
from base.toml import Document, Part, Position, TomlError

FENCE = "+++"
NO_COSTS = Costs()
BEGIN = said("`terreau new site FOLDER` makes one to begin with")
KEPT = 1024  # files read last: the same bytes are checked, applied, and read back from the store
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Drafts:
    """What could be read, kind by kind: names in the path -> model. What could not is in `broken`, by path.

    A file with faults that could be understood in part is among both the models and `partial`: path -> the names that
    stand in what was left out of it.
    """

    models: Mapping[str, Mapping[tuple[str, ...], Any]]
    documents: Mapping[str, Document]
    broken: frozenset[str]
    partial: Mapping[str, frozenset[str]]

    def locate(self, file: str, path: Path, of: Part = "value") -> Position:
        """(line, column) of a place in a file; of the nearest table around it where it is not written."""
        document = self.documents.get(file)
        return place(document, path, of) if document else (1, 1)


@dataclass(frozen=True, slots=True)
class Loaded:
    """`site` is None when its definitions cannot be read; with problems among its files it is a part of the site."""

    site: Site | None
    problems: list[Problem]
    drafts: Drafts


def load_site(tree: Tree) -> tuple[Site | None, list[Problem]]:
    """The site, or None and the problems that keep it from being one; references are left to `lint`."""
    loaded = load(tree)
    return (None if loaded.problems else loaded.site), loaded.problems


def load(tree: Tree) -> Loaded:
    """Everything that can be read of the tree, with the problems of everything that cannot."""
    models: dict[str, dict[tuple[str, ...], Any]] = {kind: {} for kind in MODELS}
    documents: dict[str, Document] = {}
    problems = list(tree.problems)
    broken = {problem.file for problem in problems if problem.file.startswith(FOLDER)}
    partial: dict[str, frozenset[str]] = {}
    for file, content in sorted(tree.texts.items()):
        kind, names = kind_of(file) or ("", {})
        try:
            read = _read(kind, file, content)
        except _Unreadable as error:
            broken.add(file)
            problems += error.problems
            continue
        documents[file] = read.document
        problems += read.problems
        if read.model is None:
            broken.add(file)
            continue
        models[kind][tuple(names.values())] = read.model
        if read.left_out is not None:
            partial[file] = read.left_out
    if _lacks_definitions(tree):
        problems.append(
            Problem("definitions.toml", 1, 1, "error", said("the content has no `definitions.toml`"), BEGIN)
        )
    drafts = Drafts(models, documents, frozenset(broken), partial)
    return Loaded(_site(tree, models), sorted(problems), drafts)


def _lacks_definitions(tree: Tree) -> bool:
    """Nobody is told so who was told already that the file, or the whole folder, cannot be read."""
    told = any(problem.file == "definitions.toml" or problem.line == 0 for problem in tree.problems)
    return "definitions.toml" not in tree.texts and not told


def version_of(sequence: Sequence) -> str:
    """The hash of a parsed sequence: spaces and comments do not count, nor do keys that only say the default."""
    written = sequence.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return hashlib.sha256(json.dumps(written, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def read_sequence(text: str, file: str) -> Sequence:
    """One sequence out of the store, where it was checked before; ValueError if this Terreau cannot read it."""
    return Sequence.model_validate(read_toml(text, file).data)


class _Unreadable(Exception):
    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__()
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class _Read:
    """One file that is TOML. `left_out` is None where nothing was."""

    model: Model | None
    document: Document
    problems: tuple[Problem, ...]
    left_out: frozenset[str] | None


@lru_cache(maxsize=KEPT)
def _read(kind: str, file: str, content: bytes) -> _Read:
    text = _decoded(file, content)
    front, body, body_line = _front_matter(file, text) if kind == "email" else (text, "", 0)
    try:
        document = read_toml(front, file)
    except TomlError as error:
        raise _Unreadable([error.problem]) from None
    kept = salvage(kind, document)
    model = kept.model
    if model is not None and kind == "email":
        model = Email(**model.model_dump(), body=body, body_line=body_line)
    problems = tuple(problem(document, fault) for fault in kept.faults)
    return _Read(model, kept.document, problems, kept.left_out)


def _decoded(file: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        message = said("the byte 0x%(byte)s here is not UTF-8 text", byte=f"{content[error.start]:02X}")
        raise _Unreadable([_problem_at(file, before, len(before), message, said("save the file as UTF-8"))]) from None
    if unseen := _UNSEEN.search(text):
        message = said("there is a character here that nobody can see (U+%(code)s)", code=f"{ord(unseen[0]):04X}")
        raise _Unreadable([_problem_at(file, text, unseen.start(), message, said("delete it"))])
    return text


def _problem_at(file: str, text: str, index: int, message: Said, hint: Said) -> Problem:
    line, column = text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)
    return Problem(file, line, column, "error", message, hint)


def _front_matter(file: str, text: str) -> tuple[str, str, int]:
    """The front matter under an empty line, so that its lines keep their numbers; the body; the body's first line."""
    lines = text.replace("\r\n", "\n").split("\n")
    fences = [number for number, line in enumerate(lines) if line.rstrip() == FENCE][:2]
    if not fences or fences[0] != 0:
        message = said("an email begins with a line `+++`")
        hint = said("then its subject and so on, and a second `+++`")
        raise _Unreadable([Problem(file, 1, 1, "error", message, hint)])
    if len(fences) == 1:
        message, hint = (
            said("the `+++` that opens here is not closed"),
            said("put a second `+++` above the text of the email"),
        )
        raise _Unreadable([Problem(file, 1, 1, "error", message, hint)])
    start = next((number for number in range(fences[1] + 1, len(lines)) if lines[number].strip()), None)
    if start is None:
        message, hint = said("this email has no text"), said("write it below `+++`")
        raise _Unreadable([Problem(file, fences[1] + 1, 1, "error", message, hint)])
    return "\n" + "\n".join(lines[1 : fences[1]]), "\n".join(lines[start:]), start + 1


def problem(document: Document, fault: Fault) -> Problem:
    """A fault with the line and column of its place."""
    line, column = place(document, fault.path, fault.of)
    return Problem(document.file, line, column, fault.severity, fault.message, fault.hint)


def _site(tree: Tree, models: Mapping[str, Mapping[tuple[str, ...], Any]]) -> Site | None:
    definitions: Definitions | None = models["definitions"].get(())
    if definitions is None:
        return None
    named = {kind: {names[0]: model for names, model in models[kind].items()} for kind in _NAMED}
    return Site(
        release_id=None,
        hash=tree.hash,
        definitions=definitions,
        costs=models["costs"].get((), NO_COSTS),
        pages=named["page"],
        forms=named["form"],
        magnets=named["magnet"],
        sequences=named["sequence"],
        personas=named["persona"],
        emails={(names[0], names[1], names[2]): email for names, email in models["email"].items()},
        versions={name: version_of(sequence) for name, sequence in named["sequence"].items()},
        files=tree.blobs,
        images=tree.images,
    )


_NAMED = ("page", "form", "magnet", "sequence", "persona")
