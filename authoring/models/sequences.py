"""`sequences/NAME.toml`: who comes in, and a flat list of steps that reads top to bottom.

Pure: no database, no clock, no network. The meaning of each key: DESIGN in `docs/sequences.md`.
"""
# ruff: noqa: RUF012 - pydantic copies the defaults of a model

from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from authoring.models.common import (
    OR,
    Address,
    CapText,
    DayOff,
    DurationText,
    FieldName,
    Localised,
    Misfit,
    Model,
    Name,
    OffsetText,
    Utm,
    Zone,
    both,
    listed,
)
from authoring.models.conditions import Condition, EventName
from authoring.models.definitions import Points
from authoring.models.steps import QuietHours, SendWindow, Step
from base.saying import said

OUT = said("leave it out")  # the remedy for a key that says nothing here


class Trigger(Model):
    """What lets a lead in: exactly one of the KINDS, with the keys that go with it.

    `at` is a broadcast: everyone whom the sequence's `filter` admits.
    """

    KINDS: ClassVar[tuple[str, ...]] = (
        "form", "magnet", "event", "stage", "segment", "score", "date", "sequence", "at", "manual", "api",
    )  # fmt: skip
    # What `on` may say of each kind; the first is meant where it says nothing.
    ON: ClassVar[dict[str, tuple[str, ...]]] = {
        "segment": ("entered", "left"),
        "score": ("rises", "falls"),
        "sequence": ("completed", "left"),
    }
    MATCHABLE: ClassVar[tuple[str, ...]] = ("form", "magnet", "event", "stage", "segment", "score")

    form: Name | None = None
    magnet: Name | None = None
    event: EventName | None = None
    subject: str | None = None  # with `event`
    stage: Name | None = None
    segment: Name | None = None
    score: Points | None = None  # points of engagement, or of fit
    of: Literal["engagement", "fit"] = "engagement"  # with `score`
    date: FieldName | None = None  # the field of the lead that holds it
    offset: OffsetText | None = None  # with `date`
    sequence: Name | None = None
    on: Literal["entered", "left", "rises", "falls", "completed"] | None = None
    at: datetime | None = None  # local time of the site's zone when it carries none
    manual: Literal[True] | None = None  # by a member of staff
    api: Literal[True] | None = None  # by another program
    existing: Literal["skip", "enrol"] = "skip"  # leads who match already when the trigger comes into force

    @property
    def kind(self) -> str:
        return next(kind for kind in self.KINDS if getattr(self, kind) is not None)

    @property
    def when(self) -> str | None:
        """What `on` says, or stands for where it says nothing; None where there is no choice."""
        return self.on or next(iter(self.ON.get(self.kind, ())), None)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [kind for kind in self.KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            message = said("a trigger is one thing; found %(found)s", found=both(given))
            raise Misfit(message, *given[1:2], hint=said("write one of %(names)s", names=listed(self.KINDS)))
        for key, kind in (("subject", "event"), ("offset", "date"), ("of", "score")):
            if getattr(self, key) not in (None, "engagement") and self.kind != kind:
                raise Misfit(said("`%(key)s` goes with `%(kind)s` only", key=key, kind=kind), key, hint=OUT)
        if self.on is not None and self.on not in self.ON.get(self.kind, ()):
            if self.kind not in self.ON:
                raise Misfit(said("`on` does not go with `%(kind)s`", kind=self.kind), "on", hint=OUT)
            message = said("`on` of a trigger by `%(kind)s` is not `%(word)s`", kind=self.kind, word=self.on)
            raise Misfit(message, "on", hint=said("write %(names)s", names=both(self.ON[self.kind], OR)))
        if self.existing == "enrol" and (self.kind not in self.MATCHABLE or self.on in ("left", "falls")):
            message = said("`existing` goes with what a lead may match already")
            hint = said("leave it out, or trigger by one of %(names)s", names=listed(self.MATCHABLE))
            raise Misfit(message, "existing", hint=hint)
        return self


class Goal(Model):
    when: Condition
    within: DurationText | None = None
    on_reach: Name | Literal["exit"] = "exit"


class Sequence(Model):
    title: Localised
    topic: Name | None = None
    class_: Literal["marketing", "transactional"] = Field(default="marketing", alias="class")
    audience: Literal["leads", "not_customers", "customers", "everyone"] = "leads"
    sender: Name
    reply_to: Address | None = None
    utm: Utm | Literal[False] | None = None  # on the links of its mails; False: none, whatever the definitions say
    priority: Annotated[int, Field(ge=0, le=100)] = 50
    concurrent: bool = True  # False: of a lead's sequences that say so, only the first in priority sends
    frequency_cap: list[CapText] = []  # of this sequence's own mails
    trigger: list[Trigger] = Field(min_length=1)
    filter: Condition | None = None
    suppress: list[Condition] = []
    re_entry: Literal["never", "after_exit", "always"] = "never"
    min_interval: DurationText | None = None
    entry_key: FieldName | None = None  # one enrolment per value
    exit_when: list[Condition] = []
    goal: Goal | None = None
    send_window: SendWindow | None = None
    quiet_hours: QuietHours | None = None
    holidays: list[DayOff] = []
    timezone: Zone | None = None
    expires_after: DurationText | None = None
    on_unknown: Literal["hold", "resend"] | None = None
    on_failure: Literal["skip", "exit"] = "skip"
    on_resume: Literal["skip", "shift", "send"] | None = None  # send what was asked for, shift the rest
    on_edit: Literal["pin", "adopt"] = "pin"  # what an edit of this file does to those inside
    rollout: Annotated[int, Field(ge=1, le=99)] | None = (
        None  # per cent of new entrants; the rest enter what was before
    )
    step: list[Step] = Field(min_length=1)

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        if self.class_ == "marketing" and self.topic is None:
            hint = said("name one of definitions.toml: consent is given per topic")
            raise Misfit(said("a marketing sequence needs a `topic`"), hint=hint)
        for key, given in (("frequency_cap", bool(self.frequency_cap)), ("concurrent", not self.concurrent)):
            if given and self.class_ == "transactional":
                message = said("`%(key)s` holds marketing back; what was asked for is sent whatever happens", key=key)
                raise Misfit(message, key, hint=OUT)
        if self.rollout is not None and self.on_edit == "adopt":
            message = said(
                '`rollout` tries an edit on some who come in; on_edit = "adopt" gives it to everybody inside'
            )
            raise Misfit(message, "rollout", hint=said("leave one of them out"))
        ids = [step.id for step in self.step]
        if doubled := sorted({step for step in ids if ids.count(step) > 1}):
            second = [index for index, step in enumerate(ids) if step == doubled[0]][1]
            message = said("the step `%(step)s` is there twice", step=doubled[0])
            hint = said("give each an `id` of its own: it is an identity for life")
            raise Misfit(message, "step", second, "id", hint=hint)
        return self

    def next_after(self, step_id: str) -> Step | None:
        """The step below `step_id`; None at the end."""
        below = [index + 1 for index, step in enumerate(self.step) if step.id == step_id]
        return self.step[below[0]] if below and below[0] < len(self.step) else None

    def find(self, step_id: str) -> Step | None:
        return next((step for step in self.step if step.id == step_id), None)
