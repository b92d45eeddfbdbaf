"""What each sequence does: who is inside, how far, what was sent and what it led to; read-only.

Who stands where is kept as it changes, what happened is counted by day; of enrolments only the next due are looked at.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, select

from authoring.site import Site
from leads.tallies import BEGUN, COMPLETED, GOAL, LEFT, SKIPPED, TAKEN, WHYS
from reports.tallies import Counted, Days, by_subject, counted
from storage.schema import enrolments, occupancy, releases, sequence_versions, switches

MAILS = ("sent", "settled_delivered", "settled_resent", "refused", "failed", "expired", "withdrawn", "settled_dropped")
ARRIVED = ("sent", "settled_delivered", "settled_resent")
NAMES = (BEGUN, COMPLETED, LEFT, GOAL, TAKEN, SKIPPED, "link_clicked", *(f"mail.{state}" for state in MAILS))
LOOKED_AT = 1_000  # of those who move on soon; a page says "1 000+" from there on
SOON = timedelta(days=7)
RELEASES_BACK = 200


@dataclass(frozen=True, slots=True)
class Inside:
    """Enrolments that stand at a step: in its wait, held back by a window or a cap, or until their mail is out."""

    waiting: int = 0
    ready: int = 0
    awaiting_mail: int = 0

    @property
    def all(self) -> int:
        return self.waiting + self.ready + self.awaiting_mail


@dataclass(frozen=True, slots=True)
class Mails:
    """The mails of one text: how many arrived, of how many a link was followed by a human, what became of others."""

    arrived: int = 0
    clicked: int = 0
    missed: Mapping[str, int] = field(default_factory=dict)  # {state: n}, only what is not 0


@dataclass(frozen=True, slots=True)
class StepFigures:
    """`taken` and `skipped` passed it in the period; `inside` stand before it now, the next moving on at `next_due`."""

    taken: int = 0
    skipped: int = 0
    goal: int = 0
    inside: Inside = Inside()
    next_due: datetime | None = None

    @property
    def passed(self) -> int:
        return self.taken + self.skipped


@dataclass(frozen=True, slots=True)
class Ways:
    """Enrolments of the period: how many began and ended. `left`: {why: n}, all of `leads.tallies.WHYS`."""

    begun: int
    completed: int
    left: Mapping[str, int]
    sent: int
    clicked: int

    @property
    def goal(self) -> int:
        return self.left["goal"]

    @property
    def gone(self) -> int:
        """Who left other than by its goal."""
        return sum(n for why, n in self.left.items() if why != "goal")


@dataclass(frozen=True, slots=True)
class SequenceLine:
    """One sequence in the list. `off`: why it is switched off; `written`: it is in the release in force."""

    name: str
    inside: Inside
    ways: Ways
    off: str | None = None
    written: bool = True


@dataclass(frozen=True, slots=True)
class Version:
    """Who is pinned to a version. `release_id`: the first release that holds it, where it is among the newest.

    `share`: per cent of those who come in who enter it, where a rollout divides them; 0 = nobody does any more.
    """

    hash: str
    inside: int
    in_force: bool
    share: int
    release_id: int | None = None
    author: str | None = None
    git_commit: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class SequenceFigures:
    line: SequenceLine
    before: Ways  # over as many days just before
    steps: Mapping[str, StepFigures]
    mails: Mapping[str, Mails]  # by the email's name
    versions: tuple[Version, ...]
    soon: int  # move on within a week, up to LOOKED_AT
    strangers: Mapping[str, int]  # who stands before steps that the version in force has not


def sequence_list(connection: Connection, site: Site, days: Days) -> tuple[SequenceLine, ...]:
    """Every sequence of the release in force, and those of before that somebody is still inside of."""
    found, standing = counted(connection, NAMES, days), _standing(connection)
    off = _switched_off(connection)
    names = [*site.sequences, *sorted({name for name, _, _ in standing} - set(site.sequences))]
    return tuple(_line(name, site, found, standing, off) for name in names)


def sequence_figures(connection: Connection, site: Site, name: str, days: Days, now: datetime) -> SequenceFigures:
    """Everything about one sequence of the release in force; `now` is the calendar's. Raises KeyError."""
    sequence = site.sequences[name]
    found, before = counted(connection, NAMES, days), counted(connection, NAMES, days.before)
    standing = _standing(connection, name)
    inside = _by_step(standing)
    own = {step.id for step in sequence.step}
    return SequenceFigures(
        line=_line(name, site, found, standing, _switched_off(connection)),
        before=_ways(name, before),
        steps={step: _step(connection, name, step, found, inside) for step in [one.id for one in sequence.step]},
        mails={step.email: _mails(f"{name}/{step.email}", found) for step in sequence.step if step.email},
        versions=_versions(connection, site, name, standing),
        soon=_soon(connection, name, now + SOON),
        strangers={step: those.all for step, those in inside.items() if step not in own},
    )


# ---------------------------------------------------------------- who stands where

Standing = Mapping[tuple[str, str, str], Inside]  # by sequence, version and step


def _standing(connection: Connection, name: str | None = None) -> Standing:
    here = occupancy.c.n > 0 if name is None else and_(occupancy.c.sequence == name, occupancy.c.n > 0)
    places: dict[tuple[str, str, str], dict[str, int]] = {}
    for row in connection.execute(select(occupancy).where(here)):
        places.setdefault((row.sequence, row.version, row.step), {})[row.position] = row.n
    return {place: Inside(**those) for place, those in places.items()}


