"""What a list of leads is narrowed by, as its address says it: read, offered, taken away; the asking is reports'."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from flask import url_for

from authoring.site import Site
from base.translations import msgid
from console.access import SEES_EVERY_LEAD
from console.context import Viewer, say
from leads.adding import BROUGHT
from leads.points import MILLI
from leads.words import asked_for
from reports.lead_few import Place
from reports.lead_ranges import Asked

NOBODY = "-"  # no name of the definitions is written so
LONGEST_QUESTION = 200
COLDEST = -(2**31)  # some rules take points away

# The channels that `leads.touches` tells apart.
SOURCES: Mapping[str, str] = {
    "organic": msgid("Organic search"),
    "paid_search": msgid("Paid search"),
    "paid_social": msgid("Paid posts on social networks"),
    "paid": msgid("Other advertisements"),
    "social": msgid("Social networks"),
    "email": msgid("Email"),
    "referral": msgid("Another site"),
    "partner": msgid("Partner"),
    "campaign": msgid("Campaign"),
    "offline": msgid("Offline"),
    "direct": msgid("Direct"),
}
ORDERS: Mapping[str, str] = {"": msgid("by score"), "newest": msgid("newest first")}


@dataclass(frozen=True, slots=True)
class Wish:
    """A list's address, in its parts; "" = not narrowed by that. Each is one that is offered, or it is not there."""

    q: str = ""
    stage: str = ""
    temperature: str = ""
    segment: str = ""
    source: str = ""
    owner: str = ""
    following: str = ""  # "none": nothing comes next
    sort: str = ""

    def address(self, **changed: str) -> str:
        """Where the list is, with other parts; a place in it is left behind."""
        parts: dict[str, Any] = {name: value for name, value in {**_parts(self), **changed}.items() if value}
        return url_for("console.leads", **parts)

    @property
    def narrowed(self) -> bool:
        return any(value for name, value in _parts(self).items() if name != "sort")


@dataclass(frozen=True, slots=True)
class Filter:
    """One part of the address as a choice: what it is called, and what may be chosen, the first of them nothing."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]


def _parts(wish: Wish) -> dict[str, str]:
    return {field.name: getattr(wish, field.name) for field in fields(wish)}


def read_wish(given: Mapping[str, str], site: Site, viewer: Viewer) -> Wish:
    """What the address asks for; what is not offered to this viewer is as if it was not there."""
    offered = {one.name: {value for value, _ in one.options} for one in filters(site, viewer)}
    chosen = {name: value for name in offered if (value := given.get(name, "")) in offered[name]}
    return Wish(q=given.get("q", "").strip()[:LONGEST_QUESTION], **chosen)


def filters(site: Site, viewer: Viewer) -> Sequence[Filter]:
    """Every choice, in the order of the page."""
    return [
        Filter(name, say(label), (("", say(nothing)), *options))
        for name, label, nothing, options in _choices(site, viewer)
    ]


def _choices(site: Site, viewer: Viewer) -> Iterator[tuple[str, str, str, Sequence[tuple[str, str]]]]:
    definitions, text = site.definitions, viewer.speech.text
    stages = [(one.id, stage_name(site, viewer, one.id)) for one in definitions.stages]
    bands: list[tuple[str, str]] = [(one.id, text(one.label)) for one in definitions.temperatures]
    segments = [(one.id, text(one.label)) for one in definitions.segments]
    yield "stage", msgid("Stage"), msgid("Any stage"), stages
    yield "temperature", msgid("Temperature"), msgid("Any temperature"), bands
    yield "segment", msgid("Segment"), msgid("Any segment"), segments
    yield "source", msgid("Source"), msgid("Any source"), [(id, say(name)) for id, name in SOURCES.items()]
    yield "owner", msgid("Rep"), msgid("Any rep"), [*_reps(site, viewer), (NOBODY, say("nobody"))]
    yield "following", msgid("What is next"), msgid("With or without a next step"), [("none", say("nothing planned"))]
    yield "sort", msgid("Order"), ORDERS[""], [(id, say(name)) for id, name in ORDERS.items() if id]


def source_name(source: str | None, words: Callable[..., str] = say) -> str:
    """A channel, who brought them, or the word that a list gave; `words` says it, to the viewer by default."""
    kind, colon, who = (source or "").partition(":")
    if colon and kind in BROUGHT:
        return words(BROUGHT[kind], who=who)
    return words(SOURCES[kind]) if source in SOURCES else source or ""


def _reps(site: Site, viewer: Viewer) -> Iterator[tuple[str, str]]:
    """Those whose leads the viewer may see."""
    for rep in site.definitions.hand_off.reps:
        if viewer.role in SEES_EVERY_LEAD or rep.id == viewer.rep:
            yield rep.id, rep.name


def stage_name(site: Site, viewer: Viewer, stage: str) -> str:
    """The short name: what the definitions write before the first comma."""
    known = {one.id: one for one in site.definitions.stages}
    return viewer.speech.text(known[stage].label).split(",")[0] if stage in known else stage


# ---------------------------------------------------------------- as reports ask


def asked(wish: Wish, site: Site, viewer: Viewer, now: datetime) -> Asked:
    """The question of that list, among the leads that this viewer may see; `now` is the calendar's."""
    return Asked(
        words=asked_for(wish.q),
        stage=wish.stage or None,
        band=_band(wish.temperature, site) if wish.temperature else None,
        segment=wish.segment or None,
        source=wish.source or None,
        owners=_owners(wish.owner, viewer),
        orphans=now if wish.following == "none" else None,
        zone=viewer.zone,
        order="newest" if wish.sort == "newest" else "score",
    )


