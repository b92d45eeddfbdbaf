"""`terreau why`, `explain`, `export` and the register say on which ground somebody is written to."""

import csv
import io
import json

import pytest

from leads import informing
from leads.answering import ObjectionAnswer
from leads.exports import Narrowed, write_list
from leads.forgetting import Clerk
from tests.terreau.living import terreau

TOLD = "May be written to about: “3D advice” (told of it at a work address, no objection)."


@pytest.fixture
def ada(lively, content):
    lead_id = lively.submits("ada")
    answer = ObjectionAnswer("conseils-3d", "We write to you.", False, "Advice.")
    how = {"at_work": True, "form": "guide-3d", "locale": "en", "proof": {}, "now": lively.clocks.moment()}
    lively.database.write(lambda conn: informing.tell(conn, lead_id, [answer], **how))
    return lead_id


def test_why_and_explain_say_on_which_ground(ada):
    for command in ("why", "explain"):
        assert TOLD in terreau("--lang", "en", command, str(ada)).output
        assert json.loads(terreau(command, str(ada), "--json").output)["grounds"] == {"conseils-3d": "informed"}
    said = terreau("--lang", "fr", "explain", str(ada)).output
    assert "« Conseils 3D » (informé à une adresse professionnelle, sans opposition)" in said


def test_a_list_taken_out_tells_it_apart_from_consent(ada, lively, keys):
    into = io.StringIO(newline="")
    write_list(lively.database, Narrowed(), into, keys.suppression, Clerk("ada"), lively.clocks.moment())
    [line] = csv.DictReader(io.StringIO(into.getvalue()))
    assert (line["consents"], line["informed"]) == ("", "conseils-3d")
