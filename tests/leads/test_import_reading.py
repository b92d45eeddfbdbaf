"""Lists as they are found: whatever a program writes is read back, and what is broken is told by its line."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leads.imports.contacts import Contact, Reject, Rules, read
from leads.imports.encodings import encoding_of, opened
from leads.imports.mapping import Targets
from leads.imports.reading import Layout, Survey, Wishes, contacts, rows, survey
from leads.imports.records import LONGEST_LINE, Record, records
from leads.imports.shape import shape_of
from storage.scratch import FirstSeen

CONTACTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "contacts"
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16", "cp1252", "latin-1")
DELIMITERS = (",", ";", "\t", "|")
ENDS = ("\n", "\r\n", "\r")

CELLS = st.text(
    st.characters(codec="latin-1", exclude_categories=("Cc",)) | st.sampled_from(',;\t|"\n'), max_size=12
)  # fmt: skip
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["Ada", "Bob", "Chloé", "Zoë", "Jean-Noël", "François", "D’Arc".replace("’", "'")]),
        st.from_regex(r"[a-z]{1,8}@[a-z]{2,8}\.(org|fr)", fullmatch=True),
        CELLS,
    ),
    min_size=1,
    max_size=8,
)


def written(
    table: list[list[str]], delimiter: str = ",", end: str = "\n", encoding: str = "utf-8", **how: object
) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end, **how).writerows(table)  # type: ignore[arg-type]
    return out.getvalue().encode(encoding)


def looked_at(content: bytes, **wishes: object) -> tuple[Survey, list[Record]]:
    file = io.BytesIO(content)
    found = survey(file, Wishes(**wishes), Targets())  # type: ignore[arg-type]
    return found, list(rows(file, layout(found)))


def layout(found: Survey) -> Layout:
    return Layout(found.encoding, found.shape.delimiter, found.shape.header, found.shape.width)


def named(content: bytes, **wishes: object) -> list[Contact | Reject]:
    file = io.BytesIO(content)
    found = survey(file, Wishes(**wishes), Targets())  # type: ignore[arg-type]
    return list(contacts(rows(file, layout(found)), Rules(found.shape.width, found.fields), FirstSeen()))


@given(
    people_=PEOPLE,
    delimiter=st.sampled_from(DELIMITERS),
    end=st.sampled_from(ENDS),
    encoding=st.sampled_from(ENCODINGS),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@example([("Ada", "ada@a.fr", '"\n,')], ",", "\r", "utf-16-be", csv.QUOTE_MINIMAL)
def test_what_a_program_writes_in_any_dialect_is_read_back(people_, delimiter, end, encoding, quoting):
    table = [["Prénom", "Adresse e-mail", "Notes"], *map(list, people_)]
    found, read_back = looked_at(written(table, delimiter, end, encoding, quoting=quoting))
    assert found.shape.delimiter == delimiter
    assert found.mapping == {"Prénom": "first_name", "Adresse e-mail": "email"}
    # A line end inside quotes is one whatever it is written as.
    assert [[cell for cell in record.cells] for record in read_back] == table[1:]


@given(people_=PEOPLE, end=st.sampled_from(ENDS))
def test_every_record_has_the_line_it_begins_at(people_, end):
    table = [["prenom", "email", "notes"], *map(list, people_)]
    content = written(table, end=end, quoting=csv.QUOTE_ALL)
    lines = [line for line in content.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    _, read_back = looked_at(content)
    for record in read_back:
        assert lines[record.line - 1].startswith(f'"{record.cells[0]}","{record.cells[1]}"')


@given(st.binary(max_size=600))
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf")
@example(b'a,b\n"')
@example(b"\x00" * 40)
def test_no_file_at_all_breaks_the_reader(content):
    for encoding in (None, *ENCODINGS[:4], *ENCODINGS[5:], "mac-roman"):
        text = opened(io.BytesIO(content), encoding or encoding_of(io.BytesIO(content))).read()
        for delimiter in DELIMITERS:
            for record in records(io.StringIO(text, newline=""), delimiter):
                read(record, Rules(3, {0: "email", 1: "full_name", 2: "phone"}))
        shape_of(text)


# ---------------------------------------------------------------- encodings

FRENCH = "Prénom;Société;Courriel\nÉlodie;Crédit « Agricole » — été;elodie@a.fr\nJérôme;L’Œuvre d’à côté;jerome@b.fr\n"


@pytest.mark.parametrize(
    ("written_in", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
        ("mac-roman", "mac-roman"),
    ],
)
def test_the_encoding_is_found_out_and_nothing_is_lost(written_in, found):
    content = FRENCH.encode(written_in)
    assert encoding_of(io.BytesIO(content)) == found
    assert opened(io.BytesIO(content), found).read() == FRENCH


def test_the_first_accent_may_stand_at_the_end_of_a_long_file():
    content = b"email,nom\n" + b"ada@a.fr,Ada\n" * 200_000
    assert encoding_of(io.BytesIO(content + "chloe@a.fr,Chloé\n".encode("cp1252"))) == "cp1252"
    assert encoding_of(io.BytesIO(content + "chloe@a.fr,Chloé\n".encode())) == "utf-8"


def test_a_file_glued_from_two_keeps_the_accents_of_both():
    content = FRENCH.encode() + "Zoë;Hélène;zoe@c.fr\n".encode("cp1252")
    assert encoding_of(io.BytesIO(content)) == "utf-8"
    assert opened(io.BytesIO(content), "utf-8").read() == FRENCH + "Zoë;Hélène;zoe@c.fr\n"


def test_latin_1_is_said_only_where_windows_has_no_such_letter():
    assert encoding_of(io.BytesIO("Élodie été\x8d\n".encode("latin-1"))) == "latin-1"
    assert encoding_of(io.BytesIO("Élodie;été".encode("latin-1"))) == "cp1252"  # the same letters in both


# ---------------------------------------------------------------- broken lines


def all_of(text: str, delimiter: str = ",", width: int | None = None) -> list[tuple[int, list[str], str | None]]:
    return [(one.line, one.cells, one.flaw) for one in records(io.StringIO(text, newline=""), delimiter, width)]


def test_a_quote_that_is_never_closed_costs_its_own_line_only():
    assert all_of('a,b\n1,"x\n2,y\n3,z\n') == [
        (1, ["a", "b"], None), (2, [], "quote_open"), (3, ["2", "y"], None), (4, ["3", "z"], None),
    ]  # fmt: skip


def test_a_quote_closed_by_the_one_of_another_row_costs_its_own_line_only():
    text = 'nom,email\nAda,"ada@a.fr\nBob,bob@a.fr\nChloé,"chloe@a.fr"\nDan,dan@a.fr\n'
    assert [(line, flaw) for line, _, flaw in all_of(text, width=2)] == [
        (1, None), (2, "quote_open"), (3, None), (4, None), (5, None),
    ]  # fmt: skip


def test_a_quote_open_for_ever_does_not_gather_the_file():
    text = 'a,b\n1,"x\n' + "2,y\n" * 5000
    found = all_of(text)
    assert found[1] == (2, [], "quote_open")
    assert len(found) == 5002


def test_quotes_by_other_rules_are_understood():
    assert all_of('1,"ha \\"ha\\" ha"\n', width=2) == [(1, ["1", 'ha "ha" ha'], None)]
    assert all_of('1,5" pipe\n') == [(1, ["1", '5" pipe'], None)]
    assert all_of('"Jean" Dupont,b\n', width=2) == [(1, ["Jean Dupont", "b"], None)]


def test_zero_bytes_are_taken_out_and_what_is_too_long_is_told():
    assert all_of("a\0b,c\n") == [(1, ["ab", "c"], None)]
    [first, long, last] = all_of("a,b\n" + "x" * (LONGEST_LINE + 5) + "\n1,2\n")
    assert (first, long[::2], last) == ((1, ["a", "b"], None), (2, "line_too_long"), (3, ["1", "2"], None))
    assert all_of("a," + "x" * 200_000 + "\n1,2\n")[0] == (1, [], "cell_too_long")


# ---------------------------------------------------------------- what rows say


def test_ragged_empty_and_repeated_rows_are_counted_by_their_line():
    content = b"Nom;Email;Tel\n\nAda;ada@a.fr\n;;\nBob;bob@a.fr;;;\nChloe;chloe@a.fr;0639981234;x\nAda;ADA@a.fr;\n;;\n"
    found = named(content)
    assert [(one.line, one.code if isinstance(one, Reject) else one.columns["email"]) for one in found] == [
        (3, "ada@a.fr"), (5, "bob@a.fr"), (6, "too_many_cells"), (7, "duplicate"),
    ]  # fmt: skip
    assert isinstance(found[3], Reject)
    assert found[3].about == "3"


def test_a_list_without_names_of_columns_is_told_by_its_cells():
    found, read_back = looked_at(b"Ada,Lovelace,ada@a.fr\nBob,Martin,bob@a.fr\n")
    assert (found.shape.header, found.mapping) == (0, {"column 3": "email"})
    assert [record.line for record in read_back] == [1, 2]
    only, _ = looked_at(b"ada@a.fr\nbob@a.fr\n")
    assert only.mapping == {"column 1": "email"}


def test_notes_above_the_names_are_no_rows():
    content = (
        b'Notes:\n"When exporting your connection data, you may notice that some are missing."\n\n'
        b"First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
        b"Ada,Lovelace,https://x.example/ada,ada@a.fr,Analytical,Engineer,01 Nov 2026\n"
    )
    found, read_back = looked_at(content)
    assert found.shape.header == 4
    assert [record.line for record in read_back] == [5]
    assert found.mapping["Position"] == "job_title"


def test_notes_that_outnumber_a_short_list_do_not_hide_what_separates():
    found, read_back = looked_at(b"Export of 12/01\nMade by us\n\nNom;Email;Portable\nAda;ada@a.fr;0639981234\n")
    assert (found.shape.delimiter, found.shape.header, [record.line for record in read_back]) == (";", 4, [5])


def test_two_addresses_in_one_cell_of_a_list_of_one_column_are_no_two_columns():
    found, read_back = looked_at(b"Email\nada@a.fr\nbob@a.fr; bob@b.fr\n")
    assert (found.shape.delimiter, [len(record.cells) for record in read_back]) == (",", [1, 1])


def test_excel_says_what_separates():
    found, read_back = looked_at(b"sep=;\r\nEmail;Nom\r\nada@a.fr;Ada\r\n")
    assert (found.shape.delimiter, found.shape.header, [record.line for record in read_back]) == (";", 2, [3])


def test_commas_inside_cells_do_not_hide_the_semicolon():
    content = b"Nom;Email\nLovelace, Ada;ada@a.fr\nMartin, Bob;bob@a.fr\n"
    found = named(content)
    assert [one.columns["first_name"] for one in found if isinstance(one, Contact)] == ["Ada", "Bob"]


# ---------------------------------------------------------------- other people's files


def lists() -> list[Path]:
    return sorted(CONTACTS.rglob("*.csv")) if CONTACTS.is_dir() else []


@pytest.mark.parametrize("path", lists() or [None], ids=lambda path: path.stem if path else "none")
def test_the_lists_of_others_are_read_and_every_row_is_answered(path):
    if path is None:
        pytest.skip("the folder ../shared/data is not there")
    with path.open("rb") as file:
        found = survey(file, Wishes(), Targets())
        read_back = list(rows(file, layout(found)))
        answers = list(contacts(read_back, Rules(found.shape.width, found.fields), FirstSeen()))
    assert [one.line for one in answers] == [record.line for record in read_back]
    assert found.shape.header == 1
    assert "email" in found.mapping.values() or path.parent.name == "csvs"


@pytest.mark.parametrize("path", lists() or [None], ids=lambda path: path.stem if path else "none")
def test_cells_are_those_that_others_expect(path):
    import json

    if path is None:
        pytest.skip("the folder ../shared/data is not there")
    expected = path.parents[1] / "json" / f"{path.stem}.json"
    if not expected.is_file() or path.stem == "location_coordinates":  # its JSON names another number than its list
        return
    with path.open("rb") as file:
        found = survey(file, Wishes(), Targets())
        told = [dict(zip(found.shape.names, record.cells, strict=True)) for record in rows(file, layout(found))]
    plain = [{key: cell.replace("\r\n", "\n") for key, cell in row.items()} for row in told]
    wanted = [
        {key: cell.replace("\r\n", "\n") for key, cell in row.items()} for row in json.loads(expected.read_text())
    ]
    assert plain == wanted
