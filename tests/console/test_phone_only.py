"""A number and no address, through every door: a form or a list makes a lead, whom sales finds on the page Today."""

import io
from dataclasses import replace
from threading import Event

import pytest
from sqlalchemy import select

from leads.imports.importer import Importer
from storage.schema import leads, messages, receipts
from tests.capture.conftest import Browser
from tests.capture.test_kinds_of_addresses import Otherwise
from tests.console.conftest import Client, add_staff, console_app

NUMBER = "06 39 98 12 34"
SHOWN = "06\u00a039\u00a098\u00a012\u00a034"


def asking_little(site):
    """The form `guide-3d`, whose page asks for an address, and now for an address or a number."""
    form = site.forms["guide-3d"]
    optional = [one.model_copy(update={"required": False}) if one.kind == "email" else one for one in form.field]
    changed = form.model_copy(update={"field": optional})
    return replace(site, forms={**site.forms, "guide-3d": changed})


class Little(Otherwise):
    def __init__(self, site):
        self.site = asking_little(site)


class Visitor(Browser):
    """A browser of the house whose console stands beside the form."""

    def open(self, path, **options):
        return self.client.get(path, **options)

    def post(self, path, data=None, **options):
        return self.client.post(path, data=data, **options)


@pytest.fixture
def app(lively, console_door):
    return console_app(replace(console_door, releases=Little(console_door.site())))


@pytest.fixture
def sales(app, console_door):
    add_staff(console_door, "sales")
    client = Client(app.test_client())
    assert client.sign_in("sales").status_code == 303
    return client


def test_a_form_with_a_number_alone_makes_a_lead_who_is_called_and_gets_no_mail(app, sales, lively, clocks):
    form = lively.releases.in_force().forms["guide-3d"]
    needed = {one.name: one.options[0].value if one.options else "Dora" for one in form.field if one.required}
    answers = {**needed, "email": "", "phone": NUMBER}
    thanks = Visitor(app, clocks).send("/p/guide-3d", answers)
    assert thanks.status_code == 303, thanks.text
    lively.works()
    lively.later(hours=2)
    with lively.database.read() as conn:
        [row] = conn.execute(select(leads)).all()
        assert (row.status, row.email, row.phone) == ("lead", None, "+33639981234")
        assert conn.execute(select(messages).where(messages.c.klass != "notification")).all() == []
        assert {one.outcome for one in conn.execute(select(receipts))} == {"skipped"}
        assert {one.reason for one in conn.execute(select(receipts))} == {"the lead has no email address"}
    page = sales.get("/console/today").text
    assert SHOWN in page
    assert "first call · no address" in page
    answer = sales.post(f"/console/leads/{row.id}/calls", {"outcome": "reached", "back": "today"})
    assert answer.status_code == 303
    lively.works()
    assert SHOWN not in sales.get("/console/today").text


def test_a_list_of_numbers_alone_makes_contacts_who_are_called(app, sales, lively, console_door):
    add_staff(console_door, "marketer")
    marketer = Client(app.test_client())
    assert marketer.sign_in("marketer").status_code == 303
    file = (io.BytesIO("Nom;Prénom;Téléphone\nZinc;Dora;06 39 98 12 34\nX;Y;12\n".encode()), "salon.csv")
    sent = marketer.post("/console/imports", {"file": file}, content_type="multipart/form-data")
    assert "1 of 2 rows would be taken in" in marketer.get(sent.location).text
    chosen = {"c0": "last_name", "c1": "first_name", "c2": "phone", "existing": "fill", "origin": "outbound"}
    marketer.post(sent.location, {**chosen, "act": "take"})
    house = Importer(console_door.database, console_door.clocks, console_door.keys.suppression, "fr")
    assert house.drain(Event()) == 2
    lively.later(minutes=1)
    page = sales.get("/console/today").text
    assert "Dora Zinc" in page
    assert SHOWN in page
