"""What one of the demo's crowd does, written down day by day: the acts that every kind of them is made of.

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from authoring.models.personas import Action
from base.calendars import at_local, local_day
from terreau.chances import between, happens, pick
from terreau.crowd import Somebody

# People come at a few moments of a day, which several share: what is due then is done for all of them at once.
HOURS = (9, 11, 14, 18)
WEEKEND_HOURS = (11, 20)
SOON, LATER = timedelta(minutes=5), timedelta(minutes=24)
ADVICE = (("niveaux",), ("depuis-le-plan", "croquis-d-abord"), ("rendez-vous",), ("variantes",))  # by week
WEBINARS = (timedelta(days=-47, hours=9), timedelta(days=-21, hours=9, minutes=48), timedelta(hours=-14, minutes=-42))
# What each form of the example asks of who they are; the rest is in the archetypes.
ASKED = {
    "lettre": ("email",),
    "guide-3d": ("email", "first_name", "company", "phone"),
    "variantes": ("email", "first_name", "company"),
    "demo": ("email", "first_name", "last_name", "company", "phone"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """So many days, the last of them ends at `end`, on the wall clocks of `zone`."""

    end: datetime
    days: int
    zone: str

    @property
    def begin(self) -> date:
        return local_day(self.end, self.zone) - timedelta(days=self.days - 1)

    def visit(self, day: date, *about: object) -> datetime:
        """One of the moments of that day at which people come."""
        hours = WEEKEND_HOURS if day.weekday() >= 5 else HOURS
        hour = pick(hours, *about, day)
        wall = time(hour, between(9, 50, day, hour), between(0, 59, day, hour, "second"))
        return at_local(day, wall, self.zone)


@dataclass(slots=True)
class Diary:
    """What one of the crowd does, written down in any order."""

    who: Somebody
    span: Span
    day: date  # of the first visit
    acts: list[Action] = field(default_factory=list)

    def likely(self, probability: float, *about: object) -> bool:
        return happens(probability, self.who.number, *about)

    def visit(self, after: int = 0) -> datetime:
        """A moment so many days after the first visit."""
        return self.span.visit(self.day + timedelta(days=after), self.who.number)

    def fill(self, form: str, at: datetime, **answers: str | bool) -> None:
        known = {name: self.who.answers[name] for name in ASKED[form] if name in self.who.answers}
        self.acts.append(Action(at=at, do="submit", form=form, page=form, answers={**known, **answers}))

    def confirm(self, at: datetime) -> None:
        self.acts.append(Action(at=at, do="confirm"))

    def download(self, magnet: str, at: datetime) -> None:
        self.acts.append(Action(at=at, do="download", magnet=magnet))

    def attend(self, number: int) -> None:
        interests = ["cao/3d", "rendu/lumiere"]
        at = self.span.end + WEBINARS[number]
        self.acts.append(Action(at=at, do="event", event="webinar_attended", subject="lumiere-3d", interests=interests))

    def leave(self, topic: str | None, at: datetime) -> None:
        self.acts.append(Action(at=at, do="unsubscribe", subject=topic))

    def ask_for_the_guide(self, profession: str, practice: str, consents: bool) -> None:
        """Page, form, mail, and what most people do in the next minutes."""
        at = self.visit()
        self.fill("guide-3d", at, profession=profession, practice=practice, consent_conseils=consents)
        if consents and self.likely(0.82, "confirm"):
            self.confirm(at + SOON)
        if self.likely(0.72, "download"):
            self.download("guide-3d", at + SOON)

    def read_advice(self, probability: float) -> None:
        """Clicks in the mails of the weeks that follow, on the day they come or on the next."""
        first = self.tuesday_after(self.visit() + SOON)
        for week, steps in enumerate(ADVICE):
            if self.likely(probability, "advice", week):
                day = first + timedelta(days=7 * week + (0 if self.likely(0.7, "at once", week) else 1))
                self.click(self.span.visit(day, self.who.number, "reads"), *steps)

    def click(self, at: datetime, *steps: str) -> None:
        """In whichever of those mails came."""
        for step in steps:
            self.acts.append(Action(at=at, do="click", step=f"conseils-3d/{step}"))

    def tuesday_after(self, at: datetime) -> date:
        """The day of the first advice: the next Tuesday whose nine o'clock is ahead."""
        day = local_day(at, self.span.zone)
        day += timedelta(days=(1 - day.weekday()) % 7)
        return day if at_local(day, time(9), self.span.zone) > at else day + timedelta(days=7)
