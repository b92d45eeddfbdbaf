"""From an author's Markdown to the body of a mail, as HTML; the same reading becomes the text part in plaintext.

Expressions are masked beforehand. Pure: no database, no clock, no network.
"""

import re
from collections.abc import Callable, Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from base.saying import Refused, said
from emails.masking import Masks, words_in

BUTTON = "button"
_SIZE = re.compile(r"^(\d{1,4})x(\d{1,4})$")
_ALONE = re.compile(r"^[ \t]*((?:qz\d{5}zq)+)[ \t]*$", re.MULTILINE)

# How the address of a link or an image becomes what stands in the mail: (address, line of the source) -> masked one.
Bind = Callable[[str, int], str]


class Misplaced(Refused):
    """A `{% %}` stands where HTML has no room for it. `line` counts from 1 in the Markdown."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(said("a `{% %}` cannot stand inside an address or the text of an image"))


def read(masked: str, masks: Masks, link: Bind, image: Bind) -> list[Token]:
    """The Markdown's tokens, each address bound; statements alone on their line stand between blocks."""
    binds = {"link_open": ("href", link), "image": ("src", image)}
    source, moved = _apart(masked, masks)
    tokens = MarkdownIt("commonmark", {"html": False}).parse(source)
    for token in tokens:
        line = moved(token.map[0] if token.map else 0)
        for child in token.children or ():
            if child.type in binds:
                _bind(child, line, masks, *binds[child.type])
    return _without_wraps(tokens, masks)


def html_of(tokens: Sequence[Token], masks: Masks) -> str:
    """The body's HTML: buttons as tables, images with their size, statements as comments."""
    return masks.comment_blocks(_rendered(_with_buttons(tokens)))


def button_in(inline: Token) -> Token | None:
    """The link of a paragraph that holds nothing but a link titled `button`."""
    children = [child for child in inline.children or () if child.type != "softbreak"]
    if len(children) < 3 or children[0].type != "link_open" or children[-1].type != "link_close":
        return None
    alone = sum(child.type == "link_open" for child in children) == 1
    return children[0] if alone and children[0].attrGet("title") == BUTTON else None


def _apart(masked: str, masks: Masks) -> tuple[str, Callable[[int], int]]:
    """Statements that have a line to themselves get a blank line around it; the second value undoes line numbers."""
    lines: list[str] = []
    origin: list[int] = []
    for number, line in enumerate(masked.split("\n"), start=1):
        alone = _ALONE.match(line)
        apart = ["", line.strip(), ""] if alone and all(map(masks.is_block, words_in(line))) else [line]
        lines += apart
        origin += [number] * len(apart)
    return "\n".join(lines), lambda index: origin[min(index, len(origin) - 1)]


def _bind(token: Token, line: int, masks: Masks, attribute: str, bind: Bind) -> None:
    address = str(token.attrGet(attribute) or "")
    if any(map(masks.is_block, words_in(f"{address} {token.content} {token.attrGet('title') or ''}"))):
        raise Misplaced(line)
    token.attrSet(attribute, bind(address, line))
    if token.type == "image":
        _size(token)


def _size(image: Token) -> None:
    size = _SIZE.match(str(image.attrGet("title") or ""))
    if size:
        del image.attrs["title"]
        image.attrSet("width", size.group(1))
        image.attrSet("height", size.group(2))


def _without_wraps(tokens: Sequence[Token], masks: Masks) -> list[Token]:
    """Paragraphs that hold statements only lose their `<p>`: what is inside may vanish, and so may they."""
    kept: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "paragraph_open" and _is_statement(tokens[position + 1].content, masks):
            kept.append(_raw("statement", tokens[position + 1].content))
            position += 3
        else:
            kept.append(token)
            position += 1
    return kept


def _is_statement(content: str, masks: Masks) -> bool:
    alone = _ALONE.fullmatch(content)
    return alone is not None and all(map(masks.is_block, words_in(content)))


def _with_buttons(tokens: Sequence[Token]) -> list[Token]:
    shown: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        link = button_in(tokens[position + 1]) if token.type == "paragraph_open" else None
        if link is not None:
            shown.append(_raw("html_block", _button(link, tokens[position + 1])))
            position += 3
        else:
            shown.append(_raw("html_block", f"{token.content}\n") if token.type == "statement" else token)
            position += 1
    return shown


def _button(link: Token, inline: Token) -> str:
    label = _rendered((inline.children or [])[1:-1])
    return (
        '<table class="button" role="presentation" border="0" cellpadding="0" cellspacing="0"><tr>'
        f'<td class="button-cell"><a class="button-link" href="{escape(str(link.attrGet("href")))}">{label}</a></td>'
        "</tr></table>\n"
    )


def _rendered(tokens: Sequence[Token]) -> str:
    markdown = MarkdownIt("commonmark", {"html": False})
    return str(markdown.renderer.render(tokens, markdown.options, {}))


def _raw(kind: str, content: str) -> Token:
    return Token(kind, "", 0, content=content, block=True)
