"""A simulated life for people, in the language of the command that is running; what goldens keep is left to them."""

import re
from collections.abc import Mapping

from base.clock import system_clocks
from base.config import Config
from base.translations import msgid
from console import reasons
from console.ledger import OUTCOMES
from leads.points import MILLI
from terreau.language import gettext, words
from terreau.reading_as import by_its_id, reading_as
from terreau.rehearsing import Simulated
from terreau.timeline import Line

# What the console's ledger has no word for.
ALSO: Mapping[str, str] = {
    "sent": msgid("sent"),
    "withdrawn": msgid("held back"),
    "stage": msgid("stage"),
    "does": msgid("does"),
    "outage": msgid("outage"),
    "edit": msgid("edit"),
}
DEEDS: Mapping[str, str] = {
    "submit": msgid("fills in `%(what)s`"),
    "confirm": msgid("confirms"),
    "download": msgid("downloads `%(what)s`"),
    "click": msgid("follows the link of `%(what)s`"),
    "unsubscribe": msgid("unsubscribes"),
    "event": msgid("event `%(what)s`"),
    "bounce": msgid("their address does not exist any more"),
    "soft_bounce": msgid("their mailbox refuses for a while"),
    "complain": msgid("complains of the mail"),
    "auto_reply": msgid("is absent: a machine answers"),
    "reply": msgid("answers the mail"),
}
# Pattern -> sentence: what only a timeline says. `why` holds a reason of the engine.
SAYINGS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (r"at once", msgid("at once")),
        (r"(?P<why>.+); goes on at `(?P<step>[^`]+)`", msgid("%(why)s; goes on at `%(step)s`")),
        (r"delayed until now: (?P<why>.+)", msgid("put off until now: %(why)s")),
        (r"wait_for (?P<what>.+) holds", msgid("wait_for %(what)s is true")),
        (r"form_submitted (?P<what>\S+)", msgid("fills in `%(what)s`")),
        (r"consent_granted (?P<what>\S+)", msgid("agrees to `%(what)s`")),
        (r"(?P<way>\S+ -> \S+): (?P<why>.+)", msgid("%(way)s: %(why)s")),
        (r"the house stands still until (?P<until>.+)", msgid("the house stands still until %(until)s")),
        (
            r"(?P<why>.+): a person is asked, and says at once that all is well",
            msgid("%(why)s: a person is asked, and says at once that all is well"),
        ),
        (r"(?P<why>.+): caught up", msgid("%(why)s: caught up")),
        (r"(?P<file>\S+): (?P<old>'.*') becomes (?P<new>'.*')", msgid("%(file)s: %(old)s becomes %(new)s")),
    )
)


def as_text(config: Config, simulated: Simulated) -> str:
    """What the persona does stands between what the sequence does. English is the language of the golden files."""
    if words().locale == "en":
        return simulated.as_text()
    with reading_as(config, words().locale, system_clocks().moment()):
        rows = [_row(line) for line in simulated.shown]
    widths = [max((len(cell) for cell in column), default=0) for column in list(zip(*rows, strict=True))[:-1]]
    lines = ["  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in rows]
    head = gettext("“%(persona)s” (%(zone)s)", persona=simulated.title, zone=simulated.zone)
    stands = simulated.stands(words().date(simulated.end), words().number(simulated.standing.engagement / MILLI))
    endings = (sentence.by(words()) for sentence in (stands, *simulated.unentered))
    return "\n".join([head, "", *lines, "", *endings])


def _row(line: Line) -> tuple[str, str, str, str]:
    speech = words()
    when = f"{speech.weekday(line.local)} {line.local:%Y}, {speech.time(line.at, line.zone)}"
    until = gettext(" (until %(moment)s)", moment=speech.moment(line.until, line.zone)) if line.until else ""
    outcome = ALSO.get(line.outcome) or OUTCOMES[line.outcome][0]
    return when, line.place, gettext(outcome), f"{_deed(line) if line.outcome == 'does' else _why(line)}{until}"


def _deed(line: Line) -> str:
    do, _, what = line.reason.partition(" ")
    return gettext(DEEDS[do], what=what)


def _why(line: Line) -> str:
    if line.outcome == "refused":
        return reasons.told_of_refusal(line.reason, by_its_id)
    return _said(line.reason)


def _said(reason: str) -> str:
    for pattern, sentence in SAYINGS:
        if found := pattern.fullmatch(reason):
            values = found.groupdict()
            if "why" in values:
                values["why"] = _said(values["why"])
            return gettext(sentence, **values).replace("->", "→")
    return reasons.told(reason, by_its_id)
