"""Databases whose user dies while it writes, or to which something happens while it thinks."""

from contextlib import contextmanager


class Died(BaseException):
    """The process is gone, in the middle of what it did: nothing in it may catch this."""


class Mortal:
    """A database whose user dies at that write, before its commit or right after it."""

    def __init__(self, database, writes, committed):
        self._database, self._left, self._committed = database, writes, committed

    def write(self, job, timeout=None):
        self._left -= 1
        if self._left == 0 and not self._committed:
            raise Died
        result = self._database.write(job, timeout)
        if self._left == 0:
            raise Died
        return result

    def __getattr__(self, name):
        return getattr(self._database, name)


class Interrupted:
    """A database in which something happens right after that read: its user computes with what was before."""

    def __init__(self, database, reads, happens):
        self._database, self._left, self._happens = database, reads, happens

    @contextmanager
    def read(self):
        with self._database.read() as conn:
            yield conn
        self._left -= 1
        if self._left == 0:
            self._happens()

    def __getattr__(self, name):
        return getattr(self._database, name)
