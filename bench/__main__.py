"""Runs the benchmarks, prints ratios against floors measured in the same run, and keeps them in bench/results.json.

Run: make bench, or python -m bench followed by some of: captures clicks sending lasting tick steps console planning
simulating deciding folding replaying imports exports alerting.
"""

import sys
from itertools import chain

from bench import (
    abreast,
    alerting,
    captures,
    clicks,
    console,
    deciding,
    exports,
    flooded,
    folding,
    imports,
    lasting,
    meanwhile,
    planning,
    replaying,
    sending,
    simulating,
    steps,
    tick,
)
from bench.results import keep

BENCHMARKS = {
    "captures": lambda: chain.from_iterable(measure() for measure in (captures.measure, flooded.measure)),
    "clicks": clicks.measure,
    "sending": lambda: chain.from_iterable(measure() for measure in (sending.measure, abreast.measure)),
    "lasting": lasting.measure,
    "tick": tick.measure,
    "steps": steps.measure,
    "console": console.measure,
    "planning": planning.measure,
    "simulating": simulating.measure,
    "deciding": deciding.measure,
    "folding": folding.measure,
    "replaying": replaying.measure,
    "alerting": alerting.measure,
    "imports": lambda: chain.from_iterable(measure() for measure in (imports.measure, meanwhile.measure)),
    "exports": exports.measure,
}


def main(chosen: list[str]) -> int:
    if unknown := [name for name in chosen if name not in BENCHMARKS]:
        print(f"there is no benchmark {unknown[0]!r}: choose among {', '.join(BENCHMARKS)}")
        return 2
    results = []
    for name in chosen or BENCHMARKS:
        print(f"... {name}", flush=True)
        for result in BENCHMARKS[name]():
            print(result.line(), flush=True)
            results.append(result)
    keep(results)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
