"""Whatever a command says to a person it says in French too: every command is walked through, and read."""

import re
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po
from sqlalchemy import select, update

from leads import hit_log
from leads.hit_log import Met
from reports.every import NAMES
from storage.schema import messages
from terreau.cli import main
from terreau.language import every_command
from tests.terreau.living import terreau, today
from tests.terreau.test_doubts import SINCE, WHY

CATALOGUES = Path(__file__).resolve().parents[2] / "translations" / "fr"
PLACEHOLDER = re.compile(r"%\([a-z_]+\)s")
CLICK = Met(lead_id=1, kind="click", link="1", name="mail_clicked", subject="conseils-3d/bienvenue")
LONG_ENOUGH = 12  # characters of a sentence's longest part: what is shorter may stand in anything
# Words that no French sentence has.
ENGLISH = re.compile(
    r"(?<![-\w./`])(?:the|is|are|was|were|and|with|of|it|its|they|their|nothing|nobody|everything|would|from|yet|"
    r"look|into|by|put|now|here|there|without|which|whose|has|have|been|be|to|for|than)(?![-\w`/=.])",
    re.IGNORECASE,
)
NO_SENTENCES = ("  ", "Usage", "Utilisation")
QUOTED = re.compile(r"`[^`]+`")  # commands and names
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
    """Three people inside sequences, one mail in doubt, an edit in the folder that is not in force, a bounce,
    a list, hits in a file, whole and torn, and a click of Ada's."""
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
    (content.parent / "list.csv").write_text("email;Prénom\ndora@lumen.example;Dora\nbob@lumen.example;Bob\nnobody;N\n")
    (content.parent / "torn.json").write_text('[{"kind": "click"')
    hits = '[{"kind": "click", "at": "2026-11-10T10:00:00Z", "method": "HEAD"}, {"kind": "click"}]'
    (content.parent / "hits.json").write_text(hits)
    lively.database.write(lambda conn: hit_log.note(conn, CLICK, lively.clocks.moment(), touched=True) and 0)
    return first


