"""Columns by whatever name they have, and cells with whatever stands around what they say."""

import io

import pytest

from leads.addresses import NotAnAddress, NotANumber
from leads.imports.contacts import Contact, Reject, Rules, read
from leads.imports.mapping import Targets, adjust
from leads.imports.reached import address_in, is_number, number_in
from leads.imports.reading import Layout, Survey, Unreadable, Wishes, contacts, rows, survey
from leads.imports.records import Record
from storage.scratch import FirstSeen

NAMES = {
    "email": (
        "E-mail pro", "Adresse mail", "Courriel", "Votre adresse e-mail", "Email du contact", "Attendee Email",
        "Adresse e-mail professionnelle", "Email - Work", "Person - Email - Work", "Email Adress", "Adresses e-mail",
        "Email address of the attendee", "Adresse de courrier électronique", "Mél", "E-mail 1 - Value",
        "Indirizzo e-mail", "E-mailadres", "Personne - Email - Travail",
    ),
    "phone": (
        "Tél. portable", "N° de téléphone", "N° mobile", "Numéro de téléphone mobile", "Téléphone du contact",
        "Portable professionnel", "Mobile No.", "Phone - Work", "Contact Number", "Téléphone portable pro", "SMS",
    ),
    "company": (
        "Raison sociale", "Company Name", "Votre société", "Société / Organisme", "Entreprise associée",
        "Nom de l’organisation", "Nom de votre entreprise", "Employeur actuel", "Person - Organization",
        "Organisation - Nom", "Azienda", "Bedrijf",
    ),
    "first_name": ("Prénom", "Prénom / First name", "Invitee First Name", "Prénom(s)", "FNAME", "Voornaam"),
    "last_name": ("Nom de famille", "Nom du participant", "Patronyme", "LNAME", "Cognome", "Achternaam", "Sobrenome"),
    "full_name": ("Prénom NOM", "Person - Name", "Contact: Full Name"),
    "last_first_name": ("NOM Prénom", "Nom & prénom", "Last, First"),
    "job_title": ("Fonction dans l’entreprise", "Poste occupé"),
    "postal_code": ("Mailing Zip/Postal Code",),
    None: (
        "Account number", "Last contact", "First contact", "Contact owner", "Email status", "Company ID", "User role",
        "Type de client", "Dernier contact", "Company size", "Lead status", "Numéro client", "Email opt-in date",
    ),
}  # fmt: skip


def looked_at(text: str | bytes, **wishes: object) -> tuple[Survey, list[Contact | Reject]]:
    file = io.BytesIO(text.encode() if isinstance(text, str) else text)
    found = survey(file, Wishes(**wishes), Targets(frozenset({"postal_code"})))  # type: ignore[arg-type]
    layout = Layout(found.encoding, found.shape.delimiter, found.shape.header, found.shape.width)
    return found, list(contacts(rows(file, layout), Rules(found.shape.width, found.fields), FirstSeen()))


def reached(text: str | bytes, **wishes: object) -> list[str]:
    """What each row is known again by; of those that are not taken, why."""
    return [one.code if isinstance(one, Reject) else one.key for one in looked_at(text, **wishes)[1]]


@pytest.mark.parametrize(("field", "name"), [(field, name) for field, names in NAMES.items() for name in names])
def test_a_column_is_known_by_its_name_with_whatever_words_around_it(field, name):
    found, _ = looked_at(f'Key;"{name}"\n1;x\n')
    assert found.mapping.get(name) == field


def test_of_two_columns_that_could_be_one_field_the_likelier_fills_it():
    outlook, _ = looked_at("First Name,Title,E-mail Address,Company,Job Title\nAda,Ms,ada@a.fr,Lumen,Engineer\n")
    assert outlook.mapping["Job Title"] == "job_title"
    assert "Title" not in outlook.mapping


def test_a_name_told_in_two_languages_is_split_like_one_told_in_one():
    alone, rows = looked_at("Nom / Name;E-mail\nAda Lovelace;ada@a.fr\nBob Moreau;bob@b.fr\n")
    assert alone.mapping["Nom / Name"] == "full_name"
    assert rows[0].columns["first_name"] == "Ada"
    beside, _ = looked_at("Prénom / First name;Nom / Name;E-mail\nAda;Lovelace;ada@a.fr\n")
    assert beside.mapping["Nom / Name"] == "last_name"


