"""The figures of the documents, by name; their words come with the text, so that no figure speaks a language."""

from collections.abc import Callable

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from docs.magnets import charts, plans

Words = dict[str, str]
Draw = Callable[[Canvas, float, float, Words], None]

# Each with its height in points; all are as wide as the page's measure.
FIGURES: dict[str, tuple[Draw, float]] = {
    "flat": (plans.flat, 258),
    "questions": (charts.questions, 132),
    "levels": (charts.levels, 200),
    "hours": (charts.hours, 82),
    "extrude": (charts.extrude, 116),
    "camera": (plans.camera, 204),
    "meetings": (charts.meetings, 172),
    "gates": (charts.gates, 84),
    "rate": (charts.rate, 92),
}


class Figure(Flowable):
    """A drawing as wide as the page's measure; `words` are what is written in it."""

    def __init__(self, name: str, words: Words) -> None:
        super().__init__()
        self.name, self.words = name, words
        self.measure = 0.0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        self.measure = available_width
        return available_width, FIGURES[self.name][1]

    def draw(self) -> None:
        draw, height = FIGURES[self.name]
        self.canv.saveState()
        draw(self.canv, self.measure, height, self.words)
        self.canv.restoreState()
