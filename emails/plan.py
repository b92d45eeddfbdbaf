"""Which texts a release changes, and how many of those inside will still receive them: texts are those in force."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from authoring.editing import Move
from authoring.models.emails import Email
from authoring.models.sequences import Sequence
from authoring.question import Question
from authoring.references import email_file
from authoring.routes import reachable
from authoring.site import Site
from emails.images import named_in
from emails.states import TRANSITIONS
from storage.schema import enrolments, leads, messages

Text = tuple[str, str, str]  # sequence, email, language


@dataclass(frozen=True, slots=True)
class TextPlan:
    """One text. `reaches`: so many of those inside may still receive it, in that language, as it is now."""

    file: str
    what: str  # added | changed | removed
    reaches: int
    was: str | None  # subjects, in one line
    now: str | None
    frozen: bool  # those inside keep the text before it, but for those whom this release moves


@dataclass(frozen=True, slots=True)
class _Group:
    """Those who stand together and read the same language."""

    sequence: str
    version: str
    step: str
    locale: str
    count: int


def plan(question: Question) -> tuple[TextPlan, ...]:
    """Every text that is not as it was, in the order of the files."""
    changed = sorted(key for key in {*question.former.emails, *question.site.emails} if _differs(key, question))
    if not changed:
        return ()
    with question.database.read() as conn:
        groups, made = _groups(conn), _made(conn)
    coming: Counter[Text] = Counter()
    for group in groups:
        coming.update(dict.fromkeys(_to_come(group, question), group.count))
    return tuple(_text(key, question, max(coming[key] - made.get(key, 0), 0)) for key in changed)


def _differs(key: Text, question: Question) -> bool:
    return _said(question.former, key) != _said(question.site, key)


def _said(site: Site, key: Text) -> object:
    """What its readers get, images included."""
    email = site.emails.get(key)
    return None if email is None else (email.model_dump(exclude={"body_line"}), named_in(site, email.body))


def _text(key: Text, question: Question, reaches: int) -> TextPlan:
    was, now = question.former.emails.get(key), question.site.emails.get(key)
    what = "changed" if was and now else "added" if now else "removed"
    return TextPlan(email_file(*key), what, reaches, _subject(was), _subject(now), now is not None and now.freeze)


def _subject(email: Email | None) -> str | None:
    return email.subject if email is not None else None


def _groups(conn: Connection) -> list[_Group]:
    at = (enrolments.c.sequence, enrolments.c.sequence_version, enrolments.c.step, leads.c.locale)
    counted = select(*at, func.count()).join(leads, leads.c.id == enrolments.c.lead_id)
    return [_Group(*row) for row in conn.execute(counted.where(enrolments.c.state == "active").group_by(*at))]


def _made(conn: Connection) -> dict[Text, int]:
    """Mails on their way that are made already: their readers stand at the step, and get the text as it was."""
    columns = (messages.c.email, messages.c.locale)
    on_their_way = messages.c.state.in_(sorted(state for state, ways in TRANSITIONS.items() if ways))
    counted = select(*columns, func.count()).where(
        on_their_way, messages.c.compiled_hash.is_not(None), messages.c.enrolment_id.is_not(None)
    )
    found: dict[Text, int] = {}
    for email, locale, count in conn.execute(counted.group_by(*columns)):
        sequence, _, name = email.partition("/")
        found[sequence, name, locale] = count
    return found


def _to_come(group: _Group, question: Question) -> Iterator[Text]:
    """The texts that they may still receive, in the language in which they would."""
    sequence, step = _from_where(group, question)
    moves = sequence is question.site.sequences.get(group.sequence)
    if sequence is None or step is None or sequence.find(step) is None:
        return
    for name in sorted(reachable(sequence, step)):
        email = getattr(sequence.find(name), "email", None)
        written = question.site.locales_of(group.sequence, email) if email else frozenset()
        if not email or not written:
            continue
        key = (group.sequence, email, _locale(group.locale, written))
        if moves or not question.site.emails[key].freeze:
            yield key


def _from_where(group: _Group, question: Question) -> tuple[Sequence | None, str | None]:
    """The version in which they go on, and the step from which."""
    move = _moves(question).get((group.version, group.step))
    if move is None or move.how == "pin":
        return question.sequence(group.version), group.step
    return question.site.sequences.get(group.sequence), move.to


def _moves(question: Question) -> Mapping[tuple[str, str], Move]:
    return {
        (one.version.hash, step): move for one in question.guard.edits.adoptions for step, move in one.moves.items()
    }


def _locale(wanted: str, written: frozenset[str]) -> str:
    return next((locale for locale in (wanted, wanted.split("-")[0]) if locale in written), min(written))
