"""Whatever a command says to a person it says in French too: every command is walked through, and read."""

import re
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po
from sqlalchemy import select, update

from storage.schema import messages
from terreau.cli import main
from terreau.language import every_command
from tests.terreau.living import terreau, today
from tests.terreau.test_doubts import SINCE, WHY

CATALOGUES = Path(__file__).resolve().parents[2] / "translations" / "fr"
PLACEHOLDER = re.compile(r"%\([a-z_]+\)s")
LONG_ENOUGH = 12  # characters of a sentence's longest part: what is shorter may stand in anything
# Words that no French sentence has.
ENGLISH = re.compile(
    r"(?<![-\w./`])(?:the|is|are|was|were|and|with|of|it|its|they|their|nothing|nobody|everything|would|from|yet|"
    r"look|into|by|put|now|here|there|without|which|whose|has|have|been|be|to|for|than)(?![-\w`/=.])",
    re.IGNORECASE,
)
# What runs until it is stopped, and what speaks to mail servers; their sentences are walked in tests of their own.
ELSEWHERE = {"serve", "engine", "demo"}


def parts_of_english():
    """The longest fixed part of every English sentence that has another French one."""
    for path in sorted(CATALOGUES.glob("*.po")):
        with path.open("rb") as file:
            for entry in read_po(file, locale="fr"):
                texts = entry.id if isinstance(entry.id, tuple) else (entry.id,)
                said = entry.string if isinstance(entry.string, tuple) else (entry.string,)
                for text in texts:
                    part = max(PLACEHOLDER.split(text), key=len).strip().replace("%%", "%")
                    if len(part) >= LONG_ENOUGH and not any(part in french for french in said):
                        yield part


@pytest.fixture(scope="module")
def english():
    return sorted(set(parts_of_english()))


@pytest.fixture
def house(lively, content):
    """Three people inside sequences, one mail in doubt, an edit in the folder that is not in force, a bounce."""
    for who in ("ada", "bob", "chloe"):
        lively.agrees(lively.submits(who), "conseils-3d")
    lively.works()
    today(lively)
    with lively.database.read() as conn:
        first = min(conn.scalars(select(messages.c.id)))
    doubt = {"state": "unknown", "reason": WHY, "in_data_at": SINCE, "due_at": SINCE, "message_id": "<x@lumen.example>"}
    lively.database.write(lambda conn: conn.execute(update(messages).where(messages.c.id == first).values(doubt)) and 0)
    edited = content / "sequences" / "conseils-3d.toml"
    text = edited.read_text().replace('sender = "ines"', 'sender = "ines"\non_edit = "adopt"')
    edited.write_text(re.sub(r'id = "niveaux"', 'id = "les-niveaux"', text))
    (content.parent / "mail.eml").write_bytes(
        b"From: mailer-daemon@lumen.example\r\nSubject: failure\r\n\r\n550 5.1.1 unknown\r\n"
    )
    return first


SAID = [
    ("check",), ("new", "sequence", "suite"), ("migrate",), ("unknown",),
    ("unknown", "settle", "--all", "--as", "again"),
    ("unknown", "settle", "99", "--as", "dropped"), ("pause",), ("pause", "conseils-3d"), ("pause", "--marketing"),
    ("pause", "x", "--marketing"), ("resume",), ("resume", "livraison"), ("forecast",), ("plan",), ("apply",),
    ("plan", "--choose", "x"), ("releases",), ("rollback", "1"), ("rollback", "77"), ("why", "ada@lumen.example"),
    ("why", "ada@lumen.example", "nowhere"), ("explain", "ada@lumen.example"), ("explain", "x"),
    ("compare", "conseils-3d"), ("enrol", "ada@lumen.example", "conseils-3d"), ("graph", "nowhere"),
    ("test",), ("simulate", "conseils-3d", "--persona", "x"), ("doctor",), ("bounce", "mail.eml"), ("bounce",),
    ("preview", "niveaux"), ("preview", "niveaux", "--worst", "long"), ("preview", "x"),
    ("send-test", "niveaux", "--to", "ines@lumen.example"), ("backup", "x.zip"), ("restore", "x.zip"),
    ("staff", "add", "ines@lumen.example", "--name", "Inès", "--role", "admin", "--generate"), ("staff", "list"),
    ("staff", "remove-factor", "ines@lumen.example"),
    ("staff", "role", "ines@lumen.example", "viewer"), ("staff", "reset", "ines@lumen.example", "--generate"),
]  # fmt: skip


def leaves(group=main, before=()):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, (*before, name))
        else:
            yield (*before, name)


def test_every_command_is_walked_through():
    walked = {words[:2] for words in SAID} | {words[:1] for words in SAID}
    assert [" ".join(one) for one in leaves() if one not in walked and one[0] not in ELSEWHERE] == []
    assert all(any("--lang" in parameter.opts for parameter in one.params) for one in every_command(main))


def test_no_command_says_english_to_whoever_reads_french(house, english):
    wrong = []
    for words in SAID:
        answer = "n\n" if words[0] in ("rollback", "restore") else "o\ny\n"
        output = terreau(*words, "--lang", "fr", answer=answer).output
        told = [line for line in output.splitlines() if not line.startswith(("  ", "Usage", "Utilisation"))]
        wrong += [f"{' '.join(words)}: {part!r} in {output!r}" for part in english if part in output]
        wrong += [f"{' '.join(words)}: {line}" for line in told if ENGLISH.search(line)]
    assert not wrong, "\n".join(wrong)
