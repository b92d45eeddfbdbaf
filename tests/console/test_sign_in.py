"""The way in: right and wrong passwords, the limits, the cookies, where one arrives."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from base.config import Config
from console import attempts, passwords, staff
from console.blueprint import PREFIX
from storage.schema import sign_in_attempts
from tests.console.conftest import PASSWORD, add_staff, address_of, token_in

MINUTE = timedelta(minutes=1)
WRONG = "This address and this password do not belong together."
WAIT = "Too many tries."


@pytest.fixture
def stranger(staff_client):
    """A browser that never came in; sales and admin exist."""
    staff_client("admin")
    return fresh(staff_client("sales"))


def fresh(client):
    """Another browser on the same application."""
    return type(client)(client.client.application.test_client(), client.base_url)


def from_network(client, address):
    """The same browser, elsewhere."""
    client.client.environ_base["REMOTE_ADDR"] = address
    return client


def attempts_of(door):
    with door.database.read() as conn:
        return conn.execute(select(sign_in_attempts)).all()


def fail(client, role, times):
    return [client.sign_in(role, "not the password") for _ in range(times)]


def test_the_right_password_comes_in_and_leaves_no_trace_of_tries(stranger, console_door):
    fail(stranger, "sales", 4)
    answer = stranger.sign_in("sales")
    assert (answer.status_code, answer.location) == (303, PREFIX)
    assert stranger.get("/console/settings").status_code == 200
    assert attempts_of(console_door) == []


def test_wrong_unknown_and_closed_are_answered_alike_after_the_same_work(stranger, staff_client, monkeypatch):
    worked = []
    matches = passwords.matches

    def counted(kept, password):
        worked.append(kept.split("$")[1:4])
        return matches(kept, password)

    monkeypatch.setattr(passwords, "matches", counted)
    admin = staff_client("admin")
    staff_client("viewer")
    page = admin.get("/console/staff").text
    closing = [line for line in page.split('action="') if "/disable" in line[:40]]
    admin.post(closing[-1].split('"')[0])
    worked.clear()
    answers = []
    for role in ("sales", "nobody", "viewer"):
        answer = fresh(stranger).sign_in(role, "not the password")
        answers.append((answer.status_code, answer.text.count(WRONG)))
    assert answers == [(422, 1)] * 3
    assert fresh(stranger).sign_in("viewer").status_code == 422
    assert len(worked) == 4
    assert len({tuple(work) for work in worked}) == 1


def test_five_tries_in_a_quarter_of_an_hour_then_a_wait_that_ends_by_itself(stranger, clocks, console_door):
    assert [answer.status_code for answer in fail(stranger, "sales", 5)] == [422] * 5
    refused = stranger.sign_in("sales")
    assert refused.status_code == 429
    assert WAIT in refused.text
    assert "Wait 15 minutes" in refused.text
    assert refused.headers["Retry-After"] == "900"
    clocks.machine_now += 15 * MINUTE
    assert stranger.sign_in("sales").status_code == 303


def test_trying_while_one_waits_makes_nobody_wait_longer(stranger, clocks):
    fail(stranger, "sales", 5)
    clocks.machine_now += 14 * MINUTE
    assert {answer.status_code for answer in fail(stranger, "sales", 10)} == {429}
    clocks.machine_now += MINUTE
    assert stranger.sign_in("sales").status_code == 303


def test_the_wait_is_the_accounts_whatever_the_network_and_spares_the_others(stranger):
    for number in range(5):
        fail(from_network(fresh(stranger), f"10.0.{number}.1"), "sales", 1)
    assert from_network(fresh(stranger), "10.9.9.9").sign_in("sales").status_code == 429
    assert from_network(fresh(stranger), "10.9.9.9").sign_in("admin").status_code == 303


def test_an_account_that_does_not_exist_has_to_wait_as_well(stranger):
    assert [answer.status_code for answer in fail(stranger, "nobody", 6)] == [422] * 5 + [429]


def test_a_browser_that_came_in_before_is_not_kept_out_by_strangers(stranger):
    known = fresh(stranger)
    known.sign_in("sales")
    known.post("/console/sign-out")
    fail(stranger, "sales", 5)
    assert stranger.sign_in("sales").status_code == 429
    assert known.sign_in("sales").status_code == 303


def test_a_known_browser_has_its_own_limit_and_is_known_for_one_account(stranger):
    known = fresh(stranger)
    known.sign_in("sales")
    known.post("/console/sign-out")
    assert [answer.status_code for answer in fail(known, "sales", 6)] == [422] * 5 + [429]
    fail(stranger, "admin", 5)
    assert known.sign_in("admin").status_code == 429


def test_fifty_tries_in_an_hour_from_one_network_then_a_wait(stranger, clocks, console_door, keys):
    for number in range(50):
        who = attempts.names(keys.session, f"ada{number}@example.org", f"192.0.2.{number}")
        console_door.database.write(lambda conn, who=who: attempts.begin(conn, who, clocks.machine()))
    near, far = from_network(fresh(stranger), "192.0.2.200"), from_network(fresh(stranger), "198.51.100.1")
    assert near.sign_in("sales").status_code == 429
    assert far.sign_in("sales").status_code == 303
    clocks.machine_now += 61 * MINUTE
    assert near.sign_in("sales").status_code == 303
    assert attempts_of(console_door) == []


def test_of_many_tries_at_once_no_more_than_five_are_made(stranger, console_door, monkeypatch):
    made, ready = [], threading.Barrier(8)
    monkeypatch.setattr(passwords, "matches", lambda kept, password: made.append(1) and False)

    def attempt(client):
        ready.wait(10)
        client.sign_in("sales", "not the password")

    threads = [threading.Thread(target=attempt, args=(fresh(stranger),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) <= 5


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.254", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("2001:db8:1:2::1", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("", "", True),
    ],
)
def test_a_network_is_a_neighbourhood(one, other, same):
    assert (attempts.network(one) == attempts.network(other)) is same


def test_the_table_holds_no_address(stranger, console_door):
    fail(stranger, "sales", 1)
    assert "atelier" not in str(attempts_of(console_door))
    assert "127.0" not in str(attempts_of(console_door))


@pytest.mark.parametrize(
    ("wished", "arrives"),
    [
        ("/console/staff?said=changed", "/console/staff?said=changed"),
        ("/p/guide-3d", PREFIX),
        ("https://evil.example/console/", PREFIX),
        ("//evil.example/console/", PREFIX),
        ("/console//evil.example", PREFIX),
        ("/console/\\evil.example", PREFIX),
        ("/console/x\r\nSet-Cookie: a=b", PREFIX),
        ("", PREFIX),
    ],
)
def test_one_arrives_where_one_wanted_but_never_elsewhere(stranger, wished, arrives):
    assert stranger.sign_in("sales", next=wished).location == arrives


def test_the_page_that_was_asked_for_is_remembered(stranger):
    sent = stranger.get("/console/settings?said=saved")
    page = stranger.get(sent.location).text
    assert 'name="next" value="/console/settings?said=saved"' in page


def test_a_new_token_for_forms_comes_with_the_session(stranger):
    before = stranger.token("/console/sign-in")
    stranger.sign_in("sales")
    assert stranger.raw_post("/console/settings", {"csrf-token": before}).status_code == 400


def cookies_of(answer):
    return {line.split("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}


def test_the_cookie_is_for_this_host_and_out_of_reach_of_scripts(stranger):
    cookie = cookies_of(stranger.sign_in("sales"))["terreau_staff"]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"):
        assert part in cookie
    assert "Secure" not in cookie
    assert "Domain" not in cookie


def test_under_https_the_cookie_is_bound_to_host_and_https(console_door, make_client):
    secure = replace(console_door, config=Config.model_validate({"site": {"base_url": "https://lumen.example"}}))
    client = make_client(secure, "sales", "https://lumen.example")
    cookie = cookies_of(client.sign_in("sales"))["__Host-terreau_staff"]
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    assert client.get("/console/settings").status_code == 200


@pytest.mark.parametrize(
    ("header", "address", "language"),
    [("fr", "", "fr"), ("en-GB,en", "", "en"), ("fr", "?lang=en", "en"), ("de", "", "fr"), ("en", "?lang=xx", "en")],
)
def test_the_page_speaks_the_language_of_the_browser_or_the_one_asked_for(stranger, header, address, language):
    page = stranger.get(f"/console/sign-in{address}", headers={"Accept-Language": header})
    assert page.headers["Content-Language"] == language
    assert {"fr": "Bonjour. Qui êtes-vous", "en": "Hello. Who are you?"}[language] in page.text


def test_who_has_chosen_no_language_is_spoken_to_in_that_of_their_first_sign_in(stranger, console_door):
    new = add_staff(console_door, "marketer", locale="")
    assert stranger.sign_in("marketer").status_code == 303
    assert stranger.get("/console/settings").headers["Content-Language"] == "en"
    with console_door.database.read() as conn:
        assert staff.by_id(conn, new).locale == "en"


@pytest.mark.parametrize(("chosen", "language"), [("", "fr"), ("&chosen=1", "en")])
def test_a_language_chosen_on_the_way_in_stays_and_one_that_the_browser_speaks_does_not(
    stranger, console_door, chosen, language
):
    add_staff(console_door, "marketer", locale="fr")
    page = stranger.get(f"/console/sign-in?lang=en{chosen}").text
    assert "lang=fr&amp;chosen=1" in page
    form = {"email": address_of("marketer"), "password": PASSWORD, "csrf-token": token_in(page)}
    carried = {"chosen": "1"} if 'name="chosen"' in page else {}
    assert stranger.raw_post("/console/sign-in?lang=en", {**form, **carried}).status_code == 303
    assert stranger.get("/console/settings").headers["Content-Language"] == language


def test_whoever_is_in_needs_no_second_sign_in(staff_client):
    assert staff_client("sales").get("/console/sign-in").location == PREFIX


def test_no_page_of_the_console_is_kept_or_framed(stranger):
    answer = stranger.get("/console/sign-in")
    assert answer.headers["Cache-Control"] == "no-store"
    policy = answer.headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "script-src 'nonce-", "style-src 'nonce-", "frame-ancestors 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    again = stranger.get("/console/sign-in").headers["Content-Security-Policy"]
    assert again != policy, "a nonce is of one answer"
