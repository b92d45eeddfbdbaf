"""One living room in isometric projection, at the three levels of detail of the guide: volumes, materials, light."""

from dataclasses import dataclass, replace
from math import cos, radians, sin

from reportlab.lib.colors import Color, HexColor
from reportlab.pdfgen.canvas import Canvas

Point = tuple[float, float, float]  # metres: x along the window wall, y along the other wall, z up

WIDTH, DEPTH, HEIGHT = 6.0, 5.0, 2.7
_COS, _SIN = cos(radians(30)), sin(radians(30))
# The whole drawing in units of a metre: how wide, how high, and how far the left corner lies left of the origin.
SPAN_X = (WIDTH + DEPTH) * _COS
SPAN_Y = (WIDTH + DEPTH) * _SIN + HEIGHT


@dataclass(frozen=True)
class Look:
    """The colours of one level; a face without one is left unfilled."""

    line: Color
    fills: dict[str, Color]
    dash: bool = False
    lit: bool = False

    @property
    def furnished(self) -> bool:
        return "floor" in self.fills


def _colours(**named: str) -> dict[str, Color]:
    return {name: HexColor(value) for name, value in named.items()}


_FLAT = _colours(
    floor="#d9c6a5", board="#b89f78", left="#e9e3d6", right="#f4f0e6", glass="#cfdde0", sofa="#7d9a6d",
    sofa_top="#93b081", wood="#8a6343", wood_top="#a37a55", pot="#a9572f", leaf="#6f9a63", lamp="#efeae1",
    rug="#e3d3ba", door="#c9b592",
)  # fmt: skip
_LIT = _FLAT | _colours(
    floor="#b99f78", board="#a58b63", left="#cfc6b4", right="#ded6c6", glass="#fff3c9", sofa="#6c8a5d", leaf="#4f8a45",
    lamp="#fff3c9", rug="#cdb994", door="#b39d79",
)  # fmt: skip
_BOX, _TOP = "#e4e0d6", "#efece4"
_GREY = _colours(
    sofa=_BOX, sofa_top=_TOP, wood=_BOX, wood_top=_TOP, lamp=_TOP
)  # boxes, and nothing to fall in love with
LOOKS = {
    1: Look(line=HexColor("#6b6056"), dash=True, fills=_GREY),
    2: Look(line=HexColor("#4b4036"), fills=_FLAT),
    3: Look(line=HexColor("#3a2f27"), fills=_LIT, lit=True),
}


def draw_room(
    canvas: Canvas, x: float, y: float, width: float, level: int, furniture: bool = True, **tint: str
) -> float:
    """The room in a box `width` points wide whose lower left corner is (x, y); gives back the height of the box.
    `tint` gives other colours to things: a variant."""
    scale = width / SPAN_X
    look = LOOKS[level]
    room = _Room(
        canvas,
        replace(look, fills=look.fills | _colours(**tint)),
        x + DEPTH * _COS * scale,
        y + (WIDTH + DEPTH) * _SIN * scale,
        scale,
    )
    canvas.saveState()
    canvas.setLineJoin(1)
    room.shell()
    if furniture:
        room.furnish()
    canvas.restoreState()
    return SPAN_Y * scale


