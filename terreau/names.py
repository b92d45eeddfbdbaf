"""The DNS, asked through dnspython in this one place; whoever asks is told what there is, or that nobody answered."""

from typing import Any, Protocol

import dns.exception
import dns.resolver
import dns.reversename
from dns.rdtypes.ANY.TXT import TXT

SECONDS = 4.0  # for one question, however many servers are asked


class NotKnown(Exception):
    """No name server answered: without a network nothing is known, which says nothing about the name."""


class Names(Protocol):
    """What there is under a name; nothing when there is nothing. Raises NotKnown."""

    def texts(self, name: str) -> tuple[str, ...]: ...

    def mail_servers(self, name: str) -> tuple[str, ...]: ...

    def addresses(self, name: str) -> tuple[str, ...]: ...

    def pointers(self, address: str) -> tuple[str, ...]: ...


class Dns:
    """The name servers of this machine, or of `resolver`."""

    def __init__(self, resolver: dns.resolver.Resolver | None = None) -> None:
        self._resolver = resolver
        self._silent = False  # once nobody answered in time, the next questions do not wait for it again

    def texts(self, name: str) -> tuple[str, ...]:
        """Each record as one text, its parts joined (RFC 7208 3.3)."""
        found = self._ask(name, "TXT")
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in found if isinstance(record, TXT))

    def mail_servers(self, name: str) -> tuple[str, ...]:
        """The nearest first; "" is the one that takes no mail (RFC 7505)."""
        found = sorted(self._ask(name, "MX"), key=lambda record: record.preference)
        return tuple(str(record.exchange).rstrip(".") for record in found)

    def addresses(self, name: str) -> tuple[str, ...]:
        return tuple(str(record) for kind in ("A", "AAAA") for record in self._ask(name, kind))

    def pointers(self, address: str) -> tuple[str, ...]:
        found = self._ask(str(dns.reversename.from_address(address)), "PTR")
        return tuple(str(record).rstrip(".") for record in found)

    def _ask(self, name: str, kind: str) -> list[Any]:
        if self._silent:
            raise NotKnown(f"no name server answered about {name}")
        try:
            resolver = self._resolver or dns.resolver.Resolver()
            return list(resolver.resolve(name, kind, lifetime=SECONDS, raise_on_no_answer=False).rrset or ())
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.DNSException, OSError) as error:
            self._silent = isinstance(error, dns.resolver.LifetimeTimeout)
            raise NotKnown(f"no name server answered about {name}") from error