def test_whoever_left_one_column_of_addresses_empty_is_reached_by_the_next():
    text = "Email perso;Email pro;Nom\na@perso.fr;a@pro.fr;A\nb@perso.fr;;B\nc@perso.fr;no;C\n;;D\n"
    assert reached(text) == ["a@pro.fr", "b@perso.fr", "c@perso.fr", "nobody"]
    assert reached("Email,Email\nada@a.fr,ada@b.fr\n,bob@b.fr\n") == ["ada@a.fr", "bob@b.fr"]
    assert reached("Nom;Fixe;Téléphone fixe;Portable\nA;x;;0639981234\nB;x;0199001234;0639981235\nC;x;12;\n") == [
        "+33639981234", "+33639981235", "phone_left_out",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pro", "private", "taken", "agreed"),
    [
        ("contact@pro.fr", "ada@perso.fr", "ada@perso.fr", False),
        ("ada@pro", "ada@perso.fr", "ada@perso.fr", False),
        ("", "ada@perso.fr", "ada@perso.fr", True),
        ("ada@pro.fr", "contact@perso.fr", "ada@pro.fr", True),
    ],
)
def test_a_yes_beside_an_address_that_is_refused_is_not_that_of_the_next(pro, private, taken, agreed):
    rules = Rules(3, {0: "consent:tips", 1: "email", 2: "email"}, roles=False)
    found = read(Record(2, ("oui", pro, private)), rules)
    assert isinstance(found, Contact)
    assert (found.columns["email"], found.consents) == (taken, ("tips",))
    assert found.flaw == (None if agreed else "other_address")


@pytest.mark.parametrize(("first", "last"), [("Name", "Surname"), ("Nombre", "Apellidos"), ("Nome", "Cognome")])
def test_a_name_beside_a_surname_is_a_first_name_and_alone_it_is_both(first, last):
    beside, _ = looked_at(f"{first};{last};Email\nAda;Lovelace;ada@a.fr\n")
    assert (beside.mapping[first], beside.mapping[last]) == ("first_name", "last_name")
    alone, _ = looked_at(f"{first};Email\nAda Lovelace;ada@a.fr\n")
    assert alone.mapping[first] == "full_name"


def test_a_name_of_several_words_beside_a_surname_is_both():
    found, rows = looked_at("Name;Surname;Email\nAda Lovelace;Lovelace;ada@a.fr\nBob Petit;Petit;bob@a.fr\n")
    assert (found.mapping["Name"], found.mapping["Surname"]) == ("full_name", "last_name")
    assert [(row.columns["first_name"], row.columns["last_name"]) for row in rows] == [
        ("Ada", "Lovelace"), ("Bob", "Petit"),
    ]  # fmt: skip


def test_of_several_columns_of_addresses_one_that_says_the_same_in_every_row_is_nobody_s():
    text = "User Email,Work email,Email perso\nchloe@l.fr,ada@a.fr,ada@b.fr\nchloe@l.fr,,bob@b.fr\n"
    found, _ = looked_at(text)
    assert "User Email" not in found.mapping
    assert reached(text) == ["ada@a.fr", "bob@b.fr"]
    assert reached("Email,Email perso\nada@a.fr,ada@b.fr\nada@a.fr,ada@b.fr\n") == ["ada@a.fr", "duplicate"]


def test_of_two_columns_that_hold_addresses_under_no_known_name_the_one_with_different_ones_is_theirs():
    text = "From\xa0whom,To whom\nchloe@l.fr,ada@a.fr\nchloe@l.fr,bob@a.fr\n"
    assert reached(text) == ["ada@a.fr", "bob@a.fr"]


def test_a_column_of_addresses_stays_one_where_every_cell_names_several():
    text = "E-mail 1 - Value,E-mail 2 - Value\nada@a.fr ::: ada@b.fr,ada@c.fr\n"
    assert reached(text) == ["ada@a.fr"]


def test_a_column_of_numbers_called_by_their_sign_leaves_the_others_their_names():
    found, _ = looked_at("#,How may we call you?,Where may we write?\nx1,Ada,ada@a.fr\n")
    assert (found.shape.header, found.mapping) == (1, {"Where may we write?": "email"})


def test_a_column_that_is_named_for_addresses_stands_alone_and_two_stand_together():
    found, _ = looked_at("Email;Email pro;Autre\na@a.fr;a@b.fr;a@c.fr\n")
    targets = Targets()
    assert adjust(found.mapping, [("Autre", "email")], found.shape, targets) == {"Autre": "email"}
    both = adjust(found.mapping, [("Autre", "email"), ("Email", "email")], found.shape, targets)
    assert both == {"Email": "email", "Autre": "email"}


def test_numbers_are_found_where_no_column_has_a_name():
    found, answers = looked_at("Ada,0639981234,ada@a.fr,552100554\nBob,06 39 98 12 35,,552100555\n")
    assert found.mapping == {"column 2": "phone", "column 3": "email"}
    assert [one.key for one in answers if isinstance(one, Contact)] == ["ada@a.fr", "+33639981235"]


# ---------------------------------------------------------------- cells


