"""The text part of a mail, from the Markdown the author wrote: quieter than HTML turned back into text.

Pure: no database, no clock, no network.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from emails.markdown import button_in


@dataclass(frozen=True, slots=True)
class Writing:
    """`colon` as the language sets it, `shield` keeps an address out of the typographer's hands."""

    colon: str
    shield: Callable[[str], str]


def text_of(tokens: Sequence[Token], writing: Writing) -> str:
    """The body as plain text: headings underlined, links with their address beside them, buttons on two lines."""
    return _blocks(SyntaxTreeNode(list(tokens)), writing)


def _blocks(node: SyntaxTreeNode, writing: Writing, between: str = "\n\n") -> str:
    return between.join(_block(child, writing) for child in node.children)


def _block(node: SyntaxTreeNode, writing: Writing) -> str:
    return _BLOCKS.get(node.type, _verbatim)(node, writing)


def _paragraph(node: SyntaxTreeNode, writing: Writing) -> str:
    inline = node.children[0]
    link = button_in(inline.token) if inline.token else None
    if link is not None:
        label = _inline(inline.children[0], writing)
        return f"{label}{writing.colon.rstrip()}\n{writing.shield(str(link.attrGet('href')))}"
    return _inline(inline, writing)


def _heading(node: SyntaxTreeNode, writing: Writing) -> str:
    title = _inline(node.children[0], writing)
    return f"{title}\n{'-' * max(3, min(len(title), 60))}"


def _list(node: SyntaxTreeNode, writing: Writing) -> str:
    first = int(str(node.attrs.get("start", 1)))
    marks = [f"{first + n}. " if node.type == "ordered_list" else "- " for n in range(len(node.children))]
    items = [_hung(_blocks(item, writing, "\n"), mark) for item, mark in zip(node.children, marks, strict=True)]
    return "\n".join(items)


def _hung(text: str, mark: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([mark + first, *(" " * len(mark) + line for line in rest)])


def _quote(node: SyntaxTreeNode, writing: Writing) -> str:
    return "\n".join(f"> {line}".rstrip() for line in _blocks(node, writing).split("\n"))


def _verbatim(node: SyntaxTreeNode, writing: Writing) -> str:
    return node.content.rstrip("\n")


def _inline(node: SyntaxTreeNode, writing: Writing) -> str:
    return "".join(_INLINES.get(child.type, _inline)(child, writing) for child in node.children)


def _link(node: SyntaxTreeNode, writing: Writing) -> str:
    label, address = _inline(node, writing), str(node.attrs["href"])
    plain = address.removeprefix("mailto:").removeprefix("tel:")
    return label if label == plain else f"{label} ({writing.shield(plain)})"


_BLOCKS: dict[str, Callable[[SyntaxTreeNode, Writing], str]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "bullet_list": _list,
    "ordered_list": _list,
    "blockquote": _quote,
    "hr": lambda node, writing: "* * *",
}
_INLINES: dict[str, Callable[[SyntaxTreeNode, Writing], str]] = {
    "text": lambda node, writing: node.content,
    "code_inline": lambda node, writing: node.content,
    "softbreak": lambda node, writing: "\n",
    "hardbreak": lambda node, writing: "\n",
    "image": lambda node, writing: f"[{node.content}]",
    "link": _link,
}
