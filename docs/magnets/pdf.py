"""Sets a document on A4 pages: a cover, then one subject a page. What it says is left to its source."""

from collections.abc import Callable
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from docs.magnets import styles
from docs.magnets.document import Block, Document, bare
from docs.magnets.figures import Figure
from docs.magnets.palette import (
    BOLD,
    CLAY,
    INK,
    ITALIC,
    LEAF,
    LEAF_SOFT,
    LINE,
    ON_SOIL,
    PAPER,
    SOFT,
    SOIL,
    TEXT,
    WHITE,
)  # fmt: skip
from docs.magnets.room import SPAN_X, SPAN_Y, draw_room

LEFT, RIGHT, TOP, BOTTOM = 22 * mm, 22 * mm, 20 * mm, 21 * mm
MEASURE = A4[0] - LEFT - RIGHT
_OWN_FONT = ("FONTNAME", (0, 0), (-1, -1), TEXT)  # else a table names Helvetica, which the file does not carry


class Checkbox(Flowable):
    """An empty box to tick, and the line beside it."""

    def __init__(self, line: str) -> None:
        super().__init__()
        self.paragraph = Paragraph(line, styles.CHECK)

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        width, height = self.paragraph.wrap(available_width, available_height)
        return width, height + styles.CHECK.spaceAfter

    def draw(self) -> None:
        self.paragraph.drawOn(self.canv, 0, styles.CHECK.spaceAfter)
        self.canv.setStrokeColor(LEAF)
        self.canv.setLineWidth(1)
        self.canv.roundRect(1, self.paragraph.height + styles.CHECK.spaceAfter - 13.2, 10, 10, 1.6, stroke=1, fill=0)


class Title(Flowable):
    """The title of a page: it is what the outline and the table of contents lead to."""

    def __init__(self, line: str, page: int) -> None:
        super().__init__()
        self.line, self.page = line, page
        self.paragraph = Paragraph(line, styles.TITLE)

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        width, height = self.paragraph.wrap(available_width, available_height)
        return width, height + 7 + styles.TITLE.spaceAfter

    def draw(self) -> None:
        self.canv.bookmarkPage(f"page-{self.page}")
        self.canv.addOutlineEntry(bare(self.line), f"page-{self.page}", 0)
        self.paragraph.drawOn(self.canv, 0, styles.TITLE.spaceAfter)
        self.canv.setFillColor(LEAF)
        self.canv.rect(0, self.paragraph.height + styles.TITLE.spaceAfter + 5, 26, 2.6, stroke=0, fill=1)


def write_pdf(document: Document, file: Path) -> int:
    """Writes the PDF and gives back its number of pages: one more than the document has, for the cover."""
    about = {key: bare(text) for key, text in document.about.items()}
    author = f"{about['author']}, Atelier Lumen"
    template = BaseDocTemplate(
        str(file), pagesize=A4, title=about["title"], author=author, subject=about["subject"],
        keywords=about["keywords"], creator="Atelier Lumen", lang=document.locale, displayDocTitle=True,
        invariant=1, initialFontName=TEXT,
    )  # fmt: skip
    frame = Frame(LEFT, BOTTOM, MEASURE, A4[1] - TOP - BOTTOM, 0, 0, 0, 0)
    template.addPageTemplates([
        PageTemplate("cover", [frame], onPage=lambda canvas, _: _cover(canvas, document.about)),
        PageTemplate("inside", [frame], onPage=lambda canvas, _: _folio(canvas, about["short"])),
    ])  # fmt: skip
    story: list[Flowable] = [NextPageTemplate("inside"), Spacer(1, 1)]
    for number, page in enumerate(document.pages, start=2):
        story += [PageBreak(), *(flowable for block in page for flowable in _set(block, document, number))]
    template.build(story)
    pages: int = template.page
    if pages != len(document.pages) + 1:
        raise ValueError(f"{file.name}: a page is too long: {pages} pages where {len(document.pages) + 1} were meant")
    return pages


# ---------------------------------------------------------------- pages


def _cover(canvas: Canvas, about: dict[str, str]) -> None:
    width, height = A4
    canvas.setFillColor(SOIL)
    canvas.rect(0, 0, width, height, stroke=0, fill=1)
    canvas.setFillColor(PAPER)
    canvas.rect(0, 0, width, height * 0.42, stroke=0, fill=1)
    _COVERS[about["cover"]](canvas, width, height * 0.42)
    kind = Paragraph(about["kind"], styles.style("kind", fontSize=11, leading=15, textColor=ON_SOIL))
    title = Paragraph(about["title"], styles.style("cover", fontName=BOLD, fontSize=27, leading=34, textColor=WHITE))
    kind.wrap(MEASURE, 100)
    _, tall = title.wrap(MEASURE * 0.94, 300)
    kind.drawOn(canvas, LEFT, height - 34 * mm)
    title.drawOn(canvas, LEFT, height - 41 * mm - tall)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 10)
    canvas.drawString(LEFT, 25 * mm, bare(about["author"]))
    canvas.setFont(TEXT, 9)
    canvas.setFillColor(SOFT)
    canvas.drawString(LEFT, 19.5 * mm, bare(about["edition"]))


