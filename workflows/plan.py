"""What a release would do to those inside its sequences: who stands where, who would be written to earlier or later."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select

from authoring.editing import Adoption, Case, How, Move
from authoring.models.sequences import Sequence as Authored
from authoring.question import Question, Sample
from authoring.renames import StepEdit, keys_changed, step_edits
from authoring.site import Site
from storage.schema import enrolments, wakes
from storage.wakes import Claimed
from workflows.foreseeing import WAITS, Fate, fates
from workflows.reading import Batch, Coming, read_batch
from workflows.spreading import Change
from workflows.values import Edit

LEADS_AT_ONCE = 200

Place = tuple[str, str]  # version, step
Places = Mapping[Place, int]  # how many are active there


@dataclass(frozen=True, slots=True)
class Shift:
    """`count` leads at `step` would have come to `was` first, and come to `now` first."""

    step: str
    was: Fate
    now: Fate
    count: int

    @property
    def what(self) -> str:
        """earlier, later, same, stops (no mail any more), starts (a mail where none was ahead) or other (another)."""
        if self.was.what != "mail" or self.now.what != "mail":
            return "same" if self.was == self.now or self.was.what == self.now.what else self._without_mail()
        if self.was.at is None or self.now.at is None or self.was.at == self.now.at:
            return "same" if self.was.step == self.now.step else "other"
        return "earlier" if self.now.at < self.was.at else "later"

    def _without_mail(self) -> str:
        if self.was.what == "mail":
            return "stops"
        return "starts" if self.now.what == "mail" else "other"


@dataclass(frozen=True, slots=True)
class Standing:
    """Those who stand at a step: `moves` is what becomes of them, None where they stay in their version."""

    step: str
    inside: int
    move: Move | None
    case: Case | None

    @property
    def choices(self) -> tuple[How, ...]:
        return self.case.choices if self.case is not None else ()


@dataclass(frozen=True, slots=True)
class SequencePlan:
    """One sequence: what was edited, who is inside, and what that does to them."""

    name: str
    what: str  # new | gone | edited | same
    on_edit: str
    rollout: int | None  # per cent of those who come in from now on who enter the new version
    tried_against: (
        str | None
    )  # the version that the others enter; None = there is none, and everybody enters the new one
    title: Any
    inside: int
    keys: tuple[str, ...]
    edits: tuple[StepEdit, ...]
    standing: tuple[Standing, ...]
    shifts: tuple[Shift, ...]
    sample: Sample

    @property
    def open_cases(self) -> tuple[Standing, ...]:
        """Those for whom the author still has to choose."""
        return tuple(one for one in self.standing if one.case is not None and one.inside)


def plan(question: Question) -> tuple[SequencePlan, ...]:
    """Every sequence that changes, or in which somebody is moved."""
    with question.database.read() as conn:
        places = _places(conn)
        foreseen = _foreseen(conn, question, places)
    names = sorted({*question.former.sequences, *question.site.sequences})
    plans = (_of(name, question, places.get(name, {}), foreseen) for name in names)
    return tuple(one for one in plans if one.what != "same" or one.shifts or one.open_cases)


def _places(conn: Connection) -> dict[str, dict[Place, int]]:
    """By sequence, where those inside stand."""
    at = (enrolments.c.sequence, enrolments.c.sequence_version, enrolments.c.step)
    counted = select(*at, func.count().label("n")).where(enrolments.c.state == "active").group_by(*at)
    found: dict[str, dict[Place, int]] = defaultdict(dict)
    for row in conn.execute(counted):
        found[row.sequence][row.sequence_version, row.step] = row.n
    return found


def _of(name: str, question: Question, inside: Places, foreseen: "_Foreseen") -> SequencePlan:
    former, site = question.former.sequences.get(name), question.site.sequences.get(name)
    either = site or former
    assert either is not None
    both = (former, site) if former is not None and site is not None else None
    cases = {(one.version.hash, one.step): one for one in question.guard.edits.cases if one.version.name == name}
    adoptions = [one for one in question.guard.edits.adoptions if one.version.name == name]
    return SequencePlan(
        name=name,
        what=_what(name, question),
        on_edit=either.on_edit,
        rollout=site.rollout if site is not None else None,
        tried_against=question.site.former_versions.get(name),
        title=either.title,
        inside=sum(inside.values()),
        keys=tuple(keys_changed(*both)) if both else (),
        edits=tuple(step_edits(*both)) if both else (),
        standing=tuple(_standing(inside, adoptions, cases, either)),
        shifts=foreseen.shifts(name),
        sample=foreseen.sample(name),
    )


def _what(name: str, question: Question) -> str:
    was, now = question.former.versions.get(name), question.site.versions.get(name)
    if was is None or now is None:
        return "new" if was is None else "gone"
    return "same" if was == now else "edited"


def _standing(
    inside: Places, adoptions: Iterable[Adoption], cases: Mapping[Place, Case], either: Authored
) -> list[Standing]:
    """Those of the former and of older versions together, in the order of the sequence."""
    moves = {(one.version.hash, step): move for one in adoptions for step, move in one.moves.items()}
    found: dict[tuple[str, Move | None, bool], Standing] = {}
    for at, count in inside.items():
        key = (at[1], moves.get(at), at in cases)
        known = found.get(key, Standing(at[1], 0, moves.get(at), cases.get(at)))
        found[key] = replace(known, inside=known.inside + count)
    order = {step.id: place for place, step in enumerate(either.step)}
    return sorted(found.values(), key=lambda one: (order.get(one.step, len(order)), one.step, str(one.move)))


# ---------------------------------------------------------------- what comes first, for each


@dataclass(frozen=True, slots=True)
class _Foreseen:
    counted: Mapping[str, Counter[tuple[str, Fate, Fate]]]  # sequence -> (step, was, now) -> leads
    looked_at: Mapping[str, int]
    moving: Mapping[str, int]

    def shifts(self, name: str) -> tuple[Shift, ...]:
        found = (Shift(*key, count) for key, count in self.counted.get(name, Counter()).items())
        return tuple(sorted(found, key=lambda one: (one.step, str(one.was.at), str(one.now.at))))

    def sample(self, name: str) -> Sample:
        return Sample(self.looked_at.get(name, 0), self.moving.get(name, 0))


def _foreseen(conn: Connection, question: Question, places: Mapping[str, Places]) -> _Foreseen:
    """Looked at by the engine's own turns, under the rules in force and under those to come."""
    moved = {one.version.hash: one for one in question.guard.edits.adoptions}
    moving = {
        name: sum(count for (version, step), count in inside.items() if _moves(moved.get(version), step))
        for name, inside in places.items()
    }
    watched: dict[int, list[tuple[tuple[str, str], str]]] = defaultdict(list)
    for name, total in moving.items():
        for row in _some_moving(conn, name, moved, total, question.at_most) if total else ():
            watched[row.lead_id].append(((name, row.entry_key), row.step))
    counted: dict[str, Counter[tuple[str, Fate, Fate]]] = defaultdict(Counter)
    for lead_id, was, now in _fates(conn, question, {lead: [key for key, _ in keys] for lead, keys in watched.items()}):
        for key, step in watched[lead_id]:
            counted[key[0]][(step, was.get(key, WAITS), now.get(key, WAITS))] += 1
    return _Foreseen(counted, {name: seen.total() for name, seen in counted.items()}, moving)


