"""Every public door, asked by schemathesis in what it says that it takes, and in what it does not (R13).

The description is drawn from the application itself. The suite asks a few hundred times, `make fuzz` ten thousand times
beside the fifty thousand of `test_any_request`; TERREAU_SEED repeats them.
"""

import os
import time
from collections import Counter
from contextlib import closing, suppress

import psutil
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from base.clock import system_clocks
from terreau.app import create_app
from terreau.house import House
from terreau.preparing import content_in_force

from .again import keep, sent_again
from .described import Doors
from .public_pages import TOKEN, furnish

FILES = int(os.environ.get("TERREAU_FUZZ", "0"))  # `make fuzz`
CASES = FILES // 10 or 100
LONGEST = 1.0  # seconds of work on one request
MOST_MEMORY = 100 * 1024 * 1024  # that a house takes for all of them; of this process, most is what draws the requests
CHECKS = [not_a_server_error, status_code_conformance]

pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.parametrize("seed", [20261128], indirect=True),
    pytest.mark.timeout(0 if FILES else 240),
]


@pytest.fixture
def house(database_url, settings):
    with closing(House.build(settings(database_url, 9), system_clocks())) as built:
        content_in_force(built)
        yield built


@pytest.fixture
def doors(house):
    app = create_app(house)
    paths = [path for _, path in sorted(furnish(house)[1].items())]
    return Doors(app, app.test_client(), house.config.site.base_url, paths)


def operations(doors):
    schema = schemathesis.openapi.from_dict(doors.description())
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.usefixtures("seed")
def test_the_description_knows_every_form_and_which_doors_take_an_address(doors):
    """Whoever takes an address could say whom it knows: `test_known_or_not` looks at these two kinds."""
    assert doors.takers_of_addresses() == {
        "capture.POST /p/<page>",
        "capture.POST /<locale>/p/<page>",
        "console.give_password",
    }
    paths = doors.description()["paths"]
    assert {"/p/{page}", "/preferences/{token}", "/seen", "/visit", "/v/{token}", "/console/sign-in/code"} <= set(paths)
    assert {"c", "m", "page", "acted", "driven"} <= set(bodies(paths["/seen"]))
    assert {"code", "halfway"} <= set(bodies(paths["/console/sign-in/code"]))
    assert set(bodies(paths[f"/v/{TOKEN}"])["choice"]["anyOf"][0]["enum"]) == {"accept", "reject"}
    assert {"profession", "consent_conseils", "_stamp", "csrf-token"} <= set(bodies(paths["/p/guide-3d"]))


def bodies(path):
    return path["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]


def test_no_public_door_fails_at_what_it_takes_or_does_not_take(house, doors, seed):
    asked, statuses, slowest = Counter(), Counter(), 0.0
    app, before, all_of_them = doors.client.application, psutil.Process().memory_info().rss, operations(doors)
    kept = keep(app)

    def ask(case):
        nonlocal slowest
        begun = time.thread_time()
        answer = case.call(app=app, session=doors.client, base_url=house.config.site.base_url)
        slowest = max(slowest, time.thread_time() - begun)
        case.validate_response(answer, checks=CHECKS)
        assert slowest < LONGEST, case.as_curl_command()
        assert b"Traceback" not in answer.content
        assert answer.headers["x-content-type-options"] == ["nosniff"]
        asked[case.operation.label] += 1
        statuses[answer.status_code] += 1

    for operation in all_of_them:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            with suppress(*([] if mode.is_positive else [Unsatisfiable])):  # of some doors nothing is wrong to ask
                times = CASES // (2 * len(all_of_them)) * (3 if operation.method == "post" else 1)
                asks(operation.as_strategy(generation_mode=mode), ask, times, seed)
    grown = psutil.Process().memory_info().rss - before
    again, memory = sent_again(house.config, kept)
    print(f"{asked.total()} requests to {len(asked)} operations: {dict(sorted(statuses.items()))}")
    print(f"the longest took {slowest * 1000:.0f} ms of work; memory {grown >> 20} MB")
    print(f"sent again to a house alone, {again.total()}: {dict(sorted(again.items()))}; memory {memory >> 20} MB")
    assert set(asked) == {operation.label for operation in all_of_them}
    assert {200, 303, 404} <= set(statuses), "the requests do not get far enough to prove anything"
    assert again.total() == asked.total()
    assert {"200", "303", "404"} <= set(again), "those sent again do not get as far"
    assert memory < MOST_MEMORY


def asks(cases, ask, times, seed):
    @seeded(seed)
    @settings(
        max_examples=max(times, 3), deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases)
    def each(case):
        ask(case)

    each()
