"""What exercising a right would come to, or came to, in sentences.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator

from base.translations import Translator, msgid
from leads.erasing import ErasurePlan
from leads.forgetting import Way
from leads.merging import MergePlan
from leads.parting import PartPlan
from storage.chain import Verified
from terreau.rights import Retained

_CLASSES = {
    "contact": msgid("contact: %(count)s"),
    "lead": msgid("lead: %(count)s"),
    "customer": msgid("customer: %(count)s"),
}
_LET_GO = {
    "erase": msgid("Announced now: %(announced)s. Let go now (erase): %(gone)s."),
    "anonymise": msgid("Announced now: %(announced)s. Let go now (anonymise): %(gone)s."),
}
_STATES = {
    "granted": msgid("agreed"),
    "informed": msgid("told of it at a work address, no objection"),
    "withdrawn": msgid("withdrawn: the stricter answer holds"),
    "asked": msgid("to be confirmed again"),
}


def erasure_lines(made: ErasurePlan, way: Way, words: Translator) -> Iterator[str]:
    """The plan, for whoever decides."""
    yield _who_would_go(made, way, words)
    yield "  " + ", ".join(f"{name} {words.number(n)}" for name, n in sorted(made.rows.items()))
    if made.waiting:
        waiting = words.number(made.waiting)
        yield words.gettext("Mails that wait and would never leave: %(count)s.", count=waiting)
    yield words.gettext("A keyed hash of the address stays: no list brings it back, no marketing reaches it.")
    yield words.gettext("Sums of reports stay. It cannot be undone.")
    if made.told:
        names = ", ".join(made.told)
        yield words.gettext("Others hold a copy and are to be told by you: %(names)s.", names=names)


def _who_would_go(made: ErasurePlan, way: Way, words: Translator) -> str:
    rows, who = sum(made.rows.values()), ", ".join(str(one) for one in made.lead_ids)
    if made.addresses:
        who += f" ({', '.join(made.addresses)})"
    if way == "erase":
        one, many = "Lead %(who)s would be erased: %(count)s row.", "Lead %(who)s would be erased: %(count)s rows."
        return words.ngettext(one, many, rows, who=who)
    return words.ngettext(
        "Lead %(who)s would be made anonymous: %(count)s row.",
        "Lead %(who)s would be made anonymous: %(count)s rows.",
        rows,
        who=who,
    )


def merge_lines(made: MergePlan, words: Translator) -> Iterator[str]:
    yield words.ngettext(
        "Lead %(kept)s would stand for lead %(gone)s too: judged by %(count)s event of both.",
        "Lead %(kept)s would stand for lead %(gone)s too: judged by %(count)s events of both.",
        made.events,
        gone=made.gone,
        kept=made.kept,
    )
    for name, value in made.filled.items():
        yield _about(name, words.gettext("empty until now, then %(value)s", value=value), words)
    for name, (ours, theirs) in made.differ.items():
        yield _about(name, words.gettext("%(ours)s stays, %(theirs)s is left", ours=ours, theirs=theirs), words)
    for topic, state in made.consents.items():
        yield _about(topic, words.gettext(_STATES[state]), words)
    yield from _ends(made, words)
    yield words.gettext("Nothing is written anew: `terreau leads unmerge %(gone)s` takes it back.", gone=made.gone)


def _ends(made: MergePlan, words: Translator) -> Iterator[str]:
    if made.ended:
        names = ", ".join(made.ended)
        yield words.gettext("Lead %(gone)s leaves these sequences, for good: %(names)s.", gone=made.gone, names=names)
    if made.waiting:
        yield words.gettext(
            "Mails of theirs that wait and will not leave: %(count)s.", count=words.number(made.waiting)
        )


def part_lines(made: PartPlan, words: Translator) -> Iterator[str]:
    yield words.gettext("Lead %(lead)s would be apart again from lead %(kept)s.", lead=made.lead, kept=made.kept)
    yield words.ngettext(
        "Since the merge %(count)s event came for it; each is judged by its own again.",
        "Since the merge %(count)s events came for it; each is judged by its own again.",
        made.events,
    )
    if made.ended:
        yield words.gettext("The merge took it out of these, and it stays out: %(names)s.", names=", ".join(made.ended))
    yield words.gettext("What was sent and told meanwhile stays as it is: nobody is told again.")


def _about(name: str, told: str, words: Translator) -> str:
    return "  " + words.gettext("%(name)s: %(what)s", name=name, what=told)


def retention_lines(found: Retained, words: Translator) -> Iterator[str]:
    leads, notice = sum(found.classes.values()), found.terms.notice_days
    yield words.ngettext(
        "Their time is up, or will be within %(days)s days: %(count)s lead.",
        "Their time is up, or will be within %(days)s days: %(count)s leads.",
        leads,
        days=words.number(notice),
    )
    for klass, count in sorted(found.classes.items()):
        yield "  " + words.gettext(_CLASSES[klass], count=words.number(count))
    yield words.gettext("No more marketing, after a long silence: %(count)s.", count=words.number(found.silent))
    if found.terms.sunset_notice_days:
        yield words.gettext("Asked before, whether to go on: %(count)s.", count=words.number(found.asked))
    old = {name: words.number(getattr(found.old, name)) for name in ("hits", "visits", "visitors")}
    yield words.gettext(
        "Too old to be kept one by one, and counted instead: hits %(hits)s, visits %(visits)s, browsers %(visitors)s.",
        **old,
    )
    if found.was_dry:
        yield words.gettext("Nothing was changed.")
        return
    announced, gone = words.number(found.announced), words.number(found.gone)
    yield words.gettext(_LET_GO[found.terms.way], announced=announced, gone=gone)


def chain_lines(found: Verified, words: Translator) -> Iterator[str]:
    """Every place where the chain does not hold, then whether it does."""
    yield from (one.sentence.by(words) for one in found.breaks)
    state = words.gettext("The chain is broken") if found.breaks else words.gettext("The chain holds")
    yield words.gettext(
        "%(state)s: %(entries)s entries, %(erased)s of them without their payload.",
        state=state,
        entries=words.number(found.entries),
        erased=words.number(found.erased),
    )
