"""The way around the console: which pages a viewer finds in the side column, and whether the engine lives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app, g, request
from sqlalchemy import Connection

from base.translations import msgid
from console.access import SEES_EVERY_LEAD, may
from console.context import Viewer, say, span, viewer
from console.promises import Promise, promise
from reports.messages import waiting_for_people
from reports.pulse import engine_seen
from reports.today import waiting_count

SILENT_AFTER = timedelta(seconds=60)  # as `storage.holders` has it


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the side column. `key`: the letter that leads there after `g`; `pages`: where it is current too."""

    endpoint: str
    icon: str
    text: str
    key: str = ""
    pages: frozenset[str] = frozenset()


WORK = (
    Entry("today", "sun", msgid("Today"), "j"),
    Entry("qualify", "phone", msgid("Qualify"), "q"),
    Entry(
        "leads",
        "users",
        msgid("Leads"),
        "l",
        frozenset({"lead", "lead_story", "lead_score", "lead_why", "lead_data", "merge_plan", "part_plan", "search"})
        | {"new_lead", "add_lead", "alike"},
    ),
    Entry("hand_offs", "bell", msgid("Alerts")),
    Entry("sequences", "workflow", msgid("Sequences"), "s", frozenset({"sequence"})),
    Entry("messages", "send", msgid("Messages"), "m", frozenset({"message"})),
    Entry("dashboard", "chart-no-axes-column", msgid("Dashboard"), "r"),
    Entry("reports", "goal", msgid("Reports"), "e", frozenset({"report"})),
)
CONTENT = (
    Entry("companies", "house", msgid("Companies"), "c", frozenset({"company"})),
    Entry("pages", "panel-top", msgid("Pages and forms"), "p"),
    Entry("agreement", "book-open", msgid("Agreement")),
    Entry("preview", "eye", msgid("Mail preview"), "v"),
    Entry("imports", "inbox", msgid("Imports"), pages=frozenset({"import_plan"})),
    Entry("health", "heart-pulse", msgid("Health"), "h", frozenset({"held"})),
    Entry("staff", "id-card", msgid("Staff")),
    Entry("data_protection", "shield", msgid("Data protection")),
)
# Where each role begins its day.
FIRST_PAGE: Mapping[str, str] = {"viewer": "dashboard", "sales": "today", "marketer": "sequences", "admin": "today"}

# What each role has under the thumb on a small screen: four entries, the rest stands behind a fifth.
THUMB: Mapping[str, tuple[str, ...]] = {
    "viewer": ("dashboard", "reports", "sequences", "agreement"),
    "sales": ("today", "qualify", "leads", "hand_offs"),
    "marketer": ("leads", "sequences", "messages", "dashboard"),
    "admin": ("today", "leads", "messages", "dashboard"),
}


def waiting_for(conn: Connection, who: Viewer) -> int:
    """How many open hand-offs are the viewer's to answer, or to see answered."""
    if who.role in SEES_EVERY_LEAD:
        return waiting_count(conn, None)
    return waiting_count(conn, (who.rep,)) if who.rep else 0


# Endpoint -> how many wait for the viewer there; shown beside its name.
BADGES: Mapping[str, Callable[[Connection, Viewer], int]] = {
    "today": waiting_for,
    "messages": lambda conn, who: waiting_for_people(conn),
}
ROLE_NAMES: Mapping[str, str] = {
    "viewer": msgid("Viewer"),
    "sales": msgid("Sales"),
    "marketer": msgid("Marketing"),
    "admin": msgid("Admin"),
}


@dataclass(frozen=True, slots=True)
class Pulse:
    """When the engine was last seen, on the machine's clock; None: never."""

    seen_at: datetime | None
    silent: bool
    age: str


def entries(of: tuple[Entry, ...]) -> list[Entry]:
    """Those of `of` that the viewer may open."""
    return [entry for entry in of if may(viewer(), entry.endpoint) and _is_built(entry.endpoint)]


def work() -> list[Entry]:
    return entries(WORK)


def content() -> list[Entry]:
    return entries(CONTENT)


def under_the_thumb(entry: Entry) -> bool:
    """Whether a small screen shows it in its bar."""
    return entry.endpoint in THUMB[viewer().role]


def rest() -> list[Entry]:
    """What stands behind the last one of a small screen's bar."""
    return [entry for entry in (*work(), *content()) if not under_the_thumb(entry)]


def other_locales() -> list[str]:
    """The languages of the house that the viewer does not read now."""
    return [locale for locale in g.door.config.site.locales if locale != viewer().locale]


def is_current(entry: Entry) -> bool:
    here = (request.endpoint or "").removeprefix("console.")
    return here == entry.endpoint or here in entry.pages


def first_page() -> str:
    """The endpoint where the viewer's day begins: their role's, else the first they may open."""
    wished = FIRST_PAGE[viewer().role]
    return wished if _is_built(wished) else next((entry.endpoint for entry in (*work(), *content())), "settings")


def pulse() -> Pulse:
    """The engine's last sign of life, for the foot of the side column."""
    with g.door.database.read() as conn:
        seen_at = engine_seen(conn)
    if seen_at is None:
        return Pulse(None, True, "")
    age = max(g.moment.machine - seen_at, timedelta(0))
    return Pulse(seen_at, age > SILENT_AFTER, span(age))


def badge(entry: Entry) -> int:
    if entry.endpoint not in BADGES:
        return 0
    with g.door.database.read() as conn:
        return BADGES[entry.endpoint](conn, viewer())


def role_name(role: str) -> str:
    return say(ROLE_NAMES[role])


def promise_now(answer_by: datetime, opened_at: datetime | None = None) -> Promise:
    """The promise of a hand-off as it stands at this request."""
    return promise(answer_by, opened_at, g.moment.calendar)


def _is_built(endpoint: str) -> bool:
    return f"console.{endpoint}" in current_app.view_functions


NAV_GLOBALS: Mapping[str, Callable[..., object]] = {
    "nav_work": work,
    "nav_content": content,
    "nav_badge": badge,
    "nav_rest": rest,
    "other_locales": other_locales,
    "under_the_thumb": under_the_thumb,
    "is_current": is_current,
    "engine_pulse": pulse,
    "role_name": role_name,
    "promise": promise_now,
}
