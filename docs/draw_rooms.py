"""Draws `docs/rooms.svg` from the arrows in pyproject.toml, so that the picture cannot lie.

Run: python docs/draw_rooms.py
"""

import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
WHAT_LIVES_THERE = {
    "terreau": "joins the rooms: app, commands, demo",
    "capture": "the public door",
    "console": "the staff door",
    "scheduler": "beat, threads, drain",
    "workflows": "decide, react, arbiter, engine",
    "emails": "from template to inbox",
    "sales": "hand-off, briefs, webhooks",
    "reports": "read-only questions",
    "leads": "identity, events, consent, score, stage",
    "authoring": "what marketers write; releases",
    "storage": "tables, fair writer, wakes, claims",
    "base": "clocks, config, TOML, calendars, tokens, words",
}
WIDTH, ROW, GAP, TOP = 880, 74, 14, 16


def draw() -> str:
    """The rooms as an SVG: one row per layer, imports pointing down only."""
    pyproject = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    layers = [line.split(" | ") for line in pyproject["tool"]["importlinter"]["contracts"][0]["layers"]]
    height = TOP * 2 + len(layers) * (ROW + GAP) - GAP
    rows = [box for index, rooms in enumerate(layers) for box in _row(rooms, TOP + index * (ROW + GAP))]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="t d" font-family="system-ui, sans-serif">',
            '<title id="t">The rooms of Terreau</title>',
            '<desc id="d">Each room may import the rooms below it, never one above it or beside it.</desc>',
            f'<rect width="{WIDTH}" height="{height}" rx="12" fill="#f6f5ee"/>',
            *rows,
            "</svg>",
            "",
        ]
    )


def _row(rooms: list[str], y: int) -> list[str]:
    wide = (WIDTH - 2 * 16 - (len(rooms) - 1) * GAP) / len(rooms)
    boxes = []
    for index, room in enumerate(rooms):
        x = 16 + index * (wide + GAP)
        boxes += [
            f'<rect x="{x:.0f}" y="{y}" width="{wide:.0f}" height="{ROW}" rx="8" fill="#ffffff" stroke="#cfcdbf"/>',
            f'<text x="{x + 16:.0f}" y="{y + 31}" font-size="17" font-weight="650" fill="#241c16">{room}</text>',
            f'<text x="{x + 16:.0f}" y="{y + 54}" font-size="12.5" fill="#5a5047">{WHAT_LIVES_THERE[room]}</text>',
        ]
    return boxes


if __name__ == "__main__":
    (CHECKOUT / "docs" / "rooms.svg").write_text(draw())
