"""Reads the source of a printed document: front matter, then Markdown with fenced blocks for what Markdown lacks.

The fences: `figure NAME` (a caption, then `word = text` lines), `contents`, `check`, `box`, `register`.
`---` ends a page.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from base.typography import NARROW, WIDE, typeset

_MARKDOWN = MarkdownIt("commonmark", {"typographer": True}).enable(["smartquotes", "replacements", "table"])
_MEASURE = re.compile(r"(?<=\d) (?=(?:h|m|m²|mm|cm|kB|€|degr[eé]+s)\b|h \d)")  # a number and its unit stay together
_MARKS = {"strong_open": "<b>", "strong_close": "</b>", "em_open": "<i>", "em_close": "</i>", "softbreak": " "}


@dataclass(frozen=True)
class Block:
    """`kind` title, heading, text, quote, points, steps, table or a fence's name; `lines` are inline markup."""

    kind: str
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    name: str = ""
    words: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """`about` is the front matter; each page begins with its title. The cover is page 1, so pages count from 2."""

    about: dict[str, str]
    locale: str
    pages: tuple[tuple[Block, ...], ...]

    @property
    def contents(self) -> list[tuple[str, int]]:
        return [(page[0].lines[0], number) for number, page in enumerate(self.pages, start=2)]


def read_document(file: Path) -> Document:
    """The document in `NAME.LOCALE.md`."""
    locale = file.name.split(".")[1]
    _, matter, body = file.read_text(encoding="utf-8").split("+++\n", 2)
    about = {key: markup(text, locale) for key, text in tomllib.loads(matter).items()}
    pages: list[list[Block]] = [[]]
    for block in _blocks(_MARKDOWN.parse(body), locale):
        if block.kind == "page":
            pages.append([])
        else:
            pages[-1].append(block)
    return Document(about, locale, tuple(tuple(page) for page in pages))


def markup(text: str, locale: str) -> str:
    """One line of Markdown as the markup that reportlab's paragraphs read: `<b>`, `<i>`, entities."""
    (token,) = _MARKDOWN.parseInline(text)
    return _inline(token, locale)


def bare(marked: str) -> str:
    """The same line without its markup."""
    for tag in ("<b>", "</b>", "<i>", "</i>"):
        marked = marked.replace(tag, "")
    return marked.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _inline(token: Token, locale: str) -> str:
    parts = [_MARKS.get(child.type) or escape(child.content, quote=False) for child in token.children or []]
    # The fonts have no narrow no-break space; the wide one is what French typists know anyway.
    return _MEASURE.sub(WIDE, typeset("".join(parts), locale).replace(NARROW, WIDE))


def _blocks(tokens: list[Token], locale: str) -> Iterator[Block]:
    at = 0
    while at < len(tokens):
        token = tokens[at]
        end = _closing(tokens, at)
        inner = tokens[at : end + 1]
        inlines = [_inline(part, locale) for part in inner if part.type == "inline"]
        if token.type == "heading_open":
            yield Block("title" if token.tag == "h1" else "heading", tuple(inlines))
        elif token.type == "hr":
            yield Block("page")
        elif token.type == "fence":
            yield _fence(token, locale)
        elif token.type == "table_open":
            yield Block("table", rows=tuple(_rows(inner, locale)))
        else:
            kinds = {"paragraph_open": "text", "blockquote_open": "quote", "bullet_list_open": "points"}
            yield Block(kinds.get(token.type, "steps"), tuple(inlines))
        at = end + 1


def _closing(tokens: list[Token], at: int) -> int:
    if tokens[at].nesting != 1:
        return at
    wanted = tokens[at].type.replace("_open", "_close")
    return next(i for i in range(at, len(tokens)) if tokens[i].type == wanted and tokens[i].level == tokens[at].level)


def _rows(tokens: list[Token], locale: str) -> Iterator[tuple[str, ...]]:
    row: list[str] = []
    for token in tokens:
        if token.type == "inline":
            row.append(_inline(token, locale))
        elif token.type == "tr_close":
            yield tuple(row)
            row = []


def _fence(token: Token, locale: str) -> Block:
    kind, _, name = token.info.partition(" ")
    lines = [line for line in token.content.splitlines() if line.strip()]
    if kind == "register":
        rows = tuple(tuple(markup(cell.strip(), locale) for cell in line.split("|")) for line in lines)
        return Block("register", rows=rows)
    if kind != "figure":
        return Block(kind, tuple(markup(line, locale) for line in lines))
    pairs = (line.split(" = ", 1) for line in lines[1:])
    words = {key.strip(): bare(markup(text, locale)) for key, text in pairs}
    return Block("figure", (markup(lines[0], locale),), name=name, words=words)
