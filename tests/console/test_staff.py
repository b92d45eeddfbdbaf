"""Who works here: the page of an admin, one's own settings, passwords that are refused, the commands."""

import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner
from sqlalchemy import update

from console import passwords, staff
from storage.schema import staff as table
from terreau.cli import main

ADA = {"name": "Ada Moreau", "email": "ada@atelier-lumen.example", "role": "sales", "rep": "nadia", "locale": "fr"}


def member(door, email):
    with door.database.read() as conn:
        return staff.by_email(conn, email)


def shown(page):
    """The password that a page shows."""
    return re.search(r'class="secret">([^<]+)<', page)[1]


def test_an_admin_lets_somebody_in_with_a_password_shown_once(staff_client, console_door, make_client):
    admin = staff_client("admin")
    answer = admin.post("/console/staff", ADA)
    assert answer.status_code == 200
    password = shown(answer.text)
    row = member(console_door, ADA["email"])
    assert (row.name, row.role, row.rep, row.locale, row.theme, row.keys) == (
        "Ada Moreau",
        "sales",
        "nadia",
        "fr",
        "auto",
        True,
    )
    assert row.password_hash.startswith("$argon2id$")
    assert password not in str(row)
    assert password not in admin.get("/console/staff").text
    ada = type(admin)(admin.client.application.test_client())
    assert ada.sign_in("ada", password).status_code == 303
    page = ada.get("/console/settings").text
    assert '<html lang="fr"' in page
    assert "Ada Moreau" in page


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email": "admin@atelier-lumen.example"}, staff.KNOWN),
        ({"email": "ADMIN@Atelier-Lumen.example "}, staff.KNOWN),
        ({"email": "ada"}, staff.NO_ADDRESS),
        ({"name": "  "}, staff.NO_NAME),
        ({"role": "emperor"}, staff.NO_ROLE),
        ({"rep": "bob"}, staff.NO_REP),
    ],
)
def test_what_is_refused_says_why_and_keeps_what_was_typed(staff_client, console_door, change, sentence):
    admin = staff_client("admin")
    answer = admin.post("/console/staff", {**ADA, **change})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "<title>Error: Staff" in answer.text
    assert ADA["email"] in answer.text or change.get("email", "").strip() in answer.text
    assert member(console_door, ADA["email"]) is None


def test_a_role_a_password_a_closed_account_are_changed_and_said(staff_client, console_door):
    admin, sales = staff_client("admin"), staff_client("sales")
    number = member(console_door, "sales@atelier-lumen.example").id
    changed = admin.post(f"/console/staff/{number}", {"role": "marketer", "rep": ""})
    assert changed.location == "/console/staff?said=changed"
    row = member(console_door, "sales@atelier-lumen.example")
    assert (row.role, row.rep) == ("marketer", None)
    assert "sign in again with their new role" in admin.get(changed.location).text
    password = shown(admin.post(f"/console/staff/{number}/password").text)
    assert sales.sign_in("sales").status_code == 422
    assert sales.sign_in("sales", password).status_code == 303
    admin.post(f"/console/staff/{number}/disable")
    assert sales.sign_in("sales", password).status_code == 422
    assert "Let back in" in admin.get("/console/staff").text
    admin.post(f"/console/staff/{number}/enable")
    assert sales.sign_in("sales", password).status_code == 303


def test_the_last_admin_stays(staff_client, console_door):
    admin = staff_client("admin")
    number = member(console_door, "admin@atelier-lumen.example").id
    for path, form in ((f"/console/staff/{number}", {"role": "viewer"}), (f"/console/staff/{number}/disable", {})):
        answer = admin.post(path, form)
        assert answer.status_code == 422
        assert "the last admin" in answer.text
    admin.post("/console/staff", {**ADA, "role": "admin"})
    assert admin.post(f"/console/staff/{number}/disable").status_code == 303


def test_somebody_who_is_not_there_is_said_so(staff_client):
    admin = staff_client("admin")
    for path, form in (("", {"role": "viewer"}), ("/password", {}), ("/disable", {})):
        answer = admin.post(f"/console/staff/999{path}", form)
        assert answer.status_code == 422
        assert staff.UNKNOWN in answer.text