def _one_room(canvas: Canvas, width: float, ground: float) -> None:
    room = width * 0.74
    draw_room(canvas, (width - room) / 2, ground - room * SPAN_Y / SPAN_X * 0.42, room, 3)


def _four_rooms(canvas: Canvas, width: float, ground: float) -> None:
    """The signed version, lit, and three variants of it."""
    room = width * 0.38
    high, gap = room * SPAN_Y / SPAN_X, 14.0
    left, low = (width - 2 * room - gap) / 2, ground - high - 18
    variants: list[dict[str, str]] = [
        {"sofa": "#a9572f", "sofa_top": "#c07a52", "rug": "#e6d3c2"},
        {"floor": "#7d5f45", "board": "#65492f", "rug": "#cfc0a8"},
        {"left": "#b9c9bd", "right": "#d3ded4", "sofa": "#8d99a6", "sofa_top": "#a9b4bf", "door": "#7f9384"},
    ]
    draw_room(canvas, left, low + high + 8, room, 3)
    for number, tint in enumerate(variants, start=1):
        x, y = left + (number % 2) * (room + gap), low + (1 - number // 2) * (high + 8)
        draw_room(canvas, x, y, room, 2, **tint)


_COVERS: dict[str, Callable[[Canvas, float, float], None]] = {"room": _one_room, "variants": _four_rooms}


def _folio(canvas: Canvas, short: str) -> None:
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.6)
    canvas.line(LEFT, 15.5 * mm, A4[0] - RIGHT, 15.5 * mm)
    canvas.setFillColor(SOFT)
    canvas.setFont(TEXT, 7.6)
    canvas.drawString(LEFT, 11 * mm, f"{short}  ·  Atelier Lumen")
    canvas.drawRightString(A4[0] - RIGHT, 11 * mm, str(canvas.getPageNumber()))


# ---------------------------------------------------------------- blocks


def _set(block: Block, document: Document, page: int) -> list[Flowable]:
    return _SETTERS[block.kind](block, document, page)


def _title(block: Block, document: Document, page: int) -> list[Flowable]:
    return [Title(block.lines[0], page)]


def _heading(block: Block, document: Document, page: int) -> list[Flowable]:
    return [Paragraph(block.lines[0], styles.HEADING)]


def _text(block: Block, document: Document, page: int) -> list[Flowable]:
    return [Paragraph(line, styles.CAPTION if line.startswith("<i>") else styles.BODY) for line in block.lines]


def _quote(block: Block, document: Document, page: int) -> list[Flowable]:
    bar = TableStyle([_OWN_FONT, ("LINEBEFORE", (0, 0), (0, -1), 2.4, LEAF), ("LEFTPADDING", (0, 0), (-1, -1), 0),
                      ("TOPPADDING", (0, 0), (-1, -1), 0), ("BOTTOMPADDING", (0, 0), (-1, -1), 0)])  # fmt: skip
    quote = styles.style("inner", fontName=ITALIC, fontSize=12, leading=18, textColor=LEAF, leftIndent=13)
    return [Spacer(1, 5), Table([[Paragraph(block.lines[0], quote)]], colWidths=[MEASURE], style=bar), Spacer(1, 9)]


def _points(block: Block, document: Document, page: int) -> list[Flowable]:
    return [*(Paragraph(line, styles.ITEM, bulletText="•") for line in block.lines), Spacer(1, 4)]


def _steps(block: Block, document: Document, page: int) -> list[Flowable]:
    items = [Paragraph(line, styles.ITEM, bulletText=f"{number}.") for number, line in enumerate(block.lines, start=1)]
    return [*items, Spacer(1, 4)]


def _check(block: Block, document: Document, page: int) -> list[Flowable]:
    return [*(Checkbox(line) for line in block.lines), Spacer(1, 5)]


