"""The second factor: set up with an app, asked for at the way in, each code once; lost phones, roles that need one."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from base.config import Config
from console import factors
from storage.schema import staff, staff_factors, staff_recovery_codes

PAGE = "/console/settings/second-factor"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "quatre chevaux sur la lune"
HALF_MINUTE = timedelta(seconds=30)
WRONG = "This code is wrong, or was used already"


def secret_on(page: str) -> str:
    found = re.search(r'type this into it:.*?<code class="secret">([A-Z2-7 ]+)</code>', page)
    assert found
    return found[1].replace(" ", "")


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


def code_of(secret: str, clocks) -> str:
    return pyotp.TOTP(secret).at(clocks.machine_now)


def set_up(client, clocks) -> tuple[str, list[str]]:
    """The secret and the recovery codes of whoever `client` is."""
    page = client.get(PAGE).text
    secret = secret_on(page)
    answer = client.post(PAGE, {"code": code_of(secret, clocks), "present": PASSWORD})
    assert answer.status_code == 200
    return secret, re.findall(r'<li><code class="secret">([a-z2-7-]+)</code>', answer.text)


def fresh(client):
    return type(client)(client.client.application.test_client(), client.base_url)


def come_in(client, role, code):
    """Both halves of the way in, from another browser; the answer to the second one."""
    other = fresh(client)
    asked = other.sign_in(role)
    assert asked.status_code == 200
    assert other.get("/console/settings").status_code == 303
    return other, give(other, asked.text, code)


def give(client, asked, code):
    form = {"halfway": hidden(asked, "halfway"), "csrf-token": hidden(asked, "csrf-token"), "code": code}
    return client.raw_post("/console/sign-in/code?lang=en", form)


@pytest.fixture
def admin(staff_client):
    return staff_client("admin")


def test_the_password_alone_opens_nothing_once_a_second_factor_is_set_up(admin, clocks):
    secret, codes = set_up(admin, clocks)
    assert len(codes) == 8
    clocks.machine_now += HALF_MINUTE
    other, answer = come_in(admin, "admin", code_of(secret, clocks))
    assert answer.status_code == 303
    assert other.get("/console/settings").status_code == 200


def test_a_code_is_good_once_and_the_one_it_was_set_up_with_was_used(admin, clocks):
    secret, _ = set_up(admin, clocks)
    assert WRONG in come_in(admin, "admin", code_of(secret, clocks))[1].text
    clocks.machine_now += HALF_MINUTE
    assert come_in(admin, "admin", code_of(secret, clocks))[1].status_code == 303
    refused = come_in(admin, "admin", code_of(secret, clocks))[1]
    assert (refused.status_code, WRONG in refused.text) == (422, True)


def test_a_phone_may_be_half_a_minute_off_and_no_more(admin, clocks):
    secret, _ = set_up(admin, clocks)
    clocks.machine_now += 10 * HALF_MINUTE
    app = pyotp.TOTP(secret)
    for late in (-2, 2):
        assert WRONG in come_in(admin, "admin", app.at(clocks.machine_now + late * HALF_MINUTE))[1].text
    for late in (-1, 1):
        assert come_in(admin, "admin", app.at(clocks.machine_now + late * HALF_MINUTE))[1].status_code == 303


def test_a_recovery_code_opens_once_however_it_is_typed(admin, clocks, console_door):
    _, codes = set_up(admin, clocks)
    typed = codes[3].upper().replace("-", " ")
    assert come_in(admin, "admin", typed)[1].status_code == 303
    assert WRONG in come_in(admin, "admin", typed)[1].text
    with console_door.database.read() as conn:
        kept = conn.execute(select(staff_recovery_codes.c.code_hash)).scalars().all()
    assert len(kept) == 7
    assert not set(codes) & set(kept)


def test_five_wrong_codes_then_a_wait_that_a_good_code_does_not_shorten(admin, clocks):
    secret, _ = set_up(admin, clocks)
    other = fresh(admin)
    asked = other.sign_in("admin").text
    assert [give(other, asked, "000000").status_code for _ in range(5)] == [422] * 5
    clocks.machine_now += HALF_MINUTE
    refused = give(other, asked, code_of(secret, clocks))
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "870")
    clocks.machine_now += timedelta(minutes=15)
    assert come_in(admin, "admin", code_of(secret, clocks))[1].status_code == 303


def test_half_a_way_in_ends_after_ten_minutes_and_with_a_new_password(admin, clocks):
    secret, _ = set_up(admin, clocks)
    slow, other = fresh(admin), fresh(admin)
    asked, also_asked = slow.sign_in("admin").text, other.sign_in("admin").text
    admin.post("/console/settings/password", {"present": PASSWORD, "new": "trois mulets dans la brume"})
    clocks.machine_now += HALF_MINUTE
    assert "That took too long" in give(other, also_asked, code_of(secret, clocks)).text
    clocks.machine_now += timedelta(minutes=11)
    assert "That took too long" in give(slow, asked, code_of(secret, clocks)).text


def test_setting_up_asks_for_the_password_and_a_code_of_that_very_square(admin, clocks, console_door, staff_client):
    page = admin.get(PAGE).text
    good = {"code": code_of(secret_on(page), clocks), "present": PASSWORD}
    theirs = code_of(secret_on(staff_client("sales").get(PAGE).text), clocks)
    for spoilt in ({"present": "wrong"}, {"code": "123456"}, {"code": theirs}):
        assert admin.post(PAGE, {**good, **spoilt}).status_code == 422
        with console_door.database.read() as conn:
            assert conn.execute(select(staff_factors)).all() == []
    assert secret_on(admin.post(PAGE, {**good, "code": "123456"}).text) == secret_on(page)
    assert "Your recovery codes" in admin.post(PAGE, good).text


def test_a_second_one_does_not_take_the_place_of_the_first(admin, clocks):
    other = fresh(admin)
    other.sign_in("admin")
    planted = secret_on(other.get(PAGE).text)
    secret, _ = set_up(admin, clocks)
    assert other.get(PAGE).status_code == 303
    clocks.machine_now += HALF_MINUTE
    admin.post(PAGE, {"code": code_of(planted, clocks), "present": PASSWORD})
    assert come_in(admin, "admin", code_of(secret, clocks))[1].status_code == 303


def test_turning_it_off_asks_for_both_and_ends_every_other_session(admin, clocks):
    secret, _ = set_up(admin, clocks)
    clocks.machine_now += HALF_MINUTE
    other, _ = come_in(admin, "admin", code_of(secret, clocks))
    clocks.machine_now += HALF_MINUTE
    code = code_of(secret, clocks)
    assert admin.post(f"{PAGE}/remove", {"present": "wrong", "code": code}).status_code == 422
    assert admin.post(f"{PAGE}/remove", {"present": PASSWORD, "code": "000000"}).status_code == 422
    assert admin.post(f"{PAGE}/remove", {"present": PASSWORD, "code": code}).status_code == 303
    assert admin.get("/console/settings").status_code == 200
    assert other.get("/console/settings").status_code == 303
    assert fresh(admin).sign_in("admin").status_code == 303


def test_new_recovery_codes_take_the_place_of_the_old_ones(admin, clocks):
    secret, old = set_up(admin, clocks)
    clocks.machine_now += HALF_MINUTE
    answer = admin.post(f"{PAGE}/codes", {"present": PASSWORD, "code": code_of(secret, clocks)})
    new = re.findall(r'<li><code class="secret">([a-z2-7-]+)</code>', answer.text)
    assert len(new) == 8
    assert WRONG in come_in(admin, "admin", old[0])[1].text
    assert come_in(admin, "admin", new[0])[1].status_code == 303


def test_an_admin_takes_away_the_factor_of_who_lost_their_phone(admin, clocks, staff_client, console_door):
    sales = staff_client("sales")
    set_up(sales, clocks)
    with console_door.database.read() as conn:
        number = conn.execute(select(staff.c.id).where(staff.c.role == "sales")).scalar_one()
    assert "Take the second factor away" in admin.get("/console/staff").text
    assert admin.post(f"/console/staff/{number}/second-factor/remove").status_code == 303
    assert sales.get("/console/settings").status_code == 303
    assert fresh(sales).sign_in("sales").status_code == 303


def test_a_role_that_must_have_one_gets_no_further_than_setting_it_up(make_client, console_door, clocks):
    config = Config.model_validate({"site": {"base_url": "http://localhost"}, "console": {"second_factor": ["admin"]}})
    admin = make_client(replace(console_door, config=config), "admin", "http://localhost")
    assert admin.sign_in("admin").status_code == 303
    for path in ("/console/staff", "/console/settings", "/console/leads", "/console"):
        answer = admin.get(path)
        assert (answer.status_code, answer.location) == (303, PAGE)
    assert "Your role asks for a second factor" in admin.get(PAGE).text
    page = admin.get(PAGE).text
    form = {"code": code_of(secret_on(page), clocks), "present": PASSWORD}
    admin.raw_post(PAGE, {**form, "csrf-token": hidden(page, "csrf-token")})
    assert admin.get("/console/staff").status_code == 200


def test_a_copy_of_the_database_holds_no_secret(admin, clocks, console_door):
    secret, _ = set_up(admin, clocks)
    with console_door.database.read() as conn:
        row = conn.execute(select(staff_factors)).one()
    assert secret not in str(row)
    assert factors.secret_of("another key", row.salt) != secret


def test_one_signs_the_other_browsers_out_and_stays(admin):
    other = fresh(admin)
    other.sign_in("admin")
    assert "Sign out the others" in admin.get("/console/settings").text
    assert admin.post("/console/settings/sessions", {"present": "wrong"}).status_code == 422
    assert other.get("/console/settings").status_code == 200
    assert admin.post("/console/settings/sessions", {"present": PASSWORD}).status_code == 303
    assert other.get("/console/settings").status_code == 303
    assert admin.get("/console/settings").status_code == 200


def test_an_admin_signs_somebody_out_everywhere(admin, staff_client, console_door):
    sales = staff_client("sales")
    with console_door.database.read() as conn:
        number = conn.execute(select(staff.c.id).where(staff.c.role == "sales")).scalar_one()
    assert admin.post(f"/console/staff/{number}/sign-out").status_code == 303
    assert sales.get("/console/settings").status_code == 303


def test_the_square_is_drawn_for_dark_pages_too_and_says_whose_it_is():
    address = factors.address_of(SECRET, "ada@example.org", "leads.example.org")
    drawn = factors.square(address)
    assert address.startswith("otpauth://totp/Terreau%20leads.example.org:ada%40example.org?secret=JBSWY3DP")
    assert "<svg" in drawn
    assert 'fill="#fff"' in drawn
