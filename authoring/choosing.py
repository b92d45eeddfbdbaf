"""What an author chose for leads without a rule: as it is typed, kept with the plan, and held against what there is.

With it is kept what the plan found that changed rules would have made of the past, which takes long to work out.

Whatever is kept holds for one tree in place of one release: after another release the author looks again.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Column, Connection, Select, insert, select

from authoring.editing import HOWS, Choices, Edits, How, open_to
from authoring.renames import renamed
from authoring.site import Site
from authoring.suggest import did_you_mean, enumerated
from base.clock import Moment
from base.saying import Said, said
from storage.schema import in_force, plans


class BadChoice(ValueError):
    """A choice that cannot be read, or that answers no question there is."""


def parsed(words: Iterable[str]) -> Choices:
    """`welcome/second=next` or `welcome=exit`, each; BadChoice with the first that is neither."""
    return dict(_parsed(word) for word in words)


def _parsed(word: str) -> tuple[tuple[str, str | None], How]:
    where, sign, how = word.partition("=")
    sequence, slash, step = where.partition("/")
    if not sequence or not sign or (slash and not step):
        raise BadChoice(
            said("'%(word)s' is not a choice: write SEQUENCE/STEP=HOW, such as welcome/second=next", word=word)
        )
    if how not in HOWS:
        hint = did_you_mean(how, HOWS) or said("HOW is one of %(names)s", names=enumerated(HOWS))
        raise BadChoice(said("'%(word)s': %(hint)s", word=word, hint=hint))
    return (sequence, step or None), how


def faults(choices: Choices, edits: Edits, site: Site) -> Iterator[Said]:
    """What is wrong with choices for a site that makes those edits."""
    for (name, step), how in choices.items():
        versions = [version for version in edits.versions if version.name == name]
        steps = {one.id for version in versions for one in version.sequence.step}
        if not versions:
            known = {version.name for version in edits.versions}
            yield _unknown(said("`%(name)s`: this edits no sequence of that name", name=name), name, known)
        elif step is not None and step not in steps:
            place = f"{name}/{step}"
            yield _unknown(said("`%(place)s`: nobody stands at such a step", place=place), step, steps)
        elif step is not None:
            new = site.sequences.get(name)
            options = [open_to(step, new, renamed(version.sequence, new)) for version in versions]
            if not any(how in some for some in options):
                word, names = f"{name}/{step}={how}", enumerated(options[0])
                yield said("`%(word)s` is not open: choose %(names)s", word=word, names=names)


def _unknown(sentence: Said, name: str, known: Iterable[str]) -> Said:
    hint = did_you_mean(name, known)
    return said("%(sentence)s (%(hint)s)", sentence=sentence, hint=hint) if hint else sentence


# ---------------------------------------------------------------- kept with the plan


def keep(
    conn: Connection,
    tree_hash: str,
    choices: Choices,
    author: str,
    now: Moment,
    effect: Mapping[str, Any] | None = None,
) -> None:
    """Note what was looked at and chosen, for `apply`, and what was found of the past (`leads.effects`)."""
    base = conn.execute(select(in_force.c.release_id)).scalar()
    row = {"base_release_id": base, "tree_hash": tree_hash, "choices": _written(choices), "author": author}
    conn.execute(insert(plans).values(row | {"effect": effect, "created_at": now.machine}))


def kept(conn: Connection, tree_hash: str) -> Choices:
    """What was chosen last for that tree in place of the release in force; nothing once another one is in force."""
    last: Mapping[str, str] = conn.execute(_last(conn, plans.c.choices, tree_hash)).scalar() or {}
    return parsed(f"{where}={how}" for where, how in last.items())


def kept_effect(conn: Connection, tree_hash: str) -> Mapping[str, Any] | None:
    """What the last plan of that tree, in place of the release in force, found of the past; None where none did."""
    found: Mapping[str, Any] | None = conn.execute(_last(conn, plans.c.effect, tree_hash)).scalar()
    return found


def _last(conn: Connection, column: Column[Any], tree_hash: str) -> Select[Any]:
    base = conn.execute(select(in_force.c.release_id)).scalar()
    theirs = select(column).where(plans.c.tree_hash == tree_hash, plans.c.base_release_id == base)
    return theirs.order_by(plans.c.id.desc()).limit(1)


def _written(choices: Choices) -> dict[str, str]:
    return {name if step is None else f"{name}/{step}": how for (name, step), how in choices.items()}