class _Room:
    def __init__(self, canvas: Canvas, look: Look, origin_x: float, origin_y: float, scale: float) -> None:
        self.canvas, self.look, self.scale = canvas, look, scale
        self.origin = (origin_x, origin_y)

    def at(self, point: Point) -> tuple[float, float]:
        x, y, z = point
        return (
            self.origin[0] + (x - y) * _COS * self.scale,
            self.origin[1] - (x + y) * _SIN * self.scale + z * self.scale,
        )

    def face(self, points: list[Point], fill: str | Color | None, stroke: bool = True, alpha: float = 1) -> None:
        colour = self._fill(fill)
        if colour is None and not stroke:
            return
        path = self.canvas.beginPath()
        path.moveTo(*self.at(points[0]))
        for point in points[1:]:
            path.lineTo(*self.at(point))
        path.close()
        self._pen()
        if colour is not None:
            self.canvas.setFillColor(colour)
            self.canvas.setFillAlpha(alpha)
        self.canvas.drawPath(path, stroke=int(stroke), fill=int(colour is not None))
        self.canvas.setFillAlpha(1)

    def line(self, start: Point, end: Point, colour: str | None = None, weight: float = 1) -> None:
        self._pen(weight)
        if colour is not None:
            self.canvas.setStrokeColor(self.look.fills[colour])
        self.canvas.line(*self.at(start), *self.at(end))

    def box(self, corner: Point, size: Point, fill: str, top: str | None = None) -> None:
        """Only the three faces that are seen: top, towards +x, towards +y."""
        (x, y, z), (dx, dy, dz) = corner, size
        x1, y1, z1 = x + dx, y + dy, z + dz
        self.face([(x, y1, z), (x1, y1, z), (x1, y1, z1), (x, y1, z1)], self._shade(fill, 0.82))
        self.face([(x1, y, z), (x1, y1, z), (x1, y1, z1), (x1, y, z1)], self._shade(fill, 0.92))
        self.face([(x, y, z1), (x1, y, z1), (x1, y1, z1), (x, y1, z1)], top or fill)

    def shell(self) -> None:
        self.face([(0, 0, 0), (0, DEPTH, 0), (0, DEPTH, HEIGHT), (0, 0, HEIGHT)], "left")
        self.face([(0, 0, 0), (WIDTH, 0, 0), (WIDTH, 0, HEIGHT), (0, 0, HEIGHT)], "right")
        self.face([(0, 0, 0), (WIDTH, 0, 0), (WIDTH, DEPTH, 0), (0, DEPTH, 0)], "floor")
        if self.look.furnished:
            for step in range(1, 10):
                self.line((0, step / 2, 0), (WIDTH, step / 2, 0), "board", 0.5)
        self._window()
        self.face([(0, 3.75, 0), (0, 4.65, 0), (0, 4.65, 2.04), (0, 3.75, 2.04)], "door")

    def _window(self) -> None:
        left, right, sill, head = 2.2, 4.9, 0.85, 2.25
        self.face([(left, 0, sill), (right, 0, sill), (right, 0, head), (left, 0, head)], "glass")
        middle = (left + right) / 2
        self.line((middle, 0, sill), (middle, 0, head))
        self.line((left, 0, 1.75), (right, 0, 1.75))

    def furnish(self) -> None:
        if self.look.furnished:
            self.face([(1.35, 0.75, 0), (4.0, 0.75, 0), (4.0, 3.0, 0), (1.35, 3.0, 0)], "rug")
        if self.look.lit:
            self._sun()
        self._lamp()
        self.box((0.25, 0.75, 0), (0.28, 2.2, 0.82), "sofa", "sofa_top")
        self.box((0.53, 0.75, 0), (0.67, 2.2, 0.42), "sofa", "sofa_top")
        self._table()
        if self.look.furnished:
            self._plant()

    def _sun(self) -> None:
        """Where the window's light falls: its two panes, drawn out over the floor."""
        for left, right in ((2.2, 3.45), (3.65, 4.9)):
            patch: list[Point] = [
                (left + 0.1, 0.9, 0),
                (right + 0.1, 0.9, 0),
                (right - 0.9, 3.6, 0),
                (left - 0.9, 3.6, 0),
            ]
            self.face(patch, HexColor("#ffe9a8"), stroke=False, alpha=0.7)

    def _table(self) -> None:
        for x, y in ((2.05, 1.3), (3.25, 1.3), (2.05, 2.4), (3.25, 2.4)):
            self.line((x, y, 0), (x, y, 0.42))
        self.box((1.95, 1.2, 0.42), (1.4, 1.3, 0.07), "wood", "wood_top")

    def _lamp(self) -> None:
        x, y = 1.5, 0.4
        self.line((x, y, 0), (x, y, 1.5))
        if self.look.lit:
            centre = self.at((x, y, 1.3))
            self.canvas.setFillColor(HexColor("#ffe9a8"))
            for radius, alpha in ((1.0, 0.18), (0.62, 0.22)):
                self.canvas.setFillAlpha(alpha)
                self.canvas.circle(*centre, radius * self.scale, stroke=0, fill=1)
            self.canvas.setFillAlpha(1)
        self.face(
            [
                (x - 0.28, y + 0.28, 1.3),
                (x + 0.28, y - 0.28, 1.3),
                (x + 0.13, y - 0.13, 1.72),
                (x - 0.13, y + 0.13, 1.72),
            ],
            "lamp",
        )

    def _plant(self) -> None:
        self.box((5.25, 0.35, 0), (0.42, 0.42, 0.42), "pot")
        foot = self.at((5.46, 0.56, 0.42))
        for bend, reach, lean in ((-0.5, 0.85, -0.45), (0.5, 0.85, 0.5), (0.12, 1.2, 0.05)):
            self._leaf(foot, bend * self.scale, reach * self.scale, lean * self.scale)

    def _leaf(self, foot: tuple[float, float], bend: float, reach: float, lean: float) -> None:
        x, y = foot
        path = self.canvas.beginPath()
        path.moveTo(x, y)
        path.curveTo(x + bend, y + reach * 0.25, x + lean * 1.6, y + reach * 0.6, x + lean, y + reach)
        path.curveTo(x + lean * 0.4, y + reach * 0.7, x - bend * 0.25, y + reach * 0.35, x, y)
        self._pen()
        colour = self._fill("leaf")
        if colour is not None:
            self.canvas.setFillColor(colour)
        self.canvas.drawPath(path, stroke=1, fill=int(colour is not None))

    def _fill(self, fill: str | Color | None) -> Color | None:
        return self.look.fills.get(fill) if isinstance(fill, str) else fill

    def _shade(self, fill: str, factor: float) -> Color | None:
        colour = self._fill(fill)
        return colour and Color(colour.red * factor, colour.green * factor, colour.blue * factor)

    def _pen(self, weight: float = 1) -> None:
        self.canvas.setStrokeColor(self.look.line)
        self.canvas.setLineWidth(weight * max(0.45, self.scale / 22))
        self.canvas.setDash([2.2, 1.8] if self.look.dash else [])
