from datetime import UTC, date, datetime

import pytest

from base.translations import msgid, read_catalogues, translator

AT = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
PO = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

msgid "Hello %(name)s"
msgstr "Bonjour %(name)s"

#, fuzzy
msgid "Doubtful"
msgstr "Douteux"

msgid "Missing"
msgstr ""

msgid "%(count)s lead"
msgid_plural "%(count)s leads"
msgstr[0] "%(count)s contact intéressé"
msgstr[1] "%(count)s contacts intéressés"
"""


@pytest.fixture
def catalogue(tmp_path):
    (tmp_path / "fr").mkdir()
    (tmp_path / "fr" / "a.po").write_text(PO, encoding="utf-8")
    (tmp_path / "fr" / "b.po").write_text('msgid ""\nmsgstr ""\n\nmsgid "Other room"\nmsgstr "Autre pièce"\n')
    return read_catalogues(sorted((tmp_path / "fr").glob("*.po")))


def test_the_catalogues_of_all_rooms_make_one(catalogue):
    assert catalogue.ugettext("Hello %(name)s") == "Bonjour %(name)s"
    assert catalogue.ugettext("Other room") == "Autre pièce"
    assert catalogue.ungettext("%(count)s lead", "%(count)s leads", 0) == "%(count)s contact intéressé"
    assert catalogue.ungettext("%(count)s lead", "%(count)s leads", 2) == "%(count)s contacts intéressés"


def test_what_is_missing_or_doubtful_is_said_in_english(catalogue):
    assert [catalogue.ugettext(text) for text in ("Missing", "Doubtful", "Unknown")] == [
        "Missing",
        "Doubtful",
        "Unknown",
    ]


def test_placeholders_are_filled_when_values_are_given():
    say = translator("en")
    assert say.gettext("Hello %(name)s, 100 %% sure", name="Chloé") == "Hello Chloé, 100 % sure"
    assert say.gettext("100 % sure") == "100 % sure"
    assert say.ngettext("%(count)s lead", "%(count)s leads", 1) == "1 lead"
    assert say.ngettext("%(count)s lead of %(of)s", "%(count)s leads of %(of)s", 1200, of="Ada") == "1,200 leads of Ada"


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        (
            "fr",
            [
                "2 novembre 2026",
                "2 nov. 2026",
                "9\u00a0h\u00a030",
                "2 novembre 2026, 9\u00a0h\u00a030",
                "12\u202f345,5",
                "12,5",
                "65",
            ],
        ),
        ("en", ["2 November 2026", "2 Nov 2026", "9:30", "2 November 2026, 9:30", "12,345.5", "12.5", "65"]),
    ],
)
def test_dates_and_numbers_follow_the_language(locale, said):
    say = translator(locale)
    assert [
        say.date(date(2026, 11, 2)),
        say.date(date(2026, 11, 2), "short"),
        say.time(AT, "Europe/Paris"),
        say.moment(AT, "Europe/Paris"),
        say.number(12345.5),
        say.points(12500),
        say.points(65000),
    ] == said


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("fr", ["−1 234,5", "+7", "−12,5", "+65", "0", "11,3 %", "−40 %", "20,00 €", "−1 200 €", "9,90 CHF"]),
        ("en", ["−1,234.5", "+7", "−12.5", "+65", "0", "11.3%", "−40%", "€20.00", "−€1,200", "CHF9.90"]),
    ],
)
def test_figures_have_a_true_minus_and_narrow_spaces_and_their_currency_where_it_belongs(locale, said):
    say = translator(locale)
    found = [
        say.number(-1234.5),
        say.number(7, signed=True),
        say.points(-12500),
        say.points(65000, signed=True),
        say.points(0, signed=True),
        say.percent(0.113),
        say.percent(-0.4, 0),
        say.money(2_000, "EUR"),
        say.money(-120_000, "EUR"),
        say.money(990, "CHF"),
    ]
    assert [one.replace("\u202f", " ") for one in found] == said
    assert not {"-", "\u00a0"} & set("".join(found))


def test_a_variety_of_french_speaks_french_and_an_unknown_language_english():
    assert translator("fr-CA").date(date(2026, 11, 2)) == "2 novembre 2026"
    assert translator("de").gettext("Hello") == "Hello"
    assert translator("fr") is translator("fr")


def test_a_marked_text_stays_as_it_is():
    assert msgid("Hello") == "Hello"


def test_the_first_of_a_month_is_an_ordinal_in_french_on_the_wall_of_the_zone():
    late = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    say = translator("fr")
    assert [say.date(date(2026, 12, 1)), say.date(date(2026, 12, 1), "short"), say.date(date(2026, 12, 11))] == [
        "1er décembre 2026", "1er déc. 2026", "11 décembre 2026",
    ]  # fmt: skip
    assert say.moment(late, "Europe/Paris") == "1er décembre 2026, 0\u00a0h\u00a030"
    assert say.moment(late, "UTC") == "30 novembre 2026, 23\u00a0h\u00a030"
    assert translator("en").date(date(2026, 12, 1)) == "1 December 2026"


@pytest.mark.parametrize(
    ("milli", "said"), [(40, "0"), (-40, "0"), (60, "+0.1"), (-60, "−0.1"), (50, "0"), (12_540, "+12.5")]
)
def test_what_is_rounded_to_nothing_has_no_sign(milli, said):
    assert translator("en").points(milli, signed=True) == said
