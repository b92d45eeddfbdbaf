"""A small HTTP load generator: prepared requests over a few kept connections, with the latency of each answer.

Loopback only; bounded by the list of requests it is given.
"""

import socket
import threading
from dataclasses import dataclass

from base.clock import elapsed


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back: answers per second, latencies in milliseconds (sorted), and how many had each status."""

    per_second: float
    latencies: tuple[float, ...]
    statuses: dict[int, int]

    def percentile(self, share: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


def fire(port: int, requests: list[bytes], connections: int = 8) -> Answered:
    """Send every request once, spread over `connections` kept connections to 127.0.0.1:`port`."""
    results: list[tuple[float, int]] = []
    threads = [
        threading.Thread(target=_worker, args=(port, requests[index::connections], results))
        for index in range(connections)
    ]
    start = elapsed()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = elapsed() - start
    statuses: dict[int, int] = {}
    for _, status in results:
        statuses[status] = statuses.get(status, 0) + 1
    return Answered(len(results) / took, tuple(sorted(latency * 1000 for latency, _ in results)), statuses)


def _worker(port: int, requests: list[bytes], results: list[tuple[float, int]]) -> None:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for request in requests:
        start = elapsed()
        connection.sendall(request)
        status, closing = read_answer(connection)
        results.append((elapsed() - start, status))
        if closing:
            connection.close()
            connection = socket.create_connection(("127.0.0.1", port))
    connection.close()


def read_answer(connection: socket.socket) -> tuple[int, bool]:
    """The status of the next answer, and whether the server closes after it.

    Raises ConnectionError when it hangs up early.
    """
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += _more(connection)
    return int(head.split(b" ", 2)[1]), b"connection: close" in lines


def _more(connection: socket.socket) -> bytes:
    chunk = connection.recv(65536)
    if not chunk:
        raise ConnectionError("the server hung up before its answer was complete")
    return chunk
