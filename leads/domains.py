"""Whose domain an address stands at: a company's, or a provider's of private mailboxes, where everybody may have one.

No list of public suffixes is among the dependencies: a domain is what stands before its last label, or before its last
two where a country keeps the second for kinds of names (`co.uk`, `asso.fr`).
Pure: no database, no clock, no network.
"""

from functools import lru_cache

from leads.mailboxes import ends, is_disposable

# Before the label of a country: what kinds of names it keeps there.
_KINDS = frozenset({"ac", "asso", "co", "com", "edu", "gob", "gouv", "gov", "ltd", "net", "nom", "or", "org", "plc",
                    "presse", "sch", "tm"})  # fmt: skip
_COUNTRY = 2  # letters of a country's label

# Providers of private mailboxes under any ending (hotmail.fr, yahoo.co.uk), then those under one alone: those read in
# France, in its neighbourhood, and the great ones elsewhere.
_BRANDS = frozenset(
    {"aim", "aol", "caramail", "gmail", "gmx", "googlemail", "hotmail", "live", "msn", "outlook", "proton",
     "protonmail", "rediffmail", "rocketmail", "tutanota", "yahoo", "yandex", "ymail", "zohomail"}
)  # fmt: skip
_PROVIDERS = frozenset(
    {"126.com", "163.com", "9business.fr", "9online.fr", "alice.it", "aliceadsl.fr", "alicepro.fr", "arcor.de",
     "att.net", "bbox.fr", "belgacom.net", "bell.net", "bk.ru", "bluemail.ch", "bluewin.ch", "blueyonder.co.uk",
     "bol.com.br", "bouygtel.fr", "brutele.be", "btinternet.com", "cario.fr", "cegetel.net", "club-internet.fr",
     "comcast.net", "cox.net", "dartybox.com", "dbmail.com", "disroot.org", "docomo.ne.jp", "duck.com", "ecomail.fr",
     "email.com", "email.de", "estvideo.fr", "evc.net", "fastmail.com", "fastmail.fm", "foxmail.com", "free.fr",
     "freenet.de", "freesbee.fr", "hey.com", "hispeed.ch", "hushmail.com", "icloud.com", "ifrance.com", "ik.me",
     "inbox.com", "inbox.lv", "inbox.ru", "infomaniak.ch", "infonie.fr", "kpnmail.nl", "laposte.net", "libero.it",
     "libertysurf.fr", "list.ru", "mac.com", "mageos.com", "magic.fr", "mail.com", "mail.de", "mail.fr", "mail.ru",
     "mailbox.org", "mailfence.com", "mailo.com", "mailo.fr", "me.com", "mel.fr", "mobistar.be", "modulonet.fr",
     "mozmail.com", "murena.io", "mypacks.net", "naver.com", "netcourrier.com", "netcourrier.fr", "neuf.fr",
     "noos.fr", "nordnet.fr", "ntlworld.com", "numericable.com", "numericable.fr", "o2.pl", "oleane.com", "onet.pl",
     "optusnet.com.au", "orange.fr", "oreka.fr", "pandora.be", "passport.com", "pm.me", "posteo.de", "posteo.net",
     "privaterelay.appleid.com", "proximus.be", "pt.lu", "qq.com", "rambler.ru", "riseup.net", "runbox.com",
     "sapo.pt", "sbcglobal.net", "scarlet.be", "seznam.cz", "sfr.fr", "sfr.net", "sina.com", "sky.com", "skynet.be",
     "soverin.net", "sunrise.ch", "swissonline.ch", "sympatico.ca", "t-online.de", "talktalk.net", "tele2.fr",
     "telefonica.net", "telenet.be", "terra.com.br", "tin.it", "tiscali.co.uk", "tiscali.fr", "tiscali.it",
     "tuta.com", "tuta.io", "tutamail.com", "ukr.net", "uol.com.br", "verizon.net", "videotron.ca", "virgilio.it",
     "virgin.net", "virginmedia.com", "vivaldi.net", "vo.lu", "voila.fr", "voo.be", "wanadoo.fr", "web.de",
     "worldonline.fr", "wp.pl", "zaclys.net", "ziggo.nl", "zoho.com"}
)  # fmt: skip

# Reserved by RFC 2606 and RFC 6761 for examples and tests: nobody is there, whoever writes it. Houses under `.example`
# are told apart all the same: they are companies of a story, such as the demo's.
_RESERVED = frozenset({"example", "example.com", "example.net", "example.org"})
_RESERVED_ENDINGS = frozenset({"invalid", "localhost", "test"})


def company_domain(address: str | None) -> str | None:
    """The domain that a company registered, of a canonical address at it; None where anybody may have one or nobody
    can, and for addresses that are thrown away after use."""
    if not address or not is_at_work(address):
        return None
    domain = registered(address.rpartition("@")[2])
    return None if _is_reserved(domain) else domain


def _is_reserved(domain: str) -> bool:
    return domain in _RESERVED or domain.rpartition(".")[2] in _RESERVED_ENDINGS


def is_at_work(address: str) -> bool:
    """Whether a canonical address is one at work, as far as its domain tells: no provider of private mailboxes, none of
    addresses that are thrown away. The domain of a family looks like that of a house."""
    domain = address.rpartition("@")[2]
    return bool(domain) and not _is_anybodys(domain)


@lru_cache(maxsize=10_000)  # lists and companies name the same ones again and again
def _is_anybodys(domain: str) -> bool:
    known = not _PROVIDERS.isdisjoint(ends(domain)) or registered(domain).partition(".")[0] in _BRANDS
    return known or is_disposable(domain)


def registered(domain: str) -> str:
    """`mail.lumen.fr` and `lumen.fr` are `lumen.fr`, `news.lumen.co.uk` is `lumen.co.uk`."""
    labels = domain.split(".")
    two = len(labels) > 2 and len(labels[-1]) == _COUNTRY and labels[-2] in _KINDS
    return ".".join(labels[-3 if two else -2 :])
