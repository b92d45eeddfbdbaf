"""Requests under way in this process, and the work that can wait giving way to them."""

from collections.abc import Callable
from threading import Condition
from typing import Any

PATIENCE_SECONDS = 0.03  # for each write of the engine: it goes on slowly while people come without a pause


class Traffic:
    """Counts requests; safe to share between threads."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._under_way = 0

    def counted(self, app: Callable[..., Any]) -> Callable[..., Any]:
        """The WSGI application `app`, its requests counted until their answer is made."""

        def counting(environ: Any, start_response: Any) -> Any:
            with self._changed:
                self._under_way += 1
            try:
                return app(environ, start_response)
            finally:
                with self._changed:
                    self._under_way -= 1
                    self._changed.notify_all()

        return counting

    def give_way(self) -> None:
        """Waits until no request is under way, PATIENCE_SECONDS at most: whoever can wait never waits for long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._under_way, PATIENCE_SECONDS)
