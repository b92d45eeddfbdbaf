"""`terreau preview` shows what a reader would get; `terreau send-test` sends it to oneself, and no lead knows of it."""

import email
import json
import shutil
from contextlib import closing
from datetime import UTC, datetime
from email import policy

import pytest
from click.testing import CliRunner
from sqlalchemy import insert

from base.paths import data_path
from storage.database import open_database
from storage.schema import leads
from terreau import spam
from terreau.cli import main
from terreau.drafting import UnknownText, text_meant


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a copy of the example content, whose mails are laid into a folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(data_path("content"), tmp_path / "content")
    monkeypatch.setenv("TERREAU__MAIL__TRANSPORT", "maildir")
    return tmp_path


def terreau(*words):
    result = CliRunner().invoke(main, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


MEANT = {
    "conseils-3d/niveaux": ("conseils-3d", "niveaux", None),
    "niveaux": ("conseils-3d", "niveaux", None),
    "conseils-3d/niveaux.en.md": ("conseils-3d", "niveaux", "en"),
    "content/emails/conseils-3d/niveaux.fr.md": ("conseils-3d", "niveaux", "fr"),
    "niveaux.fr.md": ("conseils-3d", "niveaux", "fr"),
}


@pytest.mark.parametrize("text", MEANT)
def test_a_mail_is_named_by_its_step_or_by_its_file(site, text):
    assert text_meant(site, text) == MEANT[text]


UNMEANT = {
    "niveau": "the content has no mail `niveau` (did you mean `niveaux`?)",
    "conseils-3d/niveau": "the content has no mail `conseils-3d/niveau` (did you mean `conseils-3d/niveaux`?)",
    "": "the content has no mail ``",
    "../..": "the content has no mail `../..`",
}


@pytest.mark.parametrize("text", UNMEANT)
def test_what_there_is_not_says_what_there_is(site, text):
    with pytest.raises(UnknownText) as refused:
        text_meant(site, text)
    assert str(refused.value).startswith(UNMEANT[text])


def test_a_preview_shows_what_a_reader_sees_first_and_how_large_it_is(folder):
    said = terreau("preview", "conseils-3d/niveaux")
    assert said.exit_code == 0, said.output
    assert "niveaux.fr.md, written to the persona architecte-independante" in said.output
    assert "Subject    Où s’arrêter dans le détail\n" in said.output
    assert "Preheader  Trois niveaux, un temps pour chacun, et la question à poser.\n" in said.output
    assert "% of the 102 kB from which Gmail cuts" in said.output
    assert "  List-Unsubscribe: <http://localhost:8000/u/preview>" in said.output
    assert "  Bonjour Chloé," in said.output


def test_a_preview_is_of_the_folder_put_in_force_or_not_in_the_language_and_for_the_reader_asked_for(folder):
    text = folder / "content" / "emails" / "conseils-3d" / "niveaux.en.md"
    text.write_text(text.read_text().replace("Where to stop", "Where to begin"))
    said = json.loads(terreau("preview", str(text), "--worst", "empty", "--out", "x.html", "--json").output)
    assert said["file"] == "emails/conseils-3d/niveaux.en.md"
    assert said["reader"] == "a lead with no answer at all"
    assert said["subject"].startswith("Where to begin")
    assert (folder / "x.html").read_text() == said["html"]
    assert said["html_bytes"] == len(said["html"].encode())
    assert not list(folder.glob("data/*")), "nothing was made for it"


def test_a_preview_for_a_lead_is_written_with_what_they_said(folder):
    assert terreau("migrate").exit_code == 0
    with closing(open_database(f"sqlite:///{folder}/data/terreau.db")) as database:
        ada = {"email": "ada@lumen.example", "first_name": "Ada", "locale": "en", "fields": {}, "tags": []}
        born = {"status": "lead", "origin": "inbound", "created_at": datetime(2026, 11, 2, 9, 0, tzinfo=UTC)}
        database.write(lambda conn: conn.execute(insert(leads).values(ada | born)))
    said = terreau("preview", "niveaux", "--lead", "ada@lumen.example")
    assert "niveaux.en.md, written to Ada, lead 1" in said.output, said.output
    assert "  To: ada@lumen.example" in said.output
    assert "nobody is known as" in terreau("preview", "niveaux", "--lead", "bob@lumen.example").output


def test_images_that_travel_in_a_mail_are_told_and_stand_in_the_page(folder):
    text = folder / "content" / "emails" / "conseils-3d" / "niveaux.fr.md"
    text.write_text(text.read_text() + "\n![Le plan](images/plan.gif)\n")
    (folder / "content" / "images").mkdir()
    (folder / "content" / "images" / "plan.gif").write_bytes(b"GIF89a" + bytes(2042))
    said = terreau("preview", "niveaux", "--out", "x.html")
    assert said.exit_code == 0, said.output
    assert "Image      plan.gif, 2 kB\n" in said.output
    assert 'src="data:image/gif;base64,R0lGODlh' in (folder / "x.html").read_text()
    assert json.loads(terreau("preview", "niveaux", "--json").output)["images"] == [{"name": "plan.gif", "bytes": 2048}]


def test_a_page_is_written_over_a_file_that_is_there_only_when_told_to(folder):
    (folder / "x.html").write_text("mine")
    refused = terreau("preview", "niveaux", "--out", "x.html")
    assert refused.exit_code == 1
    assert "x.html is there already: name another one, or add --overwrite" in refused.output
    assert (folder / "x.html").read_text() == "mine"
    assert terreau("preview", "niveaux", "--out", "x.html", "--overwrite").exit_code == 0
    assert (folder / "x.html").read_text() != "mine"


def test_an_image_that_will_not_do_is_not_called_missing_as_well(folder):
    text = folder / "content" / "emails" / "conseils-3d" / "niveaux.fr.md"
    text.write_text(text.read_text() + "\n![Le plan](images/plan.gif)\n")
    (folder / "content" / "images").mkdir()
    (folder / "content" / "images" / "plan.gif").write_bytes(b"<svg/>")
    said = terreau("check", "--lang", "fr")
    assert said.exit_code == 1
    assert "images/plan.gif:1:1: le nom annonce du GIF, et le contenu est autre chose (enregistrez" in said.output
    assert "plan.gif`" not in said.output


def test_mistakes_are_said_before_anything_is_drawn(folder):
    text = folder / "content" / "emails" / "conseils-3d" / "niveaux.fr.md"
    text.write_text(text.read_text() + "\n{{ lead.nmae }}\n")
    said = terreau("preview", "niveaux")
    assert said.exit_code == 1
    assert "niveaux.fr.md" in said.output
    assert "nothing is called `lead.nmae`" in said.output


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (["--persona", "x"], 1, "the content has no persona `x`"),
        (["--locale", "de"], 1, "`conseils-3d/niveaux` is not written in `de`: it is in en, fr"),
        (["--persona", "x", "--worst", "long"], 2, "give one"),
        (["--worst", "tall"], 2, "'tall' is not one of"),
    ],
)
def test_what_is_asked_for_and_is_not_there_is_said(folder, words, exit_code, sentence):
    said = terreau("preview", "niveaux", *words)
    assert (said.exit_code, sentence in said.output) == (exit_code, True), said.output


