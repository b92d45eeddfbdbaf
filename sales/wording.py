"""How a lead's story is told to a rep: actions, instants, points and answers as words of one language.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authoring.models.common import Localised, text_in
from authoring.models.definitions import EngagementRule, EventLabel
from authoring.site import Site
from base.calendars import Zone, local_day
from base.translations import Translator, msgid, translator
from base.typography import typeset
from leads.facts import CALLED, Event
from leads.gates import Lacking
from leads.points import MILLI
from leads.segments import ENTERED, LEFT

# What an act is called where neither the definitions nor a scoring rule name it.
DEFAULT_LABELS = {
    "form_submitted": msgid("Sent the form “%(subject)s”"),
    "form_held": msgid("Sent the form “%(subject)s”, held"),
    "consent_granted": msgid("Agreed to “%(subject)s”"),
    "consent_withdrawn": msgid("Withdrew the consent to “%(subject)s”"),
    "silence_noticed": msgid("Silent for so long that marketing ends soon"),
    "consent_affirmed": msgid("Said that mail is to go on"),
    "unsubscribed": msgid("Unsubscribed from “%(subject)s”"),
    "asset_downloaded": msgid("Downloaded “%(subject)s”"),
    "link_clicked": msgid("Followed a link in “%(subject)s”"),
    "message_opened": msgid("Opened “%(subject)s”"),
    "hit_reclassed": msgid("A hit on “%(subject)s” was no human's after all"),
    "leads_merged": msgid("Is one with lead %(subject)s"),
    "leads_parted": msgid("Is no longer one with lead %(subject)s"),
    "enrol_asked": msgid("Is to enter the sequence “%(subject)s”"),
    "imported": msgid("Brought in by the list “%(subject)s”"),
    "lead_added": msgid("Added by hand: %(subject)s"),
    "interest_shown": msgid("Had shown interest, as whoever brought them says"),
    "page_seen": msgid("Looked at the page “%(subject)s”"),
    "segment_entered": msgid("Came into the segment “%(subject)s”"),
    "segment_left": msgid("Left the segment “%(subject)s”"),
    "verdict_given": msgid("Sales gave a verdict: %(subject)s"),
    CALLED: msgid("Was called: %(subject)s"),
    "meeting_booked": msgid("A meeting was booked"),
    "deal_forecast": msgid("A deal was forecast"),
    "deal_won": msgid("A deal was signed"),
    "deal_lost": msgid("A deal was lost"),
}
# How a call ended.
CALL_ENDS = {
    "reached": msgid("reached"),
    "no_answer": msgid("no answer"),
    "voicemail": msgid("message left"),
    "callback": msgid("to call back"),
    "not_interested": msgid("not interested"),
    "wrong_number": msgid("wrong number"),
    "objected": msgid("asks not to be called"),
}
_SOME_ACT = msgid("%(name)s: %(subject)s")
_NAMELESS = msgid("Lead no. %(number)s")


@dataclass(frozen=True, slots=True)
class Voice:
    """In whose language, on whose wall clock, with whose definitions."""

    site: Site
    locale: str
    zone: Zone

    @property
    def say(self) -> Translator:
        return translator(self.locale)

    def told(self, message: str, **values: Any) -> str:
        """A sentence of ours, translated and typeset."""
        return typeset(self.say.gettext(message, **values), self.locale)

    def text(self, localised: Localised) -> str:
        """A text of the author's, in this language."""
        return typeset(text_in(localised, self.locale), self.locale)

    def stage(self, name: str) -> str:
        """Its short name, which ends before the first comma; of a stage that the definitions do not have, its id."""
        label = next((one.label for one in self.site.definitions.stages if one.id == name), None)
        return name if label is None else self.text(label).split(",")[0]

    def lacks(self, lacking: Lacking) -> list[str]:
        """What nobody knows, as forms and the definitions call it."""
        items = {str(item.id): item.label for item in self.site.definitions.bant}
        asked = {field.name: field.label for form in self.site.forms.values() for field in form.field if field.label}
        fields = [self.text(asked[name]) if name in asked else name.replace("_", " ") for name in lacking.fields]
        return [*fields, *(self.text(items[name]) for name in lacking.bant)]

    def action(self, event: Event) -> str:
        """What the lead did: as the definitions call it, else the scoring rule, else in words of ours."""
        label = self._authored(event)
        if label is not None:
            return self.text(label.label)
        message = DEFAULT_LABELS.get(event.means, _SOME_ACT)
        return self.told(message, name=event.means.replace("_", " "), subject=self.titled(event) or "…")

    def when(self, at: datetime, now: datetime) -> str:
        """`today 10:40`, `yesterday 21:12`, `17 Nov 2026`."""
        day, today = local_day(at, self.zone), local_day(now, self.zone)
        near = {today: msgid("today %(time)s"), today - timedelta(days=1): msgid("yesterday %(time)s")}
        return self.told(near[day], time=self.say.time(at, self.zone)) if day in near else self.say.date(day, "short")

    def says_subject(self, event: Event) -> bool:
        """Whether `action` says what it was about: a label of the author's for every subject does not."""
        label = self._authored(event)
        return event.subject is None or label is None or label.subject is not None

    def titled(self, event: Event) -> str | None:
        """What it was about, under the name that people know it by: a page, a form, a magnet, a mail, a segment; a call
        by how it ended."""
        subject = event.subject or ""
        if event.means == CALLED and subject in CALL_ENDS:
            return self.told(CALL_ENDS[subject])
        if event.means in _ABOUT_MAILS:
            return self._mail(subject) or event.subject
        title = _TITLES[event.means](self.site).get(subject) if event.means in _TITLES else None
        return event.subject if title is None else self.text(title)

    def _mail(self, name: str) -> str | None:
        """The subject of the mail SEQUENCE/TEXT in this language, else in another."""
        sequence, _, text = name.partition("/")
        locales = sorted(self.site.locales_of(sequence, text), key=lambda one: (one != self.locale, one))
        if not locales:
            return None
        return typeset(without_expressions(self.site.emails[sequence, text, locales[0]].subject), locales[0])

    def _authored(self, event: Event) -> EventLabel | EngagementRule | None:
        named: list[EventLabel | EngagementRule] = [*self.site.definitions.event_labels]
        named += self.site.definitions.scoring.engagement
        known = [label for label in named if label.event == event.means and label.subject in (None, event.subject)]
        known.sort(key=lambda label: label.subject is None)
        return known[0] if known else None


