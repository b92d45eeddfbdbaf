"""From due to 250: the sender with its look-ups, rendering and durable intents, against floors of the same run.

All write to the same sink over loopback: Debian's `smtp-sink` where it is installed (package postfix), else our own.
"""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from authoring.tree import Tree
from base.clock import Clocks, elapsed
from base.config import Config, load_config
from base.tokens import Signer
from bench import afar, letter, scene
from bench.beside import serving
from bench.floors import AFAR, BAREST, FLOORS, SHORT, Floor, Ground
from bench.results import Result
from bench.scene import Scene
from emails.layouts import Setting
from emails.maildir import Maildir
from emails.outbox import Sender
from emails.smtp import Smtp

MAILS, ROUNDS, CONNECTIONS = 2_000, 5, 16
UNLIMITED = [f"TERREAU__LIMITS__{kind}_PER_HOUR" for kind in ("ADDRESS", "NETWORK", "FORM", "SITE")]  # still counted


def measure() -> list[Result]:
    """Messages per second from due to 250, over those of each floor: for the mail of the targets, for a short one of
    the example content, and to a server that is not on this machine; of the last two nothing is promised."""
    with sink() as port:
        near = [*_measure(port, letter.with_it, (*FLOORS, BAREST)), *_measure(port, lambda tree: tree, [SHORT])]
        with afar.led_to(port) as distant:
            return [*near, *_measure(distant, letter.with_it, AFAR)]


def _measure(port: int, edit: Callable[[Tree], Tree], floors: Sequence[Floor]) -> list[Result]:
    """Medians of interleaved rounds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        at = scene.set_up(folder, edit=edit)
        lots = (range(first, first + MAILS) for first in range(2, 2 + 2 * MAILS * (ROUNDS + 1), MAILS))
        scene.fill(at, 2 * MAILS * (ROUNDS + 1) + 1)
        config = settings(folder, port)
        setting = Setting(config.site.base_url, config.site.default_locale)
        one = _one_letter(at, config)
        sender = sender_of(at, config, Smtp(config))
        rounds = []
        ground = Ground(folder, port, MAILS, one, at.releases.in_force(), setting, lambda: owe(at, next(lots)))
        for _ in range(ROUNDS + 1):
            ground.owe()
            rounds.append((_drain(sender), *(floor.rate(ground) for floor in floors)))
        sender.close()
        at.close()
    ours, *others = zip(*rounds[1:], strict=True)  # the first one fills caches
    results = [_against(floor, ours, its, len(one)) for floor, its in zip(floors, others, strict=True)]
    if BAREST in floors:
        quickest = others[floors.index(BAREST)]
        results += [_fewest(floor, quickest, its) for floor, its in zip(FLOORS, others, strict=False)]
    return results


def _fewest(floor: Floor, quickest: Sequence[float], its: Sequence[float]) -> Result:
    """What one process that does the fewest steps comes to, against the same floor."""
    ratio = statistics.median(mine / other for mine, other in zip(quickest, its, strict=True))
    return Result(f"the fewest steps, against {floor.name}", ratio, 0.0, "x", detail=f"the target is {floor.target:g}")


def _against(floor: Floor, ours: Sequence[float], its: Sequence[float], size: int) -> Result:
    ratio = statistics.median(mine / other for mine, other in zip(ours, its, strict=True))
    rates = f"{statistics.median(ours):,.0f}/s against {statistics.median(its):,.0f}/s"
    return Result(
        f"from due to 250, against {floor.name}", ratio, floor.target, "x", detail=f"{rates}; {size:,} bytes a mail"
    )


@contextmanager
def sink() -> Iterator[int]:
    """The port of a receiving server in a process of its own."""
    debian = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    with _debian_sink(debian) if debian else _own_sink() as port:
        yield port


@contextmanager
def _debian_sink(program: str) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    as_nobody = ["-u", "nobody"] if os.getuid() == 0 else []
    process = subprocess.Popen([program, *as_nobody, f"127.0.0.1:{port}", "100"])
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            process.poll()
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _own_sink() -> AbstractContextManager[int]:
    return serving([sys.executable, "-m", "bench.sink"])


def settings(folder: Path, port: int, url: str | None = None) -> Config:
    """The house's settings for a measurement: everything inside `folder`, mail to the sink."""
    return load_config(
        None,
        {
            "TERREAU__DATABASE__URL": url or f"sqlite:///{folder}/terreau.db",
            "TERREAU__DATA__DIR": str(folder),
            "TERREAU__MAIL__CONNECTIONS": str(CONNECTIONS),
            "TERREAU__MAIL__MAILDIR": str(folder / "maildir"),
            "TERREAU__SMTP__HOST": "127.0.0.1",
            "TERREAU__SMTP__PORT": str(port),
            "TERREAU__SMTP__SECURITY": "none",
            "TERREAU__SERVER__FORM_MIN_SECONDS": "0",
            "TERREAU__TRACKING__OPENS": "consent",  # asked of nobody here, but where openings are measured
            **dict.fromkeys(UNLIMITED, "0"),
        },
    )


def owe(at: Scene, lead_ids: range) -> None:
    """Promise each of these leads, numbers without a gap, the sequence's mail, as the engine would have."""
    now = at.now.strftime("%Y-%m-%d %H:%M:%S.%f")
    scene.run(at, [_OWED], {"now": now, "first": lead_ids.start, "last": lead_ids.stop - 1})


_OWED = (
    "INSERT INTO messages (lead_id, klass, enrolment_id, sequence, step, occurrence, topic, email, locale, token,"
    " state, due_at, attempts, release_id, created_at)"
    f" SELECT n, 'marketing', n, '{scene.SEQUENCE}', '{scene.STEP}', 0, 'conseils-3d',"
    f" '{scene.SEQUENCE}/{scene.STEP}', 'fr', '0' || NAMED, 'due', :now, 0, 1, :now FROM NUMBER"
)


def sender_of(at: Scene, config: Config, transport: Smtp | Maildir, clocks: Clocks | None = None) -> Sender:
    """The sender of the house on that scene, by default at the one moment of the scene."""
    standing = Clocks(at.calendar, at.machine)
    signer = Signer(config.keys().signing, at.machine)
    return Sender(at.database, at.releases, config, clocks or standing, signer, transport, "bench")


def _one_letter(at: Scene, config: Config) -> bytes:
    """A mail exactly as the sender makes it: what the bare loop sends again and again."""
    owe(at, range(1, 2))
    sender = sender_of(at, config, Maildir(config))
    sender.drain(threading.Event())
    sender.close()
    return next((config.mail.maildir / "new").iterdir()).read_bytes()


def _drain(sender: Sender) -> float:
    start = elapsed()
    done = sender.drain(threading.Event())
    took = elapsed() - start
    if done != MAILS:
        raise SystemExit(f"{done} mails were sent instead of {MAILS}: the measurement means nothing")
    return MAILS / took
