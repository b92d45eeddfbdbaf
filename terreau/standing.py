"""How the house's mail stands with those who receive it: who may send for its domains, who signed, where refusals go.

Pure but for what `names` is asked: every probe takes facts and answers with findings.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address

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
        yield Finding(subject, "doubt", f"not known: {error}", "run it again where the network is there")


def _spf(domain: str, names: Names) -> Iterator[Finding]:
    found = [text for text in names.texts(domain) if re.match(r"v=spf1(\s|$)", text, re.IGNORECASE)]
    if not found:
        sentence = f"{domain} says nowhere who may send for it"
        hint = f'publish a TXT record at {domain}: "v=spf1 include:YOUR-RELAY -all" (your relay says which name)'
        yield Finding("spf", "wrong", sentence, hint)
    elif len(found) > 1:
        yield Finding("spf", "wrong", f"{domain} has {len(found)} SPF records, so receivers count none", "keep one")
    elif re.search(r"(?:^|\s)\+?all(?:\s|$)", found[0], re.IGNORECASE):
        yield Finding("spf", "wrong", f"{domain} lets everybody send for it: {found[0]}", "end the record in -all")
    elif not re.search(r"(?:^|\s)[-~]all(?:\s|$)|redirect=", found[0], re.IGNORECASE):
        yield Finding("spf", "doubt", f"{domain} refuses nobody: {found[0]}", "end the record in -all, or ~all")
    else:
        yield Finding("spf", "well", f"{domain}: {found[0]}")


def _mail_servers(domain: str, names: Names) -> Iterator[Finding]:
    servers = names.mail_servers(domain)
    if servers == ("",):
        sentence, hint = f"{domain} takes no mail, so refusals are lost", "set [mail] return_path to a mailbox you read"
        yield Finding("mx", "wrong", sentence, hint)
    elif not servers:
        sentence = (
            f"{domain} has no mail server (MX): refusals may never come back, and some receivers refuse us for it"
        )
        yield Finding("mx", "wrong", sentence, f"publish an MX record at {domain}, or set [mail] return_path")
    else:
        yield Finding("mx", "well", f"refusals to {domain} come to {', '.join(servers)}")


def _dkim(signature: Signature | None, names: Names) -> Iterator[Finding]:
    if signature is None:
        yield Finding(
            "dkim", "doubt", "nothing is signed here, which is well if the mail server signs",
            "see whether mails arrive with dkim=pass for your own domain; else fill in [dkim]",
        )  # fmt: skip
        return
    found = names.texts(signature.place)
    hint = f'publish a TXT record at {signature.place}: "{signature.record}"'
    if not found:
        yield Finding("dkim", "wrong", f"the key's public half is not at {signature.place}", hint)
    elif _key_of(found[0]) != _key_of(signature.record):
        yield Finding("dkim", "wrong", f"{signature.place} has another key: every signature is taken for forged", hint)
    elif signature.bits is not None and signature.bits < SHORT_KEY:
        yield Finding("dkim", "doubt", f"the key has {signature.bits} bits", f"make one of {SHORT_KEY}")
    else:
        yield Finding("dkim", "well", f"{signature.place} has our {signature.kind} key")


def _key_of(record: str) -> str:
    found = re.search(r"(?:^|;)\s*p=([^;]*)", record)
    return re.sub(r"\s", "", found.group(1)) if found else ""


def _dmarc(domain: str, names: Names) -> Iterator[Finding]:
    places = dict.fromkeys((domain, organisation(domain)))
    found = [text for place in places for text in names.texts(f"_dmarc.{place}") if text.lower().startswith("v=dmarc1")]
    if not found:
        record = f"v=DMARC1; p=none; rua=mailto:dmarc@{organisation(domain)}"
        sentence = f"{domain} has no DMARC record, which large receivers ask of whoever sends much"
        hint = (
            f'publish a TXT record at _dmarc.{organisation(domain)}: "{record}", and tighten it once reports are clean'
        )
        yield Finding("dmarc", "wrong", sentence, hint)
    elif re.search(r";\s*p=none", found[0], re.IGNORECASE):
        sentence = f"{domain} watches only: {found[0]}"
        yield Finding("dmarc", "doubt", sentence, "once its reports are clean, set p=quarantine, then p=reject")
    else:
        yield Finding("dmarc", "well", f"{domain}: {found[0]}")


def _alignment(sending: Sending) -> Iterator[Finding]:
    """RFC 7489 3.1: From has to share its organisation with the return path, or with the signature."""
    for author in sending.authors:
        signed = sending.signature is not None and organisation(sending.signature.domain) == organisation(author)
        returned = organisation(sending.return_path or author) == organisation(author)
        if signed or returned:
            by = " and ".join(name for name, is_so in (("signature", signed), ("return path", returned)) if is_so)
            yield Finding("alignment", "well", f"{author} is vouched for by its {by}")
        else:
            other = sending.signature.domain if sending.signature else sending.return_path
            yield Finding(
                "alignment", "wrong", f"{author} writes, and {other} vouches: DMARC fails for every mail",
                f"set [mail] return_path, or [dkim] domain, to a name under {organisation(author)}",
            )  # fmt: skip


def _pointer(relay: str, names: Names) -> Iterator[Finding]:
    public = [address for address in _addresses(relay, names) if ip_address(address).is_global]
    if not public:
        yield Finding(
            "ptr", "doubt", f"not known: {relay} lies inside, and the address that it sends from is not seen here",
            "that address needs a name (PTR) which leads back to it",
        )  # fmt: skip
        return
    for address in public:
        known = names.pointers(address)
        if any(address in names.addresses(name) for name in known):
            yield Finding("ptr", "well", f"{address} is {', '.join(known)}, and back")
        else:
            sentence = f"{address} of {relay} has no name (PTR) that leads back to it, which many receivers refuse"
            yield Finding(
                "ptr", "doubt", sentence, "ask whoever owns the address; of no import if mail leaves elsewhere"
            )


def _addresses(relay: str, names: Names) -> tuple[str, ...]:
    try:
        return (str(ip_address(relay)),)
    except ValueError:
        return () if relay == "localhost" else names.addresses(relay)
