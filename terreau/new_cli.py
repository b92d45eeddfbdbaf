"""`terreau new`: the first files of a site, a sequence, a form or a persona, to be learnt from and rewritten."""

import os
from pathlib import Path

import click

from authoring.load import load
from authoring.tree import read_tree
from base.clock import system_clocks
from base.saying import Said, said
from base.translations import msgid
from terreau.deeds import Misplayed
from terreau.goldens import try_one
from terreau.language import LANG, LANGUAGES, words
from terreau.mishaps import sentence_of
from terreau.options import Options
from terreau.releasing_in_memory import Unfit
from terreau.scaffold import KINDS, CannotBegin, Ground, files_of, write
from workflows.memory import Restless as Circle


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
    made += _played(Options(folder / "config.toml", None) if kind == "site" else options, made)
    speech = words()
    for path in made:
        click.echo(speech.gettext("made %(file)s", file=os.path.relpath(path)))
    click.echo(speech.gettext("Next: %(command)s", command=_next(kind, name, options)))


def _played(options: Options, made: list[Path]) -> list[Path]:
    """The timelines of the personas among what was made, so that `terreau test` holds; a warning for each that cannot
    be played, or whose place is taken."""
    written = []
    for name in (path.stem for path in made if path.parent.name == "personas"):
        try:
            one = try_one(options.load(), name, system_clocks().calendar())
            with one.file.open("x", encoding="utf-8") as file:
                file.write(one.timeline)
            written.append(one.file)
        except FileExistsError:
            _warn(said(LEFT_OVER, name=name))
        except (Unfit, Misplayed, Circle) as error:
            _warn(said(NO_TIMELINE, name=name, why=sentence_of(error)))
    return written


LEFT_OVER = msgid("%(name)s: a timeline of that name was there already, and is left as it is: `terreau test` compares")
NO_TIMELINE = msgid("%(name)s: no timeline was written, as it cannot be played yet: %(why)s")


def _warn(sentence: Said) -> None:
    click.echo(sentence.by(words()), err=True)


def _content(options: Options) -> Path:
    return options.load_with_content().content.dir


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
