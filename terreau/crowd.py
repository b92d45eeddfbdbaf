"""Who is in the demo's crowd: names, studios, addresses, and the way each of them came; what they do is elsewhere.

Everybody is fictional: addresses end in .example, numbers are of the range that France keeps for fiction.

Pure: no database, no clock, no network.
"""

import re
import unicodedata
from dataclasses import dataclass

from terreau.chances import happens, pick, share, weighted

FIRST_NAMES = (
    "Camille", "Louise", "Hugo", "Inaya", "Jeanne", "Théo", "Manon", "Yanis", "Élise", "Baptiste", "Salomé", "Nathan",
    "Anaïs", "Rémi", "Clémence", "Mehdi", "Solène", "Gabriel", "Margaux", "Bastien", "Noémie", "Adrien", "Lina",
    "Corentin", "Agathe", "Samuel", "Maëlle", "Florian", "Héloïse", "Ismaël", "Capucine", "Lucas", "Aurore", "Mathis",
    "Sabrina", "Tristan", "Océane", "Damien", "Julie", "Renaud", "Fatou", "Gaëlle", "Pierre", "Leïla", "Vincent",
    "Sophie", "Antoine", "Nour", "Isabelle", "Thomas", "Céline", "Malik", "Delphine", "Romain", "Aïcha", "Xavier",
)  # fmt: skip
LAST_NAMES = (
    "Roussel", "Le Goff", "Benhamou", "Perrin", "Caron", "Guillou", "Meunier", "Lambert", "Diallo", "Fournier",
    "Kerouedan", "Masson", "Haddad", "Lemoine", "Renard", "Barbier", "Nguyen", "Picard", "Gauthier", "Rey", "Tanguy",
    "Leclerc", "Joly", "Mercier", "Besson", "Ferrand", "Moulin", "Colin", "Aubert", "Delmas", "Poirier", "Saïdi",
    "Vasseur", "Chevalier", "Hamon", "Duval", "Brunet", "Lacombe", "Pasquier", "Costa", "Maillard", "Traoré", "Blin",
    "Rocher", "Texier", "Boucher", "Garnier", "Millet", "Roche", "Pichon", "Marty", "Cordier", "Amrani", "Lebrun",
)  # fmt: skip
ENGLISH_FIRST = ("Emma", "Oliver", "Grace", "Henry", "Isla", "Callum", "Freya", "Arthur", "Maeve", "Rory")
ENGLISH_LAST = (
    "Whitfield", "Okafor", "Brennan", "Hargreaves", "Sinclair", "Doyle", "Ashworth", "Patel", "Munro", "Langley",
)  # fmt: skip
STUDIOS = (
    "Atelier {last}", "{last} Architecture intérieure", "Studio {word}", "Atelier {word}", "{last} & {other}",
    "Intérieurs {word}", "Agence {word}", "Maison {last}", "{first} {last}", "Cabinet {last}",
)  # fmt: skip
ENGLISH_STUDIOS = ("{last} Interiors", "Studio {word}", "{last} & {other}", "{word} Design")
WORDS = (
    "Claire-voie", "Nacre", "Mezzanine", "Verrière", "Lin", "Terracotta", "Méridienne", "Alcôve", "Seuil", "Patio",
    "Granit", "Azulejo", "Tomette", "Cimaise", "Palier", "Ébène", "Trumeau", "Passerelle", "Grand Angle", "Équerre",
    "Demi-jour", "Rotin", "Persienne", "Parquet", "Lucarne", "Cannelle", "Ocre", "Ardoise", "Moucharabieh", "Canopée",
)  # fmt: skip
ENGLISH_WORDS = ("Lantern", "Alder", "Northlight", "Dovetail", "Slate", "Hearth", "Mullion", "Gable")

