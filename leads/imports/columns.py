"""What a column of a list holds, told by its name as programs and people write it, in French and in English first.

Names are compared without capitals, accents, punctuation and spaces of any kind: `E-mail Address`, `emailAddress` and
`E_MAIL ADDRESS *` are one. Pure: no database, no clock, no network.
"""

import re
import unicodedata

from base.letters import Letters

FULL_NAME, LAST_FIRST = "full_name", "last_first_name"  # both names in one cell, and in which order
EMAIL, PHONE, TAGS = "email", "phone", "tags"

# Field -> the names of its column, the likeliest first. What HubSpot, Mailchimp, Brevo, LinkedIn, Outlook, Google
# Contacts, Salesforce, Facebook and Google Ads write is among them.
NAMES: dict[str, tuple[str, ...]] = {
    EMAIL: (
        "email", "e mail", "email address", "mail", "courriel", "adresse email", "adresse e mail", "adresse mail",
        "adresse courriel", "adresse de courriel", "adresse electronique", "adresse de messagerie", "messagerie",
        "e mail address", "e mail 1 value", "email 1 value", "email value", "mail address", "primary email",
        "email principal", "e mail principal", "email primary", "work email", "business email", "email pro",
        "email professionnel", "mail pro", "mail professionnel", "contact email", "email contact", "lead email",
        "customer email", "client email", "email client", "invitee email", "user email", "subscriber",
        "subscriber email", "your email",
        "votre email", "votre adresse email", "personal email", "email perso", "email personnel", "company email",
        "emails", "e mails", "mel", "correo", "correo electronico", "e mail adresse", "email adresse", "e mail 1",
        "email 1", "email1", "recipient", "recipient email", "address email", "email id", "email entreprise",
        "email societe", "adresse de courrier electronique", "courrier electronique",
        "email addresses", "adresses email", "adresse email 1", "indirizzo email", "indirizzo e mail",
        "posta elettronica", "e mailadres", "emailadres",
    ),
    "first_name": (
        "first name", "firstname", "prenom", "given name", "forename", "fname", "first", "prenom contact",
        "prenom du contact", "contact first name", "votre prenom", "your first name", "prenoms", "vorname",
        "nombre de pila", "givenname", "lead first name", "primer nombre", "prenom client",
        "christian name", "voornaam", "primeiro nome",
    ),
    "last_name": (
        "last name", "lastname", "nom de famille", "surname", "family name", "lname", "last", "nom du contact",
        "contact last name", "your last name", "nachname", "apellido", "apellidos", "familyname", "sn",
        "lead last name", "nom d usage", "nom usuel", "patronyme", "cognome", "achternaam", "sobrenome",
    ),
    FULL_NAME: (
        "full name", "fullname", "name", "prenom nom", "prenom et nom", "nom complet", "contact name", "display name",
        "displayname", "contact", "customer name", "client name", "lead name", "your name", "votre nom", "nom client",
        "nom du client", "first and last name", "first name last name", "first last name", "contact name", "nombre",
        "nombre completo", "participant", "attendee", "attendee name", "nom affiche", "file as", "interlocuteur",
        "nome", "naam", "nome completo", "nome e cognome",
    ),
    LAST_FIRST: (
        "nom prenom", "nom et prenom", "nom prenoms", "nom et prenoms", "last name first name", "last first name",
        "name surname first", "sort name", "nom prenom du contact", "nom et prenom du contact", "last first",
    ),
    PHONE: (
        "phone", "phone number", "telephone", "tel", "mobile", "mobile phone", "cell", "cell phone", "cellphone",
        "mobile number", "mobile phone number", "portable", "tel portable", "telephone portable", "tel mobile",
        "telephone mobile", "numero de telephone", "numero", "num tel", "no tel", "n tel", "numero de portable", "gsm",
        "sms", "whatsapp", "whatsapp number", "business phone", "work phone", "telephone bureau", "tel bureau",
        "telephone professionnel", "tel pro", "phone 1 value", "primary phone", "telephone principal", "home phone",
        "telephone domicile", "ligne directe", "tel direct", "direct phone", "contact phone", "contact phone number",
        "lead phone", "telephone fixe", "tel fixe", "telefono", "telefon", "telefonnummer", "handy", "phone numbers",
        "telephone number", "company phone", "your phone", "votre telephone", "telephone 1", "phone 1", "tel 1",
        "contact number", "direct line", "telephone entreprise",
    ),
    "company": (
        "company", "company name", "organization", "organisation", "entreprise", "societe", "raison sociale",
        "nom de l entreprise", "nom entreprise", "nom de la societe", "nom societe", "account name", "account",
        "company account", "organization name", "organisation name", "organization 1 name", "associated company",
        "primary associated company", "employer", "employeur", "agence", "etablissement", "structure", "firm",
        "business name", "denomination", "denomination sociale", "cabinet", "compte", "nom du compte", "empresa",
        "firma", "unternehmen", "current company", "org", "organisme", "entreprise societe", "societe entreprise",
        "nom organisation", "nom organisme", "nom structure", "enseigne", "entreprise associee", "societe associee",
        "organisation nom", "entreprise nom", "societe nom", "azienda", "bedrijf", "bedrijfsnaam",
    ),
    "job_title": (
        "job title", "jobtitle", "title", "position", "fonction", "poste", "role", "job", "intitule de poste",
        "intitule du poste", "titre du poste", "occupation", "organization title", "organization 1 title", "metier",
        "profession", "job position", "job role", "job function", "qualite", "current position", "puesto", "cargo",
        "titre professionnel", "designation", "fonction poste", "fonction entreprise", "poste occupe",
    ),
    "locale": (
        "locale", "preferred locale", "language", "langue", "lang",
        "preferred language", "langue preferee", "langue de contact", "idioma",
        "sprache", "contact language",
    ),
    "timezone": ("timezone", "time zone", "fuseau horaire", "fuseau", "iana timezone", "tz"),
    "street": (
        "street", "street address", "address", "adresse", "adresse postale", "rue", "voie", "adresse 1", "address 1",
        "address line 1", "address1", "mailing street", "billing street", "numero et voie", "numero et rue", "n et rue",
        "adresse de l entreprise", "street address 1", "address 1 street", "adresse ligne 1", "postal address",
    ),
    "postal_code": (
        "postal code", "postcode", "post code", "zip", "zip code", "zipcode", "code postal", "cp", "mailing zip",
        "billing zip", "address 1 postal code", "plz", "codigo postal",
    ),
    "city": (
        "city", "town", "ville", "commune", "localite", "mailing city", "billing city", "address 1 city", "ort",
        "ciudad", "stadt",
    ),
    "country": (
        "country", "pays", "country region", "mailing country", "billing country", "address 1 country", "land", "pais",
        "country code", "code pays",
    ),
    TAGS: ("tags", "tag", "etiquettes", "etiquette", "labels", "label", "mots cles", "libelles"),
}  # fmt: skip
_BY_NAME = {name: field for field, names in NAMES.items() for name in names}
_LIKELY = {name: place for names in NAMES.values() for place, name in enumerate(names)}
_UNLIKELY = len(_LIKELY)
_FIRST_OR_BOTH = frozenset({"name", "nombre", "nome", "naam"})  # depends on whether a last name is beside
_SURNAME_OR_BOTH = frozenset({"nom", "noms", "nom contact", "nom client"})  # depends on whether a first name is beside

