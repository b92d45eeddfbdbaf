"""What a release would do before it does it: the rooms' parts of a plan, joined. Nothing is changed.

`Plan.parts` says what each room foresees; telling it is left to plan_text and plan_json.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select

from authoring.blobs import Blobs
from authoring.editing import Choices
from authoring.guard import guard_of, objections
from authoring.question import Question
from authoring.releases import NoRelease, Releases
from authoring.rollouts import tried_against
from authoring.site import Site
from authoring.tree import Tree
from base.calendars import local_day
from base.problems import Problem
from emails.plan import TextPlan
from emails.plan import plan as plan_emails
from leads.plan import RulesPlan
from leads.plan import plan as plan_leads
from storage.database import Database
from storage.schema import releases
from terreau.changes import Change, changes, tree_in_force
from terreau.versions import unversioned
from terreau.virtual import clocks_of
from workflows.plan import SequencePlan
from workflows.plan import plan as plan_workflows

LOOKED_AT = 1_000  # leads, one by one, of each sequence; of more, every so-manieth

# Each room's part of a plan.
PARTS: Mapping[str, Callable[[Question], Any]] = {
    "sequences": plan_workflows,
    "texts": plan_emails,
    "rules": plan_leads,
}


class UnknownChoice(ValueError):
    """Choices that answer no question there is; the sentence names them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`base` is the release in force, None before the first. `objections` is why `apply` would refuse as things are."""

    base: int | None
    tree_hash: str
    same: bool  # the tree is in force already
    changes: tuple[Change, ...]
    choices: Choices
    objections: tuple[Problem, ...]
    zone: str
    parts: Mapping[str, Any]
    warnings: tuple[Problem, ...] = ()  # what `apply` would do all the same

    @property
    def sequences(self) -> tuple[SequencePlan, ...]:
        found: tuple[SequencePlan, ...] = self.parts.get("sequences", ())
        return found

    @property
    def texts(self) -> tuple[TextPlan, ...]:
        found: tuple[TextPlan, ...] = self.parts.get("texts", ())
        return found

    @property
    def rules(self) -> RulesPlan:
        found: RulesPlan = self.parts.get("rules", RulesPlan(False))
        return found


def plan(
    database: Database,
    blobs: Blobs,
    tree: Tree,
    site: Site,
    zone: str,
    choices: Choices,
    *,
    announce: bool = False,
    at_most: int = LOOKED_AT,
) -> Plan:
    """What `site`, parsed from `tree`, would do in place of the release in force."""
    guard = guard_of(database, site, choices)
    with database.read() as conn:
        number = (conn.scalar(select(func.max(releases.c.id))) or 0) + 1
        refused = objections(conn, guard)
    entries = {path: str(entry["hash"]) for path, entry in tree.entries().items()}
    before = tree_in_force(database)
    made = Plan(
        guard.base, tree.hash, before == entries, changes(before, entries), choices, tuple(refused), zone, parts={}
    )
    former = _former(database, blobs)
    if former is None or made.same:
        return made
    now = clocks_of(database).calendar()
    question = Question(
        database=database,
        former=former,
        site=replace(site, release_id=number, former_versions=tried_against(site, former)),
        guard=guard,
        sequence=Releases(database, blobs).sequence,
        zone=zone,
        now=now,
        at_most=at_most,
        announce=announce,
    )
    parts = {name: part(question) for name, part in PARTS.items()}
    return replace(made, parts=parts, warnings=tuple(unversioned(former, site, tree, local_day(now, zone))))


def _former(database: Database, blobs: Blobs) -> Site | None:
    try:
        return Releases(database, blobs).in_force()
    except NoRelease:
        return None
