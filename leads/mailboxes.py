"""Whether an address is one person's, a desk's that several read (`contact@`), or thrown away after use.

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
     "adv", "agence", "aide", "assistance", "atelier", "billing", "bonjour", "boutique", "bureau", "cabinet",
     "candidature", "candidatures", "client", "clients", "commande", "commandes", "commercial", "commerciaux",
     "communication", "compta", "comptabilite", "comptable", "contact", "contacts", "contactus", "courrier",
     "depannage", "devis", "direction", "dpo", "emploi", "enquiries", "equipe", "etude", "facturation", "factures",
     "finance", "formation", "gestion", "hello", "help", "helpdesk", "hostmaster", "hotline", "hr", "info",
     "information", "informations", "informatique", "infos", "inquiries", "inscription", "inscriptions", "jobs",
     "juridique", "legal", "livraison", "logistique", "magasin", "mail", "mailbox", "mairie", "marketing", "media",
     "nepasrepondre", "newsletter", "noreply", "notaire", "office", "orders", "paie", "partenaires", "partenariat",
     "partenariats", "pharmacie", "postmaster", "press", "presse", "privacy", "production", "qualite", "reception",
     "reclamation", "recrutement", "renseignements", "reservation", "reservations", "rgpd", "rh", "root", "sales",
     "sav", "scolarite", "secretairegeneral", "secretariat", "security", "service", "serviceclient",
     "serviceclients", "servicecommercial", "servicecomptable", "servicetechnique", "showroom", "stage", "stages",
     "standard", "support", "team", "technique", "urbanisme", "vente", "ventes", "viescolaire", "webmaster"}
)  # fmt: skip
_BETWEEN = re.compile(r"[._-]")


def kind_of(address: str) -> Kind | None:
    """What kind of mailbox a canonical address names; None for one person's, as far as can be told.

    A name of a desk counts with dots, hyphens, accents and plus-tags too; a domain with whatever stands before it.
    """
    local, _, domain = address.rpartition("@")
    if is_disposable(domain):
        return DISPOSABLE
    return ROLE if _desk(local) in _ROLES else None


def is_disposable(domain: str) -> bool:
    """Whether its addresses are thrown away after use."""
    return any(end in blocklist or end in _MORE for end in ends(domain))


def ends(domain: str) -> Iterator[str]:
    """A domain, and those that it is under."""
    labels = domain.split(".")
    return (".".join(labels[start:]) for start in range(len(labels) - 1))


def _desk(local: str) -> str:
    letters = unicodedata.normalize("NFKD", local.partition("+")[0].casefold())
    return _BETWEEN.sub("", "".join(letter for letter in letters if not unicodedata.combining(letter)))
