"""Reading helpers over the authored sequence: what lets in, what lies below, which conditions it asks; the meaning of
waits is left to waits.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from authoring.models.common import Model
from authoring.models.conditions import Condition
from authoring.models.sequences import Sequence, Trigger
from authoring.models.steps import Step
from base.calendars import at_local, is_zone
from leads.facts import CREDIBLE, Event, Lead


def below(sequence: Sequence, step_id: str) -> str | None:
    """The id of the step below `step_id`; None at the end."""
    step = sequence.next_after(step_id)
    return step.id if step is not None else None


def is_below(sequence: Sequence, step_id: str, than: str) -> bool:
    """Whether `step_id` stands further down than `than`; False for a step the sequence has not."""
    ids = [step.id for step in sequence.step]
    return step_id in ids and than in ids and ids.index(step_id) > ids.index(than)


def lets_in(trigger: Trigger, event: Event, sequence_name: str) -> bool:
    """Whether `event` pulls this trigger; others are pulled by what changes. What machines did pulls nothing, and
    neither does what a list says to have happened elsewhere."""
    if event.evidence not in CREDIBLE or event.by_list:
        return False
    if trigger.form is not None:
        return event.name == "form_submitted" and event.subject == trigger.form
    if trigger.magnet is not None:
        return _gives(trigger.magnet, event)
    if event.name == "enrol_asked":
        by = "api" if event.data.get("via") == "api" else "manual"
        return trigger.kind == by and event.subject == sequence_name
    if trigger.event is not None:
        return event.means == trigger.event and trigger.subject in (None, event.subject)
    return trigger.at is not None and event.name == "broadcast_due" and event.subject == sequence_name


def answers_forms(sequence: Sequence) -> bool:
    """Whether whoever fills in a form, with anybody's address, lets that address in without consent."""
    return sequence.class_ == "transactional" and any(
        trigger.form is not None or trigger.magnet is not None or trigger.event == "form_submitted"
        for trigger in sequence.trigger
    )


def matching(trigger: Trigger) -> Condition:
    """What is true of leads who match the trigger already: what would have let them in has happened."""
    if trigger.form is not None:
        return Condition(event="form_submitted", subject=trigger.form)
    if trigger.magnet is not None:
        return Condition(event="asset_delivered", subject=trigger.magnet)
    if trigger.event is not None:
        return Condition(event=trigger.event, subject=trigger.subject)
    if trigger.score is not None:
        return reaches(trigger, trigger.score)
    return Condition(stage=trigger.stage, segment=trigger.segment)


def reaches(trigger: Trigger, points: int) -> Condition:
    """That the score of a trigger is at least `points`."""
    return Condition(fit_at_least=points) if trigger.of == "fit" else Condition(engagement_at_least=points)


def _gives(magnet: str, event: Event) -> bool:
    if event.name == "form_submitted":
        return bool(event.data.get("magnet") == magnet)
    return event.means in ("asset_delivered", "asset_downloaded") and event.subject == magnet


def is_echo(trigger: Trigger, event: Event) -> bool:
    """Whether the event merely follows a request that let the lead in already: a magnet's delivery or download.

    Echoes let in whom the request could not (no consent yet), and never anybody a second time.
    """
    return trigger.magnet is not None and event.name != "form_submitted"


def broadcast_moment(trigger: Trigger, zone: str) -> datetime | None:
    """When the broadcast starts, in UTC; None for other triggers. Local to `zone` when it carries none."""
    if trigger.at is None:
        return None
    if trigger.at.tzinfo is not None:
        return trigger.at.astimezone(UTC)
    return at_local(trigger.at.date(), trigger.at.time(), zone)


def zone_for(lead: Lead, sequence: Sequence, site_zone: str) -> str:
    """The lead's zone, else the company's, the sequence's, the site's; a name that no zone has is passed over."""
    return first_zone(lead.zone, sequence.timezone, site_zone)


def first_zone(*names: str | None) -> str:
    """The first of the names that is a zone's; UTC when none is."""
    return next((name for name in names if name and is_zone(name)), "UTC")


def said(written: Model) -> str:
    """A condition, or what else stands in braces, as one line of TOML, for reasons that people read."""
    return _inline(written.model_dump(by_alias=True, exclude_none=True))


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_inline(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def conditions_of(model: object) -> Iterator[Condition]:
    """Every outermost condition written anywhere in a model, in the order of the file."""
    if isinstance(model, Condition):
        yield model
    elif isinstance(model, Model):
        for name in type(model).model_fields:
            yield from conditions_of(getattr(model, name))
    elif isinstance(model, list):
        for item in model:
            yield from conditions_of(item)


def waits(step: Step) -> bool:
    """Whether anything stands before the step's act."""
    return any(getattr(step, name) is not None for name in Step.WAITS)
