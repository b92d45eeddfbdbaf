"""Which column fills which field: proposed by names and by what stands in the cells, changed by whoever imports.

Pure: no database, no clock, no network.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from authoring.site import Site
from base.problems import did_you_mean
from base.saying import Refused, Said, said
from leads.imports import columns, departures
from leads.imports.columns import EMAIL, FULL_NAME, LAST_FIRST, PHONE, TAGS
from leads.imports.reached import holds_address, is_number
from leads.imports.records import Record
from leads.imports.shape import Shape, is_address
from leads.naming import SYSTEM
from leads.postal import POSTAL

CONSENT, CONSENT_AT = "consent:", "consent_at"  # `consent:TOPIC`, and the column of the day it was given
OUTSIDE, CRM = "id:", "id:crm"  # `id:SYSTEM`: what another system calls them
NOT_IMPORTED = ""
OWN = (EMAIL, PHONE, "first_name", "last_name", FULL_NAME, LAST_FIRST, "company", "job_title", "locale", "timezone")
# May be filled from several columns: all tags, the first that can be reached, whatever says that they left.
SEVERAL = frozenset({TAGS, EMAIL, PHONE, *departures.FIELDS})

_MOSTLY = 0.5  # of the cells that are filled


class Unmappable(Refused):
    """A column or a field that is not there; the sentence says which are."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What a column may fill: the lead's own columns, the fields that forms ask for, consent to a topic, the id of
    another system, of which any may be named."""

    fields: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()

    def all(self) -> list[str]:
        named = (f"{CONSENT}{topic}" for topic in sorted(self.topics))
        own = (*OWN, TAGS, *departures.FIELDS)
        return [*own, *sorted(self.fields - {*own}), CRM, CONSENT_AT, *named]


def targets_of(site: Site | None) -> Targets:
    """What the content has room for: the fields that its forms ask for, a postal address, its topics."""
    if site is None:
        return Targets(frozenset(POSTAL))
    asked = {one.name for form in site.forms.values() for one in form.field if one.kind in ("text", "choice", "hidden")}
    return Targets(frozenset(asked) | {*POSTAL}, frozenset(site.definitions.topics))


Fields = dict[str, str]  # {name of a column: the field it fills}; a column that is not in it is not imported


def propose(shape: Shape, targets: Targets) -> Fields:
    """The mapping of a list whose columns have these names and these cells. Addresses and numbers may have several
    columns, for whoever has the one at work or the other; no other field is filled twice.

    Names that are known come first, the likeliest before the others; then the fields of forms by their own name, names
    with words around them, slips of the pen; then what the cells say: a column of addresses needs no name.
    Those that say who left elsewhere are taken first.
    """
    found: Fields = {name: field for name in shape.names if (field := departures.field_of(name)) is not None}
    asked = {columns.folded(field): field for field in sorted(targets.fields)}
    likely = sorted(shape.names, key=columns.likeliness)
    for guess in (columns.field_of, lambda name: asked.get(columns.folded(name)), columns.field_meant):
        for name in likely:
            _take(found, name, guess(name))
    for name in likely:
        _take_once(found, name, columns.slip_of(name))
    _nom(shape, found)
    _given(shape, found)
    if EMAIL not in found.values() or not _has_addresses(shape, found):
        _by_cells(shape, found)
    _nobody_s(shape, found)
    _by_words(shape, found)
    if not shape.header:
        _numbers_by_cells(shape, found)
    if {"first_name", "last_name"} <= set(found.values()):
        found = {name: field for name, field in found.items() if field not in (FULL_NAME, LAST_FIRST)}
    return {name: found[name] for name in shape.names if name in found}


def passed_over(shape: Shape, found: Fields) -> list[str]:
    """The columns that say who left elsewhere, or look as if they did, and are left out of `found`."""
    return [name for name in shape.names if name not in found and _may_say_who_left(name, _cells(shape, name))]


def _may_say_who_left(name: str, cells: Collection[str]) -> bool:
    known = departures.field_of(name) is not None or departures.is_status(name, cells)
    return known or departures.is_doubtful(name, cells)


def adjust(proposed: Mapping[str, str], wished: Iterable[tuple[str, str]], shape: Shape, targets: Targets) -> Fields:
    """The proposal with what is wished instead, as (column, field); an empty field leaves the column out.

    A column is named as it is written, or by its number. Who names a column of addresses has chosen: those that were
    found out fill nothing then. Raises Unmappable.
    """
    wishes = [(_column(column, shape.names), field) for column, field in wished]
    settled = {field for _, field in wishes} - {TAGS, *departures.FIELDS}
    chosen = {name: field for name, field in proposed.items() if field not in settled}
    for name, field in wishes:
        chosen.pop(name, None)
        if field == NOT_IMPORTED:
            continue
        insist(field, targets)
        if field not in SEVERAL:
            chosen = {other: its for other, its in chosen.items() if its != field}
        chosen[name] = field
    return {name: chosen[name] for name in shape.names if name in chosen}


def ordered(places: Mapping[int, str], names: Sequence[str]) -> dict[int, str]:
    """{place of a column: field} in the order they are read: names in one cell after those with a cell of their own, an
    address at work before one at home."""

    def when(place: int) -> tuple[bool, int, int]:
        return places[place] in (FULL_NAME, LAST_FIRST), columns.likeliness(names[place]), place

    return {place: places[place] for place in sorted(places, key=when)}


def reuse(saved: Mapping[str, str], shape: Shape, targets: Targets) -> Fields:
    """A mapping of before on this list: its columns are found by name; those that are not here fill nothing.

    Raises Unmappable when none of them is here, or a field is no longer asked for.
    """
    named = {columns.folded(name): name for name in reversed(shape.names)}
    found = {named[columns.folded(name)]: field for name, field in saved.items() if columns.folded(name) in named}
    if not found:
        raise Unmappable(said("the list has none of the columns of that mapping"))
    for field in found.values():
        insist(field, targets)
    return found


def _column(meant: str, names: Sequence[str]) -> str:
    """The column of that name, compared as names of columns are; else the one of that number."""
    if meant in names:
        return meant
    alike = [name for name in names if columns.folded(name) == columns.folded(meant)]
    if alike and columns.folded(meant):
        return alike[0]
    if meant.isdigit() and 1 <= int(meant) <= len(names):
        return names[int(meant) - 1]
    hint = did_you_mean(meant, names) or said("there are %(names)s", names=", ".join(names) or said("none"))
    raise Unmappable(said("the list has no column `%(name)s` (%(hint)s)", name=meant, hint=hint))


def insist(field: str, targets: Targets) -> None:
    """Raises Unmappable for a field that there is not."""
    known = targets.all()
    if field in known or (field.startswith(OUTSIDE) and SYSTEM.fullmatch(field.removeprefix(OUTSIDE))):
        return
    hint: Said = did_you_mean(field, known) or said("fields are %(names)s", names=", ".join(known))
    raise Unmappable(said("there is no field `%(name)s` to fill (%(hint)s)", name=field, hint=hint))


# ---------------------------------------------------------------- guesses


def _take(found: Fields, name: str, field: str | None) -> None:
    if field is None or name in found or (field in found.values() and field not in SEVERAL):
        return
    found[name] = field


def _take_once(found: Fields, name: str, field: str | None) -> None:
    if field not in found.values():
        _take(found, name, field)


def _nom(shape: Shape, found: Fields) -> None:
    """`Nom` is a last name beside a first one; alone it is both, where its cells hold more than one word."""
    for name in shape.names:
        if name in found or not columns.is_surname_or_both(name):
            continue
        both = "first_name" not in found.values() and _holds_several_words(shape, name)
        _take(found, name, FULL_NAME if both else "last_name")


def _given(shape: Shape, found: Fields) -> None:
    """`Name` or `Nombre` is a first name beside a `Surname` or `Apellidos`, where its cells hold one word."""
    if "last_name" in found.values() and "first_name" not in found.values():
        either = [name for name, field in found.items() if columns.is_first_or_both(name, field)]
        found.update({name: "first_name" for name in either if not _holds_several_words(shape, name)})


def _holds_several_words(shape: Shape, name: str) -> bool:
    """Whether most of the cells that are filled do."""
    cells = _cells(shape, name)
    return sum(" " in cell for cell in cells) > _MOSTLY * max(len(cells), 1)


def _nobody_s(shape: Shape, found: Fields) -> None:
    """Of several columns of addresses, one that says the same in every row, where others do not, is of whoever keeps
    the list."""
    cells = {name: _cells(shape, name) for name, field in found.items() if field == EMAIL}
    if max((len(set(those)) for those in cells.values()), default=0) > 1:
        for name, those in cells.items():
            if len(those) == len(shape.sample) and len(set(those)) == 1:
                del found[name]


def _has_addresses(shape: Shape, found: Fields) -> bool:
    cells = [cell for name, field in found.items() if field == EMAIL for cell in _cells(shape, name)]
    return not cells or any(map(is_address, cells)) or any(map(holds_address, cells))


def _by_cells(shape: Shape, found: Fields) -> None:
    """The column that mostly holds addresses is theirs, whatever it is called; of two alike the one with most
    different ones."""
    counted = {name: _share_of_addresses(_cells(shape, name)) for name in shape.names}
    best = max(counted, key=lambda name: (counted[name], len(set(_cells(shape, name)))), default=None)
    if best is None or counted[best] <= _MOSTLY:
        return
    for name in [name for name, field in found.items() if field == EMAIL]:
        del found[name]
    found.pop(best, None)
    found[best] = EMAIL


def _by_words(shape: Shape, found: Fields) -> None:
    """A `Status` in which most cells are words such as `subscribed` and `cleaned` says how everybody stands."""
    for name in shape.names:
        if name not in found and departures.is_status(name, _cells(shape, name)):
            found[name] = departures.SUBSCRIBED


def _numbers_by_cells(shape: Shape, found: Fields) -> None:
    """Where no column has a name, those that mostly hold numbers as people write them."""
    for name in shape.names:
        cells = _cells(shape, name)
        if name not in found and sum(map(is_number, cells)) > _MOSTLY * max(len(cells), 1):
            found[name] = PHONE


def _share_of_addresses(cells: Collection[str]) -> float:
    return sum(map(is_address, cells)) / len(cells) if cells else 0.0


def _cells(shape: Shape, name: str) -> list[str]:
    """What is written in a column, in the rows that were looked at."""
    place = shape.names.index(name)
    return [cell for record in shape.sample if (cell := _cell(record, place))]


def _cell(record: Record, place: int) -> str:
    return record.cells[place].strip() if place < len(record.cells) else ""
