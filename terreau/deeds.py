"""What a persona can do, each through the verb that the doors use; who plays it, and when, is `terreau.personas`'s."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event as Stop
from typing import Any

from sqlalchemy import Connection, Row, select, update

from authoring.models.common import subjects
from authoring.models.personas import Action, Persona
from authoring.site import Site
from base.config import Config
from base.saying import said
from base.translations import msgid
from capture import boxes
from capture.addresses import own_page
from capture.ledger import leave_everything
from capture.speech import Speech, speech_in
from emails.intake import Rules, take
from emails.refusals import Recipient
from emails.returns import Kind, Returned
from leads import answering, consent, consenting, events
from leads.facts import COLUMNS, CONFIRMED
from leads.identity import Capture, canonical_email, canonical_phone, load_leads, record
from storage.schema import compiled, leads, messages
from terreau.house import House

ASTRAY = 2000  # passes of the engine at one instant after which a persona is said to have no end


class Misplayed(Exception):
    """The persona does what nobody could do there: a click in a mail that never came."""


UNKNOWN = msgid("“%(who)s” acts before anybody knows them: the first act is a `submit`")
NOT_SENT = msgid("“%(who)s” clicks in %(mail)s, which was not sent")
NOT_DELIVERED = msgid("“%(who)s” downloads a magnet that was not delivered (%(name)s)")
NO_REST = msgid("the engine does not come to rest at %(when)s")


@dataclass(slots=True)
class StillCalendar:
    """Stands at an instant until it is moved, so that a life lived twice is the same to the microsecond."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def jump_to(self, at: datetime) -> None:
        self.at = max(self.at, at)


@dataclass(slots=True)
class Life:
    """A persona under way: their house, their calendar, what they know of themselves."""

    persona: Persona
    house: House
    calendar: StillCalendar
    touch: Mapping[str, str] = field(default_factory=dict)  # how they came: utm_*, referrer
    lead_id: int | None = None
    submitted: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def lead(self) -> int:
        if self.lead_id is None:
            raise Misplayed(said(UNKNOWN, who=self.persona.title))
        return self.lead_id

    @property
    def site(self) -> Site:
        return self.house.releases.in_force()

    def reach(self, at: datetime) -> None:
        """Live every instant at which something is due, up to `at`."""
        while (due := self.house.engine.next_due()) is not None and due <= at:
            self.calendar.jump_to(due)
            self.settle()
        self.calendar.jump_to(at)
        self.settle()

    def settle(self) -> None:
        """Engine and sender in turn until neither finds anything."""
        for _ in range(ASTRAY):
            if not self.house.engine.work() + self.house.sender.drain(Stop()):
                return
        raise Misplayed(said(NO_REST, when=f"{self.calendar.now():%Y-%m-%d %H:%M}"))


# ---------------------------------------------------------------- what a persona can do


def _submits(conn: Connection, life: Life, action: Action) -> None:
    touch = touch_of(life.touch, action, life.calendar.now())
    speech = speech_in(life.house.config, life.persona.locale)
    capture = capture_of(life.persona, life.site, action, touch, life.submitted, speech)
    recorded = record(conn, capture, life.house.clocks.moment())
    life.lead_id, life.submitted = recorded.lead_id, life.submitted + 1
    life.asked = list(consent.pending(conn, recorded.lead_id))
    if life.persona.timezone:
        conn.execute(update(leads).where(leads.c.id == recorded.lead_id).values(timezone=life.persona.timezone))


def capture_of(
    persona: Persona, site: Site, action: Action, touch: Mapping[str, str], submitted: int, speech: Speech
) -> Capture:
    """The form as the persona fills it in; `submitted`: how many they sent before; `speech`: in their words. Pure."""
    name, locale = str(action.form), persona.locale
    form, page = site.forms[name], site.pages.get(action.page or "")
    given = {**persona.fields, **action.answers}
    ticked = {field.name for field in form.field if field.is_box}
    return Capture(
        form=name,
        page=action.page,
        locale=locale,
        answers=dict(given),
        columns={column: CANONICAL.get(column, str)(str(given[column])) for column in COLUMNS if column in given},
        fields={key: value for key, value in given.items() if key not in COLUMNS and key not in ticked},
        consents=boxes.consents(form, speech, given),
        objections=boxes.objections(form, site, speech, given),
        touch=touch,
        idempotency_key=f"{persona.title}/{submitted}"[:64],
        release_id=site.release_id or 0,
        hand_raise=form.hand_raise,
        magnet=form.magnet,
        interests=subjects(form.interests, page.interests if page else []),
    )


def touch_of(came: Mapping[str, str], action: Action, at: datetime) -> dict[str, str]:
    """As the door keeps it."""
    return {**came, "page": action.page or "", "at": at.isoformat()}


def _confirms(conn: Connection, life: Life, action: Action) -> None:
    """The newest opt-in, and the optional box beside it: a persona's clicks may be known."""
    now, topics = life.house.clocks.moment(), [topic for topic in life.asked if topic not in answering.TRACKING]
    proof = {"persona": life.persona.title}
    consenting.grant(conn, life.lead, [*topics, "clicks"], locale=life.persona.locale, proof=proof, now=now)