# Words that say whose or which one it is, and never what: `Votre e-mail`, `Email du contact`, `Tél. portable pro`.
_ASIDE_WORDS = frozenset(
    {"votre", "vos", "your", "contact", "lead", "prospect", "client", "customer", "subscriber", "person", "attendee",
     "participant", "invitee", "guest", "member", "membre", "adherent", "inscrit", "visiteur", "visitor", "billing",
     "personne",
     "pro", "professionnel", "professionnelle", "professional", "work", "business", "office", "bureau", "travail",
     "perso", "personnel", "personnelle", "personal", "home", "domicile", "prive", "privee", "private", "principal",
     "principale", "primary", "main", "actuel", "actuelle", "current", "corporate", "value", "obligatoire", "required"}
)  # fmt: skip
_BETWEEN = frozenset({"de", "du", "des", "d", "la", "le", "les", "l", "of", "the", "dans"})
_NUMBER = frozenset({"n", "no", "nr", "num", "numero", "number", "1"})  # `N° mobile`; but an `Account number` is none
_NEVER_BARE = frozenset({"first", "last", "role", "account", "numero"})  # a `Last contact` is a day

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ASIDE = re.compile(r"[(\[{].*?[)\]}]")
_SEPARATORS = re.compile(r"[\W_]+")
_SHORTEST_SLIP = 4  # letters; below that a slip makes another word


