"""`magnets/NAME.toml`: what a visitor gets in exchange.

Pure: no database, no clock, no network.
"""
# ruff: noqa: RUF012 - pydantic copies the defaults of a model

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from authoring.models.common import Interests, Locale, Localised, Model
from authoring.patterns import FILE_PATH

# A path inside magnets/, without a way out of it.
FilePath = Annotated[str, StringConstraints(pattern=FILE_PATH, max_length=200)]


class MagnetFile(Model):
    path: FilePath
    locale: Locale
    label: Localised


class Magnet(Model):
    title: Localised
    kind: Literal["guide", "checklist", "template", "case_study", "webinar", "course", "ebook"]
    phase: Literal["discovery", "evaluation", "purchase"] = "discovery"
    interests: Interests = []
    link_days: Annotated[int, Field(ge=1, le=30)] = 7
    file: list[MagnetFile] = Field(min_length=1)
