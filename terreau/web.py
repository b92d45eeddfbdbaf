"""The web server in this process: waitress, with an end that lets begun answers reach their readers."""

import resource
import socket
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, create_server

from base.clock import elapsed
from base.saying import said
from base.system_words import why_of
from terreau.patience import Patience
from terreau.strictness import StrictChannel

TURN = 0.2  # seconds the loop waits at most before it looks whether it is to stop
DRAIN = 5.0  # seconds for requests under way when it is
MOST_CONNECTIONS = 4096
IN_MEMORY = 128 * 1024  # bytes of a body; the rest of a longer one lies in a file
LEEWAY = 8  # times the limit of a body: up to there the app refuses it, with a page that a person can read


class AddressTaken(Exception):
    """The address cannot be listened on."""

    def __init__(self, host: str, port: int, cause: OSError) -> None:
        super().__init__(
            said(
                "cannot listen on %(where)s: %(why)s. Another process may hold this port: stop it, or choose another"
                " with `--port` or `[server] port`.",
                where=f"{host}:{port}",
                why=why_of(cause),
            )
        )


def listen(host: str, port: int) -> socket.socket:
    """Hold the address (port 0: the machine chooses) before anything is made; whoever knocks waits for the server.

    Raises AddressTaken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise AddressTaken(host, port, error) from error


class WebServer:
    """`app` behind the socket of `listen`, in a thread of its own between `start` and `stop`.

    Of `trusted_proxy` it is believed where a visitor comes from, and nothing else.
    `body_limit` is what a form may hold; `longest` what the longest body that is no form may.
    """

    def __init__(
        self,
        app: Callable[..., Any],
        listener: socket.socket,
        *,
        threads: int,
        body_limit: int = 65_536,
        longest: int = 0,
        trusted_proxy: str | None = None,
    ) -> None:
        self._map: dict[int, Any] = {}
        self._patience = Patience()
        self._stopping = Event()
        self._server = create_server(
            app,
            map=self._map,
            sockets=[listener],
            threads=threads,
            max_request_body_size=max(LEEWAY * body_limit, longest),
            trusted_proxy=trusted_proxy,
            trusted_proxy_headers={"x-forwarded-for"} if trusted_proxy else set(),
            clear_untrusted_proxy_headers=True,
            channel_timeout=30,
            connection_limit=_most_connections(),
            inbuf_overflow=IN_MEMORY,
            ident=None,
        )
        for one in self._map.values():
            if isinstance(one, BaseWSGIServer):
                one.channel_class = StrictChannel
        self._thread = Thread(target=self._run, name="web", daemon=True)

    @property
    def port(self) -> int:
        return next(int(one.effective_port) for one in self._map.values() if isinstance(one, BaseWSGIServer))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No new connection; what was asked is answered, within `DRAIN` seconds."""
        self._stopping.set()
        self._thread.join(2 * DRAIN)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._turn()
        self._stop_listening()
        deadline = elapsed() + DRAIN
        while self._busy() and elapsed() < deadline:
            self._turn()
        self._server.task_dispatcher.shutdown(timeout=1)
        wasyncore.close_all(self._map)

    def _turn(self) -> None:
        wasyncore.loop(timeout=TURN, use_poll=True, map=self._map, count=1)
        self._patience.hurry(self._channels(), elapsed())

    def _stop_listening(self) -> None:
        """The listening sockets only; the trigger stays, it is how a thread says that its answer can be written."""
        for one in list(self._map.values()):
            if isinstance(one, BaseWSGIServer):
                wasyncore.dispatcher.close(one)

    def _busy(self) -> bool:
        return any(one.requests or one.total_outbufs_len for one in self._channels())

    def _channels(self) -> list[HTTPChannel]:
        return [one for one in self._map.values() if isinstance(one, HTTPChannel)]


def _most_connections() -> int:
    """Half of the files that this process may open; those who do not hurry are hung up on long before."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if files == resource.RLIM_INFINITY else max(100, min(MOST_CONNECTIONS, files // 2))
