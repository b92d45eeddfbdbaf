"""Who may open what: one table, read before every view; what is not in it is never served."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import abort, request
from sqlalchemy import ColumnElement, Connection, Table, false, or_, select, true

from authoring.models.definitions import Side
from console.context import Viewer
from console.door import ConsoleDoor
from leads.groups import survivor
from storage.schema import hand_offs, leads, messages, tasks

ROLES = ("viewer", "sales", "marketer", "admin")

EVERYBODY = frozenset(ROLES)
NAMES = EVERYBODY - {"viewer"}  # who sees leads by name at all
SELLING = frozenset({"sales", "admin"})
WRITING = frozenset({"marketer", "admin"})
RUNNING = frozenset({"admin"})
# For whom each role moves leads by hand.
SIDES: Mapping[str, tuple[Side, ...]] = {
    "sales": ("sales",),
    "marketer": ("marketing",),
    "admin": ("marketing", "sales"),
}
OUTSIDE: frozenset[str] = frozenset()  # needs no sign-in

SEES_EVERY_LEAD = WRITING


@dataclass(frozen=True, slots=True)
class Rule:
    """`roles` may open it. `own` names the view argument that stands for somebody's lead, a key of OBJECTS:
    sales gets the leads of its rep and those of nobody, and 404 for all others."""

    roles: frozenset[str]
    own: str | None = None


# Endpoint (without the blueprint's name) -> rule. A test holds every route against it, in every role.
ACCESS: Mapping[str, Rule] = {
    # the way in, and what is everybody's
    "sign_in": Rule(OUTSIDE),
    "give_password": Rule(OUTSIDE),
    "give_code": Rule(OUTSIDE),
    "sign_out": Rule(EVERYBODY),
    "home": Rule(EVERYBODY),
    "nowhere": Rule(EVERYBODY),
    "settings": Rule(EVERYBODY),
    "save_settings": Rule(EVERYBODY),
    "save_password": Rule(EVERYBODY),
    "end_other_sessions": Rule(EVERYBODY),
    "second_factor": Rule(EVERYBODY),
    "set_second_factor": Rule(EVERYBODY),
    "renew_recovery_codes": Rule(EVERYBODY),
    "remove_second_factor": Rule(EVERYBODY),
    # who works here
    "staff": Rule(RUNNING),
    "add_staff": Rule(RUNNING),
    "change_staff": Rule(RUNNING),
    "reset_staff": Rule(RUNNING),
    "disable_staff": Rule(RUNNING),
    "enable_staff": Rule(RUNNING),
    "end_sessions_of_staff": Rule(RUNNING),
    "remove_factor_of_staff": Rule(RUNNING),
    # leads: sales sees its own and nobody's
    "today": Rule(NAMES),
    "qualify": Rule(NAMES),
    "leads": Rule(NAMES),
    "search": Rule(NAMES),
    "new_lead": Rule(NAMES),
    "add_lead": Rule(NAMES),
    "companies": Rule(NAMES),
    "company": Rule(NAMES),
    "name_company": Rule(WRITING),
    "lead": Rule(NAMES, own="lead_id"),
    "lead_story": Rule(NAMES, own="lead_id"),
    "lead_score": Rule(NAMES, own="lead_id"),
    "lead_why": Rule(NAMES, own="lead_id"),
    "lead_hits": Rule(NAMES, own="lead_id"),
    "judge_hit": Rule(WRITING, own="lead_id"),
    "assign_lead": Rule(RUNNING, own="lead_id"),
    # rights: whoever sees a lead sees what is stored; handing it out and taking it away is for those who answer for it
    "lead_data": Rule(NAMES, own="lead_id"),
    "correct_lead": Rule(WRITING, own="lead_id"),
    "name_outside": Rule(WRITING, own="lead_id"),
    "export_lead": Rule(RUNNING, own="lead_id"),
    "erase_lead": Rule(RUNNING, own="lead_id"),
    "alike": Rule(RUNNING),
    "keep_apart": Rule(RUNNING),
    "merge_plan": Rule(RUNNING, own="lead_id"),
    "merge_leads": Rule(RUNNING, own="lead_id"),
    "part_plan": Rule(RUNNING, own="lead_id"),
    "part_leads": Rule(RUNNING, own="lead_id"),
    "data_protection": Rule(RUNNING),
    "give_verdict": Rule(SELLING, own="hand_off_id"),
    "move_lead": Rule(SELLING, own="lead_id"),
    "step_lead": Rule(NAMES, own="lead_id"),
    "add_note": Rule(NAMES, own="lead_id"),
    "add_task": Rule(NAMES, own="lead_id"),
    "add_own_task": Rule(NAMES),
    "do_task": Rule(NAMES, own="task_id"),
    "log_call": Rule(SELLING, own="lead_id"),
    "allow_calls": Rule(SELLING, own="lead_id"),
    "save_bant": Rule(SELLING, own="lead_id"),
    "book_meeting": Rule(SELLING, own="lead_id"),
    "meeting_file": Rule(NAMES, own="lead_id"),
    "save_deal": Rule(SELLING, own="lead_id"),
    "win_deal": Rule(SELLING, own="lead_id"),
    "lose_deal": Rule(SELLING, own="lead_id"),
    # content at work: numbers for everybody, names for those who see every lead, a mail for who sees its reader
    "sequences": Rule(EVERYBODY),
    "sequence": Rule(EVERYBODY),
    "pages": Rule(EVERYBODY),
    "agreement": Rule(EVERYBODY),
    "dashboard": Rule(EVERYBODY),
    "reports": Rule(EVERYBODY),
    "report": Rule(EVERYBODY),
    "report_file": Rule(EVERYBODY),
    "health": Rule(EVERYBODY),
    "held": Rule(WRITING),
    "let_through": Rule(WRITING),
    "hand_offs": Rule(NAMES),
    "note_absence": Rule(SELLING),  # sales its own, whoever runs the house everybody's
    "remove_absence": Rule(SELLING),
    "alerts": Rule(WRITING),
    "take_back": Rule(WRITING, own="hand_off_id"),
    "messages": Rule(WRITING),
    "message": Rule(NAMES, own="message_id"),
    "message_frame": Rule(NAMES, own="message_id"),
    "retry_message": Rule(WRITING, own="message_id"),
    "settle_message": Rule(WRITING, own="message_id"),
    "settle_messages": Rule(WRITING),
    # lists brought in and taken out
    "imports": Rule(WRITING),
    "send_list": Rule(WRITING),
    "import_plan": Rule(WRITING),
    "change_import": Rule(WRITING),
    "drop_import": Rule(WRITING),
    "import_rejects": Rule(WRITING),
    "export_leads": Rule(WRITING),
    "preview": Rule(WRITING),
    "preview_frame": Rule(WRITING),
}

# What comes before every other page: where it is done -> what is open meanwhile.
DUTIES: Mapping[str, frozenset[str]] = {
    "settings": frozenset({"settings", "save_password", "sign_out"}),  # a password of one's own
    "second_factor": frozenset({"second_factor", "set_second_factor", "sign_out"}),
}


def sees(viewer: Viewer, owner: str | None) -> bool:
    """Whether a lead of `owner` (a rep, or nobody) is shown to `viewer`."""
    if viewer.role in SEES_EVERY_LEAD:
        return True
    return viewer.role in NAMES and owner in (None, viewer.rep)


def visible(viewer: Viewer, owner: ColumnElement[str | None]) -> ColumnElement[bool]:
    """The same as a condition on a column, for lists."""
    if viewer.role in SEES_EVERY_LEAD:
        return true()
    if viewer.role not in NAMES:
        return false()
    return or_(owner.is_(None), owner == viewer.rep) if viewer.rep else owner.is_(None)


def may(viewer: Viewer, endpoint: str) -> bool:
    """Whether a link to `endpoint` leads anywhere for `viewer`."""
    return viewer.role in ACCESS[endpoint].roles


class NotThere(Exception):
    """No such row."""


def lead_owner(conn: Connection, lead_id: int) -> str | None:
    """The rep of a lead, followed through merges; None = nobody's yet. Raises NotThere."""
    found = conn.execute(select(leads.c.owner).where(leads.c.id == survivor(conn, lead_id))).one_or_none()
    if found is None:
        raise NotThere
    return found[0]  # type: ignore[no-any-return]


