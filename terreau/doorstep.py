"""What a persona does, kept in memory: the events and facts that the doors would write, for simulation.

What each act changes is decided by the same pure functions that the doors call.
Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from authoring.models.common import subjects
from authoring.models.personas import Action, Persona
from authoring.site import Site
from base.config import Config
from base.saying import said
from capture.speech import speech_in
from emails.compile import compile_email
from emails.expressions import names_in
from emails.freezing import magnet_of
from emails.intake import BOUNCED, COMPLAINED, SOFT, TOLD
from emails.layouts import Setting
from leads import answering
from leads.asked import Asked
from leads.captures import Capture, answered, event_data, learnt
from leads.domains import is_at_work
from leads.facts import COLUMNS, Facts, Lead, Standing
from leads.touches import channel
from terreau.deeds import BACK, NOT_DELIVERED, NOT_SENT, UNKNOWN, Misplayed, capture_of, followed, touch_of
from workflows.memory import Kept
from workflows.values import LeadState, Message, Rules


@dataclass(slots=True)
class Doorstep:
    """A persona before the doors of a site. `held`: topic -> asked, granted, informed or withdrawn."""

    persona: Persona
    config: Config
    rules: Rules
    number: int = 1  # the lead's
    kept: Kept | None = None
    held: dict[str, str] = field(default_factory=dict)
    confirmed: bool = False  # ever
    submitted: int = 0
    asked: list[str] = field(default_factory=list)
    waiting: set[str] = field(default_factory=set)  # told of, and a yes to it is not confirmed yet
    alone: bool = False  # the address is left alone from now on

    @property
    def site(self) -> Site:
        return self.rules.site

    @property
    def lead(self) -> Kept:
        if self.kept is None:
            raise Misplayed(said(UNKNOWN, who=self.persona.title))
        return self.kept

    def runs(self, rules: Rules) -> None:
        """From now on, under these rules."""
        self.rules = rules
        if self.kept is not None:
            self.kept.rules = rules

    def does(self, action: Action, now: datetime) -> None:
        """Raises Misplayed for what nobody could do there."""
        ACTS[action.do](self, action, now)

    def appears(self, lead: Lead, now: datetime) -> Kept:
        """The lead is known from now on, and nothing has happened yet."""
        facts = Facts(lead, Standing.fresh(self.site, now), frozenset(), (), self.rules.zone, Asked())
        self.kept = Kept(self.rules, LeadState(facts, 0, known=False), now)
        return self.kept

    def agreed(self, topics: Iterable[str]) -> None:
        """Consent from long ago: no event of today goes with it."""
        self.held |= dict.fromkeys(topics, "granted")
        self.knows_consents()

    def grants(self, topics: Iterable[str], now: datetime) -> None:
        kept = self.lead
        for topic in answering.newly_granted(self.held, topics):
            self.held[topic], self.confirmed = "granted", True
            self.knows_consents()
            kept.happens("consent_granted", now, evidence="human", subject=topic)

    def withdraws(self, topics: Iterable[str] | None, now: datetime) -> None:
        kept = self.lead
        new = answering.newly_withdrawn(self.held, topics)
        for topic in new:
            self.held[topic] = "withdrawn"
            self.knows_consents()
            kept.happens("consent_withdrawn", now, evidence="human", subject=topic)
        for subject in answering.farewells(new, topics is None, self.has_left):
            kept.happens("unsubscribed", now, evidence="human", subject=subject)

    def arrived(self, letter: Message, now: datetime) -> None:
        """What the arrival of a mail means besides: the magnet in it is delivered."""
        kept, (sequence, _, email) = self.lead, letter.email.partition("/")
        text = self.site.emails.get((sequence, email, letter.locale))
        if letter.klass == "notification" or text is None or not _shows_a_magnet(text.body):
            return
        entry = kept.entry_of(letter.key)
        magnet = magnet_of(letter.sequence, entry.data if entry else {}, self.site)
        if magnet is not None:
            kept.happens("asset_delivered", now, evidence="engine", subject=magnet)

    def held_back(self, letter: Message) -> str | None:
        """Why a mail that was promised does not leave, as the outbox says it; None for one that does."""
        return "suppressed" if self.alone and letter.klass != "notification" else None

    def did(
        self, now: datetime, name: str, subject: str | None, interests: list[str] | dict[str, int], **data: Any
    ) -> None:
        told = {"interests": subjects(interests), **data}
        self.lead.happens(name, now, evidence="human", subject=subject, data=told)

    def knows_consents(self) -> None:
        granted, informed = (
            frozenset(topic for topic, state in self.held.items() if state == wanted)
            for wanted in ("granted", "informed")
        )
        self.lead.knows(replace(self.lead.facts, granted=granted, informed=informed))

    def has_left(self) -> bool:
        return any(one.name == "unsubscribed" and one.subject == answering.ALL for one in self.lead.facts.history)


# ---------------------------------------------------------------- acts


def _submits(door: Doorstep, action: Action, now: datetime) -> None:
    touch = touch_of({}, action, now)
    speech = speech_in(door.config, door.persona.locale)
    capture = capture_of(door.persona, door.site, action, touch, door.submitted, speech)
    door.submitted += 1
    if door.kept is None:
        door.appears(_made(capture, door), now)
    else:
        door.kept.knows(replace(door.kept.facts, lead=_taught(door.kept.facts.lead, capture, door.confirmed)))
    data = event_data(capture, door.submitted)
    door.lead.happens("form_submitted", now, evidence="human", subject=capture.form, data=data)
    for answer in answering.newly_asked(door.held, capture.consents):
        known = door.held.pop(answer.topic, None)  # the newest asked stand last, as in the ledger
        door.held[answer.topic] = answering.in_force("asked", answering.asked_meanwhile(known))
        door.waiting.add(answer.topic)
    _is_told(door, capture, now)
    door.asked = [
        topic
        for topic, state in door.held.items()
        if state == "asked" or (state == "informed" and topic in door.waiting)
    ]


def _is_told(door: Doorstep, capture: Capture, now: datetime) -> None:
    at_work = is_at_work(capture.columns.get("email") or "")
    for answer in capture.objections:
        new = answering.newly_told(door.held, answer, at_work=at_work, left=door.has_left)
        if new == "withdrawn" and answer.topic in door.held:
            door.withdraws([answer.topic], now)
        elif new:
            door.held[answer.topic] = new
    door.knows_consents()


def _made(capture: Capture, door: Doorstep) -> Lead:
    columns: dict[str, Any] = {name: capture.columns.get(name) or None for name in COLUMNS}
    return Lead(
        id=door.number,
        **columns,
        fields=answered(capture),
        locale=capture.locale,
        timezone=door.persona.timezone,
        source=channel(capture.touch),
    )


def _taught(lead: Lead, capture: Capture, confirmed: bool) -> Lead:
    known: Mapping[str, Any] = {name: getattr(lead, name) for name in COLUMNS}
    told, besides = learnt(capture, known, lead.fields, confirmed)
    return replace(lead, **told, status="lead", fields={**lead.fields, **besides}, locale=capture.locale)


def _confirms(door: Doorstep, action: Action, now: datetime) -> None:
    topics = [topic for topic in door.asked if topic not in answering.TRACKING]
    door.grants([*topics, "clicks"], now)


def _downloads(door: Doorstep, action: Action, now: datetime) -> None:
    delivered = [one.subject for one in door.lead.facts.history if one.name == "asset_delivered"]
    name = action.magnet or (delivered[-1] if delivered else None)
    if name is None or name not in delivered:
        raise Misplayed(said(NOT_DELIVERED, who=door.persona.title, name=name or "–"))
    door.did(now, "asset_downloaded", name, door.site.magnets[name].interests)


def _clicks(door: Doorstep, action: Action, now: datetime) -> None:
    kept, place = door.lead, str(action.step)
    if not any(one.name == "mail.sent" and one.data.get("place") == place for one in kept.facts.history):
        raise Misplayed(said(NOT_SENT, who=door.persona.title, mail=place))
    if "clicks" not in kept.facts.granted:
        return
    sent = next(one for one in reversed(kept.facts.history) if one.data.get("place") == place)
    sequence, _, email = str(sent.subject).partition("/")
    written = (sequence, email, str(sent.data["locale"]))
    number, page = followed(_links(door, written), door.site, door.config)
    data = {"interests": subjects(door.site.emails[written].interests), "link": number}
    hit = kept.happens("link_clicked", now, evidence="pending", subject=sent.subject, data=data)
    confirmed = {"of": hit.name, "hit_seq": hit.seq, "interests": data["interests"]}
    kept.happens("hit_confirmed", now, evidence="human", subject=hit.subject, data=confirmed)
    if page:
        door.did(now, "page_seen", page, door.site.pages[page].interests)


def _comes_back(door: Doorstep, action: Action, now: datetime) -> None:
    """What `emails.intake` does about a mail that proves to be about that one."""
    kept, place = door.lead, str(action.step)
    sent = [one for one in kept.facts.history if one.name == "mail.sent" and one.data.get("place") == place]
    if not sent:
        raise Misplayed(said(NOT_SENT, who=door.persona.title, mail=place))
    name, evidence = TOLD[BACK[action.do]]
    data = {"enrolment_id": sent[-1].data["enrolment_id"]}
    kept.happens(name, now, evidence=evidence, subject=sent[-1].subject, data=data)
    if name == SOFT and _failures(door, now) >= door.config.mail.bounces.soft_limit:
        name = BOUNCED
        kept.happens(name, now, evidence=evidence, subject=sent[-1].subject, data=data)
    door.alone = door.alone or name in (BOUNCED, COMPLAINED)
    if name == COMPLAINED:
        door.withdraws(None, now)


def _failures(door: Doorstep, now: datetime) -> int:
    since = now - timedelta(days=door.config.mail.bounces.soft_days)
    return sum(one.name == SOFT and one.at > since for one in door.lead.facts.history)


def _leaves(door: Doorstep, action: Action, now: datetime) -> None:
    door.withdraws(None if action.subject is None else [action.subject], now)


def _does(door: Doorstep, action: Action, now: datetime) -> None:
    door.did(now, str(action.event), action.subject, action.interests)


ACTS: dict[str, Callable[[Doorstep, Action, datetime], None]] = {
    "submit": _submits,
    "confirm": _confirms,
    "download": _downloads,
    "click": _clicks,
    "unsubscribe": _leaves,
    "event": _does,
    **dict.fromkeys(BACK, _comes_back),
}


# ---------------------------------------------------------------- what stands in a mail


@lru_cache(maxsize=256)
def _shows_a_magnet(body: str) -> bool:
    return "magnet_url" in names_in(body)


def _links(door: Doorstep, written: tuple[str, str, str]) -> tuple[str, ...]:
    setting = Setting(door.config.site.base_url, door.config.site.default_locale)
    return compile_email(door.site, *written, setting).links
