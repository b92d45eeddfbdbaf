"""One step of a sequence: its waits, then at most one act, and what each of these says.

Pure: no database, no clock, no network. The meaning of each key: DESIGN in `docs/sequences.md`.
"""
# ruff: noqa: RUF012 - pydantic copies the defaults of a model

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from authoring.models.common import (
    DayText,
    DurationText,
    FieldName,
    Line,
    Localised,
    Misfit,
    Model,
    Name,
    OffsetText,
    TimeText,
    Weekday,
    both,
    listed,
)
from authoring.models.conditions import Condition
from base.saying import said


class SendWindow(Model):
    """When mails may leave: `days` and hours, `from` included, `to` excluded, in the lead's zone."""

    days: list[Weekday] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    from_: TimeText = Field(default="00:00", alias="from")
    to: TimeText | Literal["24:00"] = "24:00"
    fallback: Literal["next_available", "skip"] = "next_available"


class QuietHours(Model):
    """When no mail leaves, on any day, in the lead's zone: `from` included, `to` excluded; past midnight if need be."""

    from_: TimeText = Field(alias="from")
    to: TimeText
    fallback: Literal["next_available", "skip"] = "next_available"

    @model_validator(mode="after")
    def _an_end(self) -> Self:
        if self.from_ == self.to:
            message = said("`quiet_hours` that end when they begin never end: no mail would leave")
            raise Misfit(message, "to", hint=said("write another hour"))
        return self


class WaitUntil(Model):
    """The first such moment that is not past: a time, on one of the weekdays, not before a date."""

    time: TimeText | None = None
    weekdays: list[Weekday] = []
    date: DayText | None = None  # YYYY-MM-DD

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.time is None and not self.weekdays and self.date is None:
            message = said("`wait_until` does not say until when")
            raise Misfit(message, hint=said("write a `time`, `weekdays` or a `date`"))
        return self


class WaitFor(Model):
    """Until `when` holds. `since`: events count from the entry (the entry's own excluded), from now, or ever."""

    when: Condition
    timeout: DurationText
    on_timeout: Name | Literal["next", "exit"] = "next"
    since: Literal["entry", "now", "ever"] = "entry"


class Case(Model):
    when: Condition
    to: Name


class Branch(Model):
    case: list[Case] = Field(min_length=1)
    otherwise: Name | None = None  # none = the next step


class Share(Model):
    """One way of a `split`: so many of all weights together go to the step `to`."""

    weight: Annotated[int, Field(ge=1, le=1000)]
    to: Name


class Pick(Model):
    """The best of the sequence's texts that say their `phase`: of that phase (else of the lead's stage), for what the
    lead is interested in, not sent to them yet."""

    phase: Name | None = None
    interests: bool = True
    unseen: bool = True


class Task(Model):
    """Something for a salesperson to do: for the rep `owner`, else for the lead's."""

    title: Localised
    due: DurationText | None = None
    owner: Name | None = None


class SetFields(Model):
    fields: dict[str, str | int | bool] = {}
    add_tags: list[str] = []
    remove_tags: list[str] = []


class Notify(Model):
    """Tell the lead's owner, or the rep named by `rep`, by mail."""

    subject: Localised
    text: Localised
    rep: Name | None = None


class Step(Model):
    """Waits, then at most one act. `id` is its identity for life: renaming is deleting and adding."""

    ACTS: ClassVar[tuple[str, ...]] = (
        "email", "pick", "notify", "task", "webhook", "set", "enrol", "branch", "split", "holdout", "jump", "exit",
    )  # fmt: skip
    WAITS: ClassVar[tuple[str, ...]] = ("wait", "wait_until", "wait_for")

    id: Name
    wait: OffsetText | None = None
    wait_from: Literal["previous", "entry"] | FieldName = "previous"  # else the field of the lead that holds a date
    wait_until: WaitUntil | None = None
    wait_for: WaitFor | None = None
    only_if: Condition | None = None
    email: Name | None = None
    pick: Pick | None = None
    notify: Notify | None = None
    task: Task | None = None
    webhook: Name | None = None  # one of the [[webhooks]] of config.toml
    set: SetFields | None = None
    enrol: Name | None = None  # into that sequence, besides this one
    branch: Branch | None = None
    split: Annotated[list[Share], Field(min_length=2)] | None = None
    holdout: Annotated[int, Field(ge=1, le=99)] | None = None  # per cent of the leads who go no further
    jump: Name | None = None
    max_passes: Annotated[int, Field(ge=1, le=100)] | None = None  # what a `jump` back needs
    exit: Line | None = None  # the reason
    send_window: SendWindow | None = None

    @property
    def mails(self) -> bool:
        """Whether its act is a mail to the lead."""
        return self.email is not None or self.pick is not None

    @property
    def dated_by(self) -> str | None:
        """The field of the lead from whose date the wait counts; None if it counts from the previous mail or entry."""
        return None if self.wait_from in ("previous", "entry") else self.wait_from

    @property
    def act(self) -> str | None:
        return next((act for act in self.ACTS if getattr(self, act) is not None), None)

    @model_validator(mode="after")
    def _one_act(self) -> Self:
        acts = [act for act in self.ACTS if getattr(self, act) is not None]
        waits = [wait for wait in self.WAITS if getattr(self, wait) is not None]
        if len(acts) > 1:
            message = said("a step does one thing; found %(found)s", found=both(acts))
            raise Misfit(message, acts[1], hint=said("make them two steps"))
        if not acts and not waits:
            hint = said("write one of %(names)s", names=listed((*self.WAITS, *self.ACTS)))
            raise Misfit(said("a step needs an act or a wait"), hint=hint)
        if self.wait_for is not None and (acts or len(waits) > 1):
            message, hint = said("`wait_for` stands alone in its step"), said("put what follows into the next step")
            raise Misfit(message, "wait_for", hint=hint)
        self._goes_with()
        return self

    def _goes_with(self) -> None:
        """Some keys only say more about another."""
        if self.send_window is not None and not self.mails:
            raise Misfit(said("`send_window` moves mails only"), "send_window", hint=said("it goes with `email`"))
        if self.max_passes is not None and self.jump is None:
            message = said("`max_passes` says how often a `jump` leads back")
            raise Misfit(message, "max_passes", hint=said("it goes with `jump`"))
        if self.wait_from != "previous" and self.wait is None:
            message = said("`wait_from` says what `wait` counts from")
            raise Misfit(message, "wait_from", hint=said("it goes with `wait`"))
        if self.wait is not None and self.wait.startswith("-") and self.dated_by is None:
            message = said("a `wait` before something counts from a date")
            raise Misfit(message, "wait", hint=said("name its field in `wait_from`"))
