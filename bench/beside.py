"""A process beside the bench that serves, says on its first line at which port, and ends when its input is closed."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from subprocess import PIPE


@contextmanager
def serving(command: Sequence[str], errors: int | None = None) -> Iterator[int]:
    """The port of what `command` starts; `errors`: where it complains, by default beside ours."""
    process = subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=errors)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(30)
