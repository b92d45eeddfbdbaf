"""Which of a sequence's texts a step picks for a lead; that it may be sent at all is asked elsewhere.

Pure: no database, no clock, no network.
"""

from authoring.models.steps import Pick
from authoring.site import Site
from leads.conditions import interest_points, stage_rank
from leads.facts import Facts

# A mail in one of these ways was seen, or may have been.
SEEN = ("mail.sent", "mail.settled_delivered", "mail.settled_resent")


def picked(pick: Pick, sequence: str, facts: Facts, site: Site) -> str | None:
    """The text for what the lead is interested in most, the first by name among equals; None when none is left."""
    phase = pick.phase or _phase_of(facts, site)
    seen = {event.subject for event in facts.history if event.name in SEEN} if pick.unseen else set()
    names = sorted({
        email for (name, email, _), text in site.emails.items()
        if name == sequence and text.phase is not None and phase in (None, text.phase)
        and f"{sequence}/{email}" not in seen
    })  # fmt: skip
    return max(names, key=lambda name: _appeal(name, sequence, facts, site) if pick.interests else 0, default=None)


def _phase_of(facts: Facts, site: Site) -> str | None:
    rank = stage_rank(site.definitions, facts.standing.stage)
    return site.definitions.stages[rank].phase if rank >= 0 else None


def _appeal(email: str, sequence: str, facts: Facts, site: Site) -> int:
    """Milli-points of the lead's interests that the text is about, in any of its languages."""
    about = {
        interest
        for locale in site.locales_of(sequence, email)
        for interest in site.emails[sequence, email, locale].interests
    }
    return sum(interest_points(facts, interest) for interest in about)