def _owner_by_lead(table: Table) -> Callable[[Connection, int], str | None]:
    def owner(conn: Connection, row_id: int) -> str | None:
        lead_id = conn.execute(select(table.c.lead_id).where(table.c.id == row_id)).scalar_one_or_none()
        if lead_id is None:
            raise NotThere
        return lead_owner(conn, lead_id)

    return owner


def _task_owner(conn: Connection, task_id: int) -> str | None:
    """The rep whose task it is; of a task without one, the rep of its lead."""
    found = conn.execute(select(tasks.c.owner, tasks.c.lead_id).where(tasks.c.id == task_id)).one_or_none()
    if found is None:
        raise NotThere
    return found.owner or (lead_owner(conn, found.lead_id) if found.lead_id else None)


# View argument -> the rep whose lead the row is about.
OBJECTS: Mapping[str, Callable[[Connection, int], str | None]] = {
    "lead_id": lead_owner,
    "hand_off_id": _owner_by_lead(hand_offs),
    "message_id": _owner_by_lead(messages),
    "task_id": _task_owner,
}


def check_object(door: ConsoleDoor, viewer: Viewer, rule: Rule) -> None:
    """404 for what is not there, and the same for what is somebody else's."""
    if rule.own is None:
        return
    with door.database.read() as conn:
        try:
            owner = OBJECTS[rule.own](conn, (request.view_args or {})[rule.own])
        except NotThere:
            abort(404)
    if not sees(viewer, owner):
        abort(404)
