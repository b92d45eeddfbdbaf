"""`terreau why` and `terreau explain` say why somebody is not written to: what came back, and when; what they left."""

import json
import re
import shutil
from contextlib import closing

import pytest
from sqlalchemy import delete

from base.clock import system_clocks
from base.paths import data_path
from leads.answering import ObjectionAnswer
from leads.informing import tell
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import events
from terreau.simulating import read_site
from tests.terreau.living import ADA, HEAD, config_of, lived, terreau, write, write_persona

STEPS = '[[step]]\nid = "first"\nemail = "first"\n'
BACK = '[[action]]\nat = 2026-10-24T09:00:00\ndo = "{do}"\nstep = "one/first"\n'
TOPIC = '[[action]]\nat = 2026-10-24T09:00:00\ndo = "unsubscribe"\nsubject = "conseils-3d"\n'
ALL = '[[action]]\nat = 2026-10-24T09:00:00\ndo = "unsubscribe"\n'


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A life of Ada's with that act in it, and the commands in her house."""

    def make(act):
        shutil.copytree(data_path("content"), tmp_path / "content")
        write(tmp_path, "one", HEAD + STEPS, ["first"])
        write_persona(tmp_path, "ada", ADA.format(zone="Europe/Paris").replace("2026-12-20", "2026-11-04") + act)
        url = f"sqlite:///{tmp_path}/terreau.db"
        migrate(url)
        config = config_of(tmp_path, url)
        with closing(open_database(url)) as database:
            lived(database, read_site(config, "ada")[1], config)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("TERREAU__DATABASE__URL", url)
        monkeypatch.setenv("TERREAU__DATA__DIR", str(config.data.dir))
        return url

    return make


def said(command, locale):
    return re.sub("[\u202f\u00a0]", " ", terreau("--lang", locale, command, "ada@lumen.example").output)


@pytest.mark.parametrize("command", ["why", "explain"])
@pytest.mark.parametrize(
    ("act", "reason", "en", "fr"),
    [
        (
            BACK.format(do="bounce"),
            ("all", "hard_bounce"),
            "Their address is left alone for good: mail to it came back on 24 Oct 2026."
            " The reason: nobody has this address.",
            "On n’écrit plus jamais à cette adresse : un e-mail en est revenu le 24 oct. 2026."
            " La raison : personne n’a cette adresse.",
        ),
        (
            BACK.format(do="complain"),
            ("all", "complaint"),
            "Their address is left alone for good: they reported a mail as spam on 24 Oct 2026.",
            "un e-mail y a été signalé comme indésirable le 24 oct. 2026.",
        ),
        (ALL, ("marketing", "unsubscribed"), "They left all our mail on 24 Oct 2026.", "le 24 oct. 2026."),
        (
            TOPIC,
            ("topic", "withdrawn"),
            "They said no to “3D advice” on 24 Oct 2026.",
            "« Conseils 3D » le 24 oct. 2026.",
        ),
    ],
)
def test_why_and_explain_say_why_somebody_is_left_alone_and_since_when(house, command, act, reason, en, fr):
    house(act)
    assert en in said(command, "en")
    assert fr in said(command, "fr")
    first = json.loads(terreau(command, "ada@lumen.example", "--json").output)["left_alone"][0]
    assert ((first["scope"], first["reason"]), first["at_utc"]) == (reason, "2026-10-24T07:00:00Z")


def test_of_a_first_word_that_is_a_no_nobody_reads_that_they_left(house):
    with closing(open_database(house(""))) as database:
        now, no = system_clocks().moment(), ObjectionAnswer("lettre", "No, thank you.", True, "Letters.")
        how = {"at_work": True, "form": "guide-3d", "locale": "en", "proof": {}, "now": now}
        database.write(lambda conn: tell(conn, 1, [no], **how))
    for command in ("why", "explain"):
        assert "They said no to “The Tuesday letter” on" in said(command, "en")
        assert "A dit non à « La lettre du mardi » le" in said(command, "fr")


def test_a_bounced_address_may_be_written_to_about_nothing_whatever_its_reader_agreed_to(house):
    house(BACK.format(do="bounce"))
    assert "May be written to about" not in said("why", "en")


def test_the_line_of_a_mail_that_came_back_says_so(house):
    house(BACK.format(do="bounce"))
    decisions = json.loads(terreau("why", "ada@lumen.example", "one/first", "--json").output)["decisions"]
    assert next(one for one in decisions if one["mail"])["came_back"] == "mail.bounced"
    assert ": came back" in said("why", "en")


def test_where_no_event_tells_of_it_the_day_is_that_of_the_list(house):
    with closing(open_database(house(BACK.format(do="bounce")))) as database:
        database.write(lambda conn: conn.execute(delete(events).where(events.c.name == "mail.bounced")) and None)
    assert "Their address is left alone for good" in said("why", "en")