def _downloads(conn: Connection, life: Life, action: Action) -> None:
    """The magnet named, or the newest one delivered; the page's beacon came first, so a human did it."""
    delivered = [event.subject for event in events.history(conn, [life.lead], ["asset_delivered"])[life.lead]]
    name = action.magnet or (delivered[-1] if delivered else None)
    if name is None or name not in delivered:
        raise Misplayed(said(NOT_DELIVERED, who=life.persona.title, name=name or "–"))
    _did(conn, life, "asset_downloaded", name, {"interests": subjects(life.site.magnets[name].interests)})


def _clicks(conn: Connection, life: Life, action: Action) -> None:
    """The first link to a page of ours in the newest mail of that step, and the page looked at; without consent
    it leaves no trace."""
    mail = _newest_mail(conn, life, str(action.step))
    if mail is None:
        raise Misplayed(said(NOT_SENT, who=life.persona.title, mail=action.step))
    if "clicks" not in consent.granted(conn, [life.lead])[life.lead]:
        return
    site, now = life.site, life.house.clocks.moment()
    number, page = followed(mail.links, site, life.house.config)
    sequence, _, email = mail.email.partition("/")
    interests = subjects(site.emails[(sequence, email, mail.locale)].interests)
    data = {"url": mail.links[number], "link": number, "message_id": mail.id, "interests": interests}
    seq = events.append(conn, life.lead, "link_clicked", now, evidence="pending", subject=mail.email, data=data)
    confirmed = {"of": "link_clicked", "hit_seq": seq, "interests": interests, "message_id": mail.id}
    events.append(conn, life.lead, CONFIRMED, now, evidence="human", subject=mail.email, data=confirmed)
    if page:
        _did(conn, life, "page_seen", page, {"interests": subjects(site.pages[page].interests)})


def followed(links: Sequence[str], site: Site, config: Config) -> tuple[int, str | None]:
    """The number of the link a persona follows, and the page of ours that it leads to. Raises Misplayed. Pure."""
    if not links:
        raise Misplayed(said("a click in a mail that has no link"))
    pages = [own_page(config, url) for url in links]
    number = next((number for number, page in enumerate(pages) if page in site.pages), 0)
    return number, pages[number]


def _newest_mail(conn: Connection, life: Life, place: str) -> Row[*tuple[Any, ...]] | None:
    """The last mail of SEQUENCE/STEP that they have."""
    sequence, _, step = place.partition("/")
    ours = (messages.c.lead_id == life.lead) & (messages.c.sequence == sequence) & (messages.c.step == step)
    sent = (
        select(
            messages.c.email,
            messages.c.locale,
            messages.c.id,
            messages.c.token,
            messages.c.recipient,
            compiled.c.links,
        )
        .join(compiled, compiled.c.hash == messages.c.compiled_hash)
        .where(ours, messages.c.state == "sent")
    )
    return conn.execute(sent.order_by(messages.c.id.desc())).first()


def _comes_back(conn: Connection, life: Life, action: Action) -> None:
    """As if the mail server of the persona, or they themselves, had written to the return path of that mail."""
    mail = _newest_mail(conn, life, str(action.step))
    if mail is None:
        raise Misplayed(said(NOT_SENT, who=life.persona.title, mail=action.step))
    config, now = life.house.config, life.house.clocks.moment()
    recipients = (Recipient(mail.recipient, *FAULTS[action.do]),) if action.do in FAULTS else ()
    back = Returned(
        kind=BACK[action.do], recipients=recipients, tokens=(mail.token,), addressed=(mail.token,), message_ids=(),
        author=mail.recipient, mark=f"{mail.token}/{action.do}/{action.at.isoformat()}"[:64], arrived=not recipients,
    )  # fmt: skip
    take(conn, back, Rules(config.keys().suppression, config.mail.bounces), now)


# What a persona's file calls what comes back -> what `terreau bounce` calls it; and what a server says with it.
BACK: dict[str, Kind] = {
    "bounce": "hard",
    "soft_bounce": "soft",
    "complain": "complaint",
    "auto_reply": "auto_reply",
    "reply": "human_reply",
}
FAULTS = {"bounce": ("5.1.1", "userunknown"), "soft_bounce": ("4.2.2", "mailboxfull")}


def _leaves(conn: Connection, life: Life, action: Action) -> None:
    """One topic, or everything: then their address is left alone, too."""
    now = life.house.clocks.moment()
    if action.subject is None:
        leave_everything(conn, load_leads(conn, [life.lead])[life.lead], life.house.keys, "unsubscribe", now)
        return
    proof = {"persona": life.persona.title}
    consenting.withdraw(conn, life.lead, [action.subject], locale=life.persona.locale, proof=proof, now=now)


def _does(conn: Connection, life: Life, action: Action) -> None:
    name, data = str(action.event), {"interests": subjects(action.interests)}
    raised = {"hand_raise": True} if life.site.definitions.raises_hand(name, action.subject) else {}
    _did(conn, life, name, action.subject, {**data, **raised})


def _did(conn: Connection, life: Life, name: str, subject: str | None, data: dict[str, Any]) -> None:
    events.append(conn, life.lead, name, life.house.clocks.moment(), evidence="human", subject=subject, data=data)


DEEDS: dict[str, Callable[..., None]] = {
    "submit": _submits,
    "confirm": _confirms,
    "download": _downloads,
    "click": _clicks,
    "unsubscribe": _leaves,
    "event": _does,
    **dict.fromkeys(BACK, _comes_back),
}
CANONICAL: dict[str, Callable[[str], str]] = {"email": canonical_email, "phone": canonical_phone}
