"""What can still be understood of a file with faults, so that the others are checked against it in the same round.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from authoring.models.common import Misfit, Model
from authoring.patterns import LINE, NOT_BLANK
from authoring.sentences import Fault, Finding, faults, findings, key_nearest
from authoring.shapes import MODELS, Path, Shape
from authoring.suggest import nearest
from base.toml import Document

ROUNDS = 5  # each looks behind the faults of the one before: a validator says nothing of a table with a wrong key
TOLD = 200  # problems of one file that are told at once; with more of them nothing is worth keeping
_NAMED_BY_KEYS = frozenset({"topics", "senders", "tracking", "fields"})
STAND_IN = "…"  # for a text that is missing or is no text


@dataclass(frozen=True, slots=True)
class Salvage:
    """`model` is what was understood, None for nothing; `document` places it.

    `left_out`: the names in what was cut, None where nothing was.
    """

    model: Model | None
    document: Document
    faults: tuple[Fault, ...]
    left_out: frozenset[str] | None


@dataclass(slots=True)
class _Mending:
    """What is done to the author's data, by their own paths."""

    gone: set[Path] = field(default_factory=set)
    renamed: dict[Path, str] = field(default_factory=dict)
    replaced: dict[Path, Any] = field(default_factory=dict)
    added: dict[Path, Any] = field(default_factory=dict)

    def applied(self, value: Any, path: Path, now: Path, origins: dict[Path, Path]) -> Any:
        """A mended copy; `origins` learns where each part of it stands in what the author wrote."""
        origins[now] = path
        if path in self.replaced:
            return self.replaced[path]
        if isinstance(value, dict):
            return self._table(value, path, now, origins)
        if isinstance(value, list):
            kept = [index for index in range(len(value)) if (*path, index) not in self.gone]
            return [self.applied(value[old], (*path, old), (*now, index), origins) for index, old in enumerate(kept)]
        return value

    def _table(self, value: dict[str, Any], path: Path, now: Path, origins: dict[Path, Path]) -> dict[str, Any]:
        table = {}
        for key, inner in value.items():
            if (*path, key) not in self.gone:
                name = self.renamed.get((*path, key), key)
                table[name] = self.applied(inner, (*path, key), (*now, name), origins)
        for added, inner in self.added.items():
            if added[:-1] == path:
                table[str(added[-1])] = inner
        return table


def salvage(kind: str, document: Document) -> Salvage:
    """Everything that is wrong inside one file, and the rest of it: misspelt keys read as meant, faulty parts cut."""
    mending, told = _Mending(), list[Fault]()
    for _ in range(ROUNDS):
        origins: dict[Path, Path] = {}
        data = mending.applied(document.data, (), (), origins)
        try:
            model = MODELS[kind].model_validate(data)
        except ValidationError as error:
            every = list(findings(kind, data, error.errors(include_url=False)[:TOLD]))
            own = [finding for finding in every if not _follows(finding, mending, origins)]
            told += [replace(fault, path=_origin(fault.path, origins)) for fault in faults(own)]
            every.sort(key=lambda finding: finding.type == "missing")  # what is missing may only be misspelt
            if len(every) >= TOLD or not all([_mend(finding, mending, origins, data) for finding in every]):
                break
        else:
            return Salvage(model, _placed(document, origins), tuple(told), _left_out(document.data, mending))
    return Salvage(None, document, tuple(told), None)


def _origin(path: Path, origins: Mapping[Path, Path]) -> Path:
    length = next(length for length in range(len(path), -1, -1) if path[:length] in origins)
    return (*origins[path[:length]], *path[length:])


def _follows(finding: Finding, mending: _Mending, origins: Mapping[Path, Path]) -> bool:
    """Whether this is only wrong because of what was cut."""
    path = _origin(finding.path, origins)
    if finding.type == "missing":
        return (*path, finding.last) in mending.gone
    error = finding.context.get("error")
    if isinstance(error, Misfit) and error.at:  # it points at what is there; only a sibling can have been its cause
        return any(gone[:-1] == path for gone in mending.gone)
    return any(gone[: len(path)] == path for gone in mending.gone)


def _mend(finding: Finding, mending: _Mending, origins: Mapping[Path, Path], data: Any) -> bool:
    """Get the fault out of the way; False when nothing but the whole file is left to cut."""
    path = _origin(finding.path, origins)
    if finding.type == "missing":
        if any(key[:-1] == path and meant == finding.last for key, meant in mending.renamed.items()):
            return True
        if _takes_any_text(finding.shape.below(finding.last)):
            mending.added[(*path, finding.last)] = STAND_IN
            return True
    elif finding.type == "extra_forbidden":
        meant = key_nearest(finding)
        if meant is not None and meant not in _at(data, finding.path[:-1]):
            mending.renamed[path] = meant
            return True
    elif (value := _stand_in(finding)) is not None and path not in mending.replaced:
        mending.replaced[path] = value
        return True
    mending.gone.add(path)
    return bool(path)


def _stand_in(finding: Finding) -> str | None:
    """What was probably meant where one of a few is expected, or any text where any will do."""
    if finding.type == "value_error" or finding.last == "[key]":
        return None
    if isinstance(finding.input, str) and (choice := nearest(finding.input, finding.shape.choices())):
        return choice
    return STAND_IN if _takes_any_text(finding.shape) else None


def _takes_any_text(shape: Shape) -> bool:
    plain = (None, LINE, NOT_BLANK)
    return any(
        option.get("type") == "string"
        and option.get("pattern") in plain
        and not {"enum", "const", "format"} & set(option)
        for option in shape.options
    )


def _at(data: Any, path: Path) -> Any:
    for segment in path:
        data = data[segment]
    return data


def _placed(document: Document, origins: Mapping[Path, Path]) -> Document:
    """The document with the places of what was understood, under the paths that it has now."""
    return replace(
        document, places={now: document.places[old] for now, old in origins.items() if old in document.places}
    )


def _left_out(data: Any, mending: _Mending) -> frozenset[str] | None:
    """Every name that stands in what was cut: nobody knows any more whether it is there."""
    if not mending.gone:
        return None
    return frozenset(word for path in mending.gone for word in _words(_written(data, path), path))


def _written(data: Any, path: Path) -> Any:
    try:
        return _at(data, path)
    except (LookupError, TypeError):
        return None  # it was never there, only added


def _words(value: Any, path: Path) -> Iterator[str]:
    """The texts in a value, and its keys where keys are names."""
    if _NAMED_BY_KEYS.intersection(path):
        yield from (str(segment) for segment in path[-1:])
    pending = [(value, path)]
    while pending:
        inner, at = pending.pop()
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, dict):
            if at[-1:] and at[-1] in _NAMED_BY_KEYS:
                yield from inner
            pending += [(item, (*at, key)) for key, item in inner.items()]
        elif isinstance(inner, list):
            pending += [(item, at) for item in inner]