def _band(temperature: str, site: Site) -> tuple[int, int | None]:
    """The engagement of a temperature, in milli-points: from and below."""
    bands = sorted(site.definitions.temperatures, key=lambda band: band.from_engagement)
    place = [band.id for band in bands].index(temperature)  # type: ignore[arg-type]
    low = bands[place].from_engagement * MILLI if place else COLDEST
    return low, bands[place + 1].from_engagement * MILLI if place + 1 < len(bands) else None


def _owners(owner: str, viewer: Viewer) -> frozenset[str | None] | None:
    chosen = None if not owner else frozenset({None if owner == NOBODY else owner})
    if viewer.role in SEES_EVERY_LEAD:
        return chosen
    visible: frozenset[str | None] = frozenset({None, viewer.rep})
    return visible if chosen is None else visible & chosen


# ---------------------------------------------------------------- views and places


@dataclass(frozen=True, slots=True)
class SavedView:
    name: str
    wish: Wish


def saved_views(viewer: Viewer) -> Sequence[SavedView]:
    """The lists that are one press away."""
    views = [SavedView(say("All"), Wish()), SavedView(say("Hot"), Wish(temperature="hot"))]
    if viewer.rep:
        views.append(SavedView(say("Mine"), Wish(owner=viewer.rep)))
    views.append(SavedView(say("Of nobody"), Wish(owner=NOBODY)))
    views.append(SavedView(say("Nothing planned"), Wish(following="none")))
    views.append(SavedView(say("Newest"), Wish(sort="newest")))
    return views


def written(place: Place) -> str:
    """A place as it stands in an address."""
    return f"{place.engagement}.{place.lead_id}"


def place_in(text: str | None) -> Place | None:
    """The place that an address names; None for none, and for what is no place."""
    engagement, dot, lead_id = (text or "").partition(".")
    if not dot or not (engagement.removeprefix("-").isdecimal() and lead_id.isdecimal() and lead_id.isascii()):
        return None
    if max(len(engagement), len(lead_id)) > len(str(COLDEST)):
        return None
    return Place(max(int(engagement), COLDEST), int(lead_id))


def chips(wish: Wish, site: Site, viewer: Viewer) -> Iterator[tuple[str, str, str]]:
    """What the list is narrowed by, as (kind, what, address without it)."""
    values: dict[str, Any] = _parts(replace(wish, sort=""))
    if wish.q:
        yield say("Searched for"), wish.q, wish.address(q="")
    for one in filters(site, viewer):
        if value := values[one.name]:
            yield one.label, dict(one.options)[value], wish.address(**{one.name: ""})
