"""The version of the definitions: which one comes next, and a change of the rules that goes without one.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from datetime import date

from authoring.editing import judges_otherwise
from authoring.site import Site
from authoring.tree import Tree
from base.problems import Problem
from base.saying import said
from base.toml import parse

FILE = "definitions.toml"


def next_version(version: str, today: date) -> str:
    """The day, as versions are written; others of the same day are told apart."""
    day, (written, _, number) = today.isoformat(), version.partition(".")
    if version == day:
        return f"{day}.2"
    return f"{day}.{int(number) + 1}" if written == day and number.isdecimal() else day


def unversioned(former: Site, site: Site, tree: Tree, today: date) -> Iterator[Problem]:
    """A warning where `site`, parsed from `tree`, judges leads otherwise than `former` does under the same version."""
    version = site.definitions.version
    if version != former.definitions.version or not judges_otherwise(former.definitions, site.definitions):
        return
    line, column = parse(tree.texts[FILE].decode(), FILE).locate(("version",))
    message = said(
        "the rules change and `version` stays `%(version)s`: alerts and figures name it, and could not be told apart",
        version=version,
    )
    hint = said("write another one, such as `%(version)s`", version=next_version(version, today))
    yield Problem(FILE, line, column, "warning", message, hint)
