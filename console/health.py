"""How the house is: one line for each thing that can be wrong, with what to do about it."""

import shutil
from collections.abc import Callable

from flask import Response, g
from markupsafe import Markup
from sqlalchemy import Connection

from base.config import Config
from console.context import say, say_n
from console.door import ConsoleDoor
from console.health_house import (
    alerts_line,
    database_line,
    disk_line,
    engine_line,
    held_line,
    lag_line,
    release_line,
    switches_line,
    webhooks_line,
)  # fmt: skip
from console.health_lines import Line, Looked, State, age
from console.health_mail import came_back_line, doubts_line, due_mail_line, failures_line, mail_line, resting_line
from console.reporting import draw_report
from console.routes import Route
from reports.health import health
from reports.held import held_count
from reports.returned import came_back
from reports.withdrawn_alerts import waiting_alerts

ICONS: dict[State, str] = {"well": "circle-check", "look": "info", "bad": "circle-alert"}
PROBES: tuple[Callable[[Looked], Line], ...] = (
    engine_line, lag_line, mail_line, due_mail_line, resting_line, doubts_line, failures_line, came_back_line,
    held_line, alerts_line, webhooks_line, switches_line, release_line, database_line, disk_line,
)  # fmt: skip


def show_health(door: ConsoleDoor) -> Response:
    """The lines, the worst first; and the release in force."""
    with door.database.read() as conn:
        looked = looked_at(door, conn)
    lines = [probe(looked) for probe in PROBES]
    ordered = sorted(lines, key=lambda line: ("bad", "look", "well").index(line.state))
    return draw_report(
        "console/health.html",
        lines=ordered,
        icons=ICONS,
        states={"well": say("well"), "look": say("worth a look"), "bad": say("needs somebody")},
        found=looked.found,
        sentence=_sentence(lines),
        age=age,
    )


def looked_at(door: ConsoleDoor, conn: Connection) -> Looked:
    """Everything, as it is at this request."""
    found = health(conn, g.moment.calendar, g.moment.machine)
    back = came_back(conn, g.moment.machine)
    return Looked(
        found,
        back,
        held_count(conn),
        waiting_alerts(conn),
        door.config,
        door.trouble(),
        door.database.dialect,
        _disk(door.config),
    )


def _sentence(lines: list[Line]) -> Markup:
    bad, look = (sum(line.state == state for line in lines) for state in ("bad", "look"))
    if bad:
        head = say_n("%(count)s thing needs somebody", "%(count)s things need somebody", bad)
        return Markup("<strong>{}.</strong> {}").format(head, say("Each says what to do."))
    if look:
        head = say_n("%(count)s thing is worth a look", "%(count)s things are worth a look", look)
        return Markup("<strong>{}.</strong> {}").format(head, say("All else is well."))
    return Markup("<strong>{}</strong> {}").format(
        say("All is well."), say("Engine, mail, database and disk do what they should.")
    )


def _disk(config: Config) -> tuple[int, int] | None:
    try:
        usage = shutil.disk_usage(config.data.dir)
    except OSError:
        return None
    return usage.free, usage.total


ROUTES = (Route("GET", "/health", "health", show_health),)
