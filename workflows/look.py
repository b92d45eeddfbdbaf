"""One enrolment before one step: what its decision looks at, with the moments that its wait leads to.

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass
from datetime import datetime

from authoring.models.conditions import Condition
from authoring.models.sequences import Sequence
from authoring.models.steps import Step
from base.calendars import local_moment
from leads.conditions import holds
from leads.facts import Facts
from workflows.language import below, zone_for
from workflows.resting import on_resume, pauses_of, shifted
from workflows.values import Enrolment, Mail, Pause, Rules
from workflows.waits import due_moment, holidays_of, later


@dataclass(frozen=True, slots=True)
class Look:
    """One enrolment before one step, at one instant."""

    enrolment: Enrolment
    sequence: Sequence
    step: Step
    facts: Facts
    rules: Rules
    now: datetime
    mail: Mail | None

    @property
    def then(self) -> str | None:
        return below(self.sequence, self.step.id)

    @property
    def zone_now(self) -> str:
        """What a window uses: the zone at send time."""
        return zone_for(self.facts.lead, self.sequence, self.rules.zone)

    @property
    def zone(self) -> str:
        """What a wait uses: the zone resolved when it began."""
        return self.enrolment.waiting_zone or self.zone_now

    @property
    def dated(self) -> datetime | None:
        """The date of the lead from which the wait counts; None where the step counts from none, or none is known."""
        field = self.step.dated_by
        written = None if field is None else self.facts.lead.value(field)
        return local_moment(str(written), self.zone) if written is not None else None

    @property
    def anchor(self) -> datetime:
        """What the wait counts from."""
        entered = self.step.wait_from == "entry"
        return self.dated or (self.enrolment.entered_at if entered else self.enrolment.anchor_at)

    @property
    def planned(self) -> datetime:
        """When the step is due by its wait alone, before windows and caps."""
        holidays = holidays_of(self.sequence)

        def due(anchor: datetime, arrived: datetime) -> datetime:
            return due_moment(self.step, anchor=anchor, arrived=arrived, zone=self.zone, holidays=holidays)

        arrived = self.enrolment.waiting_since or self.now
        return shifted(due, self.anchor, arrived, () if self.dated is not None else self.shifting)

    @property
    def pauses(self) -> list[Pause]:
        return pauses_of(self.rules.pauses, self.enrolment.sequence, self.sequence)

    @property
    def shifting(self) -> list[Pause]:
        """The pauses that make waits longer."""
        return self.pauses if on_resume(self.sequence) == "shift" else []

    def later(self, at: datetime, duration: str, zone: str | None = None) -> datetime:
        """`at` plus an authored duration, in the zone of the wait if no other is given."""
        return later(at, duration, zone or self.zone, holidays_of(self.sequence))

    @property
    def expires_at(self) -> datetime | None:
        """From when on the step's mail is too late; None = never."""
        late = self.sequence.expires_after
        return None if late is None else self.later(self.planned, late)

    def true(self, condition: Condition, facts: Facts | None = None) -> bool:
        return holds(condition, facts or self.facts, self.rules.site.definitions, self.now)
