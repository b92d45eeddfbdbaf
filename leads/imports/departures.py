"""Who left elsewhere, as the tool that kept the list before says it: which columns tell, and what their cells say.

A no acts, whatever stands beside it; a yes is no proof of consent, and says nothing here. Pure: no database, no clock,
no network.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from leads.imports.columns import folded

SUBSCRIBED, UNSUBSCRIBED, BOUNCED, COMPLAINED = "subscribed", "unsubscribed", "bounced", "complained"
LEFT, HARD_BOUNCE, COMPLAINT = "unsubscribed", "hard_bounce", "complaint"  # as in `suppressions`
# The field of a column -> what its yes means. Of SUBSCRIBED it is the no, and words such as `cleaned`.
REASONS = {UNSUBSCRIBED: LEFT, BOUNCED: HARD_BOUNCE, COMPLAINED: COMPLAINT}
FIELDS = (SUBSCRIBED, *REASONS)
SCOPES = {LEFT: "marketing", HARD_BOUNCE: "all", COMPLAINT: "all"}

_LEFT_WORDS = frozenset(
    {"unsubscribed", "unsubscribe", "unsub", "user unsubscribed", "manually unsubscribed", "globally unsubscribed",
     "opted out", "opt out", "optout", "desabonne", "desabonnee", "desinscrit", "desinscrite", "desabonnement",
     "desinscription", "do not contact", "do not email", "do not mail", "dnc", "ne pas contacter", "ne plus contacter",
     "ne pas solliciter", "blacklisted", "blacklist", "blocklisted", "blocklist", "blacklistee", "blackliste",
     "liste noire", "blocked", "bloque", "bloquee", "suppressed", "stop", "objected", "objection", "gdpr objection",
     "oppose", "opposee", "opposition", "opposition rgpd", "refus", "refuse", "refusee", "refused", "do not allow",
     "ne pas autoriser", "consent withdrawn", "withdrawn", "revoked", "retire"}
)  # fmt: skip
_BOUNCED_WORDS = frozenset(
    {"bounced", "bounce", "hard bounce", "hard bounced", "hardbounce", "hardbounced", "cleaned", "nettoye", "nettoyee",
     "npai", "rebond", "rebond definitif", "rebond dur", "undeliverable", "non distribuable"}
)  # fmt: skip
_COMPLAINED_WORDS = frozenset(
    {"complained", "complaint", "spam", "spam complaint", "spam report", "spam reported", "marked as spam",
     "marked spam", "reported as spam", "reported spam", "abuse", "abuse complaint", "junk", "plainte", "plainte spam",
     "signale comme spam", "spam signale"}
)  # fmt: skip
# Words that say how somebody stands and are no no: a mail that did not arrive once is no reason either.
_STANDING_WORDS = frozenset(
    {"active", "actif", "actives", "enabled", "confirmed", "confirme", "confirmee", "unconfirmed", "non confirme",
     "non confirmee", "pending", "en attente", "never subscribed", "not subscribed", "non subscribed", "non abonne",
     "non abonnee", "no consent", "transactional", "transactionnel", "soft bounce", "soft bounced", "archived",
     "archive", "express", "implied", "contactable", "allow", "allowed", "autoriser", "autorise", "marketing contact",
     "non marketing contact", "single opt in", "double opt in", "opt in", "optin", "opted in", "inscrit", "inscrite",
     "subscribed", "abonne", "abonnee"}
)  # fmt: skip
# Words that nobody uses of anything but mail: they tell such a column whatever it is called.
_OF_MAIL = frozenset(
    {"subscribed", "unsubscribed", "never subscribed", "not subscribed", "non subscribed", "opted out", "opted in",
     "opt out", "abonne", "abonnee", "desabonne", "desabonnee", "desinscrit", "desinscrite", "blacklisted",
     "blocklisted", "bounced", "cleaned", "npai", "hard bounce", "do not contact", "ne pas contacter", "complained"}
)  # fmt: skip
_WORDS: dict[str, str] = {
    **dict.fromkeys(_STANDING_WORDS, ""),
    **dict.fromkeys(_LEFT_WORDS, LEFT),
    **dict.fromkeys(_BOUNCED_WORDS, HARD_BOUNCE),
    **dict.fromkeys(_COMPLAINED_WORDS, COMPLAINT),
}
_YES = frozenset({"yes", "y", "true", "vrai", "oui", "o", "x", "on", "checked", "coche", "si", "ja", "1 0"})
_NO = frozenset({"no", "n", "false", "faux", "non", "off", "unchecked", "never", "jamais", "0 0"})
_TICKS = frozenset("✓✔☑✅")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DATE = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}")
_DIGITS = re.compile(r"\d+")
_NO_DATE = re.compile(r"0000-00-00")  # as MySQL writes that there is none

# Names of columns without the words around what they say, as `_core` leaves them.
_CORES: dict[str, str] = {
    **dict.fromkeys(
        ("unsubscribed", "unsubscribe", "unsub", "unsubscribes", "opted out", "opt out", "optout", "has opted out",
         "desabonne", "desabonnee", "desabonnes", "desabonnement", "desinscrit", "desinscrite", "desinscrits",
         "desinscription", "do not contact", "do not", "donot", "do not bulk", "do not allow", "do not allow bulk",
         "dnc", "ne pas contacter", "ne plus contacter", "ne pas solliciter", "ne pas autoriser", "ne pas envoyer",
         "blacklisted", "blacklist", "blackliste", "blocklisted", "blocklist", "liste noire", "suppressed",
         "gdpr objection", "objection", "objected", "objection gdpr", "opposition", "opposition rgpd", "opposition au",
         "refus", "refuse", "stop", "excluded campaigns", "withdrawn", "consent withdrawn"),
        UNSUBSCRIBED,
    ),
    **dict.fromkeys(
        ("bounced", "bounce", "hard bounce", "hard bounced", "hardbounce", "hardbounced", "hard bounces", "npai",
         "rebond", "rebonds", "clean"),
        BOUNCED,
    ),
    **dict.fromkeys(
        ("complained", "complaint", "complaints", "spam complaint", "spam complaints", "spam", "spam report",
         "marked as spam", "reported as spam", "plainte", "plaintes", "plainte spam", "signale comme spam", "abuse"),
        COMPLAINED,
    ),
}  # fmt: skip
_WHOLE = {"subscribed to emails": SUBSCRIBED, "is subscribed": SUBSCRIBED, "email subscribed": SUBSCRIBED}
# By themselves they may speak of anything; of letters on paper, or of how often something happened.
_NEVER = frozenset(
    {"clean", "spam", "stop", "refuse", "refus", "do not", "abuse", "withdrawn", "do not mail", "do not allow mails",
     "marketing emails bounced"}
)  # fmt: skip
_ASIDE = frozenset(
    {"email", "emails", "mail", "mails", "mailing", "mailings", "emailing", "courriel", "courriels", "newsletter",
     "newsletters", "infolettre", "marketing", "contact", "lead", "user", "subscriber", "member", "person", "is", "has",
     "from", "of", "to", "all", "tous", "tout", "toutes", "the", "a", "aux", "au", "de", "du", "des", "d", "la", "le",
     "les", "l", "par", "by", "date", "time", "day", "at", "on", "jour", "statut", "status", "global", "globally",
     "est", "in"}
)  # fmt: skip
_BEGINNINGS = ("opted out of email ", "unsubscribed from ", "desabonne de ", "desinscrit de ")  # one kind of mail
_STATUS = frozenset(
    {"status", "statut", "state", "etat", "subscribed", "abonne", "abonnement", "newsletter", "infolettre", "opt in",
     "optin", "email opt in", "email status", "statut email", "statut e mail", "contact status", "statut du contact",
     "statut contact", "member status", "subscriber status", "subscription status", "subscription", "statut abonnement",
     "statut d abonnement", "statut de l abonnement", "marketing status", "statut marketing", "email marketing",
     "email marketing consent", "email marketing status", "email permission status", "email subscription status",
     "consentement", "consent", "consent status"}
)  # fmt: skip
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
    name = folded(header)
    if name in _WHOLE:
        return _WHOLE[name]
    if name.startswith(_BEGINNINGS):
        return UNSUBSCRIBED
    return None if name in _NEVER else _CORES.get(_core(name)) or _CORES.get(name)


def is_status(header: str, cells: Collection[str]) -> bool:
    """Whether a column says in words how everybody stands: most of its cells do, and its name or one of them tells that
    it is about mail."""
    words = [folded(cell) for cell in cells]
    known = [word for word in words if word in _WORDS]
    about_mail = folded(header) in _STATUS or not _OF_MAIL.isdisjoint(known)
    return about_mail and len(known) > _MOSTLY * len(words)


@lru_cache(maxsize=10_000)  # the same words stand in row after row
def told(field: str, cell: str) -> str | None:
    """The reason that a cell gives to leave its row alone, "" for none; None where nobody can tell.

    A day, a number of times and a tick are a yes.
    """
    word = _word(cell)
    if word in _WORDS:
        return _WORDS[word]
    yes = _is_yes(folded(cell), cell)
    if field == SUBSCRIBED:
        return {True: "", False: LEFT, None: "" if _is_day(cell) else None}[yes]
    if yes is None:
        yes = _says_when(cell) or None
    return None if yes is None else REASONS[field] if yes else ""


def no_among(cell: str) -> str:
    """The reason that a cell of another column gives, by a word that nobody uses of anything else; "" for none."""
    word = _word(cell)
    return _WORDS[word] if word in _OF_MAIL else ""


def _word(cell: str) -> str:
    """What a cell says, compared as names of columns are: `Unsubscribed on 2026-03-01` -> `unsubscribed`."""
    name = folded(cell)
    return name if name in _WORDS else _core(_DIGITS.sub(" ", name))


def _is_yes(name: str, cell: str) -> bool | None:
    if name in _NO or _NO_DATE.match(cell) or (name.isdecimal() and int(name[:20]) == 0):
        return False
    return True if name in _YES or name.isdecimal() or cell in _TICKS else None


def _is_day(cell: str) -> bool:
    """Whether a cell is a day in figures; words beside it may say anything."""
    return _says_when(cell) and not any(letter.isalpha() and letter not in "TZ" for letter in cell)


def _says_when(cell: str) -> bool:
    return "://" not in cell and (_YEAR.search(cell) is not None or _DATE.match(cell) is not None)


def _core(name: str) -> str:
    """A folded name without the words that do not tell what it says: `email opted out date` -> `opted out`."""
    together = f" {name} ".replace(" e mail", " email").split()
    words = [word for word in together if word not in _ASIDE]
    return " ".join(words)
