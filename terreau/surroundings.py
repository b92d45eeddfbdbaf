"""What content asks of what lies beside it, the settings and the leads there are; both may be out of reach."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from authoring.site import Locate, Site
from authoring.suggest import did_you_mean
from base.problems import Problem
from base.saying import Said, said
from base.toml import Loc
from leads.facts import SILENCE
from leads.lint import measured_rules
from leads.measured import Share

Found = Iterator[tuple[str, Loc, Said, Said]]  # the file, where in it, what is wrong, what to do

BLIND = 50  # per cent of the leads: with more, a rule decides for the most part about those whom it cannot see


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`channels`: the names of [[webhooks]], None where no settings are at hand. `never`: what they never measure.
    `asks`: they let silent leads be asked before marketing ends. `unmeasured`: purpose -> the leads without consent to
    it, empty without a database."""

    channels: Collection[str] | None = None
    never: frozenset[str] = frozenset()
    asks: bool = False
    unmeasured: Mapping[str, Share] = field(default_factory=dict)


NOTHING = Surroundings()


def lint(site: Site, locate: Locate, beside: Surroundings) -> list[Problem]:
    """Every webhook step without a channel, and every rule that sees too few of the leads it decides about."""
    found = [*_without_channel(site, beside.channels), *_blind(site, beside), *_nobody_asks(site, beside.asks)]
    return sorted(Problem(file, *locate(file, path), "warning", message, hint) for file, path, message, hint in found)


def _without_channel(site: Site, channels: Collection[str] | None) -> Found:
    steps = ((name, index, step.webhook) for name, one in site.sequences.items() for index, step in enumerate(one.step))
    for name, index, webhook in steps:
        if webhook is not None and channels is not None and webhook not in channels:
            message = said("config.toml has no [[webhooks]] of the name `%(webhook)s`: nobody is told", webhook=webhook)
            hint = did_you_mean(webhook, channels) or said("add it to config.toml, or leave the step out")
            yield f"sequences/{name}.toml", ("step", index, "webhook"), message, hint


def _nobody_asks(site: Site, asks: bool) -> Found:
    """The settings give silent leads a notice, and no sequence tells them of it."""
    triggers = [trigger for sequence in site.sequences.values() for trigger in sequence.trigger]
    if asks and not any(trigger.event == SILENCE for trigger in triggers):
        message = said("config.toml has a `sunset_notice_days`, and no sequence asks those whose silence is noticed")
        yield "definitions.toml", (), message, said('add a sequence with [[trigger]] event = "silence_noticed"')


def _blind(site: Site, beside: Surroundings) -> Found:
    """Rules on what is measured, where nothing is, or where most leads have not agreed to it."""
    for file, path, event, purpose in measured_rules(site):
        share = beside.unmeasured.get(purpose)
        if purpose in beside.never:
            message = said(
                '`%(event)s` is never recorded: config.toml says `%(purpose)s = "never"`', event=event, purpose=purpose
            )
        elif share is not None and share.percent > BLIND:
            message = said(
                "this is blind for %(percent)s %% of the leads (%(part)s of %(whole)s): they have not agreed to"
                " `%(purpose)s`",
                percent=share.percent, part=share.part, whole=share.whole, purpose=purpose,
            )  # fmt: skip
        else:
            continue
        hint = said(
            "decide on an act that needs no measuring, such as `form_submitted`, `asset_downloaded`, `consent_granted`"
        )
        yield file, path, message, hint
