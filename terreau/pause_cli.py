"""The commands `terreau pause` and `terreau resume`."""

import click

from terreau.applying import signed
from terreau.language import gettext
from terreau.options import Options
from terreau.pausing import BY_HAND, pause, resume
from workflows.resting import MARKETING

MARKETING_ONLY = click.option("--marketing", is_flag=True, help="All marketing; what was asked for goes on.")


@click.command(name="pause", short_help="Let a sequence, or everything, rest.")
@click.argument("sequence", required=False)
@MARKETING_ONLY
@click.option("--reason", help="Why, for those who ask where a mail stays; by default: paused by hand.")
@click.option("--author", help="Who pauses; by default the git author, else the account's name.")
@click.pass_obj
def pause_command(
    options: Options, sequence: str | None, marketing: bool, reason: str | None, author: str | None
) -> None:
    """Stop sending for SEQUENCE at once, or for everything: no step is taken, and mail already promised waits.

    Forms go on, and leads still come in and leave. What becomes of what was due meanwhile is said by `on_resume` in
    the sequence's file: "shift" (the default for marketing), "send" (the default for transactional) or "skip".

    \b
    Example:  terreau pause conseils-3d --reason "wrong price in the second mail"
              terreau pause --marketing
              terreau pause
    """
    config = options.load()
    why = reason or BY_HAND
    click.echo(pause(config, _meant(sequence, marketing), why, signed(config.content.dir, author, None).author))


@click.command(name="resume", short_help="Go on after a pause.")
@click.argument("sequence", required=False)
@MARKETING_ONLY
@click.pass_obj
def resume_command(options: Options, sequence: str | None, marketing: bool) -> None:
    """Go on with SEQUENCE, or with everything that was paused as a whole.

    Marketing also rests by itself, when too many of its last mails met nobody or a complaint: see docs/delivery.md.

    The leads inside go on in portions of a hundred a minute, so that nobody who was held back makes a flood.

    \b
    Example:  terreau resume conseils-3d
              terreau resume --marketing
              terreau resume
    """
    click.echo(resume(options.load(), _meant(sequence, marketing)))


def _meant(sequence: str | None, marketing: bool) -> str | None:
    if sequence and marketing:
        raise click.UsageError(gettext("name a sequence, or say --marketing"))
    return MARKETING if marketing else sequence


COMMANDS = (pause_command, resume_command)
