"""The paragraph styles of the printed documents."""

from typing import Any

from reportlab.lib.styles import ParagraphStyle

from docs.magnets.palette import BOLD, INK, SOFT, TEXT


def style(name: str, **settings: Any) -> ParagraphStyle:
    plain = {"fontName": TEXT, "fontSize": 10.4, "leading": 16.6, "textColor": INK, "bulletFontName": TEXT}
    return ParagraphStyle(name, **{**plain, **settings})


TITLE = style("title", fontName=BOLD, fontSize=22, leading=28, spaceAfter=13)
HEADING = style("heading", fontName=BOLD, fontSize=12, leading=17, spaceBefore=12, spaceAfter=5, keepWithNext=1)
BODY = style("body", spaceAfter=8)
ITEM = style("item", leftIndent=18, spaceAfter=5, bulletFontSize=10.4)
CHECK = style("check", leftIndent=23, spaceAfter=5.4)
CAPTION = style("caption", fontSize=8.4, leading=12, textColor=SOFT, spaceBefore=2, spaceAfter=11)
CELL = style("cell", fontSize=9.4, leading=13.6)
HEAD_CELL = style("head", fontName=BOLD, fontSize=8.6, leading=12, textColor=SOFT)
CLAUSE = style("clause", fontSize=10.4, leading=17, spaceAfter=5)
CONTENT = style("content", leading=19)
