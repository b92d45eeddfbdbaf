"""An import in sentences: what a list would come to, what came of it, and which ones there were.

Pure: no database, no clock, no network.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from base.translations import Translator, msgid
from leads.imports.departures import FIELDS
from leads.imports.mapping import CONSENT
from leads.imports.reading import Survey
from leads.imports.reasons import HEADINGS, HINTS, LEAVES, Remarks
from leads.imports.running import Tally
from leads.imports.settings import Policy

DELIMITERS = {
    ",": msgid("comma"),
    ";": msgid("semicolon"),
    "\t": msgid("tab"),
    "|": msgid("pipe"),
}


def plan_lines(name: str, found: Survey, policy: Policy, tally: Tally, words: Translator) -> Iterator[str]:
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
    rows = words.ngettext("%(count)s row", "%(count)s rows", tally.rows)
    taken = ", ".join([_accepted(tally.accepted, words), *_refused(tally.rejected, words)])
    yield words.gettext("%(rows)s: %(told)s.", rows=rows, told=taken)
    if known := _known(tally, words):
        yield words.gettext("Of those accepted, %(known)s.", known=", ".join(known))
    yield from counted(tally.reasons, HEADINGS, words)
    yield from _departures(found, tally, policy, words)
    if any(field.startswith(CONSENT) for field in found.mapping.values()):
        yield _consents(tally, words)
    yield from remark_lines(tally.remarks, words)


def _accepted(rows: int, words: Translator) -> str:
    return words.ngettext("%(count)s accepted", "%(count)s accepted", rows)


def _refused(rows: int, words: Translator) -> list[str]:
    return [words.ngettext("%(count)s not taken", "%(count)s not taken", rows)] if rows else []


def _known(tally: Tally, words: Translator) -> list[str]:
    """What the database says of them; nothing without one."""
    known, left = tally.known or 0, tally.suppressed or 0
    parts = (
        (known, words.ngettext("%(count)s is known already", "%(count)s are known already", known)),
        (left, words.ngettext("%(count)s has an address left alone", "%(count)s have an address left alone", left)),
    )
    return [part for count, part in parts if count]


def _departures(found: Survey, tally: Tally, policy: Policy, words: Translator) -> Iterator[str]:
    """Which columns say who left elsewhere, and what is done about it."""
    by = [f"`{name}`" for name, field in found.mapping.items() if field in FIELDS]
    by += [words.gettext("the whole list")] if policy.everybody else []
    if by and not tally.left:
        yield words.gettext(
            "Left elsewhere, by %(columns)s: nobody who is not left alone already.", columns=", ".join(by)
        )
    elif tally.left:
        yield words.gettext("Left elsewhere, by %(columns)s:", columns=", ".join(by) or words.gettext("the list"))
        yield from counted(tally.left, LEAVES, words)
    if tally.unread:
        cells = ", ".join(f"`{cell}` ({words.number(count)})" for cell, count in tally.unread.most_common())
        yield words.gettext("Not understood there: %(cells)s.", cells=cells)
    if over := found.passed_over:
        names = ", ".join(f"`{name}`" for name in over)
        yield words.gettext(
            "%(columns)s: it looks as if it said who left elsewhere, and is left out. Nobody is left alone by it.",
            columns=names,
        )
        yield words.gettext(
            '`--map "COLUMN=unsubscribed"` leaves alone whom it says yes of; `=bounced`, `=complained` and, for a '
            "column of words such as `subscribed`, `=subscribed` are the others."
        )


def _consents(tally: Tally, words: Translator) -> str:
    would = words.ngettext(
        "%(count)s new consent would be recorded with its proof.",
        "%(count)s new consents would be recorded with their proof.",
        tally.consents,
    )
    return " ".join(
        [
            would if tally.consents else words.gettext("No new consent would be recorded."),
            *_of_none(tally.no_consent, words),
        ]
    )


def _of_none(people: int, words: Translator) -> list[str]:
    none = words.ngettext("Of %(count)s person none could be.", "Of %(count)s people none could be.", people)
    return [none] if people else []


def remark_lines(remarks: Remarks, words: Translator) -> Iterator[str]:
    """`~ 2: the mail provider looks mistyped (lines 3, 8)`, the commonest first."""
    for code, count in sorted(remarks.counts.items(), key=lambda item: (-item[1], item[0])):
        lines = ", ".join(str(line) for line in remarks.lines[code])
        where = words.ngettext("line %(lines)s", "lines %(lines)s", count, lines=lines)
        more = ", …" if count > len(remarks.lines[code]) else ""
        yield f"  ~ {_told(count, HINTS[code], words)} ({where}{more})"


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


def counted(counts: Mapping[str, int], sentences: Mapping[str, str], words: Translator) -> Iterator[str]:
    """`- 12: this is no email address`, the commonest first."""
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"  - {_told(count, sentences[code], words)}"


def _told(count: int, sentence: str, words: Translator) -> str:
    return words.gettext("%(name)s: %(what)s", name=words.number(count), what=words.gettext(sentence))


def result_lines(import_id: int, counts: Mapping[str, int], remarks: Remarks, words: Translator) -> Iterator[str]:
    """What came of it; `remarks`: why consents and departures were not recorded."""
    told = ", ".join(_results(Counter(counts), words)) or words.gettext("nothing new")
    yield words.gettext("Import %(id)s: %(told)s.", id=import_id, told=told)
    if suppressed := counts.get("suppressed"):
        yield words.ngettext(
            "%(count)s address stays left alone, as it was.",
            "%(count)s addresses stay left alone, as they were.",
            suppressed,
        )
    if left := counts.get("left"):
        yield words.ngettext(
            "%(count)s row says that they left elsewhere: they are left alone from now on.",
            "%(count)s rows say that they left elsewhere: they are left alone from now on.",
            left,
        )
    if counts.get("consents") or counts.get("no_consent"):
        yield " ".join([_recorded(counts.get("consents", 0), words), *_of_none(counts.get("no_consent", 0), words)])
    yield from remark_lines(remarks, words)


def _results(n: Counter[str], words: Translator) -> list[str]:
    parts = (
        ("created", words.ngettext("%(count)s new contact", "%(count)s new contacts", n["created"])),
        ("changed", words.ngettext("%(count)s lead filled in", "%(count)s leads filled in", n["changed"])),
        (
            "unchanged",
            words.ngettext(
                "%(count)s known lead with nothing new", "%(count)s known leads with nothing new", n["unchanged"]
            ),
        ),
        ("rejected", words.ngettext("%(count)s row not taken", "%(count)s rows not taken", n["rejected"])),
    )
    return [part for name, part in parts if n[name]]


def _recorded(consents: int, words: Translator) -> str:
    told = words.ngettext(
        "%(count)s consent was recorded with its proof.", "%(count)s consents were recorded with their proof.", consents
    )
    return told if consents else words.gettext("No new consent was recorded.")


def import_line(row: Any, state: str, zone: str, words: Translator) -> str:
    """One import of those there were, on the wall clock of `zone`."""
    n = Counter(row.counts)
    inner = (
        ("created", words.ngettext("%(count)s new", "%(count)s new", n["created"])),
        ("changed", words.ngettext("%(count)s filled in", "%(count)s filled in", n["changed"])),
    )
    news = ", ".join(part for name, part in inner if n[name])
    taken = _accepted(n["accepted"], words) + (f" ({news})" if news else "")
    told = ", ".join([taken, *_refused(n["rejected"], words)])
    return words.gettext(
        "%(id)s  %(day)s  %(name)s  by %(author)s  %(state)s: %(told)s",
        id=row.id, day=f"{row.at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}", name=row.name, author=row.author,
        state=state, told=told,
    )  # fmt: skip


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
