"""Whether the colours of a brand can be read on each other.

Pure: no database, no clock, no network. Formula: WCAG 2.2, "contrast ratio" and "relative luminance".
"""

from collections.abc import Iterator

from authoring.models.definitions import Brand
from authoring.sentences import Fault
from base.saying import said

READ, SEEN = 4.5, 3.0  # WCAG 2.2, 1.4.3 for text and 1.4.11 for the edges of fields

PAIRS = (
    *(
        (ink, ground, READ)
        for ink, grounds in (
            ("ink", ("paper", "surface", "accent_soft")),
            ("ink_soft", ("paper", "surface", "accent_soft")),
            ("accent", ("paper", "surface")),
            ("on_accent", ("accent",)),
            ("on_soil", ("soil",)),
        )
        for ground in grounds
    ),
    ("field", "surface", SEEN),
)


def contrast(one: str, other: str) -> float:
    """The ratio of two colours (`#rrggbb`), from 1.0 (the same) to 21.0 (black on white)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def pale_pairs(brand: Brand) -> Iterator[Fault]:
    """Every pair of a brand's colours that too few people can read."""
    for name, palette in (("day", brand.day), ("night", brand.night)):
        for ink, ground, least in PAIRS:
            ratio = contrast(getattr(palette, ink), getattr(palette, ground))
            if ratio < least:
                message = said(
                    "`%(ink)s` on `%(ground)s` has a contrast of %(ratio)s:1, too little to be read",
                    ink=ink,
                    ground=ground,
                    ratio=f"{int(ratio * 100) / 100:.2f}",
                )
                hint = said("at least %(least)s:1, for most people's eyes", least=least)
                yield Fault(("brand", name, ink), message, hint)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