SAID = [
    *(("report", name) for name in NAMES),
    ("check",), ("new", "sequence", "suite"), ("migrate",), ("unknown",),
    ("unknown", "settle", "--all", "--as", "again"),
    ("unknown", "settle", "99", "--as", "dropped"), ("pause",), ("pause", "conseils-3d"), ("pause", "--marketing"),
    ("pause", "x", "--marketing"), ("resume",), ("resume", "livraison"), ("forecast",), ("plan",), ("apply",),
    ("plan", "--choose", "x"), ("releases",), ("rollback", "1"), ("rollback", "77"), ("why", "ada@lumen.example"),
    ("why", "ada@lumen.example", "nowhere"), ("explain", "ada@lumen.example"), ("explain", "x"),
    ("compare", "conseils-3d"), ("enrol", "ada@lumen.example", "conseils-3d"), ("graph", "nowhere"),
    ("test",), ("simulate", "conseils-3d", "--persona", "x"),
    ("simulate", "conseils-3d", "--persona", "architecte-independante"),
    ("simulate", "demande-demo", "--persona", "curieux-d-un-apres-midi"),
    ("doctor",), ("bounce", "mail.eml"), ("bounce",),
    ("preview", "niveaux"), ("preview", "niveaux", "--worst", "long"), ("preview", "x"),
    ("send-test", "niveaux", "--to", "ines@lumen.example"), ("backup", "x.zip"), ("restore", "x.zip"),
    ("staff", "add", "ines@lumen.example", "--name", "Inès", "--role", "admin", "--generate"), ("staff", "list"),
    ("staff", "remove-factor", "ines@lumen.example"),
    ("staff", "role", "ines@lumen.example", "viewer"), ("staff", "reset", "ines@lumen.example", "--generate"),
    ("import", "list.csv", "--dry-run"), ("import", "list.csv"), ("import", "list.csv", "--yes"),
    ("import", "list.csv", "--yes"), ("import", "nowhere.csv"), ("import", "list.csv", "--map", "Emial=x"),
    ("import", "list.csv", "--map", "email=emial"), ("import", "list.csv", "--mapping", "salon"),
    ("import", "list.csv", "--consent-wording", "Oui"), ("import", "list.csv", "--origin", "bought"), ("imports",),
    ("exports",), ("export", "leads.csv", "--limit", "1"), ("export", "nowhere/leads.csv"), ("export",), ("exports",),
    ("hits", "classify", "hits.json"), ("hits", "classify", "torn.json"), ("hits", "classify", "nowhere.json"),
    ("hits", "of", "ada@lumen.example"), ("hits", "of", "bob@lumen.example"), ("hits", "of", "x"),
    ("replay", "--rules", "content"), ("replay", "--rules", "nowhere", "--sample", "1"), ("suggest",),
    ("replay", "--rules", "content", "--since", "x"),
    ("hits", "correct", "1", "--as", "machine"), ("hits", "correct", "99", "--as", "human"),
    ("hits", "correct", "1", "--as", "x"), ("hits", "correct", "x"), ("hits", "alerts"),
    ("audit", "verify"), ("rights", "export", "ada@lumen.example"), ("rights", "export", "x"),
    ("rights", "export", "ada@lumen.example", "--out", "ada.html"),
    ("rights", "export", "ada@lumen.example", "--out", "nowhere/ada.html"), ("audit", "list"), ("audit", "verify"),
    ("rights", "correct", "ada@lumen.example", "last_name=Byron"),
    ("rights", "correct", "ada@lumen.example", "last_name=Byron"),
    ("rights", "correct", "ada@lumen.example", "last_name"), ("rights", "correct", "ada@lumen.example"),
    ("rights", "correct", "ada@lumen.example", "shoe_size=44"), ("rights", "correct", "ada@lumen.example", "email=x"),
    ("rights", "correct", "ada@lumen.example", "email=bob@lumen.example"),
    ("rights", "correct", "ada@lumen.example", "email="),
    ("rights", "correct", "ada@lumen.example", "last_name=" + "x" * 201),
    ("leads", "add", "email=zoe@zinc.example", "--origin", "partner", "--who", "Nord", "--ground", "request"),
    ("leads", "add", "email=zoe@zinc.example", "--origin", "partner", "--who", "Nord", "--ground", "request"),
    ("leads", "add", "first_name=Zoe", "--origin", "vendor", "--who", "Nord", "--ground", "request"),
    ("leads", "add", "email=x", "--origin", "vendor", "--who", "Nord", "--ground", "request"),
    ("leads", "add", "email", "--origin", "vendor", "--who", "Nord", "--ground", "request"),
    ("leads", "add", "email=y@zinc.example", "--origin", "outbound", "--who", "Nord", "--ground", "contract",
     "--owner", "x"),
    ("leads", "add", "shoe_size=4", "--origin", "outbound", "--who", " ", "--ground", "contract"),
    ("leads", "link", "agence-nord", "guide-3d"), ("leads", "link", "nord", "guide-3d", "--locale", "de"),
    ("leads", "id", "ada@lumen.example", "hubspot", "12"), ("leads", "id", "ada@lumen.example", "hubspot", "12"),
    ("leads", "id", "bob@lumen.example", "hubspot", "12"), ("leads", "id", "ada@lumen.example", "Hub Spot", "12"),
    ("leads", "id", "ada@lumen.example", "hubspot", ""), ("explain", "hubspot:13"),
    ("leads", "id", "ada@lumen.example", "hubspot", "12", "--remove"),
    ("rights", "register"), ("rights", "retention", "--dry-run"), ("rights", "retention"),
    ("absences",), ("absences", "add", "nadia", "--from", "2026-12-24", "--to", "2027-12-31"), ("absences",),
    ("absences", "add", "nadia", "--from", "2026-12-24", "--to", "2026-12-23"), ("absences", "remove", "1"),
    ("absences", "add", "nadja", "--from", "2026-12-24", "--to", "2026-12-31"), ("absences", "remove", "1"),
    ("reassign", "ada@lumen.example", "karim", "--reason", "Parle flamand"),
    ("reassign", "ada@lumen.example", "karim", "--reason", "Parle flamand"),
    ("reassign", "ada@lumen.example", "nobody", "--reason", "Parle flamand"),
    ("reassign", "ada@lumen.example", "karin", "--reason", "Parle flamand"),
    ("reassign", "ada@lumen.example", "karim"), ("explain", "ada@lumen.example"),
    ("leads", "move", "ada@lumen.example", "mql", "--as", "marketing", "--reason", "Vue au salon"),
    ("leads", "move", "ada@lumen.example", "sql", "--as", "sales", "--reason", "Vue au salon"),
    ("leads", "move", "ada@lumen.example", "disqualified", "--as", "sales", "--reason", "Vue au salon"),
    ("leads", "move", "ada@lumen.example", "nowhere", "--as", "sales", "--reason", " "),
    ("leads", "move", "ada@lumen.example", "nowhere", "--as", "sales", "--reason", "Vue au salon"),
    ("leads", "merge", "ada@lumen.example", "chloe@lumen.example"),
    ("leads", "merge", "ada@lumen.example", "chloe@lumen.example", "--yes"),
    ("leads", "merge", "ada@lumen.example", "ada@lumen.example"), ("leads", "merge", "ada@lumen.example", "x"),
    ("leads", "unmerge", "ada@lumen.example"), ("leads", "unmerge", "chloe@lumen.example"),
    ("leads", "unmerge", "chloe@lumen.example", "--yes"),
    ("rights", "anonymise", "ada@lumen.example"), ("rights", "anonymise", "ada@lumen.example", "--yes"),
    ("rights", "erase", "bob@lumen.example"), ("rights", "erase", "bob@lumen.example", "--yes"),
    ("rights", "erase", "bob@lumen.example"), ("rights", "replay"), ("rights", "replay", "nowhere"),
    ("rights", "replay", "list.csv"),
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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what is said is the same on both
def test_no_command_says_english_to_whoever_reads_french(house, english):
    wrong = []
    for words in SAID:
        answer = "n\n" if words[0] in ("rollback", "restore") else "o\ny\n"
        output = terreau(*words, "--lang", "fr", answer=answer).output
        if output.startswith("{"):  # JSON: programs read one language
            continue
        told = [line for line in output.splitlines() if not line.startswith(NO_SENTENCES)]
        wrong += [f"{' '.join(words)}: {part!r} in {output!r}" for part in english if part in output]
        wrong += [f"{' '.join(words)}: {line}" for line in told if ENGLISH.search(QUOTED.sub("", line))]
    assert not wrong, "\n".join(wrong)


def test_a_database_that_will_not_do_is_told_in_french(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    monkeypatch.setenv("TERREAU__DATABASE__URL", "sqlite:///file/data/terreau.db")
    refused = terreau("migrate", "--lang", "fr").output
    assert "file/data/terreau.db ne peut pas être écrite (ce n’est pas un dossier)" in refused
    (tmp_path / "old.db").write_bytes(b"")
    monkeypatch.setenv("TERREAU__DATABASE__URL", "sqlite:///old.db")
    assert "Erreur : la base n’a pas encore de tables" in terreau("audit", "verify", "--lang", "fr").output
    (tmp_path / "old.db").write_bytes(b"no database at all" * 100)
    assert "n’est pas une base SQLite" in terreau("audit", "verify", "--lang", "fr").output
