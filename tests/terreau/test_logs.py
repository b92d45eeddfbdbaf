"""No log line carries anybody's address, whoever wrote it and in whichever form."""

import json
import logging

import structlog

from terreau.logs import set_up


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
    assert "ValueError: bad address <address>" in lines[2]["exception"]


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
