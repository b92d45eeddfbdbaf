"""The commands `terreau leads add` and `terreau leads id`: somebody brought by hand, and what others call them."""

from typing import get_args

import click

from base.saying import said
from leads.adding import GROUNDS, NewLead, NoAdding, Origin, add
from leads.correcting import fields_of
from leads.giving_ids import NoId
from leads.outside import OutsideId
from terreau import rights
from terreau.language import gettext
from terreau.options import Options
from terreau.rights_cli import AUTHOR, THE_SAME, clerk, leads_group

EXPECTED = (NoAdding, NoId)


@leads_group.command(name="add", short_help="Add a lead by hand, with where it comes from.")
@click.argument("fields", nargs=-1, metavar="NAME=VALUE...")
@click.option("--origin", type=click.Choice(get_args(Origin)), required=True, help="outbound: found by our own sales.")
@click.option("--who", required=True, help="The rep, the partner or the vendor who brings them.")
@click.option("--ground", type=click.Choice(tuple(GROUNDS)), required=True, help="On which ground they may be kept.")
@click.option("--note", default="", help="Where that ground is written: a contract, a card, a mail.")
@click.option(
    "--interest", default="", help="What they showed interest in; without it they are a contact, and not a lead."
)
@click.option("--owner", help="The rep whose lead it is, by their id in the definitions.")
@click.option("--locale", help="Their language; by default the site's.")
@AUTHOR
@click.pass_obj
def add_lead(
    options: Options,
    fields: tuple[str, ...],
    origin: Origin,
    who: str,
    ground: str,
    note: str,
    interest: str,
    owner: str | None,
    locale: str | None,
    author: str | None,
) -> None:
    """Add somebody whom sales, a partner or a vendor brings. The source becomes `sales:WHO`, `partner:WHO` or
    `vendor:WHO`, which reports and costs know.

    No consent comes of it: no sequence with a topic writes to them before they agree themselves.

    \b
    Example:  terreau leads add email=ada@example.org first_name=Ada --origin partner --who "Agence Nord" \\
                  --ground request --note "mail of 3 November" --interest "a demonstration"
    """
    config = options.load()
    told = dict(_pair(one) for one in fields)
    spoken = locale if locale in config.site.locales else config.site.default_locale
    with rights.open_house(config) as at:
        site = rights.site_in_force(at)
        reps = [rep.id for rep in site.definitions.hand_off.reps]
        if owner is not None and owner not in reps:
            choice = ", ".join(reps)
            raise NoAdding(
                said("The definitions know no rep %(name)s: choose from %(choice)s.", name=owner, choice=choice)
            )
        new = NewLead(told, origin, who, ground, note, interest, owner, spoken, tuple(fields_of(site)))
        by = clerk(options, author)
        lead_id = at.database.write(lambda conn: add(conn, new, at.desk.key, by, at.now))
    click.echo(gettext("Lead %(lead)s was added.", lead=lead_id))


@leads_group.command(name="id", short_help="Say what another system calls a lead.")
@click.argument("lead")
@click.argument("system")
@click.argument("value")
@click.option("--remove", is_flag=True, help="It is not theirs any more.")
@AUTHOR
@click.pass_obj
def name_outside(options: Options, lead: str, system: str, value: str, remove: bool, author: str | None) -> None:
    """Note that SYSTEM (a CRM, an advertiser) calls LEAD by VALUE. From then on SYSTEM:VALUE means that lead.

    \b
    Examples:  terreau leads id ada@example.org hubspot 51200034
               terreau explain hubspot:51200034
    """
    one = OutsideId(system, value.strip())
    with rights.open_house(options.load()) as at:
        changed = rights.name_outside(at, at.find(lead), one, remove, clerk(options, author))
    click.echo(gettext("Noted.") if changed else gettext(THE_SAME))


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise NoAdding(said("Write NAME=VALUE, such as email=ada@example.org: %(text)s has no `=`.", text=text))
    return name.strip(), value
