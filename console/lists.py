"""Lists sent to the console: kept in pieces while somebody looks at them, and what their plan would come to."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from tempfile import TemporaryFile
from typing import BinaryIO

from base.saying import said
from console.door import ConsoleDoor
from leads.imports import ledger, mapping
from leads.imports.contacts import Reject, Remark
from leads.imports.departures import REASONS
from leads.imports.mapping import Fields, targets_of
from leads.imports.reading import Survey, Wishes, rows, survey
from leads.imports.reasons import KEPT
from leads.imports.running import Tally, rehearse
from leads.imports.settings import EXISTING, ORIGINS, Policy, Settings, Unproven

LONGEST_LIST = 50 * 2**20  # bytes
LOOKED_AT = 5_000  # rows of a plan: the page is there in a second or two
SAMPLE, SHOWN = 5, 8  # rows, and rejects, on the page
_LONGEST = {"source": 200, "tags": 500, "wording": 2000, "proven_by": 500, "consent_on": 10}


@dataclass(frozen=True, slots=True)
class Draft:
    """A list as somebody looks at it."""

    survey: Survey
    settings: Settings
    tally: Tally
    rejects: Sequence[Reject]
    remarks: Sequence[Remark]  # why consents and departures would not be recorded
    sample: Sequence[Sequence[str]]
    is_part: bool  # only the first rows were looked at


def keep(door: ConsoleDoor, name: str, file: BinaryIO, author: str) -> int:
    """Keep a file that was sent, and how it would be read; the number of its draft. Raises Unreadable."""
    now = door.clocks.machine()
    found = survey(file, Wishes(), targets_of(door.site()))
    settings = Settings.of(found, Policy(), tuple(door.config.site.locales))
    made = door.database.write(lambda conn: ledger.draft(conn, name or "list.csv", found.hash, found.size, author, now))
    part = 0
    file.seek(0)
    while piece := file.read(ledger.PART):
        door.database.write(partial(ledger.keep_part, import_id=made, part=part, piece=piece))
        part += 1
    door.database.write(lambda conn: ledger.settle(conn, made, settings, ledger.DRAFT))
    return made


@contextmanager
def kept(door: ConsoleDoor, import_id: int) -> Iterator[BinaryIO]:
    """The file of a draft."""
    with TemporaryFile() as file:
        with door.database.read() as conn:
            ledger.copy_file(conn, import_id, file)
        yield file


def plan(door: ConsoleDoor, import_id: int, settings: Settings) -> Draft:
    """What taking it in would come to, by its first rows."""
    rejects: list[Reject] = []
    remarks: list[Remark] = []

    def keep_some(one: Reject | Remark) -> None:
        if isinstance(one, Reject):
            rejects.extend([one] if len(rejects) < SHOWN else [])
        elif one.code in KEPT:
            remarks.extend([one] if len(remarks) < SHOWN else [])

    with kept(door, import_id) as file:
        wishes = Wishes(settings.encoding, settings.delimiter)
        found = survey(file, wishes, targets_of(door.site()))
        found = replace(found, mapping=_mapping(settings))
        key, now = door.keys.suppression, door.clocks.calendar()
        tally = rehearse(file, settings, door.database, key, now, keep_some, limit=LOOKED_AT)
        sample = [record.cells[: found.shape.width] for record, _ in zip(rows(file, settings.layout), range(SAMPLE))]  # noqa: B905
    return Draft(found, settings, tally, rejects, remarks, sample, tally.rows >= LOOKED_AT)


def changed(door: ConsoleDoor, settings: Settings, form: Mapping[str, str]) -> Settings:
    """The settings as the form says them. Raises Unmappable, Unproven, UnknownMapping."""
    targets, names = targets_of(door.site()), settings.names
    if name := form.get("mapping", ""):
        with door.database.read() as conn:
            saved = ledger.mapping(conn, name)
        fields = {place: saved[column] for place, column in enumerate(names) if column in saved}
        if not fields:
            raise mapping.Unmappable(said("the list has none of the columns of that mapping"))
    else:
        fields = {place: field for place in range(len(names)) if (field := form.get(f"c{place}", ""))}
    for field in fields.values():
        mapping.insist(field, targets)
    policy = _policy(form)
    both = mapping.ordered(fields, names)
    made = replace(settings, fields={str(place): field for place, field in both.items()}, policy=policy)
    made.insist_on_proof()
    return made


def fields_of(settings: Settings) -> Fields:
    """{column: field}, as a mapping is kept by name."""
    return _mapping(settings)


def _mapping(settings: Settings) -> Fields:
    return {settings.names[int(place)]: field for place, field in settings.fields.items()}


def _policy(form: Mapping[str, str]) -> Policy:
    told = {name: form.get(name, "").strip()[:most] for name, most in _LONGEST.items()}
    existing, origin, everybody = (form.get(name, "") for name in ("existing", "origin", "everybody"))
    return Policy(
        existing=existing if existing in EXISTING else "fill",
        origin=origin if origin in ORIGINS else "outbound",
        source=told["source"] or None,
        tags=tuple(tag for part in told["tags"].split(",") if (tag := part.strip())),
        roles="no_roles" not in form,
        wording=told["wording"] or None,
        proven_by=told["proven_by"] or None,
        consent_on=_day(told["consent_on"]),
        disposable="no_disposable" not in form,
        everybody=everybody if everybody in REASONS else None,
    )


def _day(text: str) -> str | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date().isoformat() if text else None  # noqa: DTZ007
    except ValueError:
        raise Unproven(said("a day is written 2026-02-28")) from None
