"""Hides Jinja from tools that read HTML or Markdown, and brings it back: `{{ }}` as words, `{% %}` as comments.

Pure: no database, no clock, no network.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

from jinja2 import Environment

from base.saying import Refused, said

_LEXER = Environment()
_WORD = re.compile(r"qz(\d{5})zq")
_SHOWN = re.compile(r"<!--qz(\d{5})zq-->|qz(\d{5})zq")
_ENDS = {"variable_end": "value", "block_end": "block", "comment_end": "comment"}


class MaskedAlready(Refused):
    """The text contains what masks look like; nobody writes that but to break them."""


@dataclass(slots=True)
class Masks:
    """The tokens hidden so far; a token's number is its place in `tokens`."""

    tokens: list[str] = field(default_factory=list)
    blocks: set[int] = field(default_factory=set)

    def hide(self, source: str) -> str:
        """`source` with each expression and statement as one word. Comments are dropped. Raises TemplateSyntaxError."""
        if _WORD.search(source):
            raise MaskedAlready(said("this text contains `qz…zq`, which the compiler uses itself"))
        shown: list[str] = []
        token = ""
        for _line, kind, text in _LEXER.lex(source):
            if kind == "data" and not token:
                shown.append(text)
                continue
            token += text
            if kind in _ENDS:
                shown.append(self._word(token, _ENDS[kind]))
                token = ""
        return "".join(shown)

    def hide_html(self, source: str) -> str:
        """Like `hide`, for HTML whose statements stand between elements: they become comments."""
        return self.comment_blocks(self.hide(source))

    def add(self, token: str) -> str:
        """The word that stands for `token`, any text, until it is shown again."""
        self.tokens.append(token)
        return f"qz{len(self.tokens) - 1:05d}zq"

    def harden(self, text: str) -> str:
        """`text` with its own braces masked: an entity or a backslash must not write an expression after the check."""
        return text.replace("{", self._brace()) if "{" in text else text

    def comment_blocks(self, html: str) -> str:
        return _WORD.sub(lambda word: f"<!--{word.group()}-->" if self.is_block(word.group()) else word.group(), html)

    def show(self, text: str) -> str:
        """`text` with every mask replaced by what it hides."""
        return _SHOWN.sub(lambda mask: self.tokens[int(mask.group(1) or mask.group(2))], text)

    def is_block(self, word: str) -> bool:
        found = _WORD.fullmatch(word)
        return found is not None and int(found.group(1)) in self.blocks

    def expression(self, word: str) -> str | None:
        """What stands between `{{` and `}}` of a masked expression; None for anything else."""
        found = _WORD.fullmatch(word)
        if found is None or int(found.group(1)) in self.blocks:
            return None
        return self.tokens[int(found.group(1))].removeprefix("{{").removesuffix("}}").strip()

    def _brace(self) -> str:
        return self.add('{{ "{" }}')

    def _word(self, token: str, kind: str) -> str:
        if kind == "comment":
            return ""
        if kind == "block":
            self.blocks.add(len(self.tokens))
        return self.add(token)


def words_in(text: str) -> list[str]:
    return [word.group() for word in _WORD.finditer(text)]


def lost(before: str, after: str) -> list[str]:
    """The masks that are not as often in `after` as they were in `before`."""
    was, became = Counter(words_in(before)), Counter(words_in(after))
    return sorted((was - became) | (became - was))
