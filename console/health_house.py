"""Health of the house besides its mail: engine, leads, what is held, webhooks, switches, release, database, disk."""

from datetime import timedelta

from flask import g
from markupsafe import Markup, escape

from base.translations import msgid
from console.context import day, hour, number, on_calendar, percent, say, say_n, span
from console.health_lines import LATE, VERY_LATE, Line, Looked, State, age, in_a_row, link, named
from console.message_words import counted
from console.reasons import told_of_pause
from workflows.resting import EVERYTHING, MARKETING

LITTLE = 0.10  # of a disk that is free
VERY_LITTLE = 0.03
GIB = 1024**3
FIRST_NOTE = msgid("the first start")  # the house's own note on its first release


def engine_line(looked: Looked) -> Line:
    alive = [one for one in looked.found.processes if one.alive]
    subject = say("Engine")
    if alive:
        works = say_n("%(count)s process claims work", "%(count)s processes claim work", len(alive))
        said = say("%(works)s; the newest sign of life is %(age)s old.", works=works, age=age(alive[0].seen_at))
        return Line(subject, "well", said, figure=alive[0].name)
    do = Markup("{} <code>terreau serve</code> {} <code>terreau engine</code>.").format(say("Start"), say("or"))
    if not looked.found.processes:
        return Line(subject, "bad", say("No engine has ever run here: nobody's steps are taken, no mail leaves."), do)
    last = looked.found.processes[0]
    return Line(
        subject,
        "bad",
        say("No engine has been seen for %(age)s: steps and mails wait.", age=age(last.seen_at)),
        do,
        last.name,
    )


def lag_line(looked: Looked) -> Line:
    subject, oldest = say("Leads due"), looked.found.oldest_lead
    late = g.moment.calendar - oldest if oldest is not None else timedelta(0)
    if oldest is None or late < LATE:
        return Line(subject, "well", say("Nobody waits for the engine."), figure=counted(looked.found.leads_due))
    said = say("The first has waited for %(age)s.", age=span(late))
    do = say(
        "A big broadcast explains it, and passes. Otherwise read the engine's log; on PostgreSQL a second engine helps."
    )
    return Line(subject, "bad" if late >= VERY_LATE else "look", said, do, counted(looked.found.leads_due))


def held_line(looked: Looked) -> Line:
    subject = say("Submissions held")
    if not looked.held.number:
        return Line(subject, "well", say("No limit was reached."), figure="0")
    do = Markup("{} {}").format(
        link("held", say("Look through them")),
        say("and let people through. A limit that people reach is too low: raise it in config.toml."),
    )
    return Line(
        subject, "look", say("A limit was reached: they are kept, and nothing mails."), do, counted(looked.held)
    )


def alerts_line(looked: Looked) -> Line:
    subject = say("Alerts that rested on a machine")
    if not looked.alerts:
        return Line(subject, "well", say("Every lead that sales has was led there by a human."), figure="0")
    do = Markup("{} {}").format(link("alerts", say("Look at them")), say("and take them back: their reps are told."))
    return Line(subject, "look", say("Links that a machine had followed led to them."), do, number(looked.alerts))


def webhooks_line(looked: Looked) -> Line:
    subject, found = say("Webhooks"), looked.found
    late = g.moment.machine - found.oldest_webhook if found.oldest_webhook is not None else timedelta(0)
    if found.webhooks_failed.number:
        said = say("Given up after the last try; whoever listens there has not heard.")
        do = say("Mend the receiver, then read in its log what it missed: each call has its own webhook-id.")
        return Line(subject, "look", said, do, counted(found.webhooks_failed))
    if late >= LATE:
        do = say("Does the receiver answer within a few seconds?")
        return Line(
            subject,
            "look",
            say("The first has been due for %(age)s.", age=span(late)),
            do,
            counted(found.webhooks_due),
        )
    return Line(subject, "well", say("None waits, none was given up."), figure="0")


def switches_line(looked: Looked) -> Line:
    subject, off = say("Switches"), looked.found.switches
    if not off:
        return Line(subject, "well", say("Every sequence may send."))
    said = in_a_row(named(_rested(one.name), told_of_pause(one.reason), day(on_calendar(one.since))) for one in off)
    do = Markup("{} <code>terreau resume {}</code>").format(
        say("Their mails wait. Switch them on again when the reason is gone."), _resumed(off[0].name)
    )
    return Line(subject, "look", said, do, number(len(off)))


def _rested(name: str) -> str:
    return {EVERYTHING: say("everything"), MARKETING: say("marketing")}.get(name, name)


def _resumed(name: str) -> str:
    return {EVERYTHING: "", MARKETING: "--marketing"}.get(name, name)


def release_line(looked: Looked) -> Line:
    subject, one = say("Release in force"), looked.found.release
    if one is None:
        do = Markup("{} <code>terreau apply</code>").format(say("Run"))
        return Line(subject, "bad", say("No content is in force."), do)
    commit = Markup(", <code>{}</code>").format(one.git_commit[:10]) if one.git_commit else ""
    since = on_calendar(one.since)
    said = escape(say("by %(author)s, since %(day)s at %(hour)s", author=one.author, day=day(since), hour=hour(since)))
    note = escape(say("“%(note)s”", note=say(one.note))) if one.note else escape("")
    return Line(subject, "well", Markup(" ").join([said + commit, note]), figure=f"r{one.id}")


def database_line(looked: Looked) -> Line:
    kinds = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    figure = size(looked.found.database_bytes)
    return Line(say("Database"), "well", say("%(kind)s, which answers.", kind=kinds[looked.dialect]), figure=figure)


def disk_line(looked: Looked) -> Line:
    subject = say("Disk")
    if looked.disk is None:
        return Line(
            subject,
            "look",
            say("The data folder cannot be looked at."),
            say("Does it exist, and may this process read it?"),
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
