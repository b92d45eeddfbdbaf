import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.typography import french, typeset

N, W = "\u202f", "\u00a0"


@pytest.mark.parametrize(
    ("written", "set_so"),
    [
        ("Bonjour Ada, ça va ?", f"Bonjour Ada, ça va{N}?"),
        ("Quoi?! Oui!", f"Quoi{N}?! Oui{N}!"),
        ("Un ; deux; trois", f"Un{N}; deux{N}; trois"),
        ("Au menu : rien", f"Au menu{W}: rien"),
        ("«Guide» et « Guide »", f"«{N}Guide{N}» et «{N}Guide{N}»"),
        ("L'équipe d'Ada...", "L’équipe d’Ada…"),
        ("L'e-mail d'<strong>Inès</strong>", "L’e-mail d’<strong>Inès</strong>"),
        ("Haut de 5'", "Haut de 5'"),
        ("10 000 € et 50 %", f"10{N}000{N}€ et 50{N}%"),
        ("<p class=\"a ; b\">C'est là !</p>", f'<p class="a ; b">C’est là{N}!</p>'),
        ("Vraiment ?</p>", f"Vraiment{N}?</p>"),
        ("<code>if (a ? b : c) ;</code> ok ?", f"<code>if (a ? b : c) ;</code> ok{N}?"),
        ("<style>a { b : c; }</style>", "<style>a { b : c; }</style>"),
        ("{{ a ? b : 'c' }} ah !{# c ? #}", f"{{{{ a ? b : 'c' }}}} ah{N}!{{# c ? #}}"),
        ("&nbsp;; &eacute; ok !", f"&nbsp;; &eacute; ok{N}!"),
        ("Voir https://a.example/?x=1;y=2 !", f"Voir https://a.example/?x=1;y=2{N}!"),
        ("À 10:30, ada@example.org ;", f"À 10:30, ada@example.org{N};"),
        ("", ""),
    ],
)  # fmt: skip
def test_french_is_set_as_it_is_printed(written, set_so):
    assert french(written) == set_so


@given(st.text("aé1 '?!;:.«»<>/&{}%%€\u00a0\u202f", max_size=30))
def test_setting_twice_changes_nothing_more(text):
    assert french(french(text)) == french(text)


def test_other_languages_stay_as_they_are():
    assert typeset("What ? It's 10 000 !", "en") == "What ? It's 10 000 !"
    assert typeset("Quoi ?", "fr-CA") == f"Quoi{N}?"
