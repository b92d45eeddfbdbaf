"""Moments of a letter's way at which a sender can be made to die, each time at the same one (RELIABILITY, annex B)."""

import os
import signal

from emails import claiming, committer, courier, results
from emails.smtp import Smtp, SmtpLine
from storage import holders


def _dies():
    os.kill(os.getpid(), signal.SIGKILL)


def _part_of_the_body(share):
    """Write that share of the letter, then die."""

    def give(self, data, ahead=None):
        body = data + b".\r\n"
        self._socket.setblocking(True)
        self._socket.sendall(body[: {"first": 1, "half": len(body) // 2, "no dot": len(body) - 3}.get(share)])
        _dies()

    return SmtpLine, "give", give


def _after(owner, name):
    true = getattr(owner, name)

    def does(*given, **named):
        true(*given, **named)
        _dies()

    return owner, name, does


def _after_the_talk(owner, name):
    true = getattr(owner, name)

    def does(*given, **named):
        yield from true(*given, **named)
        _dies()

    return owner, name, does


def _before(owner, name):
    return owner, name, lambda *given, **named: _dies()


# What is replaced at the moment that comes up, by something that dies there.
POINTS = {
    "claim.before_commit": lambda: _after(claiming, "gather"),
    "claim.after_commit": lambda: _before(claiming.Claims, "_make"),
    "freeze.before_commit": lambda: _after(claiming, "_frozen"),
    "freeze.after_commit": lambda: _after(claiming.Claims, "_freeze"),
    "render.done": lambda: _after(courier, "write"),
    "smtp.connected": lambda: _after(Smtp, "connect"),
    "smtp.354": lambda: _after_the_talk(SmtpLine, "offer"),
    "intent.before_commit": lambda: _after(committer, "begin"),
    "intent.after_commit": lambda: _before(SmtpLine, "give"),
    "body.first_byte": lambda: _part_of_the_body("first"),
    "body.half": lambda: _part_of_the_body("half"),
    "body.before_dot": lambda: _part_of_the_body("no dot"),
    "body.after_dot": lambda: _part_of_the_body("all"),
    "reply.received": lambda: _after_the_talk(SmtpLine, "give"),
    "result.before_commit": lambda: _after(committer, "settle_many"),
    "result.after_commit": lambda: _after(results, "_settle_all"),
    "lease.taken": lambda: _after(holders, "register"),
}


def arm(point: str, nth: int) -> None:
    """Let this process die at the `nth` time it comes to `point`."""
    owner, name, dying = POINTS[point]()
    true, times = getattr(owner, name), [0]

    def passes(*given, **named):
        times[0] += 1
        return (dying if times[0] >= nth else true)(*given, **named)

    setattr(owner, name, passes)
