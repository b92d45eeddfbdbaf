"""Every route, in every role, on one's own and on others' leads; found in the application, not listed here."""

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from console.access import ACCESS, NAMES, OBJECTS, OUTSIDE, ROLES, RUNNING, SELLING, Rule, may, sees, visible
from console.blueprint import UndeclaredEndpoint
from console.context import Viewer
from leads.identity import Capture, record
from storage.schema import hand_offs, leads, messages, tasks

REACHED = "the view was reached"
OWNERS = {"own": "nadia", "another's": "karim", "nobody's": None}
# What fills an argument that stands for no lead: no view reads it here.
VALUES = {"IntegerConverter": 1, "UnicodeConverter": "x", "PathConverter": "x/y"}


def routes(app: Flask):
    """Every address of the console: (endpoint, method, rule)."""
    return [
        (rule.endpoint.removeprefix("console."), method, rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console.")
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


def address(rule, ids):
    values = {name: ids.get(name, VALUES[type(kind).__name__]) for name, kind in rule._converters.items()}
    return rule.build(values)[1]


def a_lead(door, owner, number):
    """A lead of `owner`, with a hand-off, a message and a task: their numbers by argument name."""
    now, release = door.clocks.moment(), door.releases.in_force().release_id
    capture = Capture(
        "demo", "demo", "fr", {}, {"email": f"ada{number}@example.org"}, {}, (), {}, f"key-{number}", release
    )

    def job(conn):
        lead_id = record(conn, capture, now).lead_id
        conn.execute(update(leads).where(leads.c.id == lead_id).values(owner=owner))
        made = {"lead_id": lead_id}
        handed = {
            "lead_id": lead_id, "cycle": 1, "stage": "mql", "owner": owner or "nadia", "token": f"token{number}",
            "brief": {}, "event_seq": 1, "opened_at": now.calendar, "release_id": release,
        }  # fmt: skip
        made["hand_off_id"] = conn.execute(insert(hand_offs).values(handed).returning(hand_offs.c.id)).scalar_one()
        mail = {
            "lead_id": lead_id, "klass": "marketing", "occurrence": 1, "email": "s/e", "locale": "fr", "attempts": 0,
            "token": f"mail{number}", "state": "due", "due_at": now.machine, "release_id": release,
            "created_at": now.calendar,
        }  # fmt: skip
        made["message_id"] = conn.execute(insert(messages).values(mail).returning(messages.c.id)).scalar_one()
        task = {"lead_id": lead_id, "owner": owner, "title": "call", "created_by": "ada", "at": now.calendar}
        made["task_id"] = conn.execute(insert(tasks).values(task).returning(tasks.c.id)).scalar_one()
        return made

    return door.database.write(job)


@pytest.fixture
def objects(console_door):
    """{"own": {"lead_id": …, "hand_off_id": …}, …}, seen by nadia, who is sales."""
    return {whose: a_lead(console_door, owner, number) for number, (whose, owner) in enumerate(OWNERS.items())}


def probe(client):
    """The application behind `client`, whose views from now on only say that they were reached."""
    app = client.client.application
    for endpoint, _, _ in routes(app):
        app.view_functions[f"console.{endpoint}"] = lambda **_: REACHED
    return app


def expected(rule: Rule, role: str, whose: str) -> int:
    if rule.roles is not OUTSIDE and role not in rule.roles:
        return 403
    if rule.own and role == "sales" and whose == "another's":
        return 404
    return 200


@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_every_role_as_the_table_says(staff_client, objects, role):
    client = staff_client(role)
    token = client.token()
    app = probe(client)
    wrong = []
    for endpoint, method, rule in routes(app):
        for whose, ids in objects.items():
            answer = client.client.open(
                address(rule, ids), method=method, data={"csrf-token": token} if method == "POST" else None
            )
            wanted = expected(ACCESS[endpoint], role, whose)
            if answer.status_code != wanted or (answer.text == REACHED) != (wanted == 200):
                wrong.append(f"{role} {method} {rule} on {whose}: {answer.status_code}, not {wanted}")
    assert wrong == []
    assert len(routes(app)) > 10


def test_no_object_is_found_that_is_not_there(staff_client, console_door):
    client = staff_client("admin")
    token = client.token()
    app = probe(client)
    for endpoint, method, rule in routes(app):
        if own := ACCESS[endpoint].own:
            form = {"csrf-token": token} if method == "POST" else None
            assert client.client.open(address(rule, {own: 999_999}), method=method, data=form).status_code == 404


def test_whoever_is_not_signed_in_is_sent_to_sign_in(staff_client, console_door, objects):
    app = probe(staff_client("admin"))
    stranger = app.test_client()
    for endpoint, method, rule in routes(app):
        path = address(rule, objects["own"])
        answer = stranger.open(path, method=method)
        if ACCESS[endpoint].roles is OUTSIDE:
            assert answer.status_code in (200, 400), endpoint  # 400: a form without its token
            continue
        assert answer.status_code == 303, endpoint
        assert answer.location.startswith("/console/sign-in")
        assert ("next=" in answer.location) == (method == "GET")
        by_htmx = stranger.open(path, method=method, headers={"HX-Request": "true"})
        assert by_htmx.status_code == 401, endpoint
        if method == "POST" and endpoint != "sign_out":
            assert by_htmx.headers["HX-Retarget"] == "#notice", "the page stays, with what was typed into it"
        else:
            assert by_htmx.headers["HX-Redirect"].startswith("/console/sign-in")


def test_every_change_needs_the_token_of_this_browser(staff_client, objects):
    client, other = staff_client("admin"), staff_client("marketer")
    token, foreign = client.token(), other.token()
    app = probe(client)
    for endpoint, method, rule in routes(app):
        assert method in ("GET", "POST")
        if method == "POST":
            path = address(rule, objects["own"])
            for refused in ({}, {"csrf-token": ""}, {"csrf-token": "x"}, {"csrf-token": foreign}):
                assert client.client.post(path, data=refused).status_code == 400, endpoint
            assert client.client.post(path, headers={"X-CSRFToken": "x"}).status_code == 400
            assert client.client.post(path, headers={"X-CSRFToken": token}).text == REACHED


def test_a_route_without_a_row_in_the_table_is_never_served(staff_client):
    client = staff_client("admin")
    app = client.client.application
    app._got_first_request = False  # Flask takes no route after its first answer
    app.add_url_rule("/console/new", "console.new", lambda: REACHED)
    answer = client.get("/console/new")
    assert answer.status_code == 500
    assert REACHED not in answer.text
    app.testing = True
    with pytest.raises(UndeclaredEndpoint, match=r"console\.new has no row"):
        client.get("/console/new")


def test_the_table_is_sound(staff_client):
    app = staff_client("viewer").client.application
    declared = {endpoint: rule for endpoint, _, rule in routes(app)}
    for endpoint, rule in ACCESS.items():
        assert rule.roles <= set(ROLES)
        assert rule.own is None or rule.own in OBJECTS
        if endpoint in declared:
            lead_arguments = set(declared[endpoint].arguments) & set(OBJECTS)
            assert lead_arguments == ({rule.own} if rule.own else set()), endpoint
    assert set(declared) <= set(ACCESS)


def test_what_each_role_is_for():
    closed_to_viewers = {"today", "leads", "search", "lead", "messages", "message", "preview", "preview_frame"}
    assert closed_to_viewers <= {endpoint for endpoint, rule in ACCESS.items() if "viewer" not in rule.roles}
    assert all("viewer" not in rule.roles for rule in ACCESS.values() if rule.own)
    assert "marketer" not in ACCESS["give_verdict"].roles | ACCESS["move_lead"].roles
    assert "sales" not in ACCESS["retry_message"].roles
    assert all(ACCESS[endpoint].roles == RUNNING for endpoint in ACCESS if "staff" in endpoint)
    assert "admin" in SELLING & NAMES


def test_a_merged_lead_belongs_to_whoever_owns_what_it_became(staff_client, console_door, objects):
    mine, theirs = objects["own"], objects["another's"]
    merge = update(leads).where(leads.c.id == mine["lead_id"]).values(merged_into=theirs["lead_id"])
    console_door.database.write(lambda conn: conn.execute(merge) and None)
    with console_door.database.read() as conn:
        assert OBJECTS["lead_id"](conn, mine["lead_id"]) == "karim"
        assert OBJECTS["hand_off_id"](conn, mine["hand_off_id"]) == "karim"


@pytest.mark.parametrize(
    ("role", "rep", "seen"),
    [
        ("viewer", None, set()),
        ("viewer", "nadia", set()),
        ("sales", "nadia", {"own", "nobody's"}),
        ("sales", None, {"nobody's"}),
        ("marketer", None, set(OWNERS)),
        ("admin", "karim", set(OWNERS)),
    ],
)
def test_lists_show_the_leads_that_pages_open(console_door, objects, role, rep, seen):
    viewer = Viewer(1, "Ada", role, rep, "en", "Europe/Paris")
    assert {whose for whose, owner in OWNERS.items() if sees(viewer, owner)} == seen
    assert may(viewer, "leads") == (role != "viewer")
    with console_door.database.read() as conn:
        listed = set(conn.execute(select(leads.c.id).where(visible(viewer, leads.c.owner))).scalars())
    assert listed == {objects[whose]["lead_id"] for whose in seen}
