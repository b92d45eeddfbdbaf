"""The colours and fonts of the printed documents; what is drawn with them is left to the others."""

from pathlib import Path

import reportlab
from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

INK = HexColor("#241c16")
SOFT = HexColor("#5a5047")
LINE = HexColor("#d3d0c4")
PAPER = HexColor("#f6f7f2")
LEAF = HexColor("#2c6a33")
LEAF_SOFT = HexColor("#e4eedc")
SOIL = HexColor("#2b211a")
ON_SOIL = HexColor("#f1ece2")
CLAY = HexColor("#a9572f")
CLAY_SOFT = HexColor("#f3e3d8")
SUN = HexColor("#ffe9a8")
WHITE = HexColor("#ffffff")

TEXT, BOLD, ITALIC, BOLD_ITALIC = "Vera", "Vera-Bold", "Vera-Italic", "Vera-BoldItalic"
_FACES = {TEXT: "Vera.ttf", BOLD: "VeraBd.ttf", ITALIC: "VeraIt.ttf", BOLD_ITALIC: "VeraBI.ttf"}


def register_fonts() -> None:
    """Bitstream Vera comes with reportlab under a free licence and is embedded: accents look alike everywhere."""
    fonts = Path(reportlab.__file__).parent / "fonts"
    for name, file in _FACES.items():
        pdfmetrics.registerFont(TTFont(name, str(fonts / file)))
    pdfmetrics.registerFontFamily(TEXT, normal=TEXT, bold=BOLD, italic=ITALIC, boldItalic=BOLD_ITALIC)