def _moves(adoption: Adoption | None, step: str) -> bool:
    return adoption is not None and step in adoption.moves


def _some_moving(
    conn: Connection, name: str, moved: Mapping[str, Adoption], total: int, at_most: int
) -> Sequence[Row[Any]]:
    """Of those at a step of which the edit makes something all, or `at_most`, evenly spread over steps and numbers."""
    of_it = [one for one in moved.values() if one.version.name == name]
    within = or_(
        *(and_(enrolments.c.sequence_version == one.version.hash, enrolments.c.step.in_(one.moves)) for one in of_it)
    )
    place = func.row_number().over(order_by=(enrolments.c.step, enrolments.c.id)).label("place")
    columns = (enrolments.c.lead_id, enrolments.c.entry_key, enrolments.c.step, place)
    every = select(*columns).where(enrolments.c.sequence == name, enrolments.c.state == "active", within).subquery()
    share = min(at_most, total)
    begins_another = every.c.place * share // total != (every.c.place - 1) * share // total
    return conn.execute(select(every).where(begins_another).order_by(every.c.place)).all()


_Fates = tuple[int, Mapping[tuple[str, str], Fate], Mapping[tuple[str, str], Fate]]


def _fates(
    conn: Connection, question: Question, watched: Mapping[int, Collection[tuple[str, str]]]
) -> Iterator[_Fates]:
    ids = sorted(watched)
    for start in range(0, len(ids), LEADS_AT_ONCE):
        claimed = _as_claimed(conn, ids[start : start + LEADS_AT_ONCE])
        was = _batch(conn, claimed, question, question.former, Coming())
        now = _batch(conn, claimed, question, question.site, coming(question))
        for before, then in zip(was.states, now.states, strict=True):
            lead_id = before.facts.lead.id
            keys = watched[lead_id]
            yield lead_id, fates(before, was.rules, question.now, keys), fates(then, now.rules, question.now, keys)


def _as_claimed(conn: Connection, ids: Collection[int]) -> list[Claimed]:
    """The leads as a claim would give them; nobody is held."""
    columns = (wakes.c.lead_id, wakes.c.seq, wakes.c.folded_seq)
    rows = conn.execute(select(*columns).where(wakes.c.lead_id.in_(ids)).order_by(wakes.c.lead_id))
    return [Claimed(*row) for row in rows]


def _batch(conn: Connection, claimed: Sequence[Claimed], question: Question, site: Site, coming: Coming) -> Batch:
    to_come = {question.site.versions[name]: one for name, one in question.site.sequences.items()}

    def pinned(versions: Collection[str]) -> Mapping[str, Authored]:
        return {version: to_come.get(version) or question.sequence(version) for version in versions}

    return read_batch(conn, claimed, site, pinned, question.zone, question.now, coming)


def coming(question: Question) -> Coming:
    """What the engine would find once the release is in force."""
    number = question.site.release_id or 0
    edits = tuple(
        Edit(number, one.version.name, one.version.hash, one.to_version, one.moves)
        for one in question.guard.edits.adoptions
    )
    changes = (Change(number, question.announce),) if question.guard.judges_otherwise else ()
    return Coming(edits, changes)


def earliest(shifts: Iterable[Shift]) -> datetime | None:
    """The first moment at which one of them would be written to."""
    return min((one.now.at for one in shifts if one.now.what == "mail" and one.now.at is not None), default=None)
