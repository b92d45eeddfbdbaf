"""What must be true of a town whatever happened in it, in whichever order; each check gives a sentence per breach."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import select

from base.calendars import local_day
from leads.facts import Event
from leads.scoring import engagement, fold_buckets, lines
from storage.schema import (
    enrolments,
    events,
    hand_offs,
    leads,
    messages,
    notifications,
    occupancy,
    pauses,
    receipts,
    refolds,
    stage_changes,
    standings,
    tallies,
    wakes,
)
from tests.terreau.town import ZONE, Town
from workflows import figures
from workflows.resting import EVERYTHING
from workflows.values import TERMINAL, UNSPENT

TABLES = (
    leads, wakes, events, standings, stage_changes, enrolments, receipts, messages, hand_offs, notifications, pauses,
    refolds,
)  # fmt: skip
UNSENT = frozenset({"due", "claimed", "deferred", "withdrawn", "expired", "refused", "failed"})
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# At least so long after the mail before it; an hour less where a clock may have gone forward.
AFTER_THE_LAST_MAIL = {
    ("alpha", "tuesday"): 2 * DAY - HOUR, ("alpha", "cold"): DAY - HOUR, ("alpha", "extra"): 2 * DAY - HOUR,
    ("beta", "second"): 36 * HOUR, ("gamma", "steady"): 5 * DAY - HOUR,
}  # fmt: skip
AFTER_THE_ENTRY = {("alpha", "last"): 28 * DAY - HOUR}


@dataclass
class Seen:
    """Everything that stands in the tables, rows in the order of their numbers."""

    town: Town
    rows: dict

    @classmethod
    def now(cls, town):
        with town.database.read() as conn:
            rows = {one.name: conn.execute(select(one).order_by(*one.primary_key)).all() for one in TABLES}
        return cls(town, rows)

    def __getattr__(self, name):
        return self.rows[name]

    def by(self, table, column):
        """{value of that column: the rows with it}"""
        found = defaultdict(list)
        for row in self.rows[table]:
            found[getattr(row, column)].append(row)
        return found

    def zone(self, lead_id):
        return next(ZoneInfo(row.timezone or ZONE) for row in self.leads if row.id == lead_id)

    @property
    def letters(self):
        return [row for row in self.messages if row.klass != "notification"]


def breaches(town):
    """Every sentence of every check."""
    seen = Seen.now(town)
    return [f"{check.__name__}: {sentence}" for check in CHECKS for sentence in check(seen)]


# ---------------------------------------------------------------- mails


def a_letter_and_its_receipt_come_together(seen):
    """Once for each passage through a step: the promise and the receipt are one commit."""
    taken = {(one.enrolment_id, one.step, one.occurrence) for one in seen.receipts if one.outcome == "taken"}
    promised = Counter((one.enrolment_id, one.step, one.occurrence) for one in seen.letters)
    yield from (f"{place} is promised {times} times" for place, times in promised.items() if times > 1)
    yield from (f"{place} is promised without a receipt" for place in promised.keys() - taken)


def what_is_said_of_a_mail_is_true(seen):
    """Sent: the post office has it, once; not sent: it never saw it. Sent again after doubt: it may be there twice."""
    times = seen.town.office.times()
    for one in seen.messages:
        kept = times[one.message_id]
        if one.state == "sent" and kept == 0:
            yield f"message {one.id} is lost"
        if one.resent_at is None and kept > 1:
            yield f"message {one.id} came {kept} times"
        if one.resent_at is None and one.state in UNSENT and kept:
            yield f"message {one.id} is {one.state}, and arrived"
        if one.state == "in_data":
            yield f"message {one.id} is nobody's, in the middle of a letter"


def nobody_is_written_to_who_left(seen):
    """What held at the instant when the letter was given, outside."""
    letters = {one.message_id: one for one in seen.letters}
    for kept in seen.town.office.kept:
        one = letters.get(kept.message_id)
        if one is None:
            continue  # an alert to sales
        if kept.gone:
            yield f"message {one.id}: nobody lives at {kept.recipient}"
        if one.klass == "marketing" and (kept.left or one.topic not in kept.agreed):
            yield f"message {one.id} came to {kept.recipient}, who has not agreed"
        if kept.resting & {EVERYTHING, one.sequence}:
            yield f"message {one.id} left in a pause"


def one_mail_at_a_time(seen):
    """A step waits for the end of its mail: the next is never promised before."""
    inside = {one.id: one for one in seen.enrolments}
    for number, those in seen.by("messages", "enrolment_id").items():
        under_way = [one for one in those if one.klass != "notification" and one.state not in TERMINAL]
        letters = [one for one in those if one.klass != "notification"]
        if under_way and under_way != letters[-1:]:
            yield f"enrolment {number} has gone on past message {under_way[0].id}"
        if under_way and inside[number].state == "active" and inside[number].position != "awaiting_mail":
            yield f"enrolment {number} does not wait for message {under_way[0].id}"


def caps_hold(seen):
    """By calendar day and week of the lead's zone, over all sequences."""
    counted = Counter()
    for one in seen.letters:
        if one.klass == "marketing" and one.state not in UNSPENT:
            day = local_day(one.created_at, seen.zone(one.lead_id))
            week = day - timedelta(days=day.weekday())
            counted[(one.lead_id, day, "day", 1)] += 1
            counted[(one.lead_id, week, "week", 3)] += 1
            if one.sequence == "beta":
                counted[(one.lead_id, week, "week of beta", 2)] += 1
    yield from (f"lead {key[0]} is promised {n} mails in the {key[2]} of {key[1]}" for key, n in counted.items()
                if n > key[3])  # fmt: skip


