"""Draws a report: the whole page, or for htmx only the report inside it."""

from typing import Any

from flask import Response

from console.access import may
from console.context import by_htmx, draw, viewer

DASH = "–"  # where a figure would say nothing


def draw_report(template: str, status: int = 200, **values: Any) -> Response:
    """`layout` is what the template extends; an address answers in both ways, so that caches must not mix them."""
    layout = "console/fragment.html" if by_htmx() else "console/layout.html"
    can_preview = may(viewer(), "preview")
    answer = draw(template, status, layout=layout, can_preview=can_preview, dash=DASH, **values)
    answer.headers["Vary"] = "HX-Request"
    return answer
