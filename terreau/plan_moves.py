"""One sequence of a plan, for people: who is where, what was edited, who is written to earlier or later."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from authoring.question import Sample
from authoring.renames import StepEdit
from base.translations import msgid
from terreau.language import gettext, ngettext, words
from workflows.plan import SequencePlan, Shift, Standing

SHOWN = 8  # lines of one kind; of more, their number is told
MARKS = {"added": "+", "deleted": "-", "renamed": "~", "moved": "~", "changed": "~", "removed": "-"}
STYLES = {"+": "green", "-": "red", "~": "yellow", " ": ""}
SAID = {
    "new": msgid(" is new; %(leads)s inside"),
    "gone": msgid(" is gone; %(leads)s inside"),
    "edited": msgid(" is edited; %(leads)s inside"),
    "same": msgid(" stays as it is; %(leads)s inside"),
}


class Days:
    """Instants as a person says them, in the site's zone."""

    def __init__(self, zone: str, today: datetime) -> None:
        self._zone = ZoneInfo(zone)
        self._today = today.astimezone(self._zone).date()

    def __call__(self, at: datetime | None) -> str:
        if at is None:
            return gettext("no day")
        day = at.astimezone(self._zone).date()
        near = {0: gettext("today"), 1: gettext("tomorrow")}
        return near.get((day - self._today).days) or words().weekday(day)

    def time(self, at: datetime | None) -> str:
        return "" if at is None else f"{at.astimezone(self._zone):%H:%M}"


def sequence_lines(one: SequencePlan, days: Days) -> Iterator[RenderableType]:
    yield Text.assemble((one.name, "bold"), gettext(SAID[one.what], leads=leads_told(one.inside)), _rule(one))
    if one.rollout is not None:
        yield f"  {_rollout(one.rollout, one.tried_against)}"
    if one.keys:
        yield "  " + gettext("also changed: %(keys)s", keys=", ".join(one.keys))
    if one.edits or one.inside:
        yield _picture(one)
    for standing in one.standing:
        yield from _standing(one, standing, days)
    if not one.sample.whole:
        yield f"  {sampled(one.sample)}"


def _rule(one: SequencePlan) -> str:
    if one.what != "edited" or not one.inside:
        return ""
    if one.on_edit == "adopt":
        return gettext(', who go on in the new version (on_edit = "adopt")')
    return gettext(', who finish the version they entered (on_edit = "pin")')


def _rollout(share: int, against: str | None) -> str:
    if against is None:
        return gettext(
            "rollout = %(share)s has no version before it to be tried against: everybody enters this one", share=share
        )
    return gettext(
        "of those who come in from now on, %(share)s %% enter the new version, the others the one before (rollout)",
        share=share,
    )


def _picture(one: SequencePlan) -> Table:
    """Every step that somebody stands at or that was edited: what is written there now, and what was."""
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="bold")
    for name, side in (("", "left"), (gettext("step"), "left"), (gettext("inside"), "right"),
                       (gettext("was"), "left"), (gettext("becomes"), "left")):  # fmt: skip
        table.add_column(name, justify="right" if side == "right" else "left", overflow="fold")
    inside: Counter[str] = Counter()
    for standing in one.standing:
        inside[standing.step] += standing.inside
    edited = {edit.step for edit in one.edits} | {edit.was for edit in one.edits if edit.what == "renamed"}
    for edit in one.edits:
        mark = MARKS[edit.what]
        there = inside[edit.was or ""] if edit.what == "renamed" else inside[edit.step]
        table.add_row(mark, edit.step, str(there or "–"), *_was_and_is(edit), style=STYLES[mark])
    for step, count in inside.items():
        if step not in edited:
            table.add_row(" ", step, str(count), "", gettext("as it was"))
    return table


def _was_and_is(edit: StepEdit) -> tuple[str, str]:
    if edit.what == "renamed":
        return gettext("named %(step)s", step=edit.was), gettext("named %(step)s", step=edit.now)
    if edit.what == "moved":
        return "", gettext("in another place")
    return edit.was or "", edit.now or (gettext("gone") if edit.what == "deleted" else "")


