"""The command `terreau leads move`."""

import click

from authoring.models.definitions import Side
from terreau.applying import signed
from terreau.moving import NotMoved, move_lead
from terreau.options import Options
from terreau.rights_cli import AUTHOR, leads_group

EXPECTED = (NotMoved,)


@leads_group.command(name="move", short_help="Move a lead to another stage.")
@click.argument("lead")
@click.argument("stage")
@click.option("--as", "by", type=click.Choice(["marketing", "sales"]), required=True, help="For whom you do it.")
@click.option("--reason", required=True, help="Why: it stands in the lead's story.")
@AUTHOR
@click.pass_obj
def move(options: Options, lead: str, stage: str, by: Side, reason: str, author: str | None) -> None:
    """Move LEAD (number, address or telephone) to STAGE by hand, where `moved_by` of that stage in definitions.toml
    names whom you do it for. What the stage requires must be known; a refusal says what is not.

    \b
    Example:  terreau leads move aicha@cabinet-chevalier.example mql --as marketing --reason "Met at the fair"
    """
    config = options.load()
    click.echo(move_lead(config, lead, stage, by, reason, signed(config.content.dir, author, None).author))
