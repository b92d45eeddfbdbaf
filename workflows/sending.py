"""A step that mails: which text, whether it may leave, whether its hours are open.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from datetime import timedelta

from leads.asked import A_DAY, APART, AT_MOST
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
    unlinked = _asked_enough(look, str(email))
    take = Take(look.step, look.then, look.planned, email, unlinked=unlinked and f"without its link: {unlinked}")
    return _answered_enough(look, str(email), unlinked) or _shut(look) or take


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
    """Anybody may type anybody's address into a form: as long as nobody has proven it theirs, few mails answer. One
    that only asks to confirm does not go without its link; of any other, the link alone is left out."""
    name, asked = look.enrolment.sequence, look.facts.asked
    asks = look.rules.site.asks_to_confirm(name, email)
    if asked is None or look.facts.proven or not (asks or answers_forms(look.sequence)):
        return None
    alone = unlinked is not None and look.rules.site.only_confirms(name, email)
    if alone and asked.used_up:
        return Skip(look.step, str(unlinked), look.then)
    if asked.knows_it(f"{name}/{email}"):
        return Skip(look.step, f"the address got this mail {AT_MOST} times and never confirmed anything", look.then)
    if asked.has_it(f"{name}/{email}", look.now):
        return Skip(look.step, f"the address has this mail since less than {HOURS_APART} hours, unconfirmed", look.then)
    if alone and (opens := asked.open_at(look.now)):
        return WaitUntil(opens, str(unlinked), look.zone_now, delayed=True)
    full = asked.full_until(look.now)
    reason = f"the address got {A_DAY} mails in {HOURS_APART} hours and never confirmed anything"
    return None if full is None else WaitUntil(full, reason, look.zone_now, delayed=True)


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
