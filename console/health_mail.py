"""Health of the mail: whether it leaves, what waits or is in doubt, and what came back."""

from datetime import timedelta

from flask import g
from markupsafe import Markup

from base.config import Config
from console.context import hour, number, on_calendar, say, span
from console.health_lines import LATE, VERY_LATE, Line, Looked, age, in_a_row, link, named
from console.message_words import counted
from console.returns import told_of_returns

SHOWN = 5  # domains named


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
    said = say("The last mail left %(age)s ago.", age=age(found.last_sent))
    return Line(subject, "well", _way_out(looked.config) + " " + said)


def _way_out(config: Config) -> str:
    if config.mail.transport == "maildir":
        return say("Mails are laid into a folder.")
    return say("Mails go through %(host)s.", host=config.smtp.host)


def due_mail_line(looked: Looked) -> Line:
    subject, oldest = say("Mails due"), looked.found.oldest_mail
    late = g.moment.machine - oldest if oldest is not None else timedelta(0)
    figure = counted(looked.found.mails_due)
    if oldest is None or late < LATE:
        return Line(subject, "well", say("No mail waits for the sender."), figure=figure)
    said = say("The first has been due for %(age)s.", age=span(late))
    do = say(
        "Is an engine running, and does the mail server answer? More connections ([mail] connections) send faster."
    )
    return Line(subject, "bad" if late >= VERY_LATE else "look", said, do, figure)


def resting_line(looked: Looked) -> Line:
    subject, resting = say("Recipient domains"), looked.found.resting
    if not resting:
        return Line(subject, "well", say("Nobody turns us away."), figure="0")
    said = in_a_row(
        named(one.domain or "", one.reason, say("until %(hour)s", hour=hour(on_calendar(one.until))))
        for one in resting[:SHOWN]
    )
    do = say(
        "Mails to them wait, and no try is counted; others leave. A refusal by policy (5.7.x) names what they mind."
    )
    return Line(subject, "look", said, do, number(len(resting)))


def doubts_line(looked: Looked) -> Line:
    subject, unknown = say("Mails in doubt"), looked.found.unknown
    if not unknown.number:
        return Line(subject, "well", say("The server's word is known for every mail."), figure="0")
    said = say("The server's answer never came. Marketing is never sent again by itself.")
    do = Markup("{} {}").format(
        link("messages", say("Settle them"), view="unknown"),
        say("or let the house believe after a day that they arrived."),
    )
    return Line(subject, "look", said, do, counted(unknown))


def failures_line(looked: Looked) -> Line:
    subject, failed = say("Mails failed or refused"), looked.found.failed
    if not failed.number:
        return Line(subject, "well", say("None."), figure="0")
    do = Markup("{} {}").format(
        link("messages", say("Read the reasons"), view="failed"), say("and send again what was mended.")
    )
    return Line(subject, "look", say("Addresses that do not exist are left alone from then on."), do, counted(failed))


def came_back_line(looked: Looked) -> Line:
    told, figure = told_of_returns(looked.back, looked.config.mail.bounces), number(looked.back.total)
    return Line(
        say("Mails that came back"),
        "look" if told.do else "well",
        told.sentence,
        told.do,
        figure,
    )