def _standing(one: SequencePlan, standing: Standing, days: Days) -> Iterator[RenderableType]:
    if standing.case is not None:
        yield from _case(one, standing)
        return
    lines = list(_shifts([shift for shift in one.shifts if shift.step == standing.step], days))
    move = standing.move
    if move is not None and move.how != "adopt":
        yield "  " + gettext(
            "%(step)s: %(leads)s: %(what)s", step=standing.step, leads=leads_told(standing.inside),
            what=_chosen(move.how, move.to),
        )  # fmt: skip
    if lines:
        yield "  " + gettext("at %(step)s:", step=standing.step)
    yield from (f"    {line}" for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        yield "    " + ngettext(
            "and %(count)s more group (terreau plan --json has them all)",
            "and %(count)s more groups (terreau plan --json has them all)", len(lines) - SHOWN,
        )  # fmt: skip


def _case(one: SequencePlan, standing: Standing) -> Iterator[RenderableType]:
    assert standing.case is not None
    if not standing.inside:
        return
    where = f"{one.name}/{standing.step}"
    stand = ngettext(
        "%(count)s lead stands at %(step)s, and %(why)s.", "%(count)s leads stand at %(step)s, and %(why)s.",
        standing.inside, step=standing.step, why=standing.case.why.by(words()),
    )  # fmt: skip
    yield Text(f"  {stand}", style="bold red")
    if standing.case.renamed:
        step = standing.case.renamed
        yield "    " + gettext("Is it %(step)s now? Then: --choose %(where)s=adopt", step=step, where=where)
    hows = "|".join(standing.choices)
    yield "    " + gettext("Choose what becomes of them: --choose %(where)s=%(hows)s", where=where, hows=hows)


def _chosen(how: str, to: str | None) -> str:
    if how == "next":
        return gettext("they go on at %(step)s", step=to) if to else gettext("they are through")
    return gettext("they leave") if how == "exit" else gettext("they finish the version they entered")


def _shifts(shifts: Iterable[Shift], days: Days) -> Iterator[str]:
    """One line for those whom the same happens to on the same day."""
    alike: dict[str, list[Shift]] = {}
    same = 0
    for shift in shifts:
        if shift.what == "same":
            same += shift.count
        else:
            alike.setdefault(_shift(shift, days, 1), []).append(shift)
    for some in alike.values():
        yield _shift(some[0], days, sum(one.count for one in some))
    if same:
        yield gettext("%(count)s as before", count=same)


def _shift(shift: Shift, days: Days, count: int) -> str:
    """What happens to so many leads."""
    day, hour, step = days(shift.now.at), days.time(shift.now.at), shift.now.step
    if shift.what in ("earlier", "later"):
        return _moved(shift, days, count)
    if shift.what == "stops":
        return ngettext(
            "%(count)s is not written to any more (%(step)s on %(day)s), and %(end)s",
            "%(count)s are not written to any more (%(step)s on %(day)s), and %(end)s",
            count, step=shift.was.step, day=days(shift.was.at), end=_end(shift.now.what, count),
        )  # fmt: skip
    if shift.what == "starts":
        return ngettext(
            "%(count)s is written to again: %(step)s, %(day)s %(hour)s",
            "%(count)s are written to again: %(step)s, %(day)s %(hour)s", count, step=step, day=day, hour=hour,
        )  # fmt: skip
    if step:
        return ngettext(
            "%(count)s gets %(step)s instead of %(former)s, %(day)s",
            "%(count)s get %(step)s instead of %(former)s, %(day)s", count, step=step, former=shift.was.step, day=day,
        )  # fmt: skip
    return f"{count} {_end(shift.now.what, count)}"


def _moved(shift: Shift, days: Days, count: int) -> str:
    """To another time, and with another step where it is another."""
    was, now, step = days(shift.was.at), days(shift.now.at), shift.now.step
    instead = was if was != now else days.time(shift.was.at)
    another = ""
    if step != shift.was.step:
        another = gettext(" (%(step)s instead of %(former)s)", step=step, former=shift.was.step)
    told = {"day": now, "hour": days.time(shift.now.at), "instead": instead, "another": another}
    if shift.what == "earlier":
        return ngettext(
            "%(count)s is written to earlier: %(day)s %(hour)s instead of %(instead)s%(another)s",
            "%(count)s are written to earlier: %(day)s %(hour)s instead of %(instead)s%(another)s", count, **told,
        )  # fmt: skip
    return ngettext(
        "%(count)s is written to later: %(day)s %(hour)s instead of %(instead)s%(another)s",
        "%(count)s are written to later: %(day)s %(hour)s instead of %(instead)s%(another)s", count, **told,
    )  # fmt: skip


def _end(what: str, count: int) -> str:
    if what == "left":
        return ngettext("leaves", "leave", count)
    if what == "completed":
        return ngettext("comes to the end", "come to the end", count)
    return ngettext("waits for something to happen", "wait for something to happen", count)


def sampled(sample: Sample) -> str:
    return gettext(
        "of %(all)s leads %(some)s were looked at one by one, evenly spread; --all looks at every one",
        all=sample.of, some=sample.looked_at,
    )  # fmt: skip


def leads_told(count: int) -> str:
    return ngettext("%(count)s lead", "%(count)s leads", count)