def _together(those: Iterable[Inside]) -> Inside:
    listed = list(those)
    return Inside(
        sum(one.waiting for one in listed), sum(one.ready for one in listed), sum(one.awaiting_mail for one in listed)
    )


def _by_step(standing: Standing) -> dict[str, Inside]:
    steps = {step for _, _, step in standing}
    return {step: _together(one for (_, _, at), one in standing.items() if at == step) for step in steps}


def _switched_off(connection: Connection) -> dict[str, str]:
    return {row.name: row.reason for row in connection.execute(select(switches).where(switches.c.off))}


def _soon(connection: Connection, name: str, until: datetime) -> int:
    due = and_(
        enrolments.c.sequence == name,
        enrolments.c.state == "active",
        enrolments.c.step.in_(select(occupancy.c.step).where(occupancy.c.sequence == name)),
        enrolments.c.due_at <= until,
    )
    some = select(enrolments.c.id).where(due).limit(LOOKED_AT + 1).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def _next_due(connection: Connection, name: str, step: str) -> datetime | None:
    here = and_(
        enrolments.c.sequence == name,
        enrolments.c.state == "active",
        enrolments.c.step == step,
        enrolments.c.due_at.is_not(None),
    )
    first = select(enrolments.c.due_at).where(here).order_by(enrolments.c.due_at).limit(1)
    return connection.execute(first).scalar_one_or_none()


def _versions(connection: Connection, site: Site, name: str, standing: Standing) -> tuple[Version, ...]:
    """The version in force, the one that the rest enter in a rollout, then those that somebody is still finishing."""
    current, shares = site.versions.get(name), _shares(site, name)
    hashes = [*shares, *sorted({version for _, version, _ in standing} - set(shares))]
    inside = {hash: _together(one for (_, at, _), one in standing.items() if at == hash).all for hash in hashes}
    here = (Version(hash, inside[hash], hash == current, shares.get(hash, 0)) for hash in hashes)
    return tuple(_since(connection, name, version) for version in here)


def _shares(site: Site, name: str) -> dict[str, int]:
    """{version: per cent of those who come in who enter it}, the version in force first."""
    current, former, share = site.versions[name], site.former_versions.get(name), site.sequences[name].rollout
    if former is None or share is None:
        return {current: 100}
    return {current: share, former: 100 - share}


def _since(connection: Connection, name: str, version: Version) -> Version:
    """With the first of the newest releases that holds the file as it was."""
    recent = select(releases.c.id).order_by(releases.c.id.desc()).limit(RELEASES_BACK).subquery()
    file = releases.c.tree[f"sequences/{name}.toml"]["hash"].as_string()
    written = select(sequence_versions.c.document_hash).where(sequence_versions.c.hash == version.hash)
    first = (
        select(releases.c.id, releases.c.author, releases.c.git_commit, releases.c.created_at)
        .where(releases.c.id.in_(select(recent.c.id)), file == written.scalar_subquery())
        .order_by(releases.c.id)
        .limit(1)
    )
    made = connection.execute(first).one_or_none()
    if made is None:
        return version
    return replace(version, release_id=made.id, author=made.author, git_commit=made.git_commit, since=made.created_at)


# ---------------------------------------------------------------- what happened


def _line(
    name: str, site: Site, found: tuple[Counted, ...], standing: Standing, off: Mapping[str, str]
) -> SequenceLine:
    inside = _together(one for (at, _, _), one in standing.items() if at == name)
    why = off.get(name, off.get("all"))
    return SequenceLine(name, inside, _ways(name, found), why, name in site.sequences)


def _ways(name: str, found: tuple[Counted, ...]) -> Ways:
    left = by_subject(found, LEFT)
    return Ways(
        begun=by_subject(found, BEGUN).get(name, 0),
        completed=by_subject(found, COMPLETED).get(name, 0),
        left={why: left.get(f"{name}/{why}", 0) for why in WHYS},
        sent=sum(_of(name, found, f"mail.{state}") for state in ARRIVED),
        clicked=_of(name, found, "link_clicked"),
    )


def _of(name: str, found: tuple[Counted, ...], about: str) -> int:
    return sum(n for subject, n in by_subject(found, about).items() if subject.startswith(f"{name}/"))


def _step(
    connection: Connection, name: str, step: str, found: tuple[Counted, ...], inside: Mapping[str, Inside]
) -> StepFigures:
    about = f"{name}/{step}"
    here = inside.get(step, Inside())
    return StepFigures(
        taken=by_subject(found, TAKEN).get(about, 0),
        skipped=by_subject(found, SKIPPED).get(about, 0),
        goal=by_subject(found, GOAL).get(about, 0),
        inside=here,
        next_due=_next_due(connection, name, step) if here.all else None,
    )


def _mails(email: str, found: tuple[Counted, ...]) -> Mails:
    ends = {state: by_subject(found, f"mail.{state}").get(email, 0) for state in MAILS}
    return Mails(
        arrived=sum(ends[state] for state in ARRIVED),
        clicked=by_subject(found, "link_clicked").get(email, 0),
        missed={state: n for state, n in ends.items() if n and state not in ARRIVED},
    )
