"""A step that mails: which text, whether it may leave, whether its hours are open.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from leads.asked import A_DAY, APART, AT_MOST, IN_ALL, Asked
from workflows.language import answers_forms, said
from workflows.look import Look
from workflows.outcomes import Outcome, Skip, Take, WaitUntil
from workflows.picks import picked
from workflows.resting import missed, on_resume
from workflows.waits import hours_of, opening, shut_by

HOURS_APART = APART // timedelta(hours=1)


def send(look: Look) -> Outcome:
    """A wish to send its mail, later, or not at all, with the reason."""
    pick, sequence = look.step.pick, look.enrolment.sequence
    email = look.step.email if pick is None else picked(pick, sequence, look.facts, look.rules.site)
    if (reason := next(_refusals(look, email), None)) is not None:
        return Skip(look.step, reason, look.then)
    why = _asked_enough(look, str(email))
    told = f"without its link: {why}" if why and look.facts.asked and look.facts.asked.waiting else None
    take = Take(look.step, look.then, look.planned, email, reason=told, unlinked=why is not None)
    return _answered_enough(look, str(email), why) or _shut(look) or take


def _asked_enough(look: Look, email: str) -> str | None:
    """Why a text with a link to confirm may not bring it now."""
    asked = look.facts.asked
    if asked is None or look.facts.proven or not look.rules.site.asks_to_confirm(look.enrolment.sequence, email):
        return None
    if asked.used_up:
        return f"the address was asked to confirm {AT_MOST} times and never did"
    soon = asked.open_at(look.now) is not None
    return f"the address was asked to confirm less than {HOURS_APART} hours ago" if soon else None


def _answered_enough(look: Look, email: str, unlinked: str | None) -> Outcome | None:
    """Anybody may type anybody's address into a form: as long as nobody has proven it theirs, few mails answer. A text
    that needs its link waits for it; one too many is skipped, so that no flood goes on when its sender has stopped."""
    name, asked = look.enrolment.sequence, look.facts.asked
    asks = look.rules.site.asks_to_confirm(name, email)
    if asked is None or look.facts.proven or not (asks or answers_forms(look.sequence)):
        return None
    waits = unlinked is not None and look.rules.site.needs_its_link(name, email)
    if waits and asked.used_up:
        return Skip(look.step, str(unlinked), look.then)
    if (reason := _one_too_many(asked, f"{name}/{email}", look.now)) is not None:
        return Skip(look.step, reason, look.then)
    opens = asked.open_at(look.now) if waits else None
    return None if opens is None else WaitUntil(opens, str(unlinked), look.zone_now, delayed=True)


def _one_too_many(asked: Asked, text: str, now: datetime) -> str | None:
    """Why an address that nobody has proven theirs may not get that text now."""
    if asked.knows_it(text):
        return f"the address got this mail {AT_MOST} times and never confirmed anything"
    if asked.has_it(text, now):
        return f"the address has this mail since less than {HOURS_APART} hours, unconfirmed"
    if asked.full:
        return f"the address got {IN_ALL} mails and never confirmed anything"
    if asked.full_at(now):
        return f"the address got {A_DAY} mails in {HOURS_APART} hours and never confirmed anything"
    return None


def _refusals(look: Look, email: str | None) -> Iterator[str]:
    if look.expires_at is not None and look.now > look.expires_at:
        yield f"too late: it was due {look.planned:%Y-%m-%d %H:%M} UTC and expires_after {look.sequence.expires_after}"
    pause = missed(look.planned, look.pauses) if on_resume(look.sequence) == "skip" else None
    if pause is not None:
        yield f"it was due in a pause that began {pause.began_at:%Y-%m-%d %H:%M} UTC; on_resume = skip"
    if (met := next((one for one in look.sequence.suppress if look.true(one)), None)) is not None:
        yield f"suppress {said(met)} holds"
    if not look.facts.lead.email:
        yield "the lead has no email address"
    if email is None:
        yield "no text is left to pick"
    elif not look.rules.site.locales_of(look.enrolment.sequence, email):
        yield f"the release in force has no text `{look.enrolment.sequence}/{email}`"


def _shut(look: Look) -> Outcome | None:
    hours = hours_of(look.sequence, look.step)
    shut = shut_by(hours, look.now, look.zone_now)
    if shut is None:
        return None
    by = f"{shut.by} {look.zone_now}"
    if shut.fallback == "skip":
        return Skip(look.step, f"{shut.place} {by}", look.then)
    at = opening(hours, look.now, look.zone_now)
    if look.expires_at is not None and at > look.expires_at:
        return Skip(look.step, f"too late: {shut.place} {by} until it has expired", look.then)
    return WaitUntil(at, by, look.zone, delayed=True)
