"""How deep a TOML text nests, told before it is parsed: a parser that recurses dies of what nobody writes by hand.

Pure: no database, no clock, no network.
"""

import re

LIMIT = 32  # brackets open at once, and dots in one line outside of texts

# Texts and comments are passed over whole; one that is never closed ends with its line or with the file.
_TOKEN = re.compile(
    r'"""(?:[^\\"]|\\.|"(?!""))*+(?:"""|\\?\Z)'
    r"|'''(?:[^']|'(?!''))*+(?:'''|\Z)"
    r'|"(?:[^"\\\n]|\\[^\n])*+["\\]?'
    r"|'[^'\n]*+'?"
    r"|\#[^\n]*+"
    r"|(?P<mark>[\[\]{}.\n])",
    re.DOTALL,
)


def too_deep(text: str) -> int | None:
    """The place (an index into `text`) where more than LIMIT tables or lists lie in each other; None if nowhere."""
    depth = dots = 0
    for token in _TOKEN.finditer(text):
        mark = token["mark"]
        depth += (mark in ("[", "{")) - (mark in ("]", "}") and depth > 0)
        dots = 0 if mark == "\n" else dots + (mark == ".")
        if depth > LIMIT or dots > LIMIT:
            return token.start()
    return None
