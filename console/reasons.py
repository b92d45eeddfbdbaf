"""The engine's reasons in the viewer's language: what was written for the ledger, told as a sentence.

A reason that no pattern knows is told as it stands.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

from base.translations import msgid
from console.conditions import duration
from console.context import day, moment, number, say, viewer
from console.rests import RESTS
from console.unconfirmed import UNCONFIRMED
from console.ways import WAYS
from emails.causes import REASONS as WHY_BACK
from leads.hands import BY_EVENT, BY_FORM

Names = Callable[[str, str], str]  # (kind, id) -> what people call it; kinds: those of KINDS

# Pattern -> sentence. A group `topic`, `sequence` or `reason` holds an id that people know by a name.
SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        *WAYS,
        *RESTS,
        (r"no consent for `(?P<topic>.+)`", msgid("has not agreed to “%(topic)s”")),
        (r"sales has disqualified the lead", msgid("sales has disqualified the lead")),
        (
            r"the lead has answered: somebody goes on from here",
            msgid("the lead has answered: somebody goes on from here"),
        ),
        (r"an answer to it came", msgid("an answer to it came")),
        (r"it came back", msgid("it came back")),
        (
            r"concurrent = false: `(?P<sequence>[^`]+)` goes first",
            msgid("one of these at a time, and “%(sequence)s” goes first"),
        ),
        (
            r"frequency_cap (?P<cap>.+?): (?:used up by `[^`]+`|`[^`]+` goes first)",
            msgid("this sequence sends %(cap)s at most"),
        ),
        (
            r"cadence (?P<cap>.+?): used up by (?P<others>.+)",
            msgid("at this stage %(cap)s at most, used up by %(others)s"),
        ),
        (
            r"cadence (?P<cap>.+?): (?P<others>.+) goes first",
            msgid("at this stage %(cap)s at most, and %(others)s goes first"),
        ),
        (r"cap (?P<cap>.+?): it allows none", msgid("cap of %(cap)s: it allows none")),
        (r"cap (?P<cap>.+?): `(?P<sequence>[^`]+)` goes first", msgid("cap of %(cap)s: “%(sequence)s” goes first")),
        (r"cap (?P<cap>.+?): used up by `(?P<sequence>[^`]+)`", msgid("cap of %(cap)s, used up by “%(sequence)s”")),
        (r"cap (?P<cap>.+?): used up by (?P<others>.+)", msgid("cap of %(cap)s, used up by %(others)s")),
        (r"cap (?P<cap>.+?): (?P<others>.+) goes first", msgid("cap of %(cap)s: %(others)s goes first")),
        (
            r"outside the send_window (?P<hours>\S+) (?P<zone>\S+)",
            msgid("mails leave between %(hours)s only, %(zone)s time, and this one would not wait"),
        ),
        (r"send_window (?P<hours>\S+) (?P<zone>\S+)", msgid("mails leave between %(hours)s only, %(zone)s time")),
        (
            r"too late: outside the send_window (?P<hours>\S+) (?P<zone>\S+) until it has expired",
            msgid("too late: mails leave between %(hours)s only, %(zone)s time, and it will have expired"),
        ),
        (
            r"inside the quiet_hours (?P<hours>\S+) (?P<zone>\S+)",
            msgid("no mail leaves between %(hours)s, %(zone)s time, and this one would not wait"),
        ),
        (r"quiet_hours (?P<hours>\S+) (?P<zone>\S+)", msgid("no mail leaves between %(hours)s, %(zone)s time")),
        (
            r"too late: inside the quiet_hours (?P<hours>\S+) (?P<zone>\S+) until it has expired",
            msgid("too late: no mail leaves between %(hours)s, %(zone)s time, and it will have expired"),
        ),
        (
            r"on the holiday (?P<day>\S+) (?P<zone>\S+)",
            msgid("no mail leaves on the holiday of %(day)s, and this one would not wait"),
        ),
        (r"holiday (?P<day>\S+) (?P<zone>\S+)", msgid("no mail leaves on the holiday of %(day)s")),
        (
            r"too late: on the holiday (?P<day>\S+) (?P<zone>\S+) until it has expired",
            msgid("too late: no mail leaves on the holiday of %(day)s, and it will have expired"),
        ),
        (r"the lead has no date in `(?P<field>.+)`", msgid("no date is known in the field %(field)s")),
        (
            r"too late: it was due (?P<due>.+) and expires_after (?P<after>.+)",
            msgid("too late: it was due on %(due)s, and expires after %(after)s"),
        ),
        (r"exit_when (?P<condition>.+) holds", msgid("its exit condition is met: %(condition)s")),
        (r"goal reached: (?P<condition>.+)", msgid("goal reached: %(condition)s")),
        (r"its mail was withdrawn: (?P<why>.+)", msgid("its mail was held back: %(why)s")),
        (
            r"the text cannot be filled in: (?P<place>\S+\.md(?::\d+)?), `(?P<code>.+?)`: (?P<fault>.+)",
            msgid("the text cannot be filled in for them: %(place)s, at %(code)s (%(fault)s)"),
        ),
        (r"the text cannot be filled in: (?P<fault>.+)", msgid("the text cannot be filled in for them: %(fault)s")),
        (r"its mail was not sent: [a-z_]+, (?P<why>.+)", msgid("its mail did not leave: %(why)s")),
        (r"(?P<condition>.+) did not come within (?P<timeout>.+?)", msgid("%(condition)s: not within %(timeout)s")),
        (r"only_if (?P<condition>.+) does not hold", msgid("only for those of whom this is true: %(condition)s")),
        (r"filter (?P<condition>.+) does not hold", msgid("only for those of whom this is true: %(condition)s")),
        (
            r"entered already on (?P<day>\S+); re_entry = never",
            msgid("was in it already on %(day)s, and one enters only once"),
        ),
        (r"inside already; re_entry = after_exit", msgid("is in it already")),
        (
            r"entered on (?P<instant>\S+ \S+) UTC; min_interval = (?P<interval>.+)",
            msgid("was in it on %(instant)s, and %(interval)s must pass between two entries"),
        ),
        (
            r"entered on (?P<day>\S+); min_interval = (?P<interval>.+)",
            msgid("was in it on %(day)s, and %(interval)s must pass between two entries"),
        ),
        (
            r"a contact who has shown no interest yet; audience = \S+",
            msgid("a contact who has shown no interest yet, and this is for leads"),
        ),
        (
            r"a customer; audience = not_customers",
            msgid("a customer by now, and this is for whoever has not bought yet"),
        ),
        (r"no customer; audience = customers", msgid("no customer, and this is for customers")),
        *UNCONFIRMED,
        (r"picked `(?P<text>.+)`; (?P<why>without.+)", msgid("of the texts that fit, %(text)s came first, %(why)s")),
        (r"without its link: (?P<why>.+)", msgid("without its link to confirm: %(why)s")),
        (r"picked `(?P<text>.+)`", msgid("of the texts that fit, %(text)s came first")),
        (r"the lead has no email address", msgid("no email address is known")),
        (r"there is no such lead", msgid("there is no such lead")),
        (r"the release in force has no text `(?P<text>.+)`", msgid("the release in force has no text %(text)s")),
        (r"suppress (?P<condition>.+) holds", msgid("no mail leaves while %(condition)s is true")),
        (r"no value for entry_key `(?P<field>.+)`", msgid("nothing is known in the field %(field)s")),
        (r"no text is left to pick", msgid("every text that fits was sent already")),
        (r"max_passes (?P<count>\d+) are used up", msgid("was led back %(count)s times already")),
        (
            r"held out: one of the (?P<share>\d+) % who go no further",
            msgid("held out: one of the %(share)s %% who go no further"),
        ),
        (
            r"the release in force has no sequence `(?P<sequence>.+)`",
            msgid("the release in force has no sequence %(sequence)s"),
        ),
        (r"every step lies behind", msgid("every step lies behind")),
        (
            r"release (?P<release>\d+) edits the sequence: goes on at `(?P<step>[^`]+)` in its new version",
            msgid("release %(release)s edits the sequence: goes on at “%(step)s” in its new version"),
        ),
        (
            r"release (?P<release>\d+) edits the sequence: the author chose `exit` at this step",
            msgid("release %(release)s edits the sequence, and its author let those at this step leave"),
        ),
        (
            r"taken already, before an edit put it further down",
            msgid("taken already, before an edit put it further down"),
        ),
        (r"release (?P<release>\d+): (?P<word>.+)", msgid("By the new rules of release %(release)s. %(word)s")),
        (r"parked: (?P<why>.+)", msgid("set aside for a moment: %(why)s")),
        # what became of a mail
        (
            r"nobody knows whether it arrived: (?P<word>.+) \(a letter of (?P<bytes>\d+) bytes\)",
            msgid("nobody knows whether it arrived: %(word)s, of a mail of %(bytes)s bytes"),
        ),
        (r"no reply in time", msgid("no reply in time")),
        (r"the connection ended without a reply", msgid("the connection ended without a reply")),
        (r"nobody knows whether it arrived: (?P<word>.+)", msgid("nobody knows whether it arrived: %(word)s")),
        (
            r"the connection broke while the letter was written: (?P<word>.+)",
            msgid("the connection broke while the letter was written: %(word)s"),
        ),
        (r"the connection ended before the last word", msgid("the connection ended before the server's last word")),
        (
            r"the sender \(holder \d+\) died while the server was taking it",
            msgid("the sender ended while the server was taking it"),
        ),
        (r"given up after (?P<tries>\d+) tries: (?P<word>.+)", msgid("given up after %(tries)s tries: %(word)s")),
        (r"the answer came late: (?P<word>.+)", msgid("the answer came late: %(word)s")),
        (r"no consent", msgid("consent was withdrawn")),
        (r"suppressed", msgid("this address is left alone: it bounced, complained or unsubscribed")),
        (r"left", msgid("had left the sequence")),
        (r"merged", msgid("was merged into another lead")),
        (r"no address", msgid("no email address is known")),
        (r"its time has passed", msgid("its time has passed")),
        (r"switched off", msgid("its sequence is switched off")),
        (r"sent again by (?P<who>.+), in doubt", msgid("in doubt, and sent again by %(who)s")),
        (r"sent again by (?P<who>.+)", msgid("sent again by %(who)s")),
        (r"(?P<who>.+) takes it as delivered", msgid("%(who)s takes it as delivered")),
        (r"(?P<who>.+) takes it as lost", msgid("%(who)s takes it as lost")),
        (r"sent again after doubt", msgid("sent again by the house, in doubt")),
        (
            r"believed to have arrived: no sign that it did not",
            msgid("believed to have arrived: no sign that it did not"),
        ),
        (
            r"enter: engagement (?P<engagement>\S+), fit (?P<fit>\S+)",
            msgid("By rule: engagement %(engagement)s, fit %(fit)s."),
        ),
        (BY_EVENT, msgid("They asked for it: %(event)s.")),
        (BY_FORM, msgid("They asked for it, with the form “%(form)s”.")),
        (
            r"cooled: engagement (?P<engagement>\S+), below (?P<floor>\S+)",
            msgid("Cooled: engagement %(engagement)s, below %(floor)s."),
        ),
        (r"merged: (?P<lead>\d+)", msgid("Is one with lead %(lead)s, who stood here.")),
        (r"parted(: .+)?", msgid("A merge was taken back: counted again by their own acts.")),
        (
            r"reclassed: enter: engagement (?P<engagement>\S+), fit (?P<fit>\S+)",
            msgid("Taken back: the %(engagement)s points came from hits of a machine."),
        ),
        (r"accepted", msgid("Accepted by sales.")),
        (r"rejected: (?P<reason>.+)", msgid("Rejected by sales: %(reason)s.")),
        (r"recycled: (?P<reason>.+)", msgid("Recycled by sales: %(reason)s.")),
        (r"disqualified: (?P<reason>.+)", msgid("Disqualified by sales: %(reason)s.")),
        (r"moved: (?P<because>.+)", msgid("Moved by hand: “%(because)s”")),
        (r"meeting", msgid("Sales has booked a meeting.")),
        (r"forecast", msgid("Sales has forecast a deal.")),
        (r"won", msgid("Signed.")),
        (r"lost: (?P<reason>.+)", msgid("The deal was lost: %(reason)s.")),
    )
)
CAUSES = frozenset(WHY_BACK.values())  # why a mail came back
KINDS = ("topic", "sequence", "reason", "form", "event", "condition")

REASONS = ("word", "why")  # a reason within a reason
LENGTHS = ("timeout", "after", "interval")
POINTS = ("engagement", "fit", "floor")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d( UTC)?")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
DURATION = re.compile(r"\d+ (minute|hour|day|business day|week|month)s?")
PERIODS: Mapping[str, str] = {
    "day": msgid("%(count)s per day"),
    "week": msgid("%(count)s per week"),
    "month": msgid("%(count)s per month"),
}


def told(reason: str, names: Names) -> str:
    """The reason as a sentence, ids under the names that people use."""
    for pattern, sentence in SENTENCES:
        found = pattern.fullmatch(reason)
        if found:
            return say(sentence, **_named(found.groupdict(), names))
    return say(reason) if reason in CAUSES else reason


def told_of_pause(reason: str) -> str:
    """Why something rests: what the house says, and what a person wrote as it stands."""
    return told(reason, lambda kind, name: name)


def told_of_refusal(reason: str, names: Names) -> str:
    """The same for `cause: refusal`, of which only the refusal is told."""
    refusal = reason.split(": ", 1)[-1]
    return told(refusal, names)


def _named(values: Mapping[str, str], names: Names) -> dict[str, str]:
    return {name: _said(name, value, names) for name, value in values.items()}


def _said(name: str, value: str, names: Names) -> str:
    if name in KINDS:
        return names(name, value)
    if DAY.fullmatch(value):
        return day(date.fromisoformat(value))
    if INSTANT.fullmatch(value):
        return moment(datetime.fromisoformat(value.removesuffix(" UTC")).replace(tzinfo=UTC))
    if name in LENGTHS:
        return duration(value) if DURATION.fullmatch(value) else value
    if name in REASONS:
        return told(value, names)
    if name in POINTS and NUMBER.fullmatch(value):
        return viewer().speech.number(Decimal(value))
    if name == "bytes":
        return number(int(value))
    return _cap(value) if name == "cap" else value


def _cap(written: str) -> str:
    """`4 per week`."""
    count, _, period = written.partition(" per ")
    return say(PERIODS[period], count=count) if period in PERIODS else written
