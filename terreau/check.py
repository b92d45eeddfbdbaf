"""Everything that can be said about a folder of content before anybody runs it; each room brings its own lint."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from authoring.doubts import doubts_of
from authoring.lint import lint_what_is_read
from authoring.load import Loaded, load
from authoring.site import Locate, Site
from authoring.tree import Tree, read_tree
from base.problems import Problem
from capture.lint import lint as lint_capture
from emails.lint import lint as lint_emails
from leads.lint import lint as lint_leads
from sales.lint import lint as lint_sales
from terreau.surroundings import NOTHING, Surroundings
from terreau.surroundings import lint as lint_surroundings
from workflows.lint import lint as lint_workflows

Lint = Callable[[Site, Locate], list[Problem]]

# Each room's lint, over whatever could be read of a site.
LINTS: Mapping[str, Lint] = {
    "capture": lint_capture,
    "emails": lint_emails,
    "leads": lint_leads,
    "sales": lint_sales,
    "workflows": lint_workflows,
}


@dataclass(frozen=True, slots=True)
class Checked:
    """A tree, what was found in it, and, where nothing is wrong but warnings, the site that it makes."""

    tree: Tree
    site: Site | None
    problems: tuple[Problem, ...]


def check_tree(root: Path, locales: Sequence[str], beside: Surroundings = NOTHING) -> list[Problem]:
    """Every problem of the content in `root` for a site in those `locales`, in the order of files and lines.

    `beside`: the settings and leads that are at hand, for what the content asks of them.
    """
    return list(check_read(read_tree(root), locales, beside).problems)


def check(root: Path, locales: Sequence[str]) -> Checked:
    """The same, with the tree and the site that `apply` puts in force."""
    return check_read(read_tree(root), locales)


def check_read(tree: Tree, locales: Sequence[str], beside: Surroundings = NOTHING) -> Checked:
    """The same for a tree that was read already, from a folder or from the store."""
    loaded = load(tree)
    problems = sorted({*loaded.problems, *_between_files(loaded, locales, beside)})
    errors = any(problem.severity == "error" for problem in problems)
    return Checked(tree, None if errors else loaded.site, tuple(problems))


def _between_files(loaded: Loaded, locales: Sequence[str], beside: Surroundings) -> list[Problem]:
    """What files say about each other, as far as they could be read; nothing that merely stems from one that could not.

    Without definitions nothing can be said: every file refers to them.
    """
    found = lint_what_is_read(loaded, locales)
    if loaded.site is None:
        return found
    site, doubts = _mailable(loaded.site), doubts_of(loaded.drafts)
    locate = loaded.drafts.locate
    by_rooms = [problem for room in LINTS.values() for problem in room(site, locate)]
    by_rooms += lint_surroundings(site, locate, beside)
    return found + [problem for problem in by_rooms if not doubts.stems_in_a_room(problem)]


def _mailable(site: Site) -> Site:
    """The site with a sender for every sequence: one that is not there is told already, and its mails are looked at."""
    senders = site.definitions.senders
    known = {
        name: sequence if sequence.sender in senders else sequence.model_copy(update={"sender": next(iter(senders))})
        for name, sequence in site.sequences.items()
        if senders
    }
    return replace(site, sequences=known)