def folded(header: str) -> str:
    """A header as it is compared: `\\ufeffE-Mail\\u00a0Address *` -> `e mail address`."""
    plain = _CAMEL.sub(" ", _ASIDE.sub(" ", header) if _ASIDE.sub("", header).strip() else header)
    return _SEPARATORS.sub(" ", plain.translate(_FOLDED)).strip()


def _folded(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", letter).casefold()
    return "".join(part for part in plain if not unicodedata.combining(part))


_FOLDED = Letters(_folded)


def field_of(header: str) -> str | None:
    """The field that a header means by its name alone; None for a name that is not known."""
    name = folded(header)
    return _BY_NAME.get(name) or _BY_NAME.get(name.replace(" ", ""))


def likeliness(header: str) -> int:
    """Where its name stands among those of its field: `Job title` before `Title`, and before a name that is unknown."""
    name = folded(header)
    return _LIKELY.get(name, _LIKELY.get(name.replace(" ", ""), _UNLIKELY))


def field_meant(header: str) -> str | None:
    """The field of a name with words around it that do not say what it is, or told in two languages:
    `Votre adresse e-mail`, `Téléphone portable pro`, `Prénom / First name`."""
    fields = {field_of(part) or _by_core(part) for part in header.split("/")}
    return fields.pop() if len(fields) == 1 else None


def is_surname_or_both(header: str) -> bool:
    """French lists call by `Nom` a last name beside a `Prénom`, and both names where there is no other column; so do
    those that say it in English too: `Nom / Name`."""
    said = [part for part in header.split("/") if folded(part) not in _FIRST_OR_BOTH]
    return bool(said) and all(_is_nom(folded(part)) for part in said)


def _is_nom(name: str) -> bool:
    return name in _SURNAME_OR_BOTH or _core(name) in ("nom", "noms")


def is_first_or_both(header: str, field: str) -> bool:
    """English and southern lists call by `Name` or `Nombre` a first name, too."""
    return field == FULL_NAME and folded(header) in _FIRST_OR_BOTH


def slip_of(header: str) -> str | None:
    """The field whose name was probably meant: a letter left out, doubled, or two exchanged."""
    typed = folded(header)
    if len(typed) < _SHORTEST_SLIP or any(letter.isdigit() for letter in typed):
        return None
    near = {field for name, field in _BY_NAME.items() if len(name) >= _SHORTEST_SLIP and is_slip(typed, name)}
    return near.pop() if len(near) == 1 else None


def is_slip(typed: str, meant: str) -> bool:
    """One letter too many or too few, or two neighbours exchanged; never another letter: `game` is no `name`."""
    if abs(len(typed) - len(meant)) > 1 or typed == meant:
        return False
    start = 0
    while start < min(len(typed), len(meant)) and typed[start] == meant[start]:
        start += 1
    rest, other = typed[start:], meant[start:]
    exchanged = len(rest) > 1 and rest[:2] == other[1::-1] and rest[2:] == other[2:]
    return rest[1:] == other or rest == other[1:] or exchanged


def _by_core(header: str) -> str | None:
    core = _core(folded(header))
    if core in _BY_CORE:
        return _BY_CORE[core]
    counted = " ".join(word for word in core.split() if word not in _NUMBER)
    return PHONE if _BY_CORE.get(counted) == PHONE else None


def _core(name: str) -> str:
    """A folded name without the words around what it says: `email du contact` -> `email`."""
    return " ".join(word for word in _plain(name).split() if word not in _ASIDE_WORDS)


def _plain(name: str) -> str:
    """`adresse de e mail` -> `adresse email`."""
    together = f" {name} ".replace(" e mail", " email").split()
    return " ".join(word for word in together if word not in _BETWEEN)


_BY_CORE = {
    _plain(name): field for name, field in _BY_NAME.items() if _plain(name) == _core(name) and name not in _NEVER_BARE
}


def unique(headers: list[str]) -> list[str]:
    """A name for every column: those without one are called by their number, doubles get `(2)`, `(3)`."""
    taken: dict[str, int] = {}
    named = []
    for number, header in enumerate(headers, 1):
        name = " ".join(header.replace("\ufeff", "").split()) or f"column {number}"
        taken[name] = taken.get(name, 0) + 1
        named.append(name if taken[name] == 1 else f"{name} ({taken[name]})")
    return named
