"""What the text of a mail may name; whether a text keeps to it is left to expressions.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from authoring.site import Site
from leads.facts import COLUMNS

HOUSE = ("name", "address", "email", "website")
SENDER = ("name", "email", "role")
URLS = ("magnet_url", "confirm_url", "preferences_url", "unsubscribe_url")


@dataclass(frozen=True, slots=True)
class Scope:
    """Dotted names: `values` to print and compare, `lists` to loop over, `optional` those that may be empty."""

    values: frozenset[str]
    lists: frozenset[str]
    optional: frozenset[str]

    @property
    def known(self) -> frozenset[str]:
        return self.values | self.lists


def scope_of(site: Site) -> Scope:
    """The names of DESIGN §5: the lead, the house, the sender, the pages and the addresses made for each message."""
    lead = {f"lead.{name}" for name in COLUMNS} | {f"lead.fields.{name}" for name in declared_fields(site)}
    told = {f"house.{name}" for name in HOUSE} | {f"sender.{name}" for name in SENDER}
    pages = {f"pages.{variable(name)}" for name in site.pages}
    return Scope(
        values=frozenset(lead | told | pages | set(URLS)),
        lists=frozenset({"lead.tags"}),
        optional=frozenset(lead - {"lead.email"}),
    )


def declared_fields(site: Site) -> tuple[str, ...]:
    """The questions of any form, and the fields any step sets, that are kept among the lead's fields."""
    asked = {field.name for form in site.forms.values() for field in form.field if not field.is_box}
    steps = [step.set for sequence in site.sequences.values() for step in sequence.step if step.set]
    given = {name for change in steps for name in change.fields}
    return tuple(sorted((asked | given) - set(COLUMNS)))


def variable(name: str) -> str:
    """A name of the content as it is written in an expression: `book-a-demo` is `book_a_demo`."""
    return name.replace("-", "_")


def page_addresses(site: Site, base_url: str, locale: str, default_locale: str) -> Mapping[str, str]:
    """{variable: address} of every page, in the reader's language where the page has it."""
    return {variable(name): page_address(site, name, base_url, locale, default_locale) for name in site.pages}


def page_address(site: Site, name: str, base_url: str, locale: str, default_locale: str) -> str:
    spoken = locale if locale in site.pages[name].locales else default_locale
    return f"{base_url}/p/{name}" if spoken == default_locale else f"{base_url}/{spoken}/p/{name}"
