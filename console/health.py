"""How the house is: one line for each thing that can be wrong, with what to do about it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from flask import Response, g, url_for
from markupsafe import Markup, escape
from sqlalchemy import Connection

from base.config import Config
from base.translations import msgid
from console.access import may
from console.context import day, hour, number, on_calendar, percent, say, say_n, span, viewer
from console.door import ConsoleDoor
from console.reporting import draw_report
from console.returns import told_of_returns
from console.routes import Route
from reports.health import Health, health
from reports.held import held_count
from reports.messages import Count
from reports.returned import CameBack, came_back
from reports.withdrawn_alerts import waiting_alerts
from workflows.resting import EVERYTHING, MARKETING

State = Literal["well", "look", "bad"]
ICONS: dict[State, str] = {"well": "circle-check", "look": "info", "bad": "circle-alert"}
LATE = timedelta(minutes=2)  # due for so long: something does not keep up
VERY_LATE = timedelta(minutes=15)
SHOWN = 5  # domains named
LITTLE = 0.10  # of a disk that is free
VERY_LITTLE = 0.03
GIB = 1024**3
FIRST_NOTE = msgid("the first start")  # the house's own note on its first release


@dataclass(frozen=True, slots=True)
class Line:
    """`sentence` is what is true, `do` what to do about it, "" where nothing is to be done."""

    subject: str
    state: State
    sentence: str | Markup
    do: str | Markup = ""
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """Everything that the lines are made from."""

    found: Health
    back: CameBack
    held: Count
    alerts: int
    config: Config
    trouble: str | None
    dialect: str
    disk: tuple[int, int] | None  # free, total bytes


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
        age=_age,
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


def _age(at: datetime) -> str:
    return span(max(g.moment.machine - at, timedelta(0)))


def _counted(count: Count) -> str:
    return f"{number(count.number)}+" if count.more else number(count.number)


def link(endpoint: str, text: str, **arguments: str) -> str | Markup:
    """A link for those whom it leads anywhere, else the words."""
    if not may(viewer(), endpoint):
        return text
    return Markup('<a href="{}">{}</a>').format(url_for(f"console.{endpoint}", **arguments), text)  # type: ignore[arg-type]


# ---------------------------------------------------------------- what is looked at


def engine_line(looked: Looked) -> Line:
    alive = [one for one in looked.found.processes if one.alive]
    subject = say("Engine")
    if alive:
        works = say_n("%(count)s process claims work", "%(count)s processes claim work", len(alive))
        said = say("%(works)s; the newest sign of life is %(age)s old.", works=works, age=_age(alive[0].seen_at))
        return Line(subject, "well", said, figure=alive[0].name)
    do = Markup("{} <code>terreau serve</code> {} <code>terreau engine</code>.").format(say("Start"), say("or"))
    if not looked.found.processes:
        return Line(subject, "bad", say("No engine has ever run here: nobody's steps are taken, no mail leaves."), do)
    last = looked.found.processes[0]
    return Line(
        subject,
        "bad",
        say("No engine has been seen for %(age)s: steps and mails wait.", age=_age(last.seen_at)),
        do,
        last.name,
    )


def _lag(looked: Looked) -> Line:
    subject, oldest = say("Leads due"), looked.found.oldest_lead
    late = g.moment.calendar - oldest if oldest is not None else timedelta(0)
    if oldest is None or late < LATE:
        return Line(subject, "well", say("Nobody waits for the engine."), figure=_counted(looked.found.leads_due))
    said = say("The first has waited for %(age)s.", age=span(late))
    do = say(
        "A big broadcast explains it, and passes. Otherwise read the engine's log; on PostgreSQL a second engine helps."
    )
    return Line(subject, "bad" if late >= VERY_LATE else "look", said, do, _counted(looked.found.leads_due))


def mail_line(looked: Looked) -> Line:
    subject, found = say("Mail server"), looked.found
    if found.relay is not None and found.relay.stopped:
        do = Markup("{} <code>terreau doctor</code>").format(
            say("Nothing is lost: mails wait until this is mended, and it is tried again every five minutes. Ask")
        )
        return Line(subject, "bad", say("Mail is stopped: %(reason)s", reason=found.relay.reason), do)
    trouble = looked.trouble or (found.relay.reason if found.relay is not None else None)
    if trouble:
        do = Markup("{} <code>terreau doctor</code>").format(
            say("Nothing is lost: mails wait. See what the server says, check [smtp], then ask")
        )
        return Line(subject, "bad", say("Mail cannot leave: %(reason)s", reason=trouble), do)
    if found.last_sent is None:
        return Line(subject, "well", _way_out(looked.config) + " " + say("Nothing was sent yet."))
    said = say("The last mail left %(age)s ago.", age=_age(found.last_sent))
    return Line(subject, "well", _way_out(looked.config) + " " + said)


def _way_out(config: Config) -> str:
    if config.mail.transport == "maildir":
        return say("Mails are laid into a folder.")
    return say("Mails go through %(host)s.", host=config.smtp.host)


def _due_mail(looked: Looked) -> Line:
    subject, oldest = say("Mails due"), looked.found.oldest_mail
    late = g.moment.machine - oldest if oldest is not None else timedelta(0)
    figure = _counted(looked.found.mails_due)
    if oldest is None or late < LATE:
        return Line(subject, "well", say("No mail waits for the sender."), figure=figure)
    said = say("The first has been due for %(age)s.", age=span(late))
    do = say(
        "Is an engine running, and does the mail server answer? More connections ([mail] connections) send faster."
    )
    return Line(subject, "bad" if late >= VERY_LATE else "look", said, do, figure)


def _resting(looked: Looked) -> Line:
    subject, resting = say("Recipient domains"), looked.found.resting
    if not resting:
        return Line(subject, "well", say("Nobody turns us away."), figure="0")
    said = Markup("; ").join(
        Markup("<code>{}</code>: {} ({})").format(
            one.domain, one.reason, say("until %(hour)s", hour=hour(on_calendar(one.until)))
        )
        for one in resting[:SHOWN]
    )
    do = say("Their mails wait and count no try; others leave. A refusal by policy (5.7.x) names what they mind.")
    return Line(subject, "look", said, do, number(len(resting)))


def _doubts(looked: Looked) -> Line:
    subject, unknown = say("Mails in doubt"), looked.found.unknown
    if not unknown.number:
        return Line(subject, "well", say("The server's word is known for every mail."), figure="0")
    said = say("The server's answer never came. Marketing is never sent again by itself.")
    do = Markup("{} {}").format(
        link("messages", say("Settle them"), view="unknown"),
        say("or let the house believe after a day that they arrived."),
    )
    return Line(subject, "look", said, do, _counted(unknown))


def _failures(looked: Looked) -> Line:
    subject, failed = say("Mails failed or refused"), looked.found.failed
    if not failed.number:
        return Line(subject, "well", say("None."), figure="0")
    do = Markup("{} {}").format(
        link("messages", say("Read the reasons"), view="failed"), say("and send again what was mended.")
    )
    return Line(subject, "look", say("Addresses that do not exist are left alone from then on."), do, _counted(failed))


def _came_back(looked: Looked) -> Line:
    told, figure = told_of_returns(looked.back, looked.config.mail.bounces), number(looked.back.total)
    return Line(
        say("Mails that came back"),
        "look" if told.unread else "well",
        told.sentence,
        told.do,
        figure,
    )


def _held(looked: Looked) -> Line:
    subject = say("Submissions held")
    if not looked.held.number:
        return Line(subject, "well", say("No limit was reached."), figure="0")
    do = Markup("{} {}").format(
        link("held", say("Look through them")),
        say("and let people through. A limit that people reach is too low: raise it in config.toml."),
    )
    return Line(
        subject, "look", say("A limit was reached: they are kept, and nothing mails."), do, _counted(looked.held)
    )


def _alerts(looked: Looked) -> Line:
    subject = say("Alerts that rested on a machine")
    if not looked.alerts:
        return Line(subject, "well", say("Every lead that sales has was led there by a human."), figure="0")
    do = Markup("{} {}").format(link("alerts", say("Look at them")), say("and take them back: their reps are told."))
    return Line(subject, "look", say("Links that a machine had followed led to them."), do, number(looked.alerts))


def _webhooks(looked: Looked) -> Line:
    subject, found = say("Webhooks"), looked.found
    late = g.moment.machine - found.oldest_webhook if found.oldest_webhook is not None else timedelta(0)
    if found.webhooks_failed.number:
        said = say("Given up after the last try; whoever listens there has not heard.")
        do = say("Mend the receiver, then read in its log what it missed: each call has its own webhook-id.")
        return Line(subject, "look", said, do, _counted(found.webhooks_failed))
    if late >= LATE:
        do = say("Does the receiver answer within a few seconds?")
        return Line(
            subject,
            "look",
            say("The first has been due for %(age)s.", age=span(late)),
            do,
            _counted(found.webhooks_due),
        )
    return Line(subject, "well", say("None waits, none was given up."), figure="0")


def _switches(looked: Looked) -> Line:
    subject, off = say("Switches"), looked.found.switches
    if not off:
        return Line(subject, "well", say("Every sequence may send."))
    said = Markup("; ").join(
        Markup("<code>{}</code>: {} ({})").format(_rested(one.name), one.reason, day(on_calendar(one.since)))
        for one in off
    )
    do = Markup("{} <code>terreau resume {}</code>").format(
        say("Their mails wait. Switch them on again when the reason is gone."), _resumed(off[0].name)
    )
    return Line(subject, "look", said, do, number(len(off)))


def _rested(name: str) -> str:
    return {EVERYTHING: say("everything"), MARKETING: say("marketing")}.get(name, name)


def _resumed(name: str) -> str:
    return {EVERYTHING: "", MARKETING: "--marketing"}.get(name, name)


def _release(looked: Looked) -> Line:
    subject, one = say("Release in force"), looked.found.release
    if one is None:
        do = Markup("{} <code>terreau apply</code>").format(say("Run"))
        return Line(subject, "bad", say("No content is in force."), do)
    commit = Markup(", <code>{}</code>").format(one.git_commit[:10]) if one.git_commit else ""
    since = on_calendar(one.since)
    said = escape(say("by %(author)s, since %(day)s at %(hour)s", author=one.author, day=day(since), hour=hour(since)))
    note = escape(say("“%(note)s”", note=say(one.note))) if one.note else escape("")
    return Line(subject, "well", Markup(" ").join([said + commit, note]), figure=f"r{one.id}")


def _database(looked: Looked) -> Line:
    kinds = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    figure = size(looked.found.database_bytes)
    return Line(say("Database"), "well", say("%(kind)s, which answers.", kind=kinds[looked.dialect]), figure=figure)


def _disk_line(looked: Looked) -> Line:
    subject = say("Disk")
    if looked.disk is None:
        return Line(
            subject,
            "look",
            say("The data folder cannot be looked at."),
            say("Does it exist, may this process read it?"),
        )
    free, total = looked.disk
    said = say("%(free)s free of %(total)s where the data lies.", free=size(free), total=size(total))
    do = say("A full disk refuses forms. Make room, or move the data folder.")
    state: State = "bad" if free < VERY_LITTLE * total else "look" if free < LITTLE * total else "well"
    return Line(subject, state, said, do if state != "well" else "", percent(free, total))


def size(amount: int) -> str:
    """`38 MB`, `1.2 GB`, in units of 1024."""
    for unit, each in ((say("GB"), GIB), (say("MB"), 1024**2)):
        if amount >= each:
            return f"{number(round(amount / each, 1))}\u00a0{unit}"
    return f"{number(round(amount / 1024))}\u00a0{say('kB')}"


PROBES: tuple[Callable[[Looked], Line], ...] = (
    engine_line, _lag, mail_line, _due_mail, _resting, _doubts, _failures, _came_back, _held, _alerts, _webhooks,
    _switches, _release, _database, _disk_line,
)  # fmt: skip


ROUTES = (Route("GET", "/health", "health", show_health),)
