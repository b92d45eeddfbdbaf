"""The sink at a distance: what it says arrives RTT_SECONDS later, as from a relay in another building. What is said to
it arrives at once: for whoever waits for an answer that comes to the same.

Run: python -m bench.afar PORT: it prints a port of its own, and leads whoever connects there to PORT.
"""

import heapq
import select
import socket
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from base.clock import elapsed
from bench.beside import serving

RTT_SECONDS = 0.001
_PIECE = 256 * 1024


@dataclass(order=True, slots=True)
class _Late:
    at: float
    data: bytes = field(compare=False)
    to: socket.socket = field(compare=False)


def led_to(port: int) -> AbstractContextManager[int]:
    """The port of a process that leads to `port`, and lets its answers come late."""
    return serving([sys.executable, "-m", "bench.afar", str(port)])


def lead(port: int) -> None:
    """Until the input is closed."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as door:
        print(door.getsockname()[1], flush=True)
        _Way(door, port).go()


class _Way:
    """One thread for all who come: `select` waits to the microsecond, `poll` to the millisecond."""

    def __init__(self, door: socket.socket, port: int) -> None:
        self._door, self._port = door, port
        self._other: dict[socket.socket, socket.socket] = {}
        self._servers: set[socket.socket] = set()
        self._late: list[_Late] = []

    def go(self) -> None:
        while True:
            wait = max(0.0, self._late[0].at - elapsed()) if self._late else None
            ready, _, _ = select.select([sys.stdin, self._door, *self._other], [], [], wait)
            if sys.stdin in ready:
                return
            for one in ready:
                if one is self._door:
                    self._accept()
                elif one in self._other:  # else its end came in the same moment
                    self._pass_on(one)
            while self._late and self._late[0].at <= elapsed():
                self._arrive(heapq.heappop(self._late))

    def _accept(self) -> None:
        client, _ = self._door.accept()
        server = socket.create_connection(("127.0.0.1", self._port))
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._other |= {client: server, server: client}
        self._servers.add(server)

    def _pass_on(self, one: socket.socket) -> None:
        data, other = one.recv(_PIECE), self._other[one]
        if one in self._servers:
            heapq.heappush(self._late, _Late(elapsed() + RTT_SECONDS, data, other))
        elif data:
            other.sendall(data)
        else:
            self._part(one)

    def _arrive(self, late: _Late) -> None:
        if late.data:
            late.to.sendall(late.data)
        else:
            self._part(late.to)

    def _part(self, client: socket.socket) -> None:
        for one in (client, self._other[client]):
            del self._other[one]
            self._servers.discard(one)
            one.close()
        self._late = [late for late in self._late if late.to is not client]
        heapq.heapify(self._late)


if __name__ == "__main__":
    lead(int(sys.argv[1]))
