"""Lets the demo's house live its last months before the demo opens: visitors, mails and colleagues, by the real verbs.

A crowd of personas acts on one database under one calendar, which jumps from instant to instant; engine, sender and
notifier do what they always do. Only the mail server and the receiver of webhooks keep nothing of what they get.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from threading import Event as Stop

from sqlalchemy import Connection, func, select

from authoring.models.personas import Action, Persona
from authoring.site import Site
from base.calendars import at_local, local_day
from base.clock import Clocks, Moment, system_clocks
from base.config import Config
from base.saying import said
from sales.notebook import Author
from storage.database import open_database
from storage.schema import leads, submissions
from terreau.archetypes import acts_of
from terreau.calls import CallReceiver, Calls
from terreau.chances import between
from terreau.colleagues import Act, Colleagues
from terreau.crowd import Somebody, crowd
from terreau.deeds import ASTRAY, DEEDS, NO_REST, Life, Misplayed, StillCalendar
from terreau.diary import Span
from terreau.house import House
from terreau.letting_go import Post
from terreau.preparing import content_in_force

DAYS, LEADS = 90, 300
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Past:
    """What the house is to have lived through: so many leads in the days before `end`; who sold meanwhile."""

    end: datetime
    authors: Mapping[str, Author] = field(default_factory=dict)  # by rep of the definitions
    leads: int = LEADS
    days: int = DAYS


def seed(config: Config, past: Past, progress: Progress = lambda done: None) -> int:
    """Live `past` in the embedded database of the settings, where nobody is yet; returns how many leads there are.

    The tables must be there; a loss of power meanwhile may lose the file. `progress` hears how much is over, from 0
    to 1. Acts that the content does not know, because it is not the example's, are left out.
    """
    span = Span(past.end, past.days, config.site.timezone)
    calendar = StillCalendar(at_local(span.begin, time(), span.zone))
    with ExitStack() as way_out:
        house = _house(config, calendar, way_out)
        content_in_force(house)
        _Village(house, calendar, span, past, progress).live()
        house.notifier.drain(Stop())
        _open_pages(house, span)
        with house.database.read() as conn:
            return conn.execute(select(func.count()).select_from(leads)).scalar_one()


def _house(config: Config, calendar: StillCalendar, way_out: ExitStack) -> House:
    """The house of the settings, quicker and quieter: it does not wait for the disk, and nothing leaves it."""
    if config.webhooks:
        receiver = CallReceiver(Calls(config.webhooks[0].secret or "", calendar.now))
        receiver.start()
        way_out.callback(receiver.stop)
        kept = {"url": receiver.url, "allow_private": True}
        config = config.model_copy(update={"webhooks": [hook.model_copy(update=kept) for hook in config.webhooks]})
    config = config.model_copy(update={"mail": config.mail.model_copy(update={"connections": 1})})
    database = open_database(config.database.url, wait_seconds=config.database.wait_seconds, durable=False)
    house = House.build(config, Clocks(calendar.now, system_clocks().machine), Post(), database)
    way_out.callback(house.close)
    return house


class _Village:
    """The crowd and the colleagues, under way: what each will do lies ahead, in the order of time."""

    def __init__(self, house: House, calendar: StillCalendar, span: Span, past: Past, progress: Progress) -> None:
        site = house.releases.in_force()
        self._house, self._calendar, self._progress = house, calendar, progress
        self._begin, self._end = calendar.now(), past.end
        self._colleagues = Colleagues(past.authors, site.definitions, span.zone, past.end)
        self._ahead: list[tuple[datetime, int, Act]] = []
        self._number = count()
        for who in crowd(past.leads):
            self._expect(who, [act for act in map(partial(_known, site), acts_of(who, span)) if act is not None])

    def live(self) -> None:
        """Every instant up to the end at which somebody acts or something is due."""
        while (at := self._next()) <= self._end:
            self._calendar.jump_to(at)
            self._progress((at - self._begin) / (self._end - self._begin))
            acts = list(self._due())
            if acts:
                self._house.database.write(partial(self._act, acts))
            self._settle()
            with self._house.database.read() as conn:
                planned = self._colleagues.look(conn)
            for one in planned:
                self._plan(one.at, one.act)
        self._calendar.jump_to(self._end)

    def _expect(self, who: Somebody, acts: list[Action]) -> None:
        if not acts:
            return
        persona = Persona(title=f"{who.first_name} {who.last_name}", locale=who.locale, action=acts)
        life = Life(persona, self._house, self._calendar, who.touch)
        for act in acts:
            self._plan(act.at, partial(_deed, life, act))

    def _plan(self, at: datetime, act: Act) -> None:
        heappush(self._ahead, (at, next(self._number), act))

    def _next(self) -> datetime:
        due = self._house.next_due()
        mine = self._ahead[0][0] if self._ahead else NEVER
        return min(mine, due or NEVER)

    def _due(self) -> Iterator[Act]:
        while self._ahead and self._ahead[0][0] <= self._calendar.now():
            yield heappop(self._ahead)[2]

    def _act(self, acts: list[Act], conn: Connection) -> None:
        now = self._house.clocks.moment()
        for act in acts:
            act(conn, now)

    def _settle(self) -> None:
        """Engine, service level and sender in turn until none has anything to do at this instant."""
        for _ in range(ASTRAY):
            self._house.engine.work()
            self._house.service.drain(Stop())
            self._house.sender.drain(Stop())
            due = self._house.next_due()
            if due is None or due > self._calendar.now():
                return
        raise Misplayed(said(NO_REST, when=f"{self._calendar.now():%Y-%m-%d %H:%M}"))


def _open_pages(house: House, span: Span) -> None:
    """Those who looked at a page and went: some for everybody who filled its form, and a few besides."""
    filled = select(submissions.c.page, submissions.c.at)
    with house.database.read() as conn:
        visits = Counter((row.page, local_day(row.at, span.zone)) for row in conn.execute(filled))
    for day in (span.begin + timedelta(days=number) for number in range(span.days)):
        for page in house.releases.in_force().pages:
            came = visits[page, day]
            for _ in range(came + between(2 * came, 4 * came, page, day, "left") + between(0, 3, page, day)):
                house.views.count(page, day)
    house.views.flush(house.database)


NEVER = datetime.max.replace(tzinfo=UTC)


def _deed(life: Life, act: Action, conn: Connection, now: Moment) -> None:
    """What cannot be done is left: nobody clicks in a mail that never came."""
    with suppress(Misplayed):
        DEEDS[act.do](conn, life=life, action=act)


def _known(site: Site, act: Action) -> Action | None:
    """The act as this content knows it; None where it does not."""
    if act.magnet is not None and act.magnet not in site.magnets:
        return None
    if act.step is not None and act.step.partition("/")[0] not in site.sequences:
        return None
    if act.form is None:
        return act
    form = site.forms.get(act.form)
    asked = {one.name for one in form.field} if form else set()
    if act.page not in site.pages or "email" not in asked:
        return None
    return act.model_copy(update={"answers": {name: told for name, told in act.answers.items() if name in asked}})
