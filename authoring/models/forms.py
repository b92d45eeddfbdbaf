"""`forms/NAME.toml`: what a visitor is asked.

Pure: no database, no clock, no network.
"""
# ruff: noqa: RUF012 - pydantic copies the defaults of a model

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from authoring.models.common import FieldName, Interests, Localised, Misfit, Model, Name
from authoring.patterns import OPTION
from base.saying import said


class Option(Model):
    value: Annotated[str, StringConstraints(pattern=OPTION, max_length=60)]
    label: Localised


class FormField(Model):
    """One question. `email, phone, first_name, last_name, company, job_title` fill the lead's own columns; any other
    name is kept among the lead's fields. A `consent` field names its topic and its exact wording. An `objection` field
    tells in its `wording` that addresses at work are written to about its topic, and its `label` is the box that says
    no; every other address is asked to confirm."""

    name: FieldName
    kind: Literal["text", "email", "phone", "choice", "consent", "objection", "hidden"]
    label: Localised | None = None
    hint: Localised | None = None
    required: bool = False
    autocomplete: str | None = None
    max_length: Annotated[int, Field(ge=1, le=2000)] = 200
    multiline: bool = False
    options: list[Option] = []
    topic: Name | Literal["clicks", "opens"] | None = None
    wording: Localised | None = None
    value: str | None = None

    @property
    def is_box(self) -> bool:
        """Whether it says yes or no to mail or measure, and nothing about the lead."""
        return self.kind in ("consent", "objection")

    @model_validator(mode="after")
    def _informs(self) -> Self:
        if self.kind != "objection":
            return self
        if self.topic is None or self.wording is None or self.label is None:
            hint = said("`wording` says who writes about what, and `label` stands beside the box that objects")
            raise Misfit(said("a field of kind `objection` needs a `topic`, a `wording` and a `label`"), hint=hint)
        if self.topic in ("clicks", "opens"):
            hint = said("ask for it by a field of kind `consent`")
            raise Misfit(said("nobody is measured without consent"), "topic", hint=hint)
        if self.required:
            hint = said("leave it out: whoever does not object leaves it empty")
            raise Misfit(said("a field of kind `objection` cannot be `required`"), "required", hint=hint)
        return self

    @model_validator(mode="after")
    def _parts_for_its_kind(self) -> Self:
        if self.kind == "choice" and len(self.options) < 2:
            hint = said("write each as { value = …, label = … }")
            raise Misfit(said("a field of kind `choice` needs at least two `options`"), hint=hint)
        if self.kind == "consent" and (self.topic is None or self.wording is None):
            hint = said("`topic` names what is agreed to; `wording` is the exact sentence shown, and the proof")
            raise Misfit(said("a field of kind `consent` needs a `topic` and a `wording`"), hint=hint)
        if self.kind == "consent" and self.required:
            message = said("a field of kind `consent` cannot be `required`")
            raise Misfit(message, "required", hint=said("leave it out: consent that is forced is no consent"))
        if self.kind == "hidden" and self.value is None:
            hint = said("write it here: what visitors send in it is ignored")
            raise Misfit(said("a field of kind `hidden` needs a `value`"), hint=hint)
        if self.kind in ("text", "email", "phone", "choice") and self.label is None:
            message = said("a field of kind `%(kind)s` needs a `label`", kind=self.kind)
            raise Misfit(message, hint=said("write what visitors read beside it"))
        return self


class Thanks(Model):
    """The page after the form. `ticked` follows `body` for those who ticked a box of consent."""

    title: Localised
    body: Localised  # Markdown
    ticked: Localised | None = None  # Markdown


class Addresses(Model):
    """What becomes of a form with an address that is thrown away after use, or that no one person reads (`contact@`):
    taken like any other, kept and held until somebody looks at it, or refused with a word on what to give instead."""

    disposable: Literal["accept", "hold", "refuse"] = "accept"
    role: Literal["accept", "hold", "refuse"] = "accept"


class Form(Model):
    """`magnet` is delivered by mail; `hand_raise` goes to sales at once, to the `rep` it names where it names one.

    `subscribe` names the topic whose button is the act: no box is needed, `wording` is the sentence beside the button.
    `proof_of_work`: a browser computes for a moment before it sends, some 2 ** bits hashes; without it, held.
    """

    title: Localised
    intro: Localised | None = None
    submit: Localised
    field: list[FormField] = Field(min_length=1)
    thanks: Thanks
    magnet: Name | None = None
    hand_raise: bool = False
    rep: Name | None = None
    subscribe: Name | None = None
    wording: Localised | None = None
    interests: Interests = []
    addresses: Addresses = Addresses()
    proof_of_work: Annotated[int, Field(ge=8, le=22)] | None = None

    @property
    def asks_for(self) -> frozenset[str]:
        """The topics that its boxes or its button are about, what is measured among them."""
        boxes = {field.topic for field in self.field if field.is_box}
        return frozenset(topic for topic in (*boxes, self.subscribe) if topic is not None)

    @model_validator(mode="after")
    def _identifies(self) -> Self:
        kinds = {field.kind for field in self.field}
        if not kinds & {"email", "phone"}:
            hint = said("add one: nobody can be answered otherwise")
            raise Misfit(said("a form needs an `email` or a `phone` field"), hint=hint)
        if self.subscribe is not None and self.wording is None:
            hint = said("write the exact sentence beside the button: it is the proof")
            raise Misfit(said("`subscribe` needs a `wording`"), "subscribe", hint=hint)
        names = [field.name for field in self.field]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            second = [index for index, name in enumerate(names) if name == doubled[0]][1]
            message = said("the field `%(field)s` is there twice", field=doubled[0])
            raise Misfit(message, "field", second, "name", hint=said("give each a `name` of its own"))
        return self
