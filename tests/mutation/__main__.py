"""`make mutate`: puts every small fault into the modules that decide, one at a time, and lets their tests look for it.

The tests of a module are collected once; each fault lives in a fork of that process, where the code of the functions is
swapped, and the tests run until the first that fails. One process at a time. `MUTATE=decide` is one module;
`MUTATE="decide 5"` every fifth fault of it.
"""

import contextlib
import gc
import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest
from _pytest.main import pytest_runtestloop as run_the_tests
from hypothesis import Phase, settings

from tests.mutation.mutants import Mutant, mutants

CHECKOUT = Path(__file__).resolve().parents[2]
_DECIDING = [
    "workflows/test_decide.py", "workflows/test_steps.py", "workflows/test_waits.py", "workflows/test_adopting.py",
    "workflows/test_pauses.py", "workflows/test_set_aside.py", "workflows/test_turn.py", "leads/test_shares.py",
]  # fmt: skip
# Module -> the tests that are to find its faults, the quickest first.
MODULES = {
    "base.calendars": ["base/test_calendars.py", "base/test_days_off.py", "workflows/test_waits.py"],
    "leads.classing": ["leads/test_classing.py"],
    "leads.conditions": ["leads/test_conditions.py", "leads/test_next_change.py", "leads/test_lifecycle.py"],
    "leads.fold": [
        "leads/test_fold.py", "leads/test_lifecycle.py", "leads/test_scoring.py", "workflows/test_turn.py",
        "workflows/test_triggers.py",
    ],
    "leads.lifecycle": [
        "leads/test_lifecycle.py", "leads/test_moves.py", "leads/test_set_aside.py", "leads/test_fold.py",
        "leads/test_next_change.py",
    ],
    "leads.repair": ["workflows/test_reclassing.py"],
    "workflows.arbiter": ["workflows/test_arbiter.py", "workflows/test_sequences_together.py"],
    "workflows.decide": _DECIDING,
    "workflows.look": _DECIDING,
    "workflows.react": [
        "workflows/test_turn.py", "workflows/test_entries.py", "workflows/test_triggers.py", "workflows/test_engine.py",
    ],
    "workflows.sending": _DECIDING,
    "workflows.waits": [
        "workflows/test_waits.py", "workflows/test_arbiter.py", "workflows/test_decide.py", "workflows/test_steps.py",
    ],
}  # fmt: skip
KILLED, SURVIVED, TOO_LONG, HARMLESS = "killed", "survived", "too long", "the same code"
SLOWER = 6.0  # times as long as the tests take without a fault: then it runs for ever


class Surgery:
    """A pytest plugin: instead of running the collected tests once, runs them on every mutant."""

    def __init__(self, module: str, step: int) -> None:
        self.module, self.step = module, step
        self.found: list[tuple[Mutant, str]] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        target = importlib.import_module(self.module)
        session.config.option.maxfail = 1
        begun = time.monotonic()
        if _in_a_fork(lambda: _passes(session), 600) != SURVIVED:
            raise SystemExit(f"the tests of {self.module} fail without any fault")
        patience = 2 + SLOWER * (time.monotonic() - begun)
        for number, mutant in enumerate(mutants(Path(str(target.__file__)).read_text())):
            if number % self.step == 0:
                outcome = _in_a_fork(lambda mutant=mutant: _operate(target, mutant) and _passes(session), patience)
                self.found.append((mutant, outcome))
                if outcome == SURVIVED:
                    print(f"{self.module.replace('.', '/')}.py:{mutant}", file=sys.__stderr__, flush=True)
        return True


def _passes(session: pytest.Session) -> bool:
    """Whether every test passes; the first failure ends it, and nobody is told."""
    session.config.pluginmanager.unregister(name="terminalreporter")
    with contextlib.suppress(session.Failed):
        run_the_tests(session)
    return session.testsfailed == 0


def _in_a_fork(passes, patience: float) -> str:
    """What a process of its own comes to. Exit code 0: the tests passed; 1: not; 3: there was nothing to change."""
    child = os.fork()
    if child == 0:
        _live(passes)
    end = time.monotonic() + patience
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return {0: SURVIVED, 3: HARMLESS}.get(os.waitstatus_to_exitcode(status), KILLED)
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return TOO_LONG


def _live(passes) -> None:
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    code = 1
    try:
        code = 0 if passes() else 1
    except _Unchanged:
        code = 3
    finally:
        os._exit(code)


# ---------------------------------------------------------------- the knife


class _Unchanged(Exception):
    """The fault is not in the code of any function that lives."""


def _operate(module: ModuleType, mutant: Mutant) -> bool:
    """Swap the code of every function of the module, wherever it is held, for that of the mutant."""
    new = dict(_codes(compile(mutant.tree, str(module.__file__), "exec")))
    changed = 0
    for one in [one for one in gc.get_objects() if isinstance(one, FunctionType) and one.__module__ == module.__name__]:
        code = new.get(_named(one.__code__))
        if code is not None and code != one.__code__:
            one.__code__ = code
            changed += 1
    if not changed:
        raise _Unchanged
    return True


def _codes(code: CodeType):
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield _named(inner), inner
            yield from _codes(inner)


def _named(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


# ---------------------------------------------------------------- the report


def main(words: list[str]) -> None:
    wanted = [module for module in MODULES if (words[0] if words else "") in module]
    step = words[1] if len(words) > 1 else "1"
    if len(wanted) > 1:  # each in a process that has imported nothing yet
        for module in wanted:
            subprocess.run([sys.executable, "-m", "tests.mutation", module, step], check=True, cwd=CHECKOUT)
        return
    settings.register_profile("mutation", phases=[Phase.explicit, Phase.generate], derandomize=True, database=None)
    settings.load_profile("mutation")
    for module in wanted:
        surgery = Surgery(module, int(step))
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            paths = [str(CHECKOUT / "tests" / test) for test in MODULES[module]]
            options = [
                "-W",
                "ignore::pytest.PytestAssertRewriteWarning",
                "-m",
                "not postgres",
                "-q",
                "-p",
                "no:xdist",
                f"--basetemp={folder}/tests",
            ]
            pytest.main([*options, *paths], plugins=[surgery])
        if not surgery.found:
            raise SystemExit(f"nothing was tried on {module}")
        _report(module, Counter(outcome for _, outcome in surgery.found), time.monotonic() - begun)


def _report(module: str, outcomes: Counter[str], seconds: float) -> None:
    killed = outcomes[KILLED] + outcomes[TOO_LONG]
    real = killed + outcomes[SURVIVED]
    share = 100 * killed / real if real else 100
    slow = f" ({outcomes[TOO_LONG]} by running for ever)" if outcomes[TOO_LONG] else ""
    print(f"{module:20} {real:4} faults {killed:4} found{slow}  {share:5.1f} %  in {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
