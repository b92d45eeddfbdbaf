"""A postal address: fields with the same names in every form and list, the country as a code.

Pure: no database, no clock, no network.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from babel import Locale

from leads.imports.columns import folded

POSTAL = ("street", "postal_code", "city", "country")
_LANGUAGES = ("fr", "en", "de", "es", "it", "nl")
_ALSO = {"uk": "GB", "england": "GB", "angleterre": "GB", "usa": "US", "etats unis d amerique": "US", "hollande": "NL",
         "holland": "NL", "france metropolitaine": "FR", "republique francaise": "FR", "fra": "FR"}  # fmt: skip


def canonical(name: str, text: str) -> str:
    """A field of an address as it is stored: the country as its code (ISO 3166-1) where it is one we know, the postal
    code in capitals, anything else as it is typed. Any other field stays as it is."""
    if name == "country":
        return _codes().get(folded(text), text)
    return text.upper() if name == "postal_code" else text


def written(fields: Mapping[str, Any], locale: str) -> tuple[str, ...]:
    """The lines of an address as a reader of `locale` writes it, without those of which nothing is known."""
    known = {name: str(fields.get(name) or "") for name in POSTAL}
    town = " ".join(part for part in (known["postal_code"], known["city"]) if part)
    lines = (known["street"], town, country_name(known["country"], locale))
    return tuple(line for line in lines if line)


def country_name(code: str, locale: str) -> str:
    """What readers of `locale` call the country of that code; what is no code stays as it is."""
    return str(Locale.parse(locale, sep="-").territories.get(code, code))


@cache
def _codes() -> Mapping[str, str]:
    named = {
        folded(name): code
        for language in _LANGUAGES
        for code, name in Locale(language).territories.items()
        if _is_country(code)
    }
    return named | {code.lower(): code for code in named.values()} | _ALSO


def _is_country(code: str) -> bool:
    """Two letters; not the regions, nor what Unicode adds of its own."""
    return len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "QO", "UN", "XA", "XB", "ZZ")
