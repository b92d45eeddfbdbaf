"""What staff do with the house itself is entered in the audit chain, and the chain still holds."""

import pytest
from sqlalchemy import select

from storage.chain import verify
from storage.schema import audit, audit_payloads
from storage.schema import staff as table

ADA = {"name": "Ada Moreau", "email": "ada@atelier-lumen.example", "role": "sales", "rep": "nadia", "locale": "fr"}


def entries(door):
    """(act, by whom, the rest) of every entry, the oldest first."""
    both = audit.join(audit_payloads, audit_payloads.c.audit_id == audit.c.id)
    with door.database.read() as conn:
        assert verify(conn, door.keys.suppression).breaks == ()
        rows = conn.execute(
            select(audit.c.act, audit.c.staff_id, audit_payloads.c.payload).select_from(both).order_by(audit.c.id)
        )
        names = {row.id: row.name for row in conn.execute(select(table.c.id, table.c.name))}
        return [
            (row.act, names.get(row.staff_id), {name: value for name, value in row.payload.items() if name != "by"})
            for row in rows
        ]


def ada_of(door):
    with door.database.read() as conn:
        return conn.execute(select(table.c.id).where(table.c.email == ADA["email"])).scalar_one()


def test_whoever_comes_in_is_entered_and_a_wrong_password_is_not(staff_client, console_door):
    admin = staff_client("admin")
    [(act, who, _)] = entries(console_door)
    assert (act, who) == ("staff_came_in", viewer_name(console_door, "admin"))
    stranger = type(admin)(admin.client.application.test_client())
    assert stranger.sign_in("admin", "nothing like it").status_code == 422
    assert len(entries(console_door)) == 1


def viewer_name(door, role):
    with door.database.read() as conn:
        return conn.execute(select(table.c.name).where(table.c.role == role)).scalar_one()


@pytest.mark.parametrize(
    ("path", "form", "act", "more"),
    [
        ("", {"role": "marketer", "rep": ""}, "staff_changed", {"role": "marketer", "rep": ""}),
        ("/password", {}, "staff_password_given", {}),
        ("/disable", {}, "staff_disabled", {}),
        ("/enable", {}, "staff_enabled", {}),
        ("/sign-out", {}, "staff_signed_out", {}),
        ("/second-factor/remove", {}, "factor_removed", {}),
    ],
)
def test_what_an_admin_does_with_a_colleague_is_entered(staff_client, console_door, path, form, act, more):
    admin = staff_client("admin")
    admin.post("/console/staff", ADA)
    ada = ada_of(console_door)
    assert entries(console_door)[-1][::2] == ("staff_added", {"staff": ada, "role": "sales"})
    admin.post(f"/console/staff/{ada}{path}", form)
    assert entries(console_door)[-1] == (act, viewer_name(console_door, "admin"), {"staff": ada, **more})


def test_what_is_refused_is_not_entered(staff_client, console_door):
    admin = staff_client("admin")
    before = entries(console_door)
    admin.post("/console/staff", {**ADA, "email": "nobody"})
    admin.post("/console/staff/1", {"role": "emperor", "rep": ""})
    assert entries(console_door) == before


def test_a_list_taken_out_is_entered_and_told_on_the_page(staff_client, console_door):
    admin = staff_client("admin")
    admin.post("/console/exports", {"stage": "mql"})
    act, who, more = entries(console_door)[-1]
    assert (act, who, more["only"]) == ("leads_exported", viewer_name(console_door, "admin"), {"stage": "mql"})
    assert "list taken out" in admin.get("/console/data").text or "liste sortie" in admin.get("/console/data").text