def test_names_are_text(staff_client):
    admin = staff_client("admin")
    page = admin.post("/console/staff", {**ADA, "name": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_password_that_was_given_opens_only_the_way_to_one_of_ones_own(staff_client):
    admin = staff_client("admin")
    password = shown(admin.post("/console/staff", ADA).text)
    ada = type(admin)(admin.client.application.test_client())
    ada.sign_in("ada", password)
    assert ada.get("/console/leads").location == "/console/settings"
    assert '<p class="lede">Votre mot de passe vous a été donné' in ada.get("/console/settings").text
    own = {"present": password, "new": "trois lampes dans le couloir"}
    assert ada.post("/console/settings/password", own).status_code == 303
    assert ada.get("/console/leads").status_code == 200


def test_a_password_that_was_given_and_not_used_ends_after_a_week(staff_client, clocks):
    admin = staff_client("admin")
    password = shown(admin.post("/console/staff", ADA).text)
    clocks.machine_now += timedelta(days=7, seconds=1)
    refused = type(admin)(admin.client.application.test_client()).sign_in("ada", password)
    assert (refused.status_code, "was given to you too long ago" in refused.text) == (422, True)


# ---------------------------------------------------------------- one's own settings


def test_language_theme_and_keys_follow_their_owner(staff_client):
    client = staff_client("sales")
    before = client.get("/console/settings").text
    assert "data-theme" not in before
    assert "data-keys" not in before
    answer = client.post("/console/settings", {"locale": "fr", "theme": "night"})
    page = client.get(answer.location).text
    assert '<html lang="fr" data-theme="dark" data-keys="off">' in page
    assert "Enregistré." in page
    elsewhere = type(client)(client.client.application.test_client())
    elsewhere.sign_in("sales")
    assert '<html lang="fr" data-theme="dark"' in elsewhere.get("/console/settings").text


def test_another_language_is_a_press_away_on_every_page_and_changes_nothing_else(staff_client):
    client = staff_client("sales")
    page = client.get("/console/leads?q=ada").text
    assert 'name="locale" value="fr" lang="fr"' in page
    assert 'name="next" value="/console/leads?q=ada"' in page
    answer = client.post("/console/settings", {"locale": "fr", "next": "/console/leads?q=ada"})
    assert (answer.status_code, answer.location) == (303, "/console/leads?q=ada")
    there = client.get("/console/leads?q=ada").text
    assert '<html lang="fr">' in there, "neither the theme nor the keys"
    away = client.post("/console/settings", {"locale": "fr", "next": "https://evil.example/"})
    assert away.location == "/console"


def test_a_setting_that_does_not_exist_changes_nothing(staff_client, console_door):
    staff_client("sales").post("/console/settings", {"locale": "xx", "theme": "blue", "keys": "on"})
    row = member(console_door, "sales@atelier-lumen.example")
    assert (row.locale, row.theme, row.keys) == ("en", "auto", True)


def test_a_language_that_the_site_no_longer_speaks_becomes_its_default(staff_client, console_door):
    client = staff_client("sales")
    gone = update(table).values(locale="de")
    console_door.database.write(lambda conn: conn.execute(gone) and None)
    assert '<html lang="fr"' in client.get("/console/settings").text


def test_a_new_password_ends_the_other_browsers_and_keeps_this_one(staff_client):
    here, elsewhere = staff_client("sales"), staff_client("sales")
    form = {"present": "quatre chevaux sur la lune", "new": "trois lampes dans le couloir"}
    answer = here.post("/console/settings/password", form)
    assert answer.status_code == 303
    assert "Your password is changed" in here.get(answer.location).text
    assert elsewhere.get("/console/settings").status_code == 303
    assert elsewhere.sign_in("sales").status_code == 422
    assert elsewhere.sign_in("sales", form["new"]).status_code == 303


@pytest.mark.parametrize(
    ("present", "new", "sentence"),
    [
        ("not mine", "trois lampes dans le couloir", "This is not your present password."),
        ("quatre chevaux sur la lune", "court", passwords.TOO_SHORT),
        ("quatre chevaux sur la lune", "Password2026!", passwords.TOO_EASY),
    ],
)
def test_a_password_that_is_refused_says_why_and_nothing_changed(staff_client, present, new, sentence):
    client = staff_client("sales")
    answer = client.post("/console/settings/password", {"present": present, "new": new})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert new not in answer.text
    assert type(client)(client.client.application.test_client()).sign_in("sales").status_code == 303


# ---------------------------------------------------------------- passwords


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("eleven char", passwords.TOO_SHORT),
        ("x" * 201, passwords.TOO_LONG),
        ("password1234", passwords.TOO_EASY),
        ("P@ssw0rd2026!", passwords.TOO_EASY),
        ("motdepasse2026", passwords.TOO_EASY),
        ("azertyuiop123", passwords.TOO_EASY),
        ("qwertyuiop[]12", passwords.TOO_EASY),
        ("123456789012", passwords.TOO_EASY),
        ("1q2w3e1q2w3e", None),
        ("1qaz2wsx3edc", passwords.TOO_EASY),
        ("aaaaaaaaaaaaaaaa", passwords.TOO_EASY),
        ("abcabcabcabcabc", passwords.TOO_EASY),
        ("soleil-soleil-soleil", passwords.TOO_EASY),
        ("iloveyou-football", passwords.TOO_EASY),
        ("bonjour123bonjour", passwords.TOO_EASY),
        ("ada.moreau.2026", passwords.YOURS),
        ("atelier-lumen", passwords.YOURS),
        ("quatre chevaux sur la lune", None),
        ("chloé aime le thé vert", None),
        ("5RXvb5S4GF2fgUVDOSXESK", None),
        ("correct horse battery staple", passwords.TOO_EASY),
        ("🐎🐎🌙 quatre sabots", None),
    ],
)
def test_passwords_that_are_tried_first_are_refused(password, fault):
    assert passwords.fault(password, "Ada Moreau", "ada@atelier-lumen.example") == fault


