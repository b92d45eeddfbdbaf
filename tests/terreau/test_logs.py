"""No log line carries anybody's address, whoever wrote it and in whichever form."""

import json
import logging
import sys
import threading
from functools import partial

import pytest
import structlog
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import insert, select

from base.config import Config
from base.discretion import discreet, trace_of, words_of
from base.tokens import Signer, new_token
from capture import pages as capture_pages
from capture.blueprint import open_public_door
from capture.door import Door
from scheduler.threads import Worker
from storage.schema import leads, messages
from terreau.cli import main
from terreau.logs import set_up
from workflows import engine as engine_room

# What somebody types who wants to be found again in a log. Each stands nowhere else.
HOSTILE = {
    "email": "zqcanary.address@secret-house.example",
    "first_name": "Zqcanaryfirst\r\n2026 [error] forged=line",
    "last_name": "Zqcanarylast%s%(x)s{0}",
    "company": "Zqcanarycompany\x1b[31m",
    "phone": "+33612345678",
}
CANARIES = ("zqcanary", "secret-house", "33612345678", "forged=line")


def shout() -> None:
    log = structlog.get_logger("house")
    log.error(
        "no answer for chloe@atelier-marchand.example", lead_id=7, to=["bob@lumen.example"], kept={"a": "ada@x.example"}
    )
    logging.getLogger("waitress").warning("odd request from %s", "<ada+tag@lumen.example>")
    try:
        raise ValueError("bad address ada@lumen.example")
    except ValueError:
        log.exception("it broke")


def test_json_lines_hold_no_address(capsys):
    set_up("INFO", "json")
    shout()
    written = capsys.readouterr().err
    lines = [json.loads(line) for line in written.splitlines()]
    assert "@" not in written
    assert lines[0]["event"] == "no answer for <address>"
    assert (lines[0]["lead_id"], lines[0]["to"], lines[0]["level"]) == (7, ["<address>"], "error")
    assert lines[1]["event"] == "odd request from <<address>>"
    assert lines[2]["exception"].endswith("ValueError: (its words are left out: they may be somebody's)")
    assert "test_logs.py:" in lines[2]["exception"]


def test_lines_for_people_hold_no_address_and_respect_the_level(capsys):
    set_up("WARNING", "console")
    structlog.get_logger("house").info("quiet")
    shout()
    written = capsys.readouterr().err
    assert "@" not in written
    assert "quiet" not in written
    assert "no answer for <address>" in written


def test_a_beat_that_was_skipped_is_not_told(capsys):
    set_up("INFO", "console")
    logging.getLogger("apscheduler.scheduler").warning("maximum number of running instances reached (1)")
    logging.getLogger("apscheduler.executors.default").error("it broke")
    written = capsys.readouterr().err
    assert "maximum number" not in written
    assert "it broke" in written


def test_an_error_of_others_tells_its_kind_and_its_place_and_never_its_words(capsys):
    set_up("DEBUG", "json")

    def read(name):
        raise ValueError(f"could not convert {name!r} to float")

    try:
        try:
            read("Zqcanary")
        except ValueError as error:
            raise LookupError("Zqcanary is not there") from error
    except LookupError as error:
        told = trace_of(error)
        structlog.get_logger("x").error("odd", exc_info=error, error=error)
    written = capsys.readouterr().err
    assert "read" in told
    assert "which led to:" in told
    assert [line for line in (told + written).splitlines() if "Zqcanary is" in line and "raise" not in line] == []
    assert words_of(OSError(111, "Connection refused")) == "ConnectionRefusedError: Connection refused"


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("GET /preferences/{token} 404", "GET /preferences/<token> 404"),
        ("GET /c/{token}3", "GET /c/<token>"),
        ("GET /p/guide?email=ada&name=x failed", "GET /p/guide?<query> failed"),
        ("/confirm/eyJsZWFkIjo3fQ.aSjvpA.gJ0y8Yxo2vYc5dUOFg2nqCM9u0c", "/confirm/<token>"),
        ("call +33 6 12 34 56 78 now", "call <number> now"),
        ("release 0123456789abcdef0123456789ab is in force", "release 0123456789abcdef0123456789ab is in force"),
        ("a ConnectionRefusedError of ours", "a ConnectionRefusedError of ours"),
        ("GET /d/JnKizZbyQnspgapGesqDpa 404", "GET /d/<token> 404"),  # written like the name of a class, by chance
        ("conseils-3d/bienvenue at 2026-11-02T09:00:00", "conseils-3d/bienvenue at 2026-11-02T09:00:00"),
    ],
)
def test_what_opens_something_is_blanked_and_what_an_operator_needs_is_not(said, left):
    assert discreet(said.format(token=("Ab1" + new_token())[:22])) == left


