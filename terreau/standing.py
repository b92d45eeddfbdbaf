"""How the house's mail stands with those who receive it: who may send for its domains, who signed, where refusals go.

Pure but for what `names` is asked: every probe takes facts and answers with findings.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address

from base.saying import said
from base.translations import msgid
from emails.dkim import Signature
from terreau.findings import Finding
from terreau.names import Names, NotKnown

SHORT_KEY = 2048  # bits of RSA below which large receivers begin to frown
_SHARED = frozenset({"ac", "asso", "co", "com", "edu", "gob", "gouv", "gov", "net", "org"})  # co.uk is nobody's domain


@dataclass(frozen=True, slots=True)
class Sending:
    """`authors`: the domains of From · `return_path`: the domain that refusals come to, None = the author's ·
    `relay`: the mail server's name · `signature`: the key of this house, None = not signed here."""

    authors: tuple[str, ...]
    return_path: str | None
    relay: str
    signature: Signature | None

    @property
    def envelopes(self) -> tuple[str, ...]:
        return (self.return_path,) if self.return_path else self.authors


def look(sending: Sending, names: Names) -> Iterator[Finding]:
    """Every finding about mail that leaves like this."""
    for domain in sending.envelopes:
        yield from _asked("spf", partial(_spf, domain, names))
        yield from _asked("mx", partial(_mail_servers, domain, names))
    yield from _asked("dkim", partial(_dkim, sending.signature, names))
    for domain in sending.authors:
        yield from _asked("dmarc", partial(_dmarc, domain, names))
    yield from _alignment(sending)
    yield from _asked("ptr", partial(_pointer, sending.relay, names))


def organisation(domain: str) -> str:
    """The domain that somebody registered, as DMARC compares them: the last two labels, or three under co.uk."""
    labels = domain.lower().rstrip(".").split(".")
    shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED
    return ".".join(labels[-3 if shared else -2 :])


