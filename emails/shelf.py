"""The compiled texts that were asked for last, at hand in the process: compiling one costs thirty milliseconds."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from emails.compile import CompiledEmail

KEPT = 256


class Shelf:
    """Safe to share between threads; two may make the same text at once, with the same result."""

    def __init__(self) -> None:
        self._texts: OrderedDict[Hashable, CompiledEmail] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], CompiledEmail]) -> CompiledEmail:
        with self._lock:
            if key in self._texts:
                self._texts.move_to_end(key)
                return self._texts[key]
        text = make()
        with self._lock:
            self._texts[key] = text
            while len(self._texts) > KEPT:
                self._texts.popitem(last=False)
        return text