def test_every_token_of_the_house_is_blanked():
    kept = [token for token in (new_token() for _ in range(2000)) if token in discreet(f"/d/{token}")]
    assert kept == []


def test_what_nobody_caught_is_told_like_everything_else(capsys):
    set_up("INFO", "json")

    def fall():
        raise ValueError("Zqcanary")

    thread = threading.Thread(target=fall)
    thread.start()
    thread.join()
    sys.excepthook(ValueError, ValueError("Zqcanary"), None)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["a fault that nobody caught"] * 2
    assert "Zqcanary" not in lines[1]["exception"]


def broken(*given, **more):
    raise ValueError(f"cannot take {given} {more}")


def journey(client):
    """A visitor who fills in the form with all that is hostile, and asks for pages with it."""
    page = client.get(f"/p/guide-3d?utm_source={HOSTILE['last_name']}&email={HOSTILE['email']}")
    client.post("/p/guide-3d", data={**HOSTILE, "locale": "fr"})
    for path in ("/preferences/", "/c/", "/confirm/", "/unsubscribe/", "/nowhere/"):
        client.get(path + HOSTILE["email"])
        client.post(path + HOSTILE["last_name"], data=HOSTILE)
    return page


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_journey_with_hostile_answers_leaves_a_trace_of_anybody_in_the_log(
    lively, database, clocks, keys, capsys, monkeypatch, form
):
    """R36. At the finest level, with faults everywhere: in the form's verb, the engine, a thread, a table."""
    set_up("DEBUG", form)
    config = Config.model_validate({"site": {"base_url": "http://localhost"}, "server": {"form_min_seconds": 0}})
    signer = Signer(keys.signing, clocks.machine)
    app = Flask("terreau", static_folder=None)
    open_public_door(app, Door(database, lively.releases, config, clocks, signer, keys, lively.releases.blobs))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    client = app.test_client()
    lively.submits("zqcanary", **{name: value for name, value in HOSTILE.items() if name != "phone"})
    journey(client)
    monkeypatch.setattr(capture_pages, "record", broken)
    journey(client)
    monkeypatch.setattr(engine_room, "take_turn", broken)
    lively.submits("bob", **{"last_name": HOSTILE["last_name"]})
    worker = Worker("odd", partial(broken, HOSTILE["first_name"]))
    worker.stopping.set()
    worker._drain_once()
    with database.read() as conn:
        row = dict(conn.execute(select(leads)).first()._mapping)
        tokens = list(conn.scalars(select(messages.c.token)))
    try:
        database.write(lambda conn: conn.execute(insert(leads).values(row)) and None)
    except Exception as error:
        structlog.get_logger("house").exception("a row was refused", error=error)
    written = capsys.readouterr().err
    assert "a lead's turn failed" in written
    assert "a row was refused" in written
    told = written.casefold()
    assert [word for word in (*CANARIES, *(token.casefold() for token in tokens)) if word in told] == []


def test_what_a_command_answers_is_never_mixed_with_what_it_logs(monkeypatch):
    log = structlog.get_logger("house")

    def examine(config):
        log.info("quiet")
        log.warning("odd")
        return []

    monkeypatch.setattr("terreau.cli.examine", examine)
    said = CliRunner().invoke(main, ["doctor", "--json"])
    assert json.loads(said.stdout) == []
    assert "odd" in said.stderr
    assert "quiet" not in said.output