# How they came: the channels of a small house in percent, and what the first touch of each may hold.
Touch = dict[str, str]
CHANNELS: dict[str, float] = {
    "organic": 33, "direct": 17, "paid_search": 8.5, "paid_social": 8.5, "social": 14, "referral": 8, "email": 7,
    "offline": 4,
}  # fmt: skip
TOUCHES: dict[str, tuple[Touch, ...]] = {
    "organic": (
        {"referrer": "https://www.google.com/"},
        {"referrer": "https://www.google.com/"},
        {"referrer": "https://duckduckgo.com/"},
        {"referrer": "https://www.qwant.com/"},
    ),
    "direct": ({},),
    "paid_search": (
        {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "guide-3d-automne", "utm_term": "plan 3d"},
        {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "guide-3d-automne", "utm_term": "rendu 3d"},
    ),
    "paid_social": (
        {"utm_source": "linkedin", "utm_medium": "cpc", "utm_campaign": "ateliers-octobre"},
        {"utm_source": "pinterest", "utm_medium": "paid-social", "utm_campaign": "cuisines"},
    ),
    "social": (
        {"utm_source": "linkedin", "utm_medium": "social", "utm_campaign": "trois-niveaux"},
        {"referrer": "https://www.instagram.com/"},
        {"referrer": "https://www.pinterest.fr/"},
    ),
    "referral": (
        {"referrer": "https://carnet-deco.example/logiciels-3d"},
        {"referrer": "https://syndicat-interieur.example/ressources"},
    ),
    "email": (
        {"utm_source": "carnet-deco", "utm_medium": "email", "utm_campaign": "partenaire-septembre"},
        {"utm_source": "lettre", "utm_medium": "newsletter", "utm_campaign": "lettre-octobre"},
    ),
    "offline": ({"utm_source": "salon-nantes", "utm_medium": "qr", "utm_campaign": "salon-nantes-2026"},),
}

ENGLISH_SHARE = 0.11
PHONE_SHARE = 0.42
# Mail servers that do not take what we send, so that the office has something to look at. The rest take everything.
# Each stands before the domain of a house: it is that house's server that says no, and a company of its own.
NOBODY_THERE, CLOSED, SILENT = "adresse-perdue", "boite-fermee", "sans-reponse"
LOST = ((0.010, NOBODY_THERE), (0.017, CLOSED), (0.028, SILENT))  # up to which share of the crowd


@dataclass(frozen=True, slots=True)
class Somebody:
    """One of the crowd: `number` decides everything about them. `phone` None: they leave none."""

    number: int
    locale: str
    first_name: str
    last_name: str
    company: str
    email: str
    phone: str | None
    touch: Touch

    @property
    def answers(self) -> dict[str, str | bool]:
        """What they write in a form that asks who they are."""
        told = {name: getattr(self, name) for name in ("first_name", "last_name", "company", "email", "phone")}
        return {name: value for name, value in told.items() if value}


def crowd(count: int) -> tuple[Somebody, ...]:
    """That many people, the same every time; no two of one name, no two with one address."""
    people: list[Somebody] = []
    names: set[tuple[str, str]] = set()
    addresses: set[str] = set()
    tried = 0
    while len(people) < count:
        one, tried = _somebody(len(people), tried), tried + 1
        if (one.first_name, one.last_name) not in names and one.email not in addresses:
            names.add((one.first_name, one.last_name))
            addresses.add(one.email)
            people.append(one)
    return tuple(people)


def _somebody(number: int, drawn: int) -> Somebody:
    english = happens(ENGLISH_SHARE, drawn, "english")
    firsts, lasts = (ENGLISH_FIRST, ENGLISH_LAST) if english else (FIRST_NAMES, LAST_NAMES)
    first, last = pick(firsts, drawn, "first"), pick(lasts, drawn, "last")
    studio = pick(ENGLISH_STUDIOS if english else STUDIOS, drawn, "studio")
    word = pick(ENGLISH_WORDS if english else WORDS, drawn, "word")
    other = pick([name for name in lasts if name != last], drawn, "other")
    company = studio.format(first=first, last=last, word=word, other=other)
    has_phone = not english and happens(PHONE_SHARE, drawn, "phone")
    return Somebody(
        number=number,
        locale="en" if english else "fr",
        first_name=first,
        last_name=last,
        company=company,
        email=_address(drawn, first, last, company),
        phone=_phone(number) if has_phone else None,
        touch=pick(TOUCHES[weighted(CHANNELS, drawn, "channel")], drawn, "touch"),
    )


def _address(drawn: int, first: str, last: str, company: str) -> str:
    lot = share(drawn, "domain")
    trouble = next((f"{lost}." for below, lost in LOST if lot < below), "")
    styles = (f"{_plain(first)}.{_plain(last)}", _plain(first), f"{_plain(first)[0]}.{_plain(last)}", "contact")
    return f"{pick(styles, drawn, 'style')}@{trouble}{_plain(company)}.example"


def _phone(number: int) -> str:
    """06 39 98 xx xx, each number once: 7919 and 10000 have no divisor in common."""
    last = number * 7919 % 10_000
    return f"06 39 98 {last // 100:02} {last % 100:02}"


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^a-z0-9]+", "-", "".join(one for one in letters if not unicodedata.combining(one))).strip("-")
