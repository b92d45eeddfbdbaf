"""The text of a document alone, for screen readers and whoever prefers it; each figure is described by its caption."""

from collections.abc import Callable
from textwrap import fill

from docs.magnets.document import Block, Document, bare

WIDTH = 78
_FIGURE = {"fr": "Figure :", "en": "Figure:"}


def plain_text(document: Document) -> str:
    """The whole document, cover first, pages announced by their number."""
    about = {key: bare(text) for key, text in document.about.items()}
    parts = [
        f"{about['title']}\n{'=' * len(about['title'])}",
        f"{about['kind']}\n{about['author']}\n{about['edition']}",
    ]
    for number, page in enumerate(document.pages, start=2):
        parts += [_plain(block, document, number) for block in page]
    return "\n\n".join(parts).replace("\u00a0", " ") + "\n"


def _plain(block: Block, document: Document, page: int) -> str:
    return _WRITERS.get(block.kind, _paragraphs)(block, document, page)


def _title(block: Block, document: Document, page: int) -> str:
    title = f"{bare(block.lines[0])} (page {page})"
    return f"\n{title}\n{'-' * len(title)}"


def _heading(block: Block, document: Document, page: int) -> str:
    return f"{bare(block.lines[0])}".upper()


def _paragraphs(block: Block, document: Document, page: int) -> str:
    return "\n\n".join(fill(bare(line), WIDTH) for line in block.lines)


def _listed(block: Block, document: Document, page: int) -> str:
    signs = {"steps": "{}. ", "check": "[ ] "}
    sign = signs.get(block.kind, "- ")
    return "\n".join(
        fill(sign.format(number) + bare(line), WIDTH, subsequent_indent=" " * len(sign.format(number)))
        for number, line in enumerate(block.lines, start=1)
    )


def _table(block: Block, document: Document, page: int) -> str:
    """A row a paragraph, each cell behind its column's name: what is heard makes sense without the grid."""
    head, *rows = [[bare(cell) for cell in row] for row in block.rows]
    return "\n\n".join(
        "\n".join(fill(f"{name}: {cell}" if name else cell, WIDTH) for name, cell in zip(head, row, strict=True))
        for row in rows
    ).replace(": ", " : " if document.locale == "fr" else ": ")


def _figure(block: Block, document: Document, page: int) -> str:
    words = "; ".join(block.words.values())
    return fill(f"[{_FIGURE[document.locale]} {bare(block.lines[0])} ({words})]", WIDTH)


def _contents(block: Block, document: Document, page: int) -> str:
    return "\n".join(f"- {bare(title)}, page {number}" for title, number in document.contents)


_WRITERS: dict[str, Callable[[Block, Document, int], str]] = {
    "title": _title,
    "heading": _heading,
    "points": _listed,
    "steps": _listed,
    "check": _listed,
    "table": _table,
    "register": _table,
    "figure": _figure,
    "contents": _contents,
}