@pytest.mark.parametrize(
    "cell",
    [
        "ada@a.fr", " ada@a.fr\u00a0", "\u200bada@a.fr\u200b", "\u202aada@a.fr\u202c", "a\u00adda@a.fr",
        "mailto:ada@a.fr", "MAILTO:ada@a.fr?subject=x", "<ada@a.fr>", "Ada Lovelace <ada@a.fr>", "“ada@a.fr”",
        "'ada@a.fr'", "(ada@a.fr)", "[ada@a.fr](mailto:ada@a.fr)", "E-mail : ada@a.fr", "ada@a.fr;", "ADA@A.fr",
        "ada@a.fr.", "ａｄａ＠ａ．ｆｒ",
    ],
)  # fmt: skip
def test_whatever_stands_around_an_address_it_is_that_one(cell):
    assert address_in(cell) == ("ada@a.fr", False)


@pytest.mark.parametrize(
    "cell",
    [
        "ada@a.fr, ada@b.fr", "ada@a.fr;ada@b.fr", "ada@a.fr / ada@b.fr", "ada@a.fr ada@b.fr", "ada@a.fr\nada@b.fr",
        "ada@a.fr|ada@b.fr", "ada@a.fr ou ada@b.fr", "ada@a.fr ::: ada@b.fr", "Ada <ada@a.fr>; Ada <ada@b.fr>",
    ],
)  # fmt: skip
def test_of_several_addresses_in_a_cell_the_first_is_taken_and_told(cell):
    assert address_in(cell) == ("ada@a.fr", True)
    quoted = cell.replace('"', '""')
    [answer] = looked_at(f'Email,Nom\n"{quoted}",Ada\n')[1]
    assert isinstance(answer, Contact)
    assert answer.hints == ("several",)


@pytest.mark.parametrize(
    "cell", ["ada lovelace@a.fr", "ada@@a.fr", "ada@a..fr", "ada@a", "a@b@c.fr", "ada(at)a.fr", "see ada@a.fr", "@a.fr"]
)
def test_what_misses_something_is_no_address(cell):
    with pytest.raises(NotAnAddress):
        address_in(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "0639981234",
        "06 39 98 12 34 (perso)",
        "0639981234 / 0199001234",
        "+33 6 39 98 12 34 poste 12",
        "Tél : 0639981234",
    ],
)
def test_whatever_stands_around_a_number_it_is_that_one(cell):
    assert number_in(cell, "FR") == "+33639981234"


@pytest.mark.parametrize("cell", ["3,36E+10", "12", "salle 12", "-", "06 39"])
def test_what_nobody_can_call_is_no_number(cell):
    with pytest.raises(NotANumber):
        number_in(cell, "FR")


@pytest.mark.timeout(5)
def test_a_cell_that_is_longer_than_anything_is_not_searched():
    much = 200_000
    for cell in (
        "a@" * much,
        "<a@" * much,
        "a" * much + "@",
        "0 " * much + "x",
        "1." * much + "x",
        "+" + " " * much + "x",
    ):
        with pytest.raises(NotAnAddress):
            address_in(cell)
        with pytest.raises(NotANumber):
            number_in(cell, "FR")
        assert not is_number(cell)


def test_what_counts_something_is_no_number_to_call():
    assert all(map(is_number, ["0639981234", "+33 6 39 98 12 34", "(01) 99 00 12 34", "0033639981234"]))
    assert not any(map(is_number, ["552100554", "69001", "01/02/2026", "2026-02-28 10:00:00", ""]))


# ---------------------------------------------------------------- files


def test_names_in_capitals_are_read_in_the_letters_they_were_written_in():
    for name in ("NOËL", "ADÉLAÏDE", "LEFÈVRE", "L’ÎLE D’ARC"):
        for encoding in ("cp1252", "mac-roman"):
            content = f"Email;Nom\nada@a.fr;{name}\nbob@a.fr;RENÉ\n".encode(encoding)
            assert looked_at(content)[0].encoding == encoding, name


def test_the_heart_of_latin_9_and_the_mark_of_utf_32_are_found_out():
    text = "Email;Nom\nada@a.fr;Cœur\n"
    assert looked_at(text.encode("iso-8859-15"))[0].encoding == "iso-8859-15"
    assert looked_at("\ufeff".encode("utf-32-be") + text.encode("utf-32-be"))[0].encoding == "utf-32-be"
    assert reached("\ufeff".encode("utf-32-le") + text.encode("utf-32-le")) == ["ada@a.fr"]


@pytest.mark.parametrize("first", ["sep=^", '"sep=^"', "SEP=^"])
def test_any_sign_may_be_named_as_the_delimiter(first):
    found, answers = looked_at(f"{first}\r\nEmail^Nom\r\nada@a.fr^Ada\r\nbad^Bob\r\n")
    assert (found.shape.delimiter, [one.line for one in answers]) == ("^", [3, 4])


@pytest.mark.parametrize("head", [b"PK\x03\x04\x14", b"\xd0\xcf\x11\xe0\xa1", b"%PDF-1.7", b"\x1f\x8b\x08"])
def test_a_workbook_is_no_list_and_the_sentence_says_what_to_do(head):
    with pytest.raises(Unreadable, match="save the list as CSV"):
        looked_at(head + bytes(range(256)) * 4)
