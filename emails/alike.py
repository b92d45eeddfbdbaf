"""What a site says alike to all its readers, read off it once: the one in force is asked for each of a million mails.

Pure: no database, no clock, no network.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from authoring.site import Site
from emails.scope import declared_fields

Text = tuple[str, str]  # sequence, email


@dataclass(frozen=True, slots=True)
class Alike:
    """`fields` of a lead that a mail may show · `choices` that a form offers, so that nobody typed them · `locales`
    that each text is written in · `freezing`: texts that those inside keep."""

    fields: tuple[str, ...]
    choices: frozenset[str]
    locales: Mapping[Text, frozenset[str]]
    freezing: frozenset[Text]


def alike(site: Site) -> Alike:
    """That of the site asked for last is at hand; two threads may make it at once, with the same result."""
    global _last
    known, found = _last
    if known is not site:
        found = _read(site)
        _last = site, found
    return found


def _read(site: Site) -> Alike:
    locales: dict[Text, set[str]] = defaultdict(set)
    for sequence, email, locale in site.emails:
        locales[sequence, email].add(locale)
    asked = [field for form in site.forms.values() for field in form.field]
    offered = {option.value for field in asked for option in field.options}
    return Alike(
        declared_fields(site),
        frozenset(offered | {field.value for field in asked if field.value}),
        {text: frozenset(known) for text, known in locales.items()},
        frozenset(key[:2] for key, text in site.emails.items() if text.freeze),
    )


_last: tuple[Site | None, Alike] = None, Alike((), frozenset(), {}, frozenset())