def _pages(site: Site) -> dict[str, Localised]:
    return {name: page.title for name, page in site.pages.items()}


def _forms(site: Site) -> dict[str, Localised]:
    return {name: form.title for name, form in site.forms.items()}


def _magnets(site: Site) -> dict[str, Localised]:
    return {name: magnet.title for name, magnet in site.magnets.items()}


def _topics(site: Site) -> dict[str, Localised]:
    definitions = site.definitions
    return {str(name): one.label for name, one in [*definitions.topics.items(), *definitions.tracking.items()]}


def _segments(site: Site) -> dict[str, Localised]:
    return {segment.id: segment.label for segment in site.definitions.segments}


_ABOUT_MAILS = frozenset({"link_clicked", "message_opened"})
# The event -> {its subject: the title of that}.
_TITLES: dict[str, Callable[[Site], dict[str, Localised]]] = {
    "page_seen": _pages,
    **dict.fromkeys(("form_submitted", "form_held"), _forms),
    **dict.fromkeys(("asset_delivered", "asset_downloaded"), _magnets),
    **dict.fromkeys(("consent_granted", "consent_withdrawn", "unsubscribed"), _topics),
    **dict.fromkeys((ENTERED, LEFT), _segments),
}


def without_expressions(text: str) -> str:
    """`Chloé, {{ lead.company }}` -> `Chloé, …`."""
    parts = text.split("{{")
    return "".join([parts[0], *("…" + part.partition("}}")[2] for part in parts[1:])]).strip()


def whole_points(total: int, parts: Sequence[int]) -> tuple[int, list[int]]:
    """`total` and its `parts`, all in milli-points, as whole points that still add up: the largest remainders round up.

    The total is rounded down, so that a score shown at its threshold has reached it.
    """
    shown = total // MILLI
    floors = [part // MILLI for part in parts]
    missing = shown - sum(floors)
    upwards = sorted(range(len(parts)), key=lambda index: (-(parts[index] % MILLI), index))[:missing]
    return shown, [floor + (index in upwards) for index, floor in enumerate(floors)]


def signed(points: int) -> str:
    """`+24`, `−7`, `0`, with a true minus sign."""
    return f"+{points}" if points > 0 else f"−{-points}" if points < 0 else "0"


def named(names: Iterable[str | None], number: int, say: Translator) -> str:
    """What a lead is called before many readers: by their names, else by their number; never by what reaches them."""
    return one_line(joined(names, " ")) or typeset(say.gettext(_NAMELESS, number=number), say.locale)


def one_line(value: Any) -> str:
    """A lead's own words, on one line: they may stand in a subject."""
    return " ".join(str(value).split())


def joined(parts: Iterable[str | None], between: str = ", ") -> str:
    return between.join(part for part in parts if part)