def no_mail_is_early(seen):
    entered = {one.id: one.entered_at for one in seen.enrolments}
    last = {}
    for one in seen.letters:
        place, number = (one.sequence, one.step), one.enrolment_id
        before = last.get(number, entered[number])
        if one.created_at < before + AFTER_THE_LAST_MAIL.get(place, timedelta()):
            yield f"message {one.id} ({place}) comes too early after {before}"
        if one.created_at < entered[number] + AFTER_THE_ENTRY.get(place, timedelta()):
            yield f"message {one.id} ({place}) comes too early after the entry"
        last[number] = one.sent_at or one.created_at
        hour = one.created_at.astimezone(seen.zone(one.lead_id)).hour
        if one.sequence == "alpha" and not 8 <= hour < 21:
            yield f"message {one.id} disturbs at {hour} o'clock"


# ---------------------------------------------------------------- leads


def each_is_one_lead_whose_events_are_numbered_without_a_gap(seen):
    if len(seen.leads) != len(seen.town.lead_of):
        yield f"{len(seen.town.lead_of)} people are {len(seen.leads)} leads"
    numbers = {lead_id: [one.seq for one in those] for lead_id, those in seen.by("events", "lead_id").items()}
    for one in seen.wakes:
        if numbers.get(one.lead_id, []) != list(range(1, one.seq + 1)):
            yield f"the events of lead {one.lead_id} are not 1 to {one.seq}: {numbers.get(one.lead_id)}"
        if one.folded_seq > one.seq:
            yield f"lead {one.lead_id} took in more than there is"


def everybody_inside_is_looked_at_again(seen):
    """At a moment, or when something happens that is sure to come: the end of a mail, or of a pause."""
    wake = {one.lead_id: one for one in seen.wakes}
    letters = {(one.enrolment_id, one.step, one.occurrence): one for one in seen.letters}
    alone = Counter(one.lead_id for one in seen.enrolments if one.state == "active" and one.sequence in _ALONE)
    for one in seen.enrolments:
        at = wake[one.lead_id]
        if at.seq > at.folded_seq and at.due_at is None:
            yield f"lead {one.lead_id} has news, and nobody looks"
        if one.state != "active" or at.seq > at.folded_seq:
            continue
        if one.position == "awaiting_mail":
            mail = letters.get((one.id, one.step, one.occurrence))
            if mail is None or mail.state in TERMINAL:
                yield f"enrolment {one.id} awaits a mail that is over"
        elif at.due_at is None and not _rests(seen, one) and not (one.sequence in _ALONE and alone[one.lead_id] > 1):
            yield f"enrolment {one.id} ({one.sequence}/{one.step}, {one.position}) is never looked at again"
        elif one.due_at is not None and (at.due_at is None or at.due_at > one.due_at):
            yield f"lead {one.lead_id} is looked at after enrolment {one.id} is due"


