"""Whether an address is one person's, a desk's that several read (`contact@`), or thrown away after use; and whether
it is one at work.

Pure: no database, no clock, no network. The throw-away domains are those of the package `disposable_email_domains`.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal

from disposable_email_domains import blocklist

Kind = Literal["disposable", "role"]
DISPOSABLE: Kind = "disposable"
ROLE: Kind = "role"

# Domains of YOPmail, read in France, that the package does not know.
_MORE = frozenset({"cool.fr.nf", "mega.zik.dj", "nomail.xl.cx", "nospam.ze.tc"})
# What stands before the @ where nobody in particular reads: RFC 2142, and what French houses write; without `.-_`.
_ROLES = frozenset(
    {"abuse", "accounting", "accounts", "accueil", "achat", "achats", "admin", "administratif", "administration",
     "adv", "agence", "assistance", "atelier", "billing", "boutique", "bureau", "candidature", "candidatures",
     "client", "clients", "commande", "commandes", "commercial", "commerciaux", "communication", "compta",
     "comptabilite", "comptable", "contact", "contacts", "contactus", "courrier", "devis", "direction", "emploi",
     "enquiries", "equipe", "facturation", "factures", "finance", "formation", "hello", "help", "helpdesk",
     "hostmaster", "hr", "info", "information", "informations", "infos", "inquiries", "jobs", "juridique", "legal",
     "livraison", "logistique", "magasin", "mail", "mailbox", "mairie", "marketing", "media", "nepasrepondre",
     "newsletter", "noreply", "office", "orders", "paie", "partenaires", "partenariat", "postmaster", "press",
     "presse", "privacy", "production", "qualite", "reception", "reclamation", "recrutement", "renseignements",
     "reservation", "reservations", "root", "rgpd", "rh", "sales", "sav", "secretariat", "security", "service",
     "serviceclient", "serviceclients", "servicecommercial", "servicecomptable", "servicetechnique", "showroom",
     "standard", "support", "team", "technique", "vente", "ventes", "webmaster"}
)  # fmt: skip
# Where people have their private mailboxes: providers with many endings by name, the others whole.
_PROVIDERS = frozenset(
    {
        "aim",
        "aol",
        "caramail",
        "gmail",
        "gmx",
        "googlemail",
        "hotmail",
        "live",
        "mail",
        "msn",
        "outlook",
        "protonmail",
        "rocketmail",
        "tutanota",
        "web",
        "yahoo",
        "yandex",
        "ymail",
        "zoho",
    }
)
_PRIVATE = frozenset(
    {"126.com", "163.com", "9online.fr", "aliceadsl.fr", "arcor.de", "bbox.fr", "blueyonder.co.uk", "bluewin.ch",
     "bouygtel.fr", "btinternet.com", "caramail.com", "cegetel.net", "club-internet.fr", "comcast.net", "disroot.org",
     "duck.com", "email.com", "estvideo.fr", "evc.net", "fastmail.com", "fastmail.fm", "free.fr", "freenet.de",
     "freesbee.fr", "hey.com", "hispeed.ch", "hushmail.com", "ik.me", "icloud.com", "inbox.com", "inbox.lv",
     "infonie.fr",
     "laposte.net", "libero.it", "libertysurf.fr", "mac.com", "magic.fr", "mailbox.org", "mailfence.com", "mailo.com",
     "me.com", "murena.io", "mypacks.net", "naver.com", "neuf.fr", "noos.fr", "ntlworld.com", "numericable.fr",
     "nordnet.fr", "oreka.fr", "orange.fr", "pm.me", "posteo.de", "posteo.net", "proton.me", "qq.com", "rambler.ru",
     "rediffmail.com", "riseup.net", "sapo.pt", "sfr.fr", "skynet.be", "sky.com", "sunrise.ch", "swissonline.ch",
     "t-online.de", "talktalk.net", "tele2.fr", "telenet.be", "tiscali.co.uk", "tiscali.fr", "tiscali.it", "tuta.com",
     "tuta.io", "tutamail.com", "ukr.net", "uol.com.br", "videotron.ca", "virgilio.it", "virgin.net", "vivaldi.net",
     "voila.fr", "wanadoo.fr", "worldonline.fr", "zaclys.net", "ziggo.nl"}
)  # fmt: skip
_LONGEST_ENDING = len("com.br")
_BETWEEN = re.compile(r"[._-]")


def kind_of(address: str) -> Kind | None:
    """What kind of mailbox a canonical address names; None for one person's, as far as can be told.

    A name of a desk counts with dots, hyphens, accents and plus-tags too; a domain with whatever stands before it.
    """
    local, _, domain = address.rpartition("@")
    if _is_disposable(domain):
        return DISPOSABLE
    return ROLE if _desk(local) in _ROLES else None


def is_at_work(address: str) -> bool:
    """Whether a canonical address is one at work, as far as its domain tells: no provider of private mailboxes, none of
    addresses that are thrown away. The domain of a family looks like that of a house."""
    domain = address.rpartition("@")[2]
    provider, _, ending = domain.partition(".")
    private = not _PRIVATE.isdisjoint(_ends(domain)) or (provider in _PROVIDERS and len(ending) <= _LONGEST_ENDING)
    return bool(domain) and not private and not _is_disposable(domain)


def _is_disposable(domain: str) -> bool:
    return any(end in blocklist or end in _MORE for end in _ends(domain))


def _ends(domain: str) -> Iterator[str]:
    """A domain, and those that it is under."""
    labels = domain.split(".")
    return (".".join(labels[start:]) for start in range(len(labels) - 1))


def _desk(local: str) -> str:
    letters = unicodedata.normalize("NFKD", local.partition("+")[0].casefold())
    return _BETWEEN.sub("", "".join(letter for letter in letters if not unicodedata.combining(letter)))
