"""The command `terreau leads link`: the address by which a partner or a vendor brings leads."""

from collections.abc import Iterable

import click

from authoring.suggest import did_you_mean
from base.clock import system_clocks
from base.saying import said
from base.tokens import Signer
from base.translations import msgid
from capture.partners import link_of
from terreau import rights
from terreau.author_cli import speaks
from terreau.options import Options
from terreau.rights_cli import leads_group


class NoLink(LookupError):
    """No link was made; the sentence says why."""


EXPECTED = (NoLink,)


@leads_group.command(name="link", short_help="Make the link by which a partner brings leads.")
@click.argument("partner")
@click.argument("page")
@click.option("--locale", help="The language of the page; by default the site's.")
@click.pass_obj
def link(options: Options, partner: str, page: str, locale: str | None) -> None:
    """Make the address of PAGE that PARTNER (an `id` of [[partners]] in config.toml) gives on.

    Whoever fills in its form has `partner:NAME` (or `vendor:NAME`) as their source, which reports count by. The address
    is signed: nobody makes one for another. Take the partner out of the settings, or raise its `round`, and links given
    before show the page and count for nobody.

    \b
    Example:  terreau leads link agence-nord guide-3d
    """
    config = options.load()
    spoken = locale or config.site.default_locale
    if spoken not in config.site.locales:
        raise click.BadParameter(speaks(config), param_hint="--locale")
    with rights.open_house(config) as at:
        pages = rights.site_in_force(at).pages
    _known(partner, (one.id for one in config.partners), NO_PARTNER)
    _known(page, pages, NO_PAGE)
    if spoken not in pages[page].locales:
        raise NoLink(said(NOT_IN_IT, name=page, names=", ".join(pages[page].locales), locale=spoken))
    signer = Signer(config.keys().signing, system_clocks().machine)
    click.echo(link_of(config, signer, partner, page, spoken))


NO_PARTNER = msgid("config.toml has no [[partners]] with the id `%(name)s` (%(hint)s)")
NO_PAGE = msgid("the content in force has no page `%(name)s` (%(hint)s)")
NOT_IN_IT = msgid("the page `%(name)s` is written in %(names)s, not in %(locale)s: choose with `--locale`")


def _known(name: str, names: Iterable[str], otherwise: str) -> None:
    """Raises NoLink."""
    known = list(names)
    if name not in known:
        hint = did_you_mean(name, known, msgid("it has %(names)s")) or said("it has none")
        raise NoLink(said(otherwise, name=name, hint=hint))