_ALONE = ("beta", "gamma")


def _rests(seen, one):
    """Whether a pause holds it back whose end it is still to be told of."""
    return any(pause.told_at is None and pause.name in (EVERYTHING, one.sequence) for pause in seen.pauses)


# ---------------------------------------------------------------- score, stage, sales


def the_score_is_the_sum_of_what_happened(seen):
    """Counted anew from the first event, by the rules that the lead was judged by last."""
    wake = {one.lead_id: one for one in seen.wakes}
    changed = max((one.release_id for one in seen.refolds), default=0)
    happened = seen.by("events", "lead_id")
    for one in seen.standings:
        if one.release_id < changed:
            continue  # to be judged again by the rules in force
        definitions = seen.town.releases.get(one.release_id).definitions
        taken = [row for row in happened[one.lead_id] if row.seq <= wake[one.lead_id].folded_seq]
        story = [Event(row.seq, row.name, row.at, row.evidence, row.subject, row.data) for row in taken]
        buckets, day = fold_buckets(story, definitions, ZONE), local_day(one.as_of, ZONE)
        if buckets != one.buckets:
            yield f"lead {one.lead_id} earned {buckets}, and {one.buckets} is written"
        parts = sum(line.milli for line in lines(one.buckets, definitions, day))
        if not one.engagement == engagement(buckets, definitions, day) == parts:
            yield f"lead {one.lead_id} has {one.engagement} points, of which the lines tell {parts}"


def each_stage_follows_from_the_one_before(seen):
    stands = {one.lead_id: one for one in seen.standings}
    for lead_id, those in seen.by("stage_changes", "lead_id").items():
        begun = ["contact", *(one.to_stage for one in those)]
        if [one.from_stage for one in those] != begun[:-1] or stands[lead_id].stage != begun[-1]:
            yield f"lead {lead_id} did not go {begun} to {stands[lead_id].stage}"
        cycles = [one.cycle for one in those]
        if cycles != sorted(cycles):
            yield f"lead {lead_id} went back to a former cycle: {cycles}"


def sales_hears_once_in_a_cycle(seen):
    told = Counter((one.lead_id, one.cycle) for one in seen.notifications if one.channel == "mail:nadia")
    opened = Counter((one.lead_id, one.cycle) for one in seen.hand_offs)
    yield from (f"{key} was opened {n} times" for key, n in opened.items() if n > 1)
    yield from (f"sales was told {n} times of {key}" for key, n in told.items() if n != opened[key])


CHECKS = (
    a_letter_and_its_receipt_come_together,
    what_is_said_of_a_mail_is_true,
    nobody_is_written_to_who_left,
    one_mail_at_a_time,
    caps_hold,
    no_mail_is_early,
    each_is_one_lead_whose_events_are_numbered_without_a_gap,
    everybody_inside_is_looked_at_again,
    the_score_is_the_sum_of_what_happened,
    each_stage_follows_from_the_one_before,
    sales_hears_once_in_a_cycle,
)


# ---------------------------------------------------------------- at the end


class _Back(Exception):
    """Nothing of it is kept."""


def figures_breached(town):
    """Where the figures that the engine kept are not those that counting all rows gives."""
    counted = {}

    def job(conn):
        definitions = town.releases.in_force().definitions
        counted["kept"] = _figures(conn)
        figures.recount(conn, definitions, ZONE)
        counted["again"] = _figures(conn)
        raise _Back

    try:
        town.do(partial(job))
    except _Back:
        return sorted(map(str, counted["kept"] ^ counted["again"]))


def _figures(conn):
    rows = [*conn.execute(select(tallies)), *conn.execute(select(occupancy))]
    return {tuple(row) for row in rows if row.n}
