"""The page of a sequence that is tried on some: both versions side by side, in two languages, and fit for everybody."""

import re
from dataclasses import replace

import pytest

from authoring.load import load_site
from authoring.releases import apply
from leads.shares import tries

NAME, PATH = "conseils-3d", "/console/sequences/conseils-3d"
FILE = f"sequences/{NAME}.toml"


def tidy(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.replace("\u202f", " ").replace("\xa0", " ")))


@pytest.fixture
def put(console_door, lively, example, clocks):
    """`put((before, after), …)`: the example content with these edits in force."""
    tree, _ = example
    for releases in (console_door.releases, lively.releases):
        releases._patience = 0

    def edited(*pairs):
        text = tree.texts[FILE].decode()
        for before, after in pairs:
            assert before in text
            text = text.replace(before, after, 1)
        after = replace(tree, texts={**tree.texts, FILE: text.encode()})
        site, problems = load_site(after)
        assert site is not None, problems
        apply(console_door.database, after, site, "ada", None, None, clocks.moment(), console_door.blobs)

    return edited


TRIED = (('re_entry = "never"', 're_entry = "never"\nrollout = 50'), ('time = "09:00"', 'time = "14:00"'))


@pytest.fixture
def tried(put, lively):
    """Half of those who come in enter the new version; of ten, one follows a link and asks for a demonstration."""
    former = lively.releases.in_force().versions[NAME]
    put(*TRIED)
    leads = [lively.submits(f"lead{number}") for number in range(10)]
    for lead in leads:
        lively.agrees(lead, NAME, "clicks")
    lively.later(days=2)
    ada = next(lead for lead in leads if tries(50, lead, NAME, former))
    lively.does(ada, "link_clicked", f"{NAME}/niveaux")
    lively.later(minutes=5)
    lively.submits(f"lead{leads.index(ada)}", "demo")
    return sum(tries(50, lead, NAME, former) for lead in leads)


def test_a_sequence_that_nobody_tries_says_nothing_of_it(staff_client, lively):
    assert "Two versions compared" not in staff_client("viewer").get(PATH).text


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        (
            "en",
            [
                "Two versions compared",
                "Of those who come in, 50 % enter the new version, since release 2",
                "There is not enough data yet to say which version brings more.",
                "Leads who entered {new} {old}",
                "MQL 1 ",
                "not enough data yet",
                "50 % enter this version, the others the one before",
                "inside, 50 % enter it",
            ],
        ),
        (
            "fr",
            [
                "Deux versions comparées",
                "De ceux qui arrivent, 50 % entrent dans la nouvelle version, depuis la version 2 du contenu",
                "Il n’y a pas encore assez de données pour dire quelle version amène le plus.",
                "Leads entrés {new} {old}",
                "pas encore assez de données",
                "50 % entrent dans cette version, les autres dans celle d’avant",
            ],
        ),
    ],
)
def test_both_versions_stand_side_by_side(staff_client, tried, locale, said):
    page = tidy(staff_client("viewer", locale).get(PATH).text)
    for sentence in said:
        expected = sentence.format(new=tried, old=10 - tried)
        assert expected in page, f"{expected!r} is not in {page}"


def test_afterwards_the_figures_stay_and_say_that_it_is_over(staff_client, tried, put):
    put(TRIED[1])
    page = tidy(staff_client("viewer").get(PATH).text)
    assert "Of those who came in, 50 % entered the new version, from release 2" in page
    assert "enter it" not in page


def test_where_they_are_many_the_page_says_how_many_it_looked_at(staff_client, tried, monkeypatch):
    monkeypatch.setattr("console.sequences.AT_MOST", 8)
    page = tidy(staff_client("viewer").get(PATH).text)
    assert "Looked at, of those who entered" in page
    assert "They are many: one of every 3 was looked at. Everybody is counted by terreau compare conseils-3d." in page
    assert "Leads who entered" not in page


def test_a_lead_reads_which_version_was_entered(staff_client, tried, lively):
    former = lively.releases.get(1).versions[NAME]
    pages = {lead: tidy(staff_client("sales").get(f"/console/leads/{lead}/why").text) for lead in range(1, 11)}
    for lead, page in pages.items():
        new = tries(50, lead, NAME, former)
        assert ("one of the 50 % who enter the new version" in page) is new
        assert ("enters the previous version; the new one is for 50 %" in page) is not new


@pytest.mark.browser
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_comparison_is_fit_for_everybody(console_server, tried, axe, width, scheme):
    page = console_server.page("viewer", viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(PATH)
    assert page.locator("#rollout").is_visible()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert console_server.faults == []
