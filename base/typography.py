"""Typesets what people read: French spaces, apostrophes and ellipses, outside tags, code, addresses and expressions.

Pure: no database, no clock, no network.
"""

import re
from collections.abc import Callable

NARROW = "\u202f"  # before ; ! ? and inside « »
WIDE = "\u00a0"  # before :

# Not prose: tags, what stands in code and style, entities, Jinja, links and addresses.
_LEFT_ALONE = re.compile(
    r"<(?P<raw>script|style|code|pre)\b.*?</(?P=raw)\s*>"
    r"|<!--.*?-->|</?[a-zA-Z!][^>]*>"
    r"|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}"
    r"|&(?:[a-zA-Z][a-zA-Z0-9]*|#\d+|#x[0-9a-fA-F]+);"
    r"|(?:https?|ftp)://[^\s<>\"]+|(?:mailto|tel):[^\s<>\"]+|[^\s<>@]+@[^\s<>@]+\.[a-zA-Z]+",
    re.DOTALL | re.IGNORECASE,
)
_SPACE = f"[ {WIDE}{NARROW}]"
_FRENCH: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=\w)'(?=\w)|(?<=[^\W\d_])'\Z"), "’"),  # the end is where a tag begins: d'<strong>Inès</strong>
    (re.compile(r"\.\.\."), "…"),
    (re.compile(f"«{_SPACE}*"), f"«{NARROW}"),
    (re.compile(f"{_SPACE}*»"), f"{NARROW}»"),
    (re.compile(f"{_SPACE}+(?=[;!?])"), NARROW),
    (re.compile(r"(?<=[\w)»”…])(?=[!?]+(?:[\s<)»”]|$))"), NARROW),
    (re.compile(r"(?<=[\w)»”])(?=;(?:\s|$))"), NARROW),
    (re.compile(f"{_SPACE}+(?=:(?:\\s|$|<))"), WIDE),
    (re.compile(f"(?<=\\d){_SPACE}+(?=[%€])"), NARROW),
    (re.compile(f"(?<=\\d){_SPACE}(?=\\d{{3}}(?!\\d))"), NARROW),
)


def french(text: str) -> str:
    """`text`, plain or HTML, with the spaces and signs of French printing; what is done twice changes nothing more."""
    parts: list[str] = []
    done = 0
    for kept in _LEFT_ALONE.finditer(text):
        parts += [_set_french(text[done : kept.start()]), kept.group()]
        done = kept.end()
    return "".join([*parts, _set_french(text[done:])])


def typeset(text: str, locale: str) -> str:
    """`text` as the language of `locale` is printed; languages without rules here stay as they are."""
    rules = _LANGUAGES.get(locale.split("-")[0])
    return rules(text) if rules else text


def _set_french(prose: str) -> str:
    for pattern, set_so in _FRENCH:
        prose = pattern.sub(set_so, prose)
    return prose


_LANGUAGES: dict[str, Callable[[str], str]] = {"fr": french}
