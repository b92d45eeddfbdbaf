"""Who brought a lead and why it went from one rep to another, in words, for whoever reads of that lead."""

from collections.abc import Iterator

from base.translations import msgid
from leads.adding import BROUGHT, GROUNDS, ORIGIN_NAMES
from leads.brought import Brought
from sales.routing import why
from sales.whose import Given
from sales.wording import Voice, joined

BY_HAND, BY_LIST = (
    msgid("%(source)s, added by %(by)s"),
    msgid("%(source)s, line %(line)s of a list that %(by)s took in"),
)


def who_brought(one: Brought, voice: Voice) -> str:
    """From whom they came, by whose hand, on which ground, with which words."""
    kind, colon, who = one.source.partition(":")
    source = voice.told(BROUGHT[kind], who=who) if colon and kind in BROUGHT else one.source
    source = source or voice.told(ORIGIN_NAMES.get(one.origin, one.origin))
    first = voice.told(BY_LIST if one.line else BY_HAND, source=source, by=one.by, line=one.line)
    return joined([f"{first}.", *_details(one, voice)], " ")


def _details(one: Brought, voice: Voice) -> Iterator[str]:
    if one.ground in GROUNDS:
        yield voice.told("Ground: %(ground)s.", ground=voice.told(GROUNDS[one.ground]))
    if one.interest:
        yield voice.told("Interest: %(interest)s.", interest=one.interest)
    if one.note:
        yield voice.told("Note: %(note)s.", note=one.note.rstrip("."))


def why_given(one: Given, voice: Voice) -> str:
    """Whose they are since then, by whom, why, and whose they were."""
    names = {rep.id: rep.name for rep in voice.site.definitions.hand_off.reps}
    told, before = why(one.routed, voice), names.get(one.before, one.before)
    if not before:
        return told
    return joined(
        [told if told.endswith((".", "!", "?")) else f"{told}.", voice.told("Before: %(rep)s.", rep=before)], " "
    )
