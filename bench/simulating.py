"""A simulated year, which is to take less than a second."""

import shutil
import statistics
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from base.clock import elapsed
from base.config import Config
from base.paths import data_path
from bench.results import Result
from terreau.simulating import Wish, simulate

WEEKS, ROUNDS = 52, 7
BEGIN = datetime(2026, 10, 24, 9, 0, tzinfo=UTC)
HEAD = """title = "A year"
topic = "conseils-3d"
sender = "ines"
trigger = [{ event = "consent_granted", subject = "conseils-3d" }]
"""
STEP = '\n[[step]]\nid = "s{number}"\nwait = "1 week"\nemail = "m"\n'
MAIL = '+++\nsubject = "S"\npreheader = "P"\nwhy = "W"\n+++\n\nBonjour\n'
ASKED = (
    '{ at = 2026-10-23T10:05:00, do = "submit", form = "guide-3d", page = "guide-3d",'
    ' answers = { profession = "interior", practice = "slow", consent_conseils = true } }'
)
ADA = f"""title = "Ada"
until = 2027-10-30T12:00:00
fields = {{ email = "ada@atelier.example" }}
action = [
  {ASKED},
  {{ at = 2026-10-23T10:12:00, do = "confirm" }},
"""
SEEN = '  {{ at = {at:%Y-%m-%dT%H:%M:%S}, do = "event", event = "page_seen", subject = "demo" }},\n'


def measure() -> list[Result]:
    """One result: the median of a year with a mail and a visit each week, beside the example's own sequences."""
    with tempfile.TemporaryDirectory() as folder:
        config = Config.model_validate({"content": {"dir": _content(Path(folder))}, "data": {"dir": folder}})
        took = [_year(config) for _ in range(ROUNDS + 1)][1:]  # the first one fills caches
    seconds = statistics.median(took)
    detail = f"{WEEKS} mails, {WEEKS} visits; content read anew each time; median of {ROUNDS}"
    return [Result("a simulated year", seconds, 1.0, "s", True, detail)]


def _year(config: Config) -> float:
    begun = elapsed()
    simulated = simulate(config, Wish("ada", "year"), BEGIN)
    took = elapsed() - begun
    if (sent := sum(line.outcome == "sent" for line in simulated.about)) != WEEKS:
        raise SystemExit(f"{sent} mails were sent instead of {WEEKS}: the measurement means nothing")
    return took


def _content(folder: Path) -> Path:
    content = folder / "content"
    shutil.copytree(data_path("content"), content)
    (content / "sequences" / "year.toml").write_text(HEAD + "".join(STEP.format(number=n) for n in range(WEEKS)))
    (content / "emails" / "year").mkdir()
    for locale in ("fr", "en"):
        (content / "emails" / "year" / f"m.{locale}.md").write_text(MAIL)
    visits = "".join(SEEN.format(at=BEGIN + timedelta(weeks=n)) for n in range(WEEKS))
    (content / "personas" / "ada.toml").write_text(f"{ADA}{visits}]\n")
    return content
