"""`terreau serve` and `terreau engine`: the house from its settings to the operator's signal, and out in order."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event

from base.config import Config
from terreau.app import create_app
from terreau.house import House
from terreau.preparing import content_in_force, prepare
from terreau.running import in_motion
from terreau.signals import stop_on_signals
from terreau.web import WebServer

Say = Callable[[str], None]


def serve(config: Config, *, with_engine: bool, say: Say, stop: Event | None = None) -> int:
    """Pages and, unless told otherwise, the engine, until a signal (or `stop`). Returns the exit code.

    Raises SchemaMismatch, StorageUnavailable, ReleaseRefused, AddressTaken before anything was opened.
    """
    stop = stop or stop_on_signals()
    with opened(config, say) as house:
        web = web_server(house)
        say(f"Listening on http://{config.server.host}:{web.port}; links in mails begin with {config.site.base_url}")
        web.start()
        try:
            if with_engine:
                with in_motion(house):
                    stop.wait()
                    say("Stopping: what was begun is finished.")
                    web.stop()
            else:
                stop.wait()
        finally:
            web.stop()
    say("Stopped.")
    return 0


def run_engine(config: Config, *, say: Say, stop: Event | None = None) -> int:
    """The engine without pages, until a signal (or `stop`). Returns the exit code."""
    stop = stop or stop_on_signals()
    with opened(config, say) as house, in_motion(house):
        say("The engine runs: sequences, mails and webhooks; pages are served elsewhere.")
        stop.wait()
        say("Stopping: what was begun is finished.")
    say("Stopped.")
    return 0


@contextmanager
def opened(config: Config, say: Say) -> Iterator[House]:
    """The house with its tables and with content in force, said in a line each."""
    prepare(config)
    with closing(House.build(config)) as house:
        applied = content_in_force(house)
        release = house.releases.in_force()
        say(applied.sentence if applied else f"Release {release.release_id} ({release.hash[:12]}) is in force.")
        yield house


def web_server(house: House) -> WebServer:
    server = house.config.server
    return WebServer(create_app(house), server.host, server.port, threads=server.threads, body_limit=server.body_limit)
