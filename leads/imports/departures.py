"""Who left elsewhere, as the tool that kept the list before says it: which columns tell, and what their cells say.

Columns and cells are found in the tables below and nowhere else: what is in none of them leaves nobody alone. A no
acts, whatever stands beside it; a yes is no proof of consent, and says nothing here. Pure: no database, no clock, no
network.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from leads.imports.columns import folded

SUBSCRIBED, UNSUBSCRIBED, BOUNCED, COMPLAINED = "subscribed", "unsubscribed", "bounced", "complained"
BOUNCE_REASON = "bounce_reason"  # whatever stands there says why mail came back
LEFT, HARD_BOUNCE, COMPLAINT = "unsubscribed", "hard_bounce", "complaint"  # as in `suppressions`
# The field of a column -> what its yes means. Of SUBSCRIBED it is the no, and words such as `cleaned`.
REASONS = {UNSUBSCRIBED: LEFT, BOUNCED: HARD_BOUNCE, COMPLAINED: COMPLAINT}
FIELDS = (SUBSCRIBED, *REASONS, BOUNCE_REASON)
SCOPES = {LEFT: "marketing", HARD_BOUNCE: "all", COMPLAINT: "all"}

# ---------------------------------------------------------------- names of columns

# Compared whole, as `_name` has them: without capitals, accents, signs; `e-mail` is `email`, `(e)` and `(s)` are none.
NAMES: dict[str, tuple[str, ...]] = {
    SUBSCRIBED: ("subscribed to emails", "is subscribed", "email subscribed"),
    UNSUBSCRIBED: (
        # Mailchimp, MailerLite, HubSpot, Salesforce, Dynamics, Mautic, Brevo, Mailjet
        "unsub time", "unsubscribed", "is unsubscribed", "unsubscribed from all email", "unsubscribed from all emails",
        "opted out of email", "opted out of all email", "email opt out", "email opted out", "has opted out of email",
        "do not email", "do not emails", "do not bulk email", "do not allow emails", "do not allow bulk emails",
        "do not contact", "dnc email", "email dnc", "blacklisted", "email blacklisted", "blocklisted",
        "email blocklisted", "is excluded from campaigns", "unsubscribed from newsletter", "email unsubscribed",
        "opted out", "opt out", "optout",
        "unsubscribe date", "unsubscribed date", "unsubscribe time", "unsubscribed at", "unsubscribed on",
        "date unsubscribed", "email opt out date", "opt out date", "opted out date",
        "gdpr objection",
        # Sarbacane, HubSpot and Dynamics in French, spreadsheets
        "desabonne", "desabonnee", "desabonnes", "desabonnement", "desabonne de tous les emails",
        "desabonne newsletter", "desabonne de la newsletter", "desabonne email", "desabonne emailing",
        "desinscrit", "desinscrite", "desinscrits", "desinscription", "desinscrit newsletter",
        "desinscrit de la newsletter", "desinscription newsletter", "date de desinscription", "date desinscription",
        "date de desabonnement", "date desabonnement", "opposition email", "opposition emailing",
        "opposition aux emails", "opposition rgpd", "ne pas contacter", "ne plus contacter",
        "ne pas contacter par email", "ne pas envoyer d email", "ne pas autoriser les emails",
        "ne pas autoriser les emails en nombre",
    ),
    BOUNCED: (
        "clean time", "bounced", "email bounced", "email bounced date", "hard bounce", "hard bounced",
        "email hard bounced", "hardbounce", "hardbounced", "npai", "npai email", "rebond definitif",
    ),
    BOUNCE_REASON: ("email hard bounce reason", "hard bounce reason", "email bounced reason"),
    COMPLAINED: (
        "marked as spam", "marked email as spam", "reported as spam", "spam complaint", "spam complained",
        "spam report", "complained", "plainte spam", "signale comme spam",
    ),
}  # fmt: skip
_BY_NAME = {name: field for field, names in NAMES.items() for name in names}
_OF_ONE_KIND = "opted out of email "  # HubSpot: `Opted out of email: One to One`

# Columns that say in words how everybody stands, if they do: `is_status`.
STATUS = frozenset(
    {"status", "statut", "state", "etat", "subscribed", "abonne", "abonnement", "newsletter", "infolettre",
     "email status", "statut email", "contact status", "statut contact", "statut du contact", "member status",
     "subscriber status", "subscription", "subscription status", "statut abonnement", "statut d abonnement",
     "statut de l abonnement", "marketing status", "person marketing status", "statut marketing",
     "email marketing", "email marketing consent", "email marketing status", "email permission status",
     "email subscription status"}
)  # fmt: skip

# Names with one of these in them may speak of leaving: they are pointed out, and fill nothing by themselves ...
_DOUBTFUL = ("unsub", "opt out", "opted out", "desabonn", "desinscri", "bounce", "clean", "npai", "rebond", "spam",
             "complain", "plainte", "blacklist", "blocklist", "liste noire", "objection", "opposition", "dnc",
             "do not", "ne pas", "ne plus", "suppress", "withdrawn", "refus", "stop")  # fmt: skip
# ... but for those that speak of something else, or tell more of what another column says.
_OF_SOMETHING_ELSE = frozenset(
    {"sms", "whatsapp", "whats", "fax", "phone", "call", "appeler", "telephone", "link", "lien", "url", "campaign",
     "rate", "taux", "title", "id", "ip", "reason", "raison", "motif", "prelevement"}
)  # fmt: skip

# ---------------------------------------------------------------- cells

# Words of mail alone: they are a no in a column of any of these fields, and in one of consent.
NOES: dict[str, str] = {
    **dict.fromkeys(
        ("unsubscribed", "user unsubscribed", "manually unsubscribed", "globally unsubscribed", "opted out",
         "desabonne", "desabonnee", "desinscrit", "desinscrite", "blacklisted", "blocklisted", "blackliste",
         "blacklistee"),
        LEFT,
    ),
    **dict.fromkeys(("cleaned", "hard bounce", "hard bounced", "hardbounce", "hardbounced", "npai"), HARD_BOUNCE),
    **dict.fromkeys(("complained", "spam complaint", "marked as spam", "plainte spam"), COMPLAINT),
}  # fmt: skip
# Words that are one where a column is known to speak of mail.
NOES_THERE: dict[str, str] = {
    **dict.fromkeys(("do not contact", "do not email", "do not allow", "ne pas contacter", "ne pas autoriser",
                     "opt out", "optout"), LEFT),
    **dict.fromkeys(("bounced", "nettoye", "nettoyee", "rebond definitif"), HARD_BOUNCE),
}  # fmt: skip
_SUBSCRIBED = frozenset(
    {"subscribed", "never subscribed", "not subscribed", "non subscribed", "abonne", "abonnee", "non abonne",
     "non abonnee"}
)  # fmt: skip
# Words that say how somebody stands and are no no: a mail that did not arrive once is no reason either.
_STANDING = _SUBSCRIBED | {
    "active", "actif", "enabled", "confirmed", "confirme", "confirmee", "unconfirmed", "non confirme",
    "non confirmee", "pending", "en attente", "no consent", "transactional", "transactionnel", "soft bounce",
    "soft bounced", "express", "implied", "contactable", "allow", "allowed", "autoriser", "autorise",
    "marketing contact", "non marketing contact", "single opt in", "double opt in", "opt in", "optin", "opted in",
    "inscrit", "inscrite",
}  # fmt: skip
# Words that may say anything: of how somebody stands they are no no.
_ANYTHING = frozenset(
    {"refused", "refuse", "refusee", "refus", "blocked", "bloque", "bloquee", "stop", "archived", "archive", "archivee",
     "inactive", "inactif", "withdrawn", "retire", "retiree"}
)  # fmt: skip
_YES = frozenset({"yes", "y", "true", "vrai", "oui", "o", "x", "on", "checked", "coche", "1", "1.0", "1,0", *"✓✔☑✅"})
_NO = frozenset({"no", "n", "false", "faux", "non", "off", "unchecked", "never", "jamais", "0", "0.0", "0,0", "-", ""})

_TIME = r"(?:[T ,]+\d{1,2}[:h]\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?(?: ?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?)?"
_DAY = re.compile(
    rf"(?:(\d{{4}})[/.\-]\d{{1,2}}[/.\-]\d{{1,2}}|\d{{1,2}}[/.\-]\d{{1,2}}[/.\-](\d{{4}}|\d{{2}})){_TIME}"
)
_IN_WORDS = re.compile(
    r"\d{1,2}(?:er)? (?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
    r"|january|february|march|april|may|june|july|august|september|october|november|december) \d{4}"
)  # as `_word` has it
_NO_DAYS = frozenset({"0000", "0001", "1899", "1900", "1970"})  # years in which programs say that there is none

_MARKED = re.compile(r"\((?:e|s|es)\)")
_MOSTLY = 0.5  # of the cells that are filled


@dataclass(frozen=True, slots=True)
class Departure:
    """That somebody left elsewhere: the `reasons`, as in `suppressions`, at every address that the row names, and on
    what day, where the list says it."""

    reasons: tuple[str, ...]
    addresses: tuple[str, ...]
    phone: str | None = None
    day: datetime | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """By what those who left are known again in the list: each of their addresses, else their number."""
        return self.addresses or ((self.phone,) if self.phone else ())


def gravest(reasons: Collection[str]) -> tuple[str, ...]:
    """One reason for each scope: who complained is left alone for that, whether the mailbox works or not."""
    told = set(reasons)
    return tuple(one for one in SCOPES if one in told and not (one == HARD_BOUNCE and COMPLAINT in told))


def field_of(header: str) -> str | None:
    """Which of FIELDS a column of that name fills; None for any other."""
    name = _name(header)
    return UNSUBSCRIBED if name.startswith(_OF_ONE_KIND) else _BY_NAME.get(name)


def is_status(header: str, cells: Collection[str]) -> bool:
    """Whether a column says in words how everybody stands: by its name it may, most of its cells do, and one of them is
    a word of mail."""
    words = [_word(cell) for cell in cells]
    return _name(header) in STATUS and _is_known(words) and any(word in NOES or word in _SUBSCRIBED for word in words)


def is_doubtful(header: str, cells: Collection[str]) -> bool:
    """Whether a column may say who left elsewhere, and neither its name nor its cells are plain enough to act on."""
    name = _name(header)
    if any(part in f" {name}" for part in _DOUBTFUL):
        return _OF_SOMETHING_ELSE.isdisjoint(name.split())
    words = [_word(cell) for cell in cells]
    return any(word in NOES for word in words) or (name in STATUS and _is_known(words))


@lru_cache(maxsize=10_000)  # the same words stand in row after row
def told(field: str, cell: str) -> str | None:
    """The reason that a cell gives to leave its row alone, "" for none; None where nobody can tell.

    A whole cell that is a day or a moment is a yes; a day somewhere in it is none.
    """
    word = _word(cell)
    if word in _STANDING or word in NOES or word in NOES_THERE:
        return NOES.get(word) or NOES_THERE.get(word, "")
    if field == SUBSCRIBED:
        return LEFT if word in _NO else "" if word in _YES or word in _ANYTHING or _is_day(cell) else None
    if word in _NO or _is_no_day(cell):
        return ""
    if field == BOUNCE_REASON:
        return HARD_BOUNCE
    return REASONS[field] if word in _YES or _is_day(cell) else None


def no_among(cell: str) -> str:
    """The reason that a cell of another column gives, by a word that nobody uses of anything else; "" for none."""
    return NOES.get(_word(cell), "")


def _name(header: str) -> str:
    """What is in brackets is part of a name here: `Opted out (SMS)` says nothing of mail."""
    plain = folded(_MARKED.sub("", header).translate(str.maketrans("()[]{}", "      ")))
    return f" {plain} ".replace(" e mail", " email").strip()


def _word(cell: str) -> str:
    """What a cell says, compared as names of columns are; figures as they are written, signs and all."""
    return folded(cell) if any(map(str.isalpha, cell)) else cell.strip()


def _is_known(words: Collection[str]) -> bool:
    known = sum(word in _STANDING or word in NOES or word in NOES_THERE or word in _ANYTHING for word in words)
    return known > _MOSTLY * len(words)


def _is_day(cell: str) -> bool:
    return (_DAY.fullmatch(cell) or _IN_WORDS.fullmatch(_word(cell))) is not None


def _is_no_day(cell: str) -> bool:
    found = _DAY.fullmatch(cell)
    return found is not None and (found[1] or found[2]) in _NO_DAYS
