"""`terreau new`: the first files of a site, a sequence, a form or a persona, to be learnt from and rewritten."""

import os
from pathlib import Path

import click

from authoring.load import load
from authoring.tree import read_tree
from base.clock import system_clocks
from base.saying import said
from terreau.goldens import try_all
from terreau.language import LANG, LANGUAGES, words
from terreau.options import Options
from terreau.scaffold import KINDS, CannotBegin, Ground, files_of, write


@click.command(short_help="Begin a site, a sequence, a form or a persona.")
@click.argument("kind", type=click.Choice(tuple(KINDS)))
@click.argument("name")
@LANG
@click.pass_obj
def new(options: Options, kind: str, name: str) -> None:
    """Write the first files of a new KIND into the content, with a comment at every line that needs one.

    A site is a folder NAME of its own, with settings and a whole content in it; a form comes with its page and the mail
    that answers it, a sequence with its mails. All of it passes `terreau check` as it is, and nothing is ever
    overwritten.

    \b
    Examples:  terreau new site my-site
               terreau new form contact
               terreau new sequence follow-up
               terreau new persona chloe
    """
    folder = Path(name) if kind == "site" else _content(options)
    made = write(folder, files_of(kind, name, _ground(options, kind)))
    made += _played(options, kind, name)
    speech = words()
    for path in made:
        click.echo(speech.gettext("made %(file)s", file=os.path.relpath(path)))
    click.echo(speech.gettext("Next: %(command)s", command=_next(kind, name, options)))


def _played(options: Options, kind: str, name: str) -> list[Path]:
    """The timeline of the persona just made, so that `terreau test` holds; none for what is no persona."""
    wanted = {"site": None, "persona": name}
    if kind not in wanted:
        return []
    config = (Options(Path(name) / "config.toml", None) if kind == "site" else options).load()
    tried = [one for one in try_all(config, system_clocks().calendar()) if wanted[kind] in (None, one.name)]
    for one in tried:
        one.file.write_text(one.timeline, "utf-8")
    return [one.file for one in tried]


def _content(options: Options) -> Path:
    if options.is_lost():
        raise CannotBegin(said("there is no content here yet: `terreau new site FOLDER` makes one"))
    return options.load().content.dir


def _ground(options: Options, kind: str) -> Ground:
    language = words().locale
    if kind == "site":
        return Ground(language, LANGUAGES)
    config = options.load()
    site = load(read_tree(config.content.dir)).site
    if site is None:
        raise CannotBegin(said("the definitions of this content cannot be read: `terreau check` says why"))
    return Ground(language, config.site.locales, site)


def _next(kind: str, name: str, options: Options) -> str:
    """The command to type now: what was made is looked at, a persona is played."""
    where = f" --content {options.content}" if options.content is not None else ""
    if kind == "site":
        return f"cd {name} && terreau check"
    if kind == "persona":
        sequences = sorted(load(read_tree(options.load().content.dir)).drafts.models["sequence"])
        if sequences:
            return f"terreau{where} simulate {sequences[0][0]} --persona {name}"
    return f"terreau{where} check"


COMMANDS = (new,)
