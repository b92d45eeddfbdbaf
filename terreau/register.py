"""`terreau rights register`: the register of processing (GDPR, article 30), made from what is in force."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authoring.models.common import Localised, text_in
from authoring.models.definitions import Topic
from authoring.models.forms import Form
from authoring.releases import Releases
from authoring.site import Site
from base.config import Config
from base.translations import Translator, msgid, translator
from terreau.house import blobs_of
from terreau.rights import OpenHouse

COLUMNS = ("data", "purpose", "basis", "kept", "receivers")
HEADS = {
    "data": msgid("Data"),
    "purpose": msgid("Purpose"),
    "basis": msgid("Basis"),
    "kept": msgid("Kept"),
    "receivers": msgid("Receivers"),
}
CONSENT = msgid("consent (article 6.1.a), proved by a ledger row")
INFORMED = msgid(
    "for work addresses, legitimate interest (article 6.1.f) with information and objection at collection: %(forms)s"
)
ASKED = msgid("steps asked for by the person (article 6.1.b)")
INTEREST = msgid("legitimate interest (article 6.1.f)")
DUTY = msgid("legal duty to prove and to respect what was said (article 6.1.c)")


@dataclass(frozen=True, slots=True)
class Processing:
    """One line of the register; the texts are in its language."""

    name: str
    data: str
    purpose: str
    basis: str
    kept: str
    receivers: str


@dataclass(frozen=True, slots=True)
class Register:
    """`controller`: who answers for it, by name and address. `heads`: {column: its title}."""

    title: str
    controller: str
    heads: dict[str, str]
    lines: tuple[Processing, ...]

    def as_json(self) -> dict[str, Any]:
        told = [{"name": one.name, **{name: getattr(one, name) for name in COLUMNS}} for one in self.lines]
        return {"controller": self.controller, "processing": told}

    def as_markdown(self) -> str:
        return "\n".join(self._markdown())

    def _markdown(self) -> Iterator[str]:
        yield f"# {self.title}\n\n{self.controller}"
        for one in self.lines:
            yield f"\n## {one.name}\n"
            yield from (f"- **{self.heads[name]}**: {getattr(one, name)}" for name in COLUMNS)


def register(at: OpenHouse, locale: str) -> Register:
    """Raises NoRelease."""
    site = Releases(at.database, blobs_of(at.config, at.database)).in_force()
    return _Writing(site, at.config, translator(locale), locale).whole()


@dataclass(frozen=True, slots=True)
class _Writing:
    site: Site
    config: Config
    words: Translator
    locale: str

    def whole(self) -> Register:
        house = self.site.definitions.house
        controller = f"{house.name}, {', '.join(house.address.split(chr(10)))}, {house.email}"
        lines = (
            *self._forms(),
            *self._topics(),
            *self._tracking(),
            *self._systems(),
            self._scoring(),
            self._bounces(),
            self._proofs(),
        )
        heads = {name: self.words.gettext(text) for name, text in HEADS.items()}
        return Register(self.words.gettext("Register of processing"), controller, heads, lines)

    # ------------------------------------------------------------ what people send

    def _forms(self) -> Iterator[Processing]:
        for name, form in sorted(self.site.forms.items()):
            title = self.words.gettext("Form: %(name)s", name=self._text(form.title) or name)
            asked = [self._text(field.label) or field.name for field in form.field if not field.is_box]
            receivers = self._receivers(self._reps(form) if form.hand_raise else [])
            yield Processing(
                title, ", ".join(asked), self._purpose(form), self.words.gettext(ASKED), self._kept(), receivers
            )

    def _purpose(self, form: Form) -> str:
        parts = []
        if form.magnet:
            magnet = self.site.magnets.get(form.magnet)
            parts.append(self.words.gettext("send %(what)s", what=self._text(magnet.title) if magnet else form.magnet))
        if form.hand_raise:
            parts.append(self.words.gettext("answer a request"))
        if form.subscribe:
            parts.append(self.words.gettext("ask for consent to “%(topic)s”", topic=self._topic(form.subscribe)))
        topics = [self._topic(field.topic) for field in form.field if field.kind == "consent" and field.topic]
        parts += [self.words.gettext("ask for consent to “%(topic)s”", topic=topic) for topic in topics]
        told = [self._topic(field.topic) for field in form.field if field.kind == "objection" and field.topic]
        parts += [self.words.gettext("tell of “%(topic)s”, and take objections", topic=topic) for topic in told]
        return ", ".join(parts) or self.words.gettext("answer a request")

    def _basis(self, topic: str) -> str:
        """Consent, and for addresses at work information where a form gives it."""
        informs = sorted(
            self._text(form.title) or name
            for name, form in self.site.forms.items()
            if any(field.kind == "objection" and field.topic == topic for field in form.field)
        )
        basis = self.words.gettext(CONSENT)
        if not informs:
            return basis
        return self.words.parted([basis, self.words.gettext(INFORMED, forms=", ".join(informs))])

    def _topics(self) -> Iterator[Processing]:
        for name, topic in self.site.definitions.topics.items():
            series = sorted(one for one, sequence in self.site.sequences.items() if sequence.topic == name)
            purpose = self._text(topic.description)
            if series:
                purpose += " " + self.words.gettext("(sequences: %(names)s)", names=", ".join(series))
            data = self.words.gettext("address, first name, language, mails sent and what became of them")
            basis = self._basis(name)
            title = self.words.gettext("Mails: %(topic)s", topic=self._text(topic.label))
            yield Processing(title, data, purpose, basis, self._kept(), self._receivers([]))

    def _tracking(self) -> Iterator[Processing]:
        for name, topic in self.site.definitions.tracking.items():
            if name == "clicks" and self.config.tracking.clicks == "never":
                continue
            data = self.words.gettext("links that were followed, and when")
            title = self.words.gettext("Measuring: %(what)s", what=self._text(topic.label))
            purpose, basis = self._text(topic.description), self.words.gettext(CONSENT)
            yield Processing(title, data, purpose, basis, self._kept(), self.words.gettext("nobody else"))
        if self.config.tracking.visits == "consent":
            yield self._visits()

    def _visits(self) -> Processing:
        return Processing(
            self.words.gettext("Visits of browsers that may be recognised"),
            self.words.gettext("pages opened, when, and from where; a keyed hash of the cookie"),
            self.words.gettext("know which ways lead people to write to us"),
            self.words.gettext(CONSENT),
            self._months(self.config.retention.hits_months),
            self.words.gettext("nobody else"),
        )

    def _systems(self) -> Iterator[Processing]:
        """Other programs that tell what leads do, and what sales decided of them (`[[systems]]`)."""
        for system in self.config.systems:
            data = [
                self.words.gettext(
                    "name, address, number, company, what the program calls them, what they did, and when"
                )
            ]
            purpose = [self.words.gettext("know what our leads do with us elsewhere")]
            if system.decides:
                data.append(
                    self.words.gettext("verdicts of sales with their reasons, deals with their amounts and days")
                )
                purpose.append(self.words.gettext("know what sales decided about them in that program"))
            yield Processing(
                self.words.gettext("Told by another program: %(name)s", name=system.name),
                self.words.parted(data),
                self.words.parted(purpose),
                self.words.gettext(INTEREST),
                self._kept(),
                self._receivers([]),
            )

    # ------------------------------------------------------------ what the house makes of it

    def _scoring(self) -> Processing:
        reps = [rep.name for rep in self.site.definitions.hand_off.reps]
        hooks = [f"{hook.name} ({urlsplit(hook.url or '').hostname})" for hook in self.config.webhooks]
        return Processing(
            self.words.gettext("Score, stage and hand-over to sales"),
            self.words.gettext("answers, acts, points, stage, notes and calls of staff"),
            self.words.gettext("find who wants to be called; a person decides, the engine only proposes"),
            self.words.gettext(INTEREST),
            self._kept(),
            ", ".join([*reps, *hooks]) or self.words.gettext("nobody else"),
        )

    def _bounces(self) -> Processing:
        return Processing(
            self.words.gettext("Addresses that are left alone"),
            self.words.gettext("a keyed hash of the address, the reason, the date"),
            self.words.gettext("never write again to whoever left, complained, was erased, or cannot be reached"),
            self.words.gettext(DUTY),
            self.words.gettext("for ever: it names nobody"),
            self.words.gettext("nobody else"),
        )

    def _proofs(self) -> Processing:
        return Processing(
            self.words.gettext("Audit chain"),
            self.words.gettext("number of the lead, act, date, who did it"),
            self.words.gettext("prove what was done with data"),
            self.words.gettext(DUTY),
            self.words.gettext("for ever; what it says of a lead is erased with the lead"),
            self.words.gettext("nobody else"),
        )

    # ------------------------------------------------------------ parts of lines

    def _kept(self) -> str:
        terms = self.config.retention
        classes = (
            (self.words.gettext("leads"), terms.lead_months),
            (self.words.gettext("contacts"), terms.contact_months),
            (self.words.gettext("customers"), terms.customer_months),
        )
        told = [f"{name} {self._months(months)}" for name, months in classes]
        return self.words.gettext("after the last act of their own: %(terms)s", terms=", ".join(told))

    def _months(self, months: int) -> str:
        if not months:
            return self.words.gettext("without end")
        return self.words.ngettext("%(count)s month", "%(count)s months", months)

    def _receivers(self, more: Iterable[str]) -> str:
        mail = self.config.smtp.host if self.config.mail.transport == "smtp" else ""
        server = [self.words.gettext("mail server %(host)s", host=mail)] if mail else []
        return ", ".join([*server, *more]) or self.words.gettext("nobody else")

    def _reps(self, form: Form) -> list[str]:
        reps = self.site.definitions.hand_off.reps
        return [rep.name for rep in reps if form.rep in (None, rep.id)]

    def _topic(self, name: str) -> str:
        known: dict[str, Topic] = {**self.site.definitions.topics}
        known |= {purpose: topic for purpose, topic in self.site.definitions.tracking.items()}
        return self._text(known[name].label) if name in known else name

    def _text(self, text: Localised | None) -> str:
        """In the language of the register, else in the one that it is written in."""
        return "" if text is None else text_in(text, self.locale)
