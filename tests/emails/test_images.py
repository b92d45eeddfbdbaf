"""Images that travel in a mail, and those that its reader fetches: what `check` says of them, and what goes out."""

import base64
import dataclasses
import zlib
from datetime import UTC, datetime
from email.message import EmailMessage
from types import SimpleNamespace

import pytest

from authoring.images import image_of
from authoring.models.emails import Email
from base.tokens import Signer
from emails.compile import CompileError, compile_email, email_hash
from emails.freezing import Door, Material, freeze
from emails.images import HEAVY, as_data, inlines_of
from emails.layouts import Setting, mail_layout
from emails.letters import write
from emails.lint import lint
from emails.press import Press
from leads.facts import Lead
from storage.schema import documents
from storage.upsert import insert_or_ignore
from tests.emails import strictly

KEY = ("conseils-3d", "niveaux", "fr")
PATH = "emails/conseils-3d/niveaux.fr.md"
SETTING = Setting("https://lumen.example")
DATED = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
BODY = """Bonjour

![Les trois niveaux côte à côte](images/levels.png "320x200")

![Le logo](images/deep/logo.gif) et ![le plan](https://lumen.example/plan.png)
"""


def png(size=0):
    """A picture of one dot, with so many bytes behind it."""

    def chunk(kind, data):
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    header = (1).to_bytes(4) * 2 + bytes([8, 0, 0, 0, 0])
    whole = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0\0")), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(whole) + bytes(range(256)) * (size // 256)


LEVELS, LOGO = png(5000), b"GIF89a" + bytes(range(256))


def with_text(site, body=BODY, **images):
    """The site with that text, and those images beside it; by default the two that BODY carries."""
    told = images or {"images/levels.png": LEVELS, "images/deep/logo.gif": LOGO}
    text = Email(subject="Sujet", preheader="Avant", why="Parce que", body=body, body_line=6)
    known = {path: image_of(path, content) for path, content in told.items()}
    return dataclasses.replace(site, emails={KEY: text}, images=known)


def letter(site, text):
    """The bytes of that text, frozen and written as the sender does."""
    message = SimpleNamespace(
        id=1, lead_id=7, klass="marketing", sequence="conseils-3d", email="conseils-3d/niveaux", topic="conseils-3d",
        locale="fr", recipient=None, context=None, message_id=None, dated=DATED, token="T" * 22,
    )  # fmt: skip
    tokens = {"": "p" * 22, "conseils-3d": "u" * 22}
    reader = Lead(7, email="ada@atelier.example", fields={})
    door = Door("https://lumen.example", Signer(["a-key-of-the-tests-0123"], lambda: DATED), counts=False)
    material = Material(reader, frozenset({"conseils-3d"}), (), {}, tokens)
    frozen = freeze(message, material, text, site, door, SimpleNamespace(machine=DATED))
    return write(SimpleNamespace(**{**vars(message), **frozen}), text, "retour@lumen.example").data


def shape(part):
    inside = [shape(one) for one in part.iter_parts()] if part.is_multipart() else []
    return (part.get_content_type(), inside) if inside else part.get_content_type()


# ---------------------------------------------------------------- what goes out


def test_images_of_the_content_travel_beside_the_html_that_shows_them_and_others_stay_links(site):
    changed = with_text(site)
    mail = strictly.read(letter(changed, compile_email(changed, *KEY, SETTING)))
    related = ("multipart/related", ["text/html", "image/png", "image/gif"])
    assert shape(mail) == ("multipart/alternative", ["text/plain", related])
    plain, html = strictly.texts(mail)
    first, second = inlines_of(mail)
    assert (first.content, second.content) == (LEVELS, LOGO)
    assert (first.name, second.name) == ("levels.png", "logo.gif")
    assert f'src="cid:{first.cid}"' in html
    assert 'width="320" height="200"' in html
    assert f'src="cid:{second.cid}"' in html
    assert 'src="https://lumen.example/plan.png"' in html
    assert "images/" not in html
    assert "[Les trois niveaux côte à côte]" in plain


def test_the_related_part_is_what_the_standards_and_the_library_of_python_make_of_it(site):
    """RFC 2387: the type of the root is said, the root comes first; RFC 2392: ids in brackets, with a domain."""
    changed = with_text(site)
    mail = strictly.read(letter(changed, compile_email(changed, *KEY, SETTING)))
    ours = list(mail.iter_parts())[1]
    made = EmailMessage()
    made.set_content("<p></p>", subtype="html")
    for image in inlines_of(mail):
        made.add_related(image.content, "image", image.kind, cid=f"<{image.cid}>", filename=image.name,
                          disposition="inline")  # fmt: skip
    assert ours.get_param("type") == "text/html"
    assert made.get_content_type() == ours.get_content_type()
    for theirs, part in zip(list(made.iter_parts())[1:], list(ours.iter_parts())[1:], strict=True):
        for name in ("Content-Type", "Content-ID", "Content-Disposition", "Content-Transfer-Encoding"):
            assert part[name].split(";")[0] == theirs[name].split(";")[0]
        assert part.get_content() == theirs.get_content()
        assert part.get_filename() == theirs.get_filename()
        assert part["Content-ID"].endswith("@atelier-lumen.example>")


