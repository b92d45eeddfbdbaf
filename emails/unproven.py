"""Mails that may reach an address before anybody has proven it theirs, and what somebody typed that stands in them.

Whoever fills in a form may be writing to somebody else by it. What is sent leaves such words out (`emails.freezing`);
here their author is told.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator

from authoring.models.conditions import Condition
from authoring.models.emails import Email
from authoring.models.sequences import Sequence
from authoring.site import Site
from base.saying import Said, said
from emails.compile import PARTS
from emails.expressions import names_in
from leads.facts import COLUMNS

Found = Iterator[tuple[str, str, Said, Said]]  # the part of the text, the name in it, what is wrong, what to do


def typed_words(site: Site, sequence: str, email: Email) -> Found:
    """Every name of a mail that may leave too early which stands for what somebody typed."""
    if not is_early(site, site.sequences[sequence]):
        return
    typed = _typed(site)
    for part in PARTS:
        for name in sorted(names_in(getattr(email, part)) & typed):
            message = said("`%(name)s` is what somebody typed: until they confirm, it stands empty here", name=name)
            hint = said(
                "let in only by `consent_granted`, or by a `filter` with `consent`; or ask by a field of kind `choice`"
            )
            yield part, name, message, hint


def is_early(site: Site, sequence: Sequence) -> bool:
    """Whether its mails may go to somebody who never confirmed anything."""
    if all(trigger.event == "consent_granted" for trigger in sequence.trigger) or _asks_for(sequence.filter):
        return False
    return sequence.class_ == "transactional" or sequence.topic in _told_of(site)


def _asks_for(condition: Condition | None) -> bool:
    """Whether it holds for nobody without consent."""
    if condition is None:
        return False
    either = bool(condition.any) and all(map(_asks_for, condition.any or ()))
    return condition.consent is not None or any(map(_asks_for, condition.all or ())) or either


def _told_of(site: Site) -> set[str | None]:
    """The topics that addresses at work are written to about without a yes."""
    return {field.topic for form in site.forms.values() for field in form.field if field.kind == "objection"}


def _typed(site: Site) -> set[str]:
    """The names of what people answer in their own words. Of a name or a company, what can only be one is shown."""
    asked = {field.name for form in site.forms.values() for field in form.field if field.kind == "text"}
    return {f"lead.fields.{name}" for name in asked - set(COLUMNS)}
