"""The parts of a lead's page that say who they are: the way so far, interests, answers, BANT, touches."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authoring.models.forms import FormField
from authoring.site import Site
from base.translations import msgid
from console.context import Viewer, moment, say, span
from console.lead_filters import SOURCES, source_name
from console.names import Names
from console.reasons import told
from leads.facts import COLUMNS, DISQUALIFIED, RECYCLED, Noted, Standing
from leads.points import MILLI
from leads.touches import BROUGHT_BY, channel
from reports.lead import Passage, Portrait
from reports.today import Submission
from reports.touches import Touched
from sales.wording import one_line

LONGEST_ANSWER = 2_000
INTERESTS = 12
BANT_WORDS: Mapping[str, str] = {
    "unknown": msgid("not known"),
    "no": msgid("no"),
    "partial": msgid("partly"),
    "yes": msgid("yes"),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """A stage on the way. `state`: past, here, later."""

    id: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A stage that was entered, why, and how long they stayed."""

    stage: str
    name: str
    at: datetime
    why: str
    stayed: str


@dataclass(frozen=True, slots=True)
class Interest:
    """`share`: in percent of the strongest."""

    name: str
    milli: int
    share: float


@dataclass(frozen=True, slots=True)
class Answers:
    """A form as it was sent; questions in the words that the visitor saw."""

    form: str
    at: datetime
    given: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A BANT item: what staff noted, and what a form says of it."""

    id: str
    name: str
    value: str
    note: str
    by: str
    at: datetime | None
    form: str


@dataclass(frozen=True, slots=True)
class Touch:
    """Where a visit came from, as pairs of words."""

    channel: str
    at: str
    facts: tuple[tuple[str, str], ...]


# ---------------------------------------------------------------- the way


def way(standing: Standing, passages: Sequence[Passage], site: Site, names: Names) -> list[Stop]:
    """The stages in the order of the definitions; those aside only for whom they hold, behind what was reached."""
    aside = {RECYCLED, DISQUALIFIED}
    forward = [stage.id for stage in site.definitions.stages if stage.id not in aside]
    ids = [*_reached(forward, passages), standing.stage] if standing.stage in aside else forward
    here = ids.index(standing.stage) if standing.stage in ids else -1
    return [
        Stop(stage, names.stage(stage), "here" if place == here else "past" if place < here else "later")
        for place, stage in enumerate(ids)
    ]


def _reached(forward: Sequence[str], passages: Sequence[Passage]) -> Sequence[str]:
    """The stages up to the furthest one that was entered."""
    entered = {passage.stage for passage in passages}
    return forward[: max((forward.index(stage) for stage in forward if stage in entered), default=0) + 1]


def turns(passages: Sequence[Passage], names: Names, now: datetime) -> list[Turn]:
    """The stages entered, the newest first."""
    ends = [now, *(passage.at for passage in passages)]
    return [
        Turn(one.stage, names.stage(one.stage), one.at, told(one.reason, names), span(end - one.at))
        for one, end in zip(passages, ends, strict=False)
    ]


def times_aside(passages: Sequence[Passage], names: Names) -> list[tuple[str, int]]:
    """How often they were recycled and disqualified, where it ever happened."""
    counted = [(names.stage(stage), sum(one.stage == stage for one in passages)) for stage in (RECYCLED, DISQUALIFIED)]
    return [(name, times) for name, times in counted if times]


def interests(standing: Standing, site: Site, viewer: Viewer) -> list[Interest]:
    labels = {interest.id: viewer.speech.text(interest.label) for interest in site.definitions.interests}
    ranked = sorted(standing.interests.items(), key=lambda known: (-known[1], known[0]))[:INTERESTS]
    most = max((milli for _, milli in ranked), default=MILLI) or MILLI
    return [Interest(dict(labels).get(name, name), milli, 100 * milli / most) for name, milli in ranked if milli > 0]


# ---------------------------------------------------------------- what they said


def answers(submitted: Sequence[Submission], site: Site, viewer: Viewer) -> list[Answers]:
    """Their forms, the newest first, as far as they say more than who it is; hidden fields are nobody's words."""
    read = [Answers(_form_name(one.form, site, viewer), one.at, tuple(_given(one, site, viewer))) for one in submitted]
    return [form for form in read if form.given]


