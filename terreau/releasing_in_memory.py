"""Releases of a simulation: content read from a folder, edited as a persona's file says, put in force in memory.

What an edit does to the lead who is inside is answered by the same functions that `terreau apply` asks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from authoring.editing import Choices, Edits, edits_of, judges_otherwise
from authoring.lint import lint_what_is_read
from authoring.load import load
from authoring.models.personas import Edit
from authoring.models.sequences import Sequence
from authoring.pinned import Version
from authoring.rollouts import tried_against
from authoring.site import Site
from authoring.tree import Tree
from base.config import Config
from base.problems import Problem
from base.saying import said
from workflows.memory import Kept
from workflows.values import Edit as Carried
from workflows.values import Enrolment, Refold, Rules


class Unfit(Exception):
    """The content or the persona cannot be simulated; `problems` say where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(problem.sentence() for problem in problems))


def site_of(tree: Tree, config: Config) -> Site:
    """The tree as a site. Raises Unfit with every problem that keeps it from being one."""
    loaded = load(tree)
    found = [*loaded.problems, *lint_what_is_read(loaded, config.site.locales)]
    wrong = sorted({problem for problem in found if problem.severity == "error"})
    if wrong or loaded.site is None:
        raise Unfit(wrong)
    return loaded.site


def edited(tree: Tree, edit: Edit) -> Tree:
    """The content with the edit made. Raises Unfit where its words do not stand there, once."""
    text = tree.texts.get(edit.file, b"").decode()
    if (times := text.count(edit.find)) != 1:
        message = said(
            "an edit of the persona looks for '%(text)s', which stands %(times)s times in this file",
            text=edit.find,
            times=times,
        )
        hint = said("write `find` as it stands here, and so long that it is there once")
        raise Unfit([Problem(edit.file, 1, 1, "error", message, hint)])
    return replace(tree, texts={**tree.texts, edit.file: text.replace(edit.find, edit.put).encode()})


def first_rules(site: Site, zone: str) -> Rules:
    return _rules(site, {}, zone, 1)


def next_rules(before: Rules, site: Site, edit: Edit, kept: Kept | None) -> Rules:
    """The rules once `site` is in force. Raises Unfit where the lead stands at a case without a choice, as apply
    would."""
    number = before.release_id + 1
    tried = replace(site, former_versions=tried_against(site, before.site))
    after = _rules(tried, before.pinned, before.zone, number)
    inside = [one for one in kept.state.enrolments if one.active] if kept is not None else []
    versions = {one.version: Version(one.version, one.sequence, before.pinned[one.version]) for one in inside}
    choices: Choices = {(one.sequence, None): edit.choice for one in inside} if edit.choice is not None else {}
    found = edits_of(versions.values(), site, before.site, choices)
    if wrong := list(_objections(found, inside)):
        raise Unfit(wrong)
    carried = (
        Carried(number, one.version.name, one.version.hash, one.to_version, one.moves) for one in found.adoptions
    )
    return replace(after, edits=(*before.edits, *carried), pauses=before.pauses)


def judged_again(kept: Kept, before: Rules, after: Rules) -> None:
    """Where the rules judge otherwise now, the lead's next turn begins with it; in silence, as without `--announce`."""
    if judges_otherwise(before.site.definitions, after.site.definitions):
        past = tuple(one for one in kept.facts.history if one not in kept.state.events)
        kept.state = replace(kept.state, refold=Refold(after.release_id, False, past))


def _objections(found: Edits, inside: list[Enrolment]) -> Iterator[Problem]:
    standing = {(one.version, one.step) for one in inside}
    for case in found.cases:
        if (case.version.hash, case.step) in standing:
            hint = said("say `choice` in this edit of the persona: %(choices)s", choices=", ".join(case.choices))
            file, message = f"sequences/{case.version.name}.toml", said("%(why)s, and they stand there", why=case.why)
            yield Problem(file, 1, 1, "error", message, hint)
    for lack in found.lacks:
        if any((lack.version.hash, step) in standing for step in lack.steps):
            message = said("%(what)s, and they still come to it", what=lack.what)
            yield Problem(lack.file, 1, 1, "error", message, said("put it back, or move them first"))


def _rules(site: Site, before: Mapping[str, Sequence], zone: str, release_id: int) -> Rules:
    pinned = {site.versions[name]: one for name, one in site.sequences.items()}
    return Rules(replace(site, release_id=release_id), {**before, **pinned}, zone, release_id)
