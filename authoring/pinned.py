"""What leads who are on their way still need of a release that they did not enter with.

Pure: no database, no clock, no network.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from authoring.models.sequences import Sequence
from authoring.references import email_file, names_of, unknown_names
from authoring.routes import reachable
from authoring.site import Site
from base.saying import Said, said

GONE = said("the file is gone")


@dataclass(frozen=True, slots=True)
class Version:
    """A sequence as some leads entered it."""

    hash: str
    name: str
    sequence: Sequence


@dataclass(frozen=True, slots=True)
class Lack:
    """Whoever stands at one of `steps` of that version would come to what `what` says is not there any more."""

    version: Version
    steps: frozenset[str]
    file: str
    what: Said


def lacks(version: Version, site: Site, former: Site) -> Iterator[Lack]:
    """Everything that the version names, `former` has and `site` lacks: `former` is the release in force until now."""
    already = {(lack.file, lack.what) for lack in _named_in_vain(version, former)}
    yield from (lack for lack in _named_in_vain(version, site) if (lack.file, lack.what) not in already)
    for step in version.sequence.step:
        for locale in _lost_locales(version.name, step.email, site, former):
            file = email_file(version.name, step.email or "", locale)
            yield Lack(version, _leading_to(version.sequence, step.id), file, GONE)


def _named_in_vain(version: Version, site: Site) -> Iterator[Lack]:
    everywhere = frozenset(step.id for step in version.sequence.step)
    file = f"sequences/{version.name}.toml"
    if version.name not in site.sequences:
        yield Lack(version, everywhere, file, GONE)
    for what, step in _unknown(version.sequence, site):
        yield Lack(version, _leading_to(version.sequence, step) if step else everywhere, file, what)


def _leading_to(sequence: Sequence, target: str) -> frozenset[str]:
    return frozenset(step.id for step in sequence.step if target in reachable(sequence, step.id))


def _unknown(sequence: Sequence, site: Site) -> Iterator[tuple[Said, str | None]]:
    """(what is not there, the step that names it or None for the whole sequence); how one enters is over."""
    for fault in unknown_names(sequence, names_of(site)):
        if fault.severity == "error" and fault.path[0] not in ("trigger", "filter"):
            index = fault.path[1] if fault.path[0] == "step" else None
            yield fault.message, sequence.step[index].id if isinstance(index, int) else None


def _lost_locales(sequence: str, email: str | None, site: Site, former: Site) -> list[str]:
    return sorted(former.locales_of(sequence, email) - site.locales_of(sequence, email)) if email else []