def _form_name(form: str, site: Site, viewer: Viewer) -> str:
    return viewer.speech.text(site.forms[form].title) if form in site.forms else form


def _given(one: Submission, site: Site, viewer: Viewer) -> Iterator[tuple[str, str]]:
    asked = site.forms.get(one.form)
    fields = {field.name: field for field in (asked.field if asked else ())}
    for name, value in one.answers.items():
        field = fields.get(name)
        if name in COLUMNS or isinstance(value, bool) or value in (None, ""):
            continue  # who they are stands above; boxes are in the ledger
        if field is not None and (field.is_box or field.kind == "hidden"):
            continue
        question = viewer.speech.text(field.label) if field is not None and field.label else name
        yield question, _said(value, field, viewer)[:LONGEST_ANSWER]


def _said(value: Any, field: FormField | None, viewer: Viewer) -> str:
    labels = {option.value: viewer.speech.text(option.label) for option in (field.options if field else ())}
    return labels.get(str(value), one_line(value))


# ---------------------------------------------------------------- what staff know


def bant(noted: Mapping[str, Noted], portrait: Portrait, site: Site, viewer: Viewer) -> list[Item]:
    """Every item of the definitions: staff's word, else the answer of a form, which counts as half known."""
    made = []
    for item in site.definitions.bant:
        answer = _field_answer(item.field, portrait, site, viewer)
        known = noted.get(item.id)
        if known is not None and known.value == "unknown" and answer and not known.note:
            known = None  # a form says more than that nothing is known
        made.append(
            Item(
                id=item.id,
                name=viewer.speech.text(item.label),
                value=known.value if known else "partial" if answer else "unknown",
                note=(known.note or "") if known else "",
                by=known.author if known else "",
                at=known.at if known else None,
                form=answer,
            )
        )
    return made


def _field_answer(name: str | None, portrait: Portrait, site: Site, viewer: Viewer) -> str:
    value = portrait.lead.value(name) if name else None
    if value is None:
        return ""
    fields = (field for form in site.forms.values() for field in form.field if field.name == name)
    return _said(value, next(fields, None), viewer)


# ---------------------------------------------------------------- touches

TOUCHED: Mapping[str, str] = {
    BROUGHT_BY: msgid("brought by"),
    "page": msgid("page"),
    "referrer": msgid("coming from"),
    "utm_source": msgid("source"),
    "utm_medium": msgid("medium"),
    "utm_campaign": msgid("campaign"),
    "utm_term": msgid("search words"),
    "utm_content": msgid("content"),
}


def touch(given: Mapping[str, Any]) -> Touch | None:
    """A first or last touch in words; None where nothing was noted."""
    if not given:
        return None
    told = facts_of(given, say)
    facts = tuple((say(TOUCHED[key]), one_line(what)[:300]) for key, what in told.items())
    return Touch(say(SOURCES[channel(given)]), _when(given.get("at")), facts)


def facts_of(given: Mapping[str, Any], words: Callable[..., str]) -> dict[str, Any]:
    """What was noted of a touch, by the keys of TOUCHED; whoever brought them is said in `words`."""
    noted = {key: given[key] for key in TOUCHED if given.get(key)}
    if BROUGHT_BY in noted:
        noted[BROUGHT_BY] = source_name(str(noted[BROUGHT_BY]), words)
    return noted


def touched(one: Touched) -> Touch:
    """One of all the times that they came."""
    given = {**one.touch, "page": one.page, "at": one.at.isoformat()}
    return touch(given) or Touch(say(SOURCES[one.channel]), moment(one.at), ())


def _when(at: Any) -> str:
    try:
        return moment(datetime.fromisoformat(str(at)))
    except ValueError:
        return ""
