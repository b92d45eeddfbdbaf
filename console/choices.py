"""What staff may decide of a lead, each choice with its consequence under it, read from the definitions in force."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from authoring.site import Site
from base.translations import msgid
from console.access import SIDES
from console.context import Viewer, say
from console.lead_filters import stage_name
from leads.facts import DISQUALIFIED, RECYCLED, Facts
from leads.gates import barred, lacking, noted_in
from leads.lifecycle import climbable, held_back
from sales.verdicts import VERDICTS
from sales.wording import Voice, joined

NO_REASON = msgid("Choose a reason: marketing learns from it.")
NO_CHOICE = msgid("This is not a verdict: accept, reject, recycle or disqualify.")


@dataclass(frozen=True, slots=True)
class Choice:
    """One radio button: what is sent, what is read, what comes of it."""

    value: str
    label: str
    consequence: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The menu of a lead: what may be decided, and the reasons, of which one is given."""

    choices: tuple[Choice, ...]
    reasons: tuple[tuple[str, str], ...]
    accepted_to: str  # the name of the stage


def of_hand_off(site: Site, viewer: Viewer, stage: str) -> Choices:
    """What may be answered to a hand-off at that stage, besides accepting it."""
    origin = next((one for one in site.definitions.stages if one.id == stage), None)
    back = stage_name(site, viewer, origin.rejected_to) if origin and origin.rejected_to else ""
    reject = Choice(
        "reject",
        say("Reject"),
        say("goes back to %(stage)s; only what they do from now on can call you again", stage=back),
    )
    taken = stage_name(site, viewer, origin.accepted_to) if origin and origin.accepted_to else ""
    return Choices(((reject,) if back else ()) + _aside(site), _reasons(site, viewer), taken)


def of_lead(site: Site, viewer: Viewer, stage: str) -> Choices:
    """What may be decided of a lead that waits for no answer."""
    return Choices(tuple(one for one in _aside(site) if VERDICTS[one.value] != stage), _reasons(site, viewer), "")


@dataclass(frozen=True, slots=True)
class Steps:
    """Where the viewer may move a lead by hand; `held`: the stage that its points lead to and from which something
    keeps it; `asks`: each stage ahead, and what it asks for that nobody knows yet."""

    stages: tuple[tuple[str, str], ...]
    held: str
    asks: tuple[tuple[str, str], ...]


def steps_of(facts: Facts, site: Site, who: Viewer, now: datetime) -> Steps:
    """What may be done by hand, and what stands in the way of a stage."""
    definitions, voice = site.definitions, Voice(site, who.locale, who.zone)
    noted, here = noted_in(facts.history), facts.standing.stage
    open_ones = []
    for stage in definitions.stages:
        found = barred(definitions, here, stage.id, SIDES.get(who.role, ()), facts.lead, noted)
        if found is None or found.why == "lacking":
            open_ones.append((stage.id, voice.stage(stage.id)))
    held = held_back(facts, definitions, now)
    return Steps(tuple(open_ones), voice.stage(held[0].id) if held else "", tuple(_asks(facts, site, voice)))


def _asks(facts: Facts, site: Site, voice: Voice) -> Iterator[tuple[str, str]]:
    noted = noted_in(facts.history)
    for stage in climbable(site.definitions, facts.standing.stage):
        lacks = voice.lacks(lacking(stage, facts.lead, noted, site.definitions))
        if lacks:
            yield voice.stage(stage.id), joined(lacks)


def _aside(site: Site) -> tuple[Choice, ...]:
    known = {one.id for one in site.definitions.stages}
    recycle = Choice(
        "recycle",
        say("Recycle"),
        say("given back to marketing; on the day you choose, a task reminds you of them"),
    )
    disqualify = Choice(
        "disqualify",
        say("Disqualify"),
        say("every sequence stops and nothing more is offered; what they ask for is still answered"),
    )
    offered = ((RECYCLED, recycle), (DISQUALIFIED, disqualify))
    return tuple(choice for stage, choice in offered if stage in known)


def _reasons(site: Site, viewer: Viewer) -> tuple[tuple[str, str], ...]:
    text = viewer.speech.text
    return tuple((one.id, text(one.label)) for one in site.definitions.hand_off.reject_reasons)
