"""`pages/NAME.toml`: a landing page, as sections that read top to bottom.

Pure: no database, no clock, no network.
"""
# ruff: noqa: RUF012 - pydantic copies the defaults of a model

from typing import Annotated, Literal

from pydantic import Field

from authoring.models.common import Interests, Locale, Localised, Model, Name

# What is drawn on a cover and beside the rows of a sheet: three stages of a plant, or of a room in perspective.
Drawing = Literal["sprout", "room"]


class Row(Model):
    """A line of a section: `title`, its `text`, and a `mark` beside it (a page number, a moment)."""

    title: Localised
    text: Localised = ""
    mark: Localised | None = None


class Hero(Model):
    kind: Localised
    title: Localised
    lead: Localised
    facts: list[Localised] = []
    cover: Localised | None = None  # the title on a drawn cover; none = no cover
    drawing: Drawing = "sprout"
    byline: Localised | None = None


class Section(Model):
    """`rows` what is inside, `sheet` a page shown in full, `next` what happens after, `faq`, `end` the last call."""

    kind: Literal["rows", "sheet", "next", "faq", "prose", "end"]
    title: Localised
    text: Localised = ""  # Markdown
    row: list[Row] = []
    mark: Localised | None = None
    drawing: Drawing | None = None  # beside the rows of a `sheet`


class Page(Model):
    title: Localised
    description: Localised
    form: Name
    hero: Hero
    section: list[Section] = []
    interests: Interests = []
    index: bool = True
    locales: Annotated[list[Locale], Field(min_length=1)] = ["fr", "en"]