def test_passwords_are_kept_with_argon2id_and_64_mebibytes():
    code = "from console import passwords; print(passwords.hashed('quatre chevaux'), passwords.NOBODY)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert len(said) == 2
    for kept in said:
        assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_however_many_want_to_come_in_together_no_five_are_looked_at(monkeypatch):
    five, came_together = threading.Barrier(5), []

    class Slow:
        def verify(self, kept, password):
            with suppress(threading.BrokenBarrierError):  # the fifth did not come
                five.wait(0.5)
                came_together.append(password)
            return True

    monkeypatch.setattr(passwords, "_hasher", Slow())
    with ThreadPoolExecutor(12) as people:
        assert all(people.map(lambda number: passwords.matches("kept", str(number)), range(12)))
    assert came_together == []


def test_a_hash_made_with_less_work_is_made_again_at_the_next_sign_in(staff_client, console_door):
    client = staff_client("sales")
    weak = PasswordHasher(time_cost=1, memory_cost=32, parallelism=1).hash("quatre chevaux sur la lune")
    console_door.database.write(lambda conn: conn.execute(update(table).values(password_hash=weak)) and None)
    assert type(client)(client.client.application.test_client()).sign_in("sales").status_code == 303
    assert member(console_door, "sales@atelier-lumen.example").password_hash != weak
    assert client.get("/console/settings").status_code == 200


@pytest.mark.parametrize("kept", ["", "plain", "$argon2id$broken"])
def test_a_hash_that_is_none_matches_nothing(kept):
    assert passwords.matches(kept, "plain") is False


# ---------------------------------------------------------------- the commands


@pytest.fixture
def terreau(tmp_path, monkeypatch):
    """`terreau("staff", "list", given="…")` on a house of its own."""
    monkeypatch.setenv("TERREAU__DATABASE__URL", f"sqlite:///{tmp_path}/terreau.db")
    monkeypatch.setenv("TERREAU__DATA__DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)

    def run(*words, given=""):
        return CliRunner().invoke(main, ["staff", *words], input=given)

    return run


GOOD = "quatre chevaux sur la lune\n"


def test_the_first_admin_comes_in_by_command(terreau):
    assert "Nobody yet" in terreau("list").output
    added = terreau("add", "ada@example.org", "--name", "Ada", "--role", "admin", given=GOOD)
    assert added.exit_code == 0, added.output
    assert "Ada comes in at http://localhost:8000/console as admin." in added.output
    assert "quatre" not in added.output
    assert "ada@example.org" in terreau("list").output


def test_a_password_is_made_and_printed_once(terreau):
    terreau("add", "ada@example.org", "--name", "Ada", "--role", "admin", given=GOOD)
    made = terreau("add", "bob@example.org", "--name", "Bob", "--role", "sales", "--generate").output
    password = re.search(r"shown this once: (\w{22})", made)[1]
    assert password not in terreau("list").output
    again = terreau("reset", "bob@example.org", "--generate").output
    assert password not in again


def test_a_role_is_given_by_command(terreau):
    terreau("add", "ada@example.org", "--name", "Ada", "--role", "admin", given=GOOD)
    terreau("add", "bob@example.org", "--name", "Bob", "--role", "sales", given=GOOD)
    assert terreau("role", "bob@example.org", "marketer").exit_code == 0
    assert re.search(r"bob@example.org +marketer", terreau("list").output)


def test_a_lost_phone_is_mended_by_command(terreau):
    terreau("add", "ada@example.org", "--name", "Ada", "--role", "admin", given=GOOD)
    done = terreau("remove-factor", "ada@example.org")
    assert done.exit_code == 0, done.output
    assert "Ada comes in with the password alone" in done.output


@pytest.mark.parametrize(
    ("words", "given", "sentence"),
    [
        (("add", "ada@example.org", "--name", "Ada", "--role", "sales"), GOOD, staff.KNOWN),
        (("add", "bob", "--name", "Bob", "--role", "sales"), GOOD, staff.NO_ADDRESS),
        (("add", "bob@example.org", "--name", "Bob", "--role", "sales"), "court\n", passwords.TOO_SHORT),
        (("add", "bob@example.org", "--name", "Bob", "--role", "emperor"), GOOD, "'emperor' is not one of"),
        (
            ("add", "bob@example.org", "--name", "Bob", "--role", "sales", "--locale", "xx"),
            GOOD,
            "the site speaks fr, en",
        ),
        (("role", "ada@example.org", "viewer"), "", staff.LAST_ADMIN),
        (("role", "bob@example.org", "viewer"), "", staff.UNKNOWN),
        (("reset", "bob@example.org"), GOOD, staff.UNKNOWN),
        (("remove-factor", "bob@example.org"), "", staff.UNKNOWN),
        (("reset", "ada@example.org"), "password1234\n", passwords.TOO_EASY),
    ],
)
def test_commands_that_are_refused_say_why(terreau, words, given, sentence):
    terreau("add", "ada@example.org", "--name", "Ada", "--role", "admin", given=GOOD)
    refused = terreau(*words, given=given)
    assert refused.exit_code in (1, 2)
    assert sentence in refused.output
    assert "Traceback" not in refused.output
    assert "bob" not in terreau("list").output