def test_a_test_arrives_marked_and_leads_nowhere_that_counts(folder):
    said = terreau("send-test", "niveaux", "--to", "ines@lumen.example")
    assert said.exit_code == 0, said.output
    assert "is on its way to ines@lumen.example: 250 stored" in said.output
    (file,) = (folder / "data" / "maildir" / "new").iterdir()
    mail = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["Delivered-To"] == mail["To"] == "ines@lumen.example"
    assert mail["Subject"] == "[test] Où s’arrêter dans le détail"
    html = mail.get_body(("html",)).get_content()
    assert 'href="http://localhost:8000/p/trois-niveaux"' in html, "links are not counted"
    assert "/c/" not in html
    assert mail["List-Unsubscribe"] == "<http://localhost:8000/u/preview>"


def test_two_tests_are_two_mails(folder):
    for _ in range(2):
        terreau("send-test", "niveaux", "--to", "ines@lumen.example")
    mails = [email.message_from_bytes(file.read_bytes()) for file in (folder / "data" / "maildir" / "new").iterdir()]
    assert len({mail["Message-ID"] for mail in mails}) == 2, "a mailbox hides the second of two that share one"


def test_a_test_that_the_mail_server_does_not_take_says_its_word(folder, monkeypatch):
    monkeypatch.setenv("TERREAU__MAIL__TRANSPORT", "smtp")
    monkeypatch.setenv("TERREAU__SMTP__PORT", "1")
    said = terreau("send-test", "niveaux", "--to", "ines@lumen.example")
    assert said.exit_code == 1
    assert "no connection to the mail server localhost:1" in said.output
    assert "cannot be an envelope address" in terreau("send-test", "niveaux", "--to", "ines").output


# ---------------------------------------------------------------- spam


MARKED = b"""X-Spam-Checker-Version: SpamAssassin 4.0.1
X-Spam-Status: No, score=1.7 required=5.0 tests=DKIM_SIGNED,HTML_MESSAGE,
\tNO_RECEIVED autolearn=no autolearn_force=no version=4.0.1
Subject: x

X-Spam-Status: Yes, score=99 required=5.0 tests=LIE
"""


def test_a_score_is_read_from_the_header_that_spamassassin_writes():
    assert spam.read_score(MARKED) == spam.Score(1.7, 5.0, ("DKIM_SIGNED", "HTML_MESSAGE", "NO_RECEIVED"))
    assert spam.read_score(b"Subject: x\n\ny") is None
    told = "1.7 points of the 5.0 that make spam, not spam: DKIM_SIGNED, HTML_MESSAGE, NO_RECEIVED"
    assert spam.read_score(MARKED).sentence == told
    assert "taken for spam" in spam.Score(5.0, 5.0, ()).sentence


def test_without_spamassassin_the_sentence_says_so(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "is not installed here" in spam.spam_sentence(b"Subject: x\n\ny")


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("#!/bin/sh\nexit 3\n", "SpamAssassin gave no score: it ended with 3"),
        ("#!/bin/sh\necho no rules >&2\nexit 1\n", "SpamAssassin gave no score: no rules"),
        ("no program", "SpamAssassin did not answer: "),
    ],
)
def test_a_spamassassin_that_fails_says_how(tmp_path, script, sentence):
    program = tmp_path / "spamassassin"
    program.write_text(script)
    program.chmod(0o700)
    assert spam.spam_sentence(b"Subject: x\n\ny", str(program)).startswith(sentence)


@pytest.mark.skipif(shutil.which("spamassassin") is None, reason="SpamAssassin is not installed")
def test_the_example_is_not_spam(folder):
    said = terreau("preview", "niveaux", "--spam")
    assert "points of the 5.0 that make spam, not spam" in said.output, said.output