def _clause(block: Block, document: Document, page: int) -> list[Flowable]:
    lines = [Paragraph(line, styles.CLAUSE) for line in block.lines]
    look = TableStyle([
        _OWN_FONT, ("BACKGROUND", (0, 0), (-1, -1), LEAF_SOFT), ("BOX", (0, 0), (-1, -1), 0.9, LEAF),
        ("LEFTPADDING", (0, 0), (-1, -1), 12), ("RIGHTPADDING", (0, 0), (-1, -1), 14),
        ("TOPPADDING", (0, 0), (-1, -1), 10), ("BOTTOMPADDING", (0, 0), (-1, -1), 8), ("ROUNDEDCORNERS", [5] * 4),
    ])  # fmt: skip
    return [Spacer(1, 4), Table([[lines]], colWidths=[MEASURE], style=look), Spacer(1, 7)]


def _figure(block: Block, document: Document, page: int) -> list[Flowable]:
    drawing, caption = Figure(block.name, block.words), Paragraph(block.lines[0], styles.CAPTION)
    return [KeepTogether([Spacer(1, 5), drawing, Spacer(1, 3), caption])]


def _contents(block: Block, document: Document, page: int) -> list[Flowable]:
    look = TableStyle([_OWN_FONT, ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE), ("LEFTPADDING", (0, 0), (-1, -1), 0),
                       ("RIGHTPADDING", (0, 0), (-1, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 1.5),
                       ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5), ("ALIGN", (1, 0), (1, -1), "RIGHT")])  # fmt: skip
    number = styles.style("number", fontName=BOLD, leading=19, textColor=LEAF, alignment=2)
    rows = [
        [Paragraph(f'<a href="#page-{at}">{title}</a>', styles.CONTENT), Paragraph(str(at), number)]
        for title, at in document.contents
        if at > page
    ]
    return [Table(rows, colWidths=[MEASURE - 30, 30], style=look), Spacer(1, 6)]


_GRID = [
    _OWN_FONT, ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 9),
    ("TOPPADDING", (0, 0), (-1, -1), 4.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ("LINEBELOW", (0, 0), (-1, 0), 1.1, INK), ("LINEBELOW", (0, 1), (-1, -1), 0.5, LINE),
]  # fmt: skip


def _table(block: Block, document: Document, page: int) -> list[Flowable]:
    head, *rows = block.rows
    cells = [[Paragraph(cell, styles.HEAD_CELL) for cell in head]]
    cells += [
        [
            Paragraph(f"<b>{row[0]}</b>" if len(row) > 2 else row[0], styles.CELL),
            *(Paragraph(cell, styles.CELL) for cell in row[1:]),
        ]
        for row in rows
    ]
    return [Spacer(1, 4), Table(cells, colWidths=_widths(block.rows), style=TableStyle(_GRID)), Spacer(1, 10)]


def _widths(rows: tuple[tuple[str, ...], ...]) -> list[float]:
    """Columns never narrower than their longest word; what is left is shared by the length of their texts."""
    columns = [[bare(row[at]) for row in rows] for at in range(len(rows[0]))]
    least = [
        max(stringWidth(word, BOLD, 9.6) for text in column for word in text.split(" ")) + 12 for column in columns
    ]
    asked = [min(max(len(text) for text in column), 48) for column in columns]
    spare = MEASURE - sum(least)
    return [narrow + spare * wanted / sum(asked) for narrow, wanted in zip(least, asked, strict=True)]


def _register(block: Block, document: Document, page: int) -> list[Flowable]:
    """A form to fill by hand: the given rows as examples, then empty ones."""
    hand = styles.style("hand", fontName=ITALIC, fontSize=8.2, leading=11, textColor=CLAY)
    head = [Paragraph(cell, styles.HEAD_CELL) for cell in block.rows[0]]
    rows = [[Paragraph(cell, hand) for cell in row] for row in block.rows[1:]]
    empty = [["" for _ in head] for _ in range(8)]
    shares = (0.055, 0.1, 0.16, 0.335, 0.09, 0.11, 0.15)
    look = TableStyle([_OWN_FONT, ("GRID", (0, 0), (-1, -1), 0.6, SOFT), ("BACKGROUND", (0, 0), (-1, 0), PAPER),
                       ("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (-1, -1), 4),
                       ("RIGHTPADDING", (0, 0), (-1, -1), 3)])  # fmt: skip
    heights = [26.0] + [26.0] * (len(rows) + len(empty))
    table = Table(
        [head, *rows, *empty], colWidths=[MEASURE * share for share in shares], rowHeights=heights, style=look
    )
    return [Spacer(1, 4), table, Spacer(1, 8)]


_SETTERS: dict[str, Callable[[Block, Document, int], list[Flowable]]] = {
    "title": _title,
    "heading": _heading,
    "text": _text,
    "quote": _quote,
    "points": _points,
    "steps": _steps,
    "check": _check,
    "box": _clause,
    "figure": _figure,
    "contents": _contents,
    "table": _table,
    "register": _register,
}