def _asked(subject: str, probe: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from list(probe())
    except NotKnown as error:
        yield Finding(
            subject, "doubt", said("not known: %(error)s", error=error), said("run it again where the network is there")
        )


def _spf(domain: str, names: Names) -> Iterator[Finding]:
    found = [text for text in names.texts(domain) if re.match(r"v=spf1(\s|$)", text, re.IGNORECASE)]
    if not found:
        sentence = said("%(domain)s says nowhere who may send for it", domain=domain)
        hint = said(
            'publish a TXT record at %(domain)s: "v=spf1 include:YOUR-RELAY -all" (your relay says which name)',
            domain=domain,
        )
        yield Finding("spf", "wrong", sentence, hint)
    elif len(found) > 1:
        yield Finding(
            "spf",
            "wrong",
            said("%(domain)s has %(count)s SPF records, so receivers count none", domain=domain, count=len(found)),
            said("keep one"),
        )
    elif re.search(r"(?:^|\s)\+?all(?:\s|$)", found[0], re.IGNORECASE):
        yield Finding(
            "spf",
            "wrong",
            said("%(domain)s lets everybody send for it: %(record)s", domain=domain, record=found[0]),
            said("end the record in -all"),
        )
    elif not re.search(r"(?:^|\s)[-~]all(?:\s|$)|redirect=", found[0], re.IGNORECASE):
        yield Finding(
            "spf",
            "doubt",
            said("%(domain)s refuses nobody: %(record)s", domain=domain, record=found[0]),
            said("end the record in -all, or ~all"),
        )
    else:
        yield Finding("spf", "well", f"{domain}: {found[0]}")


def _mail_servers(domain: str, names: Names) -> Iterator[Finding]:
    servers = names.mail_servers(domain)
    if servers == ("",):
        sentence, hint = (
            said("%(domain)s takes no mail, so refusals are lost", domain=domain),
            said("set [mail] return_path to a mailbox you read"),
        )
        yield Finding("mx", "wrong", sentence, hint)
    elif not servers:
        sentence = said(
            "%(domain)s has no mail server (MX): refusals may never come back, and some receivers refuse us for it",
            domain=domain,
        )
        yield Finding(
            "mx",
            "wrong",
            sentence,
            said("publish an MX record at %(domain)s, or set [mail] return_path", domain=domain),
        )
    else:
        yield Finding(
            "mx", "well", said("refusals to %(domain)s come to %(servers)s", domain=domain, servers=", ".join(servers))
        )


def _dkim(signature: Signature | None, names: Names) -> Iterator[Finding]:
    if signature is None:
        yield Finding(
            "dkim",
            "doubt",
            said("nothing is signed here, which is fine if the mail server signs"),
            said("see whether mails arrive with dkim=pass for your own domain; else fill in [dkim]"),
        )
        return
    found = names.texts(signature.place)
    hint = said('publish a TXT record at %(place)s: "%(record)s"', place=signature.place, record=signature.record)
    if not found:
        yield Finding("dkim", "wrong", said("the key's public half is not at %(place)s", place=signature.place), hint)
    elif _key_of(found[0]) != _key_of(signature.record):
        yield Finding(
            "dkim",
            "wrong",
            said("%(place)s has another key: every signature is taken for forged", place=signature.place),
            hint,
        )
    elif signature.bits is not None and signature.bits < SHORT_KEY:
        yield Finding(
            "dkim",
            "doubt",
            said("the key has %(bits)s bits", bits=signature.bits),
            said("make one of %(bits)s", bits=SHORT_KEY),
        )
    else:
        yield Finding(
            "dkim", "well", said("%(place)s has our %(kind)s key", place=signature.place, kind=signature.kind)
        )


def _key_of(record: str) -> str:
    found = re.search(r"(?:^|;)\s*p=([^;]*)", record)
    return re.sub(r"\s", "", found.group(1)) if found else ""


def _dmarc(domain: str, names: Names) -> Iterator[Finding]:
    places = dict.fromkeys((domain, organisation(domain)))
    found = [text for place in places for text in names.texts(f"_dmarc.{place}") if text.lower().startswith("v=dmarc1")]
    if not found:
        record = f"v=DMARC1; p=none; rua=mailto:dmarc@{organisation(domain)}"
        sentence = said(
            "%(domain)s has no DMARC record, which large receivers ask of whoever sends much", domain=domain
        )
        hint = said(
            'publish a TXT record at _dmarc.%(domain)s: "%(record)s", and tighten it once reports are clean',
            domain=organisation(domain),
            record=record,
        )
        yield Finding("dmarc", "wrong", sentence, hint)
    elif re.search(r";\s*p=none", found[0], re.IGNORECASE):
        sentence = said("%(domain)s watches only: %(record)s", domain=domain, record=found[0])
        yield Finding("dmarc", "doubt", sentence, said("once its reports are clean, set p=quarantine, then p=reject"))
    else:
        yield Finding("dmarc", "well", f"{domain}: {found[0]}")


# (signed for it, returned to it) -> what is told.
_VOUCHED = {
    (True, True): msgid("%(author)s is vouched for by its signature and its return path"),
    (True, False): msgid("%(author)s is vouched for by its signature"),
    (False, True): msgid("%(author)s is vouched for by its return path"),
}


def _alignment(sending: Sending) -> Iterator[Finding]:
    """RFC 7489 3.1: From has to share its organisation with the return path, or with the signature."""
    for author in sending.authors:
        signed = sending.signature is not None and organisation(sending.signature.domain) == organisation(author)
        returned = organisation(sending.return_path or author) == organisation(author)
        if signed or returned:
            yield Finding("alignment", "well", said(_VOUCHED[signed, returned], author=author))
        else:
            other = sending.signature.domain if sending.signature else sending.return_path
            yield Finding(
                "alignment",
                "wrong",
                said(
                    "%(author)s writes, and %(other)s vouches: DMARC fails for every mail", author=author, other=other
                ),
                said(
                    "set [mail] return_path, or [dkim] domain, to a name under %(domain)s", domain=organisation(author)
                ),
            )


def _pointer(relay: str, names: Names) -> Iterator[Finding]:
    public = [address for address in _addresses(relay, names) if ip_address(address).is_global]
    if not public:
        yield Finding(
            "ptr",
            "doubt",
            said("not known: %(relay)s lies inside, and the address that it sends from is not seen here", relay=relay),
            said("that address needs a name (PTR) which leads back to it"),
        )
        return
    for address in public:
        known = names.pointers(address)
        if any(address in names.addresses(name) for name in known):
            yield Finding(
                "ptr", "well", said("%(address)s is %(names)s, and back", address=address, names=", ".join(known))
            )
        else:
            sentence = said(
                "%(address)s of %(relay)s has no name (PTR) that leads back to it, which many receivers refuse",
                address=address,
                relay=relay,
            )
            yield Finding(
                "ptr",
                "doubt",
                sentence,
                said("ask whoever owns the address; it does not matter if mail leaves elsewhere"),
            )


def _addresses(relay: str, names: Names) -> tuple[str, ...]:
    try:
        return (str(ip_address(relay)),)
    except ValueError:
        return () if relay == "localhost" else names.addresses(relay)
