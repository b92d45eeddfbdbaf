"""What the operator's signals mean: the first asks for an orderly end, the second ends at once."""

import os
import signal
from threading import Event
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
AT_ONCE = 130  # the exit code of a process that a second signal ended


def stop_on_signals() -> Event:
    """An event that the first SIGTERM or SIGINT sets; whoever sends a second one has waited long enough."""
    stop = Event()

    def told(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(AT_ONCE)
        stop.set()

    for number in SIGNALS:
        signal.signal(number, told)
    return stop