def test_no_boundary_begins_like_another_nor_stands_in_a_part(site):
    changed = with_text(site)
    data = letter(changed, compile_email(changed, *KEY, SETTING))
    mail = strictly.read(data)
    outer, inner = mail.get_boundary(), list(mail.iter_parts())[1].get_boundary()
    assert not inner.startswith(outer)
    assert not outer.startswith(inner)
    assert data.count(f"--{outer}".encode()) == 3
    assert data.count(f"--{inner}".encode()) == 4


def test_a_mail_without_images_is_what_it_always_was(site):
    changed = with_text(site, "Bonjour", **{"images/levels.png": LEVELS})
    text = compile_email(changed, *KEY, SETTING)
    assert shape(strictly.read(letter(changed, text))) == ("multipart/alternative", ["text/plain", "text/html"])
    assert text.hash == compile_email(dataclasses.replace(changed, images={}), *KEY, SETTING).hash


def test_another_image_under_the_same_name_is_another_mail(site):
    one, other = (with_text(site, "![x](images/a.png)", **{"images/a.png": png(size)}) for size in (0, 256))
    hashes = {email_hash(changed, *KEY, SETTING, mail_layout()) for changed in (one, other)}
    assert len(hashes) == 2


def test_a_long_name_is_no_long_header(site):
    path = f"images/{'n' * 90}.png"
    changed = with_text(site, f"![x]({path})", **{path: LEVELS})
    mail = strictly.read(letter(changed, compile_email(changed, *KEY, SETTING)))
    ((_, (related,)),) = [(one.get_content_type(), list(one.iter_parts())[1:]) for one in list(mail.iter_parts())[1:]]
    assert max(map(len, related.as_string().split("\n")[:6])) <= 78


def test_a_mail_that_is_sent_again_by_another_process_has_the_same_images(house):
    changed = with_text(house.site)
    message = SimpleNamespace(klass="marketing", email="conseils-3d/niveaux", locale="fr")
    text = Press(SETTING).compiled(changed, message)
    rows = [{"hash": image.hash, "text": base64.b64encode(image.content).decode()} for image in changed.images.values()]
    house.run(lambda conn: (insert_or_ignore(conn, documents, rows), Press(SETTING).keep(conn, text))[0])
    with house.database.read() as conn:
        again = Press(SETTING).by_hash(conn, text.hash)
    assert again.images == text.images != ()
    assert letter(changed, again) == letter(changed, text)


def test_images_arrive_over_the_wire_as_they_lie_in_the_content(house, sender_to, inbox, never):
    mailbox, port = inbox
    house.site = with_text(house.site)
    house.owe(house.lead(email="ada@atelier.example"))
    assert sender_to(port).drain(never) == 1
    assert [image.content for image in inlines_of(mailbox.one().mail)] == [LEVELS, LOGO]


def test_whoever_looks_outside_of_a_mail_reader_gets_them_in_the_html(site):
    changed = with_text(site)
    mail = strictly.read(letter(changed, compile_email(changed, *KEY, SETTING)))
    _plain, html = strictly.texts(mail)
    shown = as_data(html, inlines_of(mail))
    assert "cid:" not in shown
    assert f"data:image/png;base64,{base64.b64encode(LEVELS).decode()}" in shown


# ---------------------------------------------------------------- what `check` says


WRONG = {
    "![x](images/level.png)": ("there is no file `images/level.png`", "did you mean `images/levels.png`?"),
    "![x](images/the-plan-of-another-house.jpg)": (
        "there is no file `images/the-plan-of-another-house.jpg`",
        "put the file there",
    ),
    "![x](levels.png)": ("`levels.png` is not an address that an image can have", "write it whole"),
    "![x](/images/levels.png)": ("`/images/levels.png` is not an address that an image can have", "write it whole"),
    "![x](data:image/png;base64,AAAA)": ("`data:image/png;base64,AAAA` is not an address", "write it whole"),
}


@pytest.mark.parametrize("body", WRONG)
def test_an_image_that_nobody_would_see_is_refused_where_it_stands(site, body):
    with pytest.raises(CompileError) as refused:
        compile_email(with_text(site, f"Bonjour\n\n{body}"), *KEY, SETTING)
    (problem,) = refused.value.problems
    message, hint = WRONG[body]
    assert (problem.file, problem.line) == (PATH, 8)
    assert problem.message.startswith(message)
    assert problem.hint.startswith(hint)


def test_images_that_weigh_too_much_together_are_a_warning_of_their_own(site):
    heavy = {f"images/{name}.png": png(HEAVY // 2 + 256) for name in "ab"}
    body = "Bonjour\n\n![x](images/a.png)\n\n![y](images/b.png)"
    found = lint(with_text(site, body, **heavy), lambda path, loc: (1, 1))
    assert [(one.severity, one.sentence()) for one in found if "kB" in one.message] == [
        ("warning", f"{PATH}:8:1: 300 kB of images travel in this mail (every reader gets all of them: stay below"
         " 300 kB, or write addresses with https://)"),
    ]  # fmt: skip
