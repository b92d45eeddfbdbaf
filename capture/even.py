"""Answers that leave no earlier than a fixed time after they were asked for, so that the time they take tells nobody
who is known here; which do, the views say, where their work begins to depend on it."""

import time
from collections.abc import Callable
from typing import Any

from flask import request

from base.clock import elapsed

LEAST = 0.02  # seconds, within which nearly every form is recorded; what takes longer leaves when it is made
_MARK = "terreau.even"


def leave_evenly() -> None:
    """Let `held_back` hold back the answer to the request under way, whatever it is."""
    request.environ[_MARK] = True


def held_back(
    app: Callable[..., Any],
    clock: Callable[[], float] = elapsed,
    sleep: Callable[[float], None] = time.sleep,
) -> Callable[..., Any]:
    """The WSGI application `app`, to lie around all else: who waits here holds nothing that others wait for."""

    def holding(environ: Any, start_response: Any) -> Any:
        came = clock()
        answer = app(environ, start_response)
        if _MARK in environ:
            sleep(max(0.0, came + LEAST - clock()))
        return answer

    return holding
