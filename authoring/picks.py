"""Texts that no step names, because a step picks among them: which they are, and what is wrong with them.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator, Sequence

from authoring.models.steps import Pick
from authoring.references import Names, email_file
from authoring.sentences import Fault
from authoring.site import Site
from authoring.suggest import did_you_mean
from base.saying import said
from base.translations import msgid

Found = Iterator[tuple[str, Fault]]


def pickable(site: Site) -> set[tuple[str, str]]:
    """(sequence, email) of every text that a step may pick: it says a phase, and its sequence has such a step."""
    picking = {name for name, sequence in site.sequences.items() if any(step.pick for step in sequence.step)}
    return {(name, email) for (name, email, _), text in site.emails.items() if text.phase and name in picking}


def bad_picks(site: Site, names: Names, locales: Sequence[str]) -> Found:
    """Steps with nothing to pick from; texts to be picked that lack a language, or say another phase in each."""
    for name, sequence in site.sequences.items():
        for index, step in enumerate(sequence.step):
            if step.pick is not None:
                yield from ((f"sequences/{name}.toml", fault) for fault in _in_vain(site, name, index, step.pick))
    named = {(name, step.email) for name, sequence in site.sequences.items() for step in sequence.step}
    for name, email in sorted(pickable(site)):
        yield from _uneven(site, name, email)
        if (name, email) not in named:
            yield from _untranslated(names, locales, name, email, min(site.locales_of(name, email)))


def _in_vain(site: Site, sequence: str, index: int, pick: Pick) -> Iterator[Fault]:
    phases = sorted({email.phase for (name, _, _), email in site.emails.items() if name == sequence and email.phase})
    if not phases:
        message = said(
            "no text in `emails/%(sequence)s/` says its `phase`: there is nothing to pick from", sequence=sequence
        )
        yield Fault(("step", index, "pick"), message, said("a text says it in its front matter, below `subject`"))
    elif pick.phase is not None and pick.phase not in phases:
        message = said(
            "no text in `emails/%(sequence)s/` is of the phase `%(phase)s`", sequence=sequence, phase=pick.phase
        )
        hint = did_you_mean(pick.phase, phases, msgid("the phases are %(names)s"))
        yield Fault(("step", index, "pick", "phase"), message, hint)


def _uneven(site: Site, sequence: str, email: str) -> Found:
    locales = sorted(site.locales_of(sequence, email))
    phases = {site.emails[sequence, email, locale].phase for locale in locales}
    if len(phases) > 1:
        message = said("`%(email)s` is not of the same `phase` in each of its languages", email=email)
        yield email_file(sequence, email, locales[0]), Fault(("phase",), message, said("say the same in all of them"))


def _untranslated(names: Names, locales: Sequence[str], sequence: str, email: str, there: str) -> Found:
    for file in (email_file(sequence, email, locale) for locale in locales):
        if file not in names["email_file"]:
            message = said("the email `%(email)s` may be picked for anybody, and lacks a language", email=email)
            yield email_file(sequence, email, there), Fault(("phase",), message, said("write `%(file)s`", file=file))
