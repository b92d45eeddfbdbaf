"""On which line of the definitions each rule is written, so that every figure can name its reason; read-only."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, select

from authoring.site import Site
from base.toml import Document, TomlError, parse
from leads.explain import FILE
from storage.schema import documents, releases

SHOWN_FILE = f"content/{FILE}"


@dataclass(frozen=True, slots=True)
class Places:
    """{id: line of the definitions}; 0 or missing where it is not known. A fit rule's id is unique per persona only:
    `fits` is keyed by `persona/rule`."""

    rules: Mapping[str, int]
    limits: Mapping[str, int]
    fits: Mapping[str, int]
    stages: Mapping[str, int]
    temperatures: Mapping[str, int]
    answer_within: int

    def fit(self, persona: str | None, rule: str) -> int:
        """The line of a persona's rule; of the first such rule where no persona matched."""
        named = self.fits.get(f"{persona}/{rule}")
        return named or next((line for name, line in self.fits.items() if name.endswith(f"/{rule}")), 1)


NOWHERE = Places({}, {}, {}, {}, {}, 0)


def places(conn: Connection, site: Site) -> Places:
    """Where the rules of that release stand; NOWHERE for a site that was never stored."""
    tree = conn.execute(select(releases.c.tree).where(releases.c.id == site.release_id)).scalar_one_or_none()
    entry = (tree or {}).get(FILE)
    if entry is None:
        return NOWHERE
    text = conn.execute(select(documents.c.text).where(documents.c.hash == entry["hash"])).scalar_one_or_none()
    return NOWHERE if text is None else _located(text)


@lru_cache(maxsize=4)  # a text never changes, and a handful is ever in use
def _located(text: str) -> Places:
    try:
        document = parse(text, FILE)
    except TomlError:
        return NOWHERE
    return Places(
        rules=_ids(document, "scoring", "engagement"),
        limits=_ids(document, "scoring", "limits"),
        fits=_fits(document),
        stages=_ids(document, "stages"),
        temperatures=_ids(document, "temperatures"),
        answer_within=document.locate(("hand_off", "answer_within"), "key")[0],
    )


def _ids(document: Document, *path: str | int) -> dict[str, int]:
    """The line of each `id` in that list of tables."""
    written: Any = document.data
    for part in path:
        written = written[part] if isinstance(part, int) else written.get(part, {})
    listed: list[Any] = list(written)
    return {str(one.get("id")): document.locate((*path, index, "id"), "key")[0] for index, one in enumerate(listed)}


def _fits(document: Document) -> dict[str, int]:
    found: dict[str, int] = {}
    for index, persona in enumerate(document.data.get("personas", [])):
        rules = _ids(document, "personas", index, "rules")
        found |= {f"{persona.get('id')}/{rule}": line for rule, line in rules.items()}
    return found
