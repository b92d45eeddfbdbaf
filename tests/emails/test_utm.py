"""What the links of mails say of where their reader comes from."""

import dataclasses

import pytest

from authoring.models.common import Utm
from authoring.models.emails import Email
from emails.compile import compile_email, email_hash
from emails.layouts import Setting, mail_layout
from emails.utm import tagged, untagged, utm_of

SETTING = Setting("https://lumen.example")
KEY = ("conseils-3d", "niveaux", "fr")
UTM = {"utm_source": "lumen", "utm_medium": "email", "utm_campaign": "conseils-3d"}
ALL = "utm_source=lumen&utm_medium=email&utm_campaign=conseils-3d"


@pytest.mark.parametrize(
    ("written", "led_to"),
    [
        ("https://a.example", f"https://a.example?{ALL}"),
        ("https://a.example/p/x", f"https://a.example/p/x?{ALL}"),
        ("https://a.example/?q=a%20b&l=fr", f"https://a.example/?q=a%20b&l=fr&{ALL}"),
        ("https://a.example/x?", f"https://a.example/x?{ALL}"),
        ("https://a.example/x?q=1&", f"https://a.example/x?q=1&{ALL}"),
        ("https://a.example/x#part?utm_source=no", f"https://a.example/x?{ALL}#part?utm_source=no"),
        (
            "https://a.example/x?utm_source=mine",
            "https://a.example/x?utm_source=mine&utm_medium=email&utm_campaign=conseils-3d",
        ),
        (
            "https://a.example/x?UTM_Source=a&utm_medium=b&utm_campaign=c",
            "https://a.example/x?UTM_Source=a&utm_medium=b&utm_campaign=c",
        ),
        (
            "https://a.example/x?utm_source=",
            "https://a.example/x?utm_source=&utm_medium=email&utm_campaign=conseils-3d",
        ),
        ("https://b.example/f?X-Amz-Date=1&X-Amz-Signature=ab", "https://b.example/f?X-Amz-Date=1&X-Amz-Signature=ab"),
        ("https://b.example/f?token=ab", "https://b.example/f?token=ab"),
        ("mailto:ada@a.example", "mailto:ada@a.example"),
    ],
)
def test_a_link_says_where_its_reader_comes_from_and_keeps_what_its_author_wrote(written, led_to):
    assert tagged(written, UTM) == led_to
    assert tagged(led_to, UTM) == led_to
    assert tagged(written, {}) == written
    assert written.startswith(untagged(led_to).partition("#")[0])


def said(site, house=None, own=None):
    sequence = site.sequences["conseils-3d"].model_copy(update={"utm": own})
    definitions = site.definitions.model_copy(update={"utm": house})
    return dataclasses.replace(site, definitions=definitions, sequences={**site.sequences, "conseils-3d": sequence})


@pytest.mark.parametrize(
    ("house", "own", "expected"),
    [
        (None, None, ()),
        (Utm(), None, ("lumen.example", "email", "conseils-3d")),
        (Utm(source="house", medium="mail"), None, ("house", "mail", "conseils-3d")),
        (Utm(source="house"), Utm(source="own", campaign="autumn"), ("own", "email", "autumn")),
        (None, Utm(), ("lumen.example", "email", "conseils-3d")),
        (Utm(source="house"), False, ()),
    ],
)
def test_a_sequence_says_it_before_the_house(site, house, own, expected):
    assert tuple(utm_of(said(site, house, own), "conseils-3d", "https://lumen.example").values()) == expected


def test_the_link_table_of_a_mail_holds_them_and_another_campaign_is_another_mail(site):
    email = Email(
        subject="S", preheader="P", why="W", body="[a](https://a.example/x) [b]({{ pages.demo }})", body_line=6
    )
    site = dataclasses.replace(site, emails={**site.emails, KEY: email})
    mail = compile_email(said(site, Utm(source="lumen")), *KEY, SETTING)
    assert mail.links == (f"https://a.example/x?{ALL}", f"https://lumen.example/p/demo?{ALL}")
    hashes = {email_hash(said(site, utm), *KEY, SETTING, mail_layout()) for utm in (None, Utm(), Utm(source="lumen"))}
    assert len(hashes) == 3
    assert mail.hash in hashes
