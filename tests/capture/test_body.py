"""What a POST may hold: the limits, at each of them and one beyond."""

import json
from io import BytesIO

import pytest
from sqlalchemy import select

from storage.schema import submissions

# Nothing here depends on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ANSWERS = {
    "first_name": "Ada",
    "last_name": "Moreau",
    "email": "ada@trois-pignons.example",
    "company": "Trois Pignons",
    "team": "1",
    "timeline": "now",
}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def fast(browse):
    return browse(server={"form_min_seconds": 0})


def body_of(browser, **answers):
    return {**browser.hidden("/p/demo"), **ANSWERS, **answers}


def test_a_body_of_the_limit_passes_and_one_byte_more_does_not(fast):
    start = b"need="
    fits = fast.post("/p/demo", start + b"x" * (65536 - len(start)), content_type=FORM)
    beyond = fast.post("/p/demo", start + b"x" * (65537 - len(start)), content_type=FORM)
    assert fits.status_code == 400, "read, and one value is too long"
    assert beyond.status_code == 413
    assert "C’est plus que le formulaire ne peut prendre" in beyond.text


@pytest.mark.parametrize(("fields", "status"), [(50, 422), (51, 400)])
def test_fifty_fields_are_read_and_no_more(fast, fields, status):
    """Names that the form does not ask for come after the count: here each is a declared one, or the trap's."""
    data = body_of(fast, email="wrong")
    stale = {**data, "_stamp": fast.hidden("/p/demo")["_stamp"]}
    many = {**stale, **{f"x{number}": "" for number in range(fields - len(stale))}}
    answer = fast.post("/p/demo", many)
    assert answer.status_code == (400 if status == 400 or fields > len(stale) else 422)
    said = "plus de réponses que de questions" if fields > 50 else "questions qu’il ne pose pas"
    assert said in answer.text.replace("\u202f", " ")


@pytest.mark.parametrize(("length", "status"), [(600, 303), (601, 422), (2048, 422), (2049, 400)])
def test_a_value_too_long_for_its_field_is_a_fault_and_far_too_long_is_refused(fast, length, status):
    answer = fast.post("/p/demo", body_of(fast, need="é" * length))
    assert answer.status_code == status
    if status == 422:
        assert "600 caractères au plus" in answer.text.replace("\u00a0", " ").replace("\u202f", " ")


def test_line_ends_count_as_one_character_as_browsers_count_them(fast):
    assert fast.post("/p/demo", body_of(fast, need="a\r\n" * 300)).status_code == 303


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"first_name=%ff", "pas du texte"),
        (b"first_name=\xff", "pas du texte"),
        (b"first_name=%ed%a0%80", "pas du texte"),
        (b"first_name=a%00b", "pas du texte"),
        (b"fir%00st=a", "pas du texte"),
        (b"email=a&email=b", "deux réponses"),
        (b"stage=customer", "ne pose pas"),
        (b"score=100", "ne pose pas"),
        (b"granted=conseils-3d", "ne pose pas"),
    ],
)
def test_what_no_browser_sends_from_this_form_is_refused(fast, raw, said):
    answer = fast.post("/p/demo", raw, content_type=FORM)
    assert answer.status_code == 400
    assert said in answer.text
    assert "Traceback" not in answer.text


def test_files_json_and_odd_kinds_of_body_are_refused(fast):
    assert fast.post("/p/demo", json.dumps(ANSWERS), content_type="application/json").status_code == 415
    assert fast.post("/p/demo", b"x", content_type="text/plain").status_code == 415
    upload = {**body_of(fast), "need": (BytesIO(b"%PDF"), "plan.pdf")}
    assert fast.post("/p/demo", upload, content_type="multipart/form-data").status_code == 400
    assert fast.post("/p/demo", b"--x\r\ngarbage", content_type="multipart/form-data; boundary=x").status_code == 422


@pytest.mark.parametrize("named", ['name="a%0D"', "name*=utf-8''%ff", "", 'name="a%00"', 'name="'])
def test_a_part_whose_name_nobody_can_read_is_no_answer(fast, named):
    part = f"--x\r\nContent-Disposition: form-data; {named}\r\n\r\nv\r\n--x--\r\n".encode()
    assert fast.post("/p/demo", part, content_type="multipart/form-data; boundary=x").status_code == 400


def test_a_form_in_parts_is_as_good_as_one_in_a_line(fast, door):
    answer = fast.post("/p/demo", body_of(fast), content_type="multipart/form-data")
    assert answer.status_code == 303
    with door.database.read() as conn:
        assert conn.execute(select(submissions.c.answers)).scalar_one()["email"] == ANSWERS["email"]


def test_an_empty_post_is_the_form_again(fast):
    assert fast.post("/p/demo").status_code == 422
