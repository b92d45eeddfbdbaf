"""An import in sentences: what a list would come to, what came of it, and which ones there were.

Pure: no database, no clock, no network.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from base.translations import Translator, msgid
from leads.imports.mapping import CONSENT
from leads.imports.reading import Survey
from leads.imports.reasons import HINTS, REASONS
from leads.imports.running import Tally
from leads.imports.settings import Policy

DELIMITERS = {
    ",": msgid("comma"),
    ";": msgid("semicolon"),
    "\t": msgid("tab"),
    "|": msgid("pipe"),
}


def plan_lines(name: str, found: Survey, tally: Tally, words: Translator) -> Iterator[str]:
    """What the list is, which column fills what, and what would become of its rows."""
    delimiter = found.shape.delimiter
    yield words.gettext(
        "%(name)s: %(encoding)s, cells separated by %(delimiter)s, %(header)s.",
        name=name,
        encoding=found.encoding,
        delimiter=words.gettext(DELIMITERS[delimiter]) if delimiter in DELIMITERS else repr(delimiter),
        header=words.gettext("columns named in line %(line)s", line=found.shape.header)
        if found.shape.header
        else words.gettext("no names of columns"),
    )
    yield from _columns(found, words)
    yield words.ngettext("%(count)s row", "%(count)s rows", tally.rows) + words.gettext(
        ": %(accepted)s accepted, %(rejected)s not taken.",
        accepted=words.number(tally.accepted),
        rejected=words.number(tally.rejected),
    )
    if tally.known is not None:
        yield words.gettext(
            "Of those accepted, %(known)s are known already; the address of %(suppressed)s is left alone.",
            known=words.number(tally.known),
            suppressed=words.number(tally.suppressed or 0),
        )
    yield from counted(tally.reasons, REASONS, words)
    yield from counted(tally.hints, HINTS, words, sign="~")


def next_lines(found: Survey, tally: Tally, policy: Policy, named: bool, words: Translator) -> Iterator[str]:
    """What to do after a dry run; `named`: the mapping is one that is kept, or was kept by this command."""
    yield words.gettext("What to do now:")
    yield from (f"  * {step}" for step in _steps(found, tally, policy, named, words))


def _steps(found: Survey, tally: Tally, policy: Policy, named: bool, words: Translator) -> Iterator[str]:
    if tally.rejected:
        yield words.gettext(
            "`--rejects FILE` writes the rows that would not be taken, line and reason first: mend them there, and "
            "import that file."
        )
    left = next((name for name in found.shape.names if name not in found.mapping), None)
    if left is not None:
        yield words.gettext('`--map "%(column)s=FIELD"` lets a column that is left out fill a field.', column=left)
    if not named:
        yield words.gettext("`--save-mapping NAME` keeps which column fills what, for the next list of this kind.")
    if policy.source is None:
        yield words.gettext(
            "`--source NAME` says which list it is, `--origin` where it comes from: reports and triggers go by it."
        )
    if not any(field.startswith(CONSENT) for field in found.mapping.values()):
        yield words.gettext(
            "No consent comes with this list: nobody is written to about a topic before they agree. Where they did, "
            'state the ground: `--map "COLUMN=consent:TOPIC" --consent-wording "…" --consent-proof "…"`.'
        )
    yield words.gettext("To take it in, give the same command without `--dry-run`.")


def counted(
    counts: Mapping[str, int], sentences: Mapping[str, str], words: Translator, sign: str = "-"
) -> Iterator[str]:
    """`- 12: this is no email address`, the commonest first."""
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        told = words.gettext("%(name)s: %(what)s", name=words.number(count), what=short(sentences[code], words))
        yield f"  {sign} {told}"


def short(sentence: str, words: Translator) -> str:
    """A reason that counts for several rows: what goes with one of them is not named."""
    said = words.gettext(sentence)
    return said.replace("%(about)s", "…") if "%(about)s" in said else said


def result_lines(import_id: int, counts: Mapping[str, int], words: Translator) -> Iterator[str]:
    """What came of it."""
    number = {name: words.number(count) for name, count in counts.items()}
    yield words.gettext(
        "Import %(id)s: new contacts: %(created)s, leads filled in: %(changed)s,"
        " known with nothing new: %(unchanged)s, rows not taken: %(rejected)s.",
        id=import_id,
        created=number["created"],
        changed=number["changed"],
        unchanged=number["unchanged"],
        rejected=number["rejected"],
    )
    if counts.get("suppressed"):
        yield words.gettext("%(count)s addresses stay left alone, as they were.", count=number["suppressed"])
    if counts.get("consents") or counts.get("no_consent"):
        yield words.gettext(
            "%(consents)s consents recorded with their proof; of %(none)s people none could be.",
            consents=number["consents"],
            none=number["no_consent"],
        )


def imports_json(rows: Sequence[Any]) -> str:
    told = [
        {
            "id": row.id, "file": row.name, "hash": row.hash, "state": row.state, "author": row.author,
            "at": row.at.isoformat(), "ended_at": row.ended_at.isoformat() if row.ended_at else None,
            "counts": row.counts, "policy": row.settings.get("policy"), "reason": row.reason,
        }
        for row in rows
    ]  # fmt: skip
    return json.dumps(told, ensure_ascii=False, indent=2)


def _columns(found: Survey, words: Translator) -> Iterable[str]:
    filled = ", ".join(f"{name} → {field}" for name, field in found.mapping.items())
    yield words.gettext("Filled: %(columns)s.", columns=filled or words.gettext("nothing"))
    left = ", ".join(name for name in found.shape.names if name not in found.mapping)
    if left:
        yield words.gettext("Left out: %(columns)s.", columns=left)
