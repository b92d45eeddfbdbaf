"""Processes of their own that begin at once: forks of one that has imported the house, where a new Python would import
it for seconds."""

import os
from collections.abc import Callable
from contextlib import chdir
from multiprocessing import forkserver, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from terreau.cli import main

CHECKOUT = Path(__file__).resolve().parent.parent
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.forking", "tests.emails.kill_child", "tests.workflows.engine_process"])


def begin(work: Callable[..., None], *given: Any) -> BaseProcess:
    """`work(*given)` in a process of its own, which knows nothing of what tests replace: only what is given to it."""
    with chdir(CHECKOUT):  # where the first of them looks for what all import
        forkserver.ensure_running()
    process = _FORKS.Process(target=work, args=given, daemon=True)
    process.start()
    return process


def terreau(*words: str, folder: Path, said: Path) -> BaseProcess:
    """The command as it is typed in that folder; what it says is added to the file."""
    return begin(_typed, words, folder, said, dict(os.environ))


def _typed(words: tuple[str, ...], folder: Path, said: Path, environ: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    with said.open("ab") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    main(words, prog_name="terreau")
