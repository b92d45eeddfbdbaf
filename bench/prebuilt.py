"""As fast as mail can leave: four lines that write the same prebuilt letter again and again, a round trip for each."""

import socket
import threading

from base.clock import elapsed

LINES = 4
_NEXT = b"MAIL FROM:<bounce@atelier.example>\r\nRCPT TO:<ada@atelier.example>\r\nDATA\r\n"


def four_lines(port: int, letter: bytes, mails: int) -> float:
    """Mails per second, `mails` in all. No look-up, no rendering, no commit."""
    lines = [threading.Thread(target=_line, args=(port, letter, mails // LINES)) for _ in range(LINES)]
    begun = elapsed()
    for line in lines:
        line.start()
    for line in lines:
        line.join()
    return mails / (elapsed() - begun)


def _line(port: int, letter: bytes, mails: int) -> None:
    body = letter.replace(b"\r\n.", b"\r\n..") + b".\r\n"
    with socket.create_connection(("127.0.0.1", port)) as wire, wire.makefile("rb") as said:
        said.readline()
        wire.sendall(b"EHLO bench\r\n")
        while said.readline()[3:4] == b"-":
            pass
        wire.sendall(_NEXT)
        for number in range(mails):
            for _ in range(3 if number == 0 else 4):  # the word about the letter before comes first
                said.readline()
            wire.sendall(body + (_NEXT if number + 1 < mails else b"QUIT\r\n"))
        said.readline()
