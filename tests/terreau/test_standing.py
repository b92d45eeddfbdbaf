"""What the doctor says of a domain's records, asked of a real name server on this machine."""

import socket
import threading
from contextlib import suppress

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from emails.dkim import Signature
from terreau.names import Dns, NotKnown
from terreau.standing import Sending, look, organisation


class NameServer:
    """Answers over UDP from `zone`: {(name, kind): [texts]}; a name that is not there does not exist."""

    def __init__(self, zone):
        self.zone = {(name.lower() + ".", kind): texts for (name, kind), texts in zone.items()}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with suppress(OSError):
            while True:
                asked, address = self.socket.recvfrom(4096)
                self.socket.sendto(self.answer(dns.message.from_wire(asked)).to_wire(), address)

    def answer(self, asked):
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        (question,) = asked.question
        name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
        if (name, kind) in self.zone:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *self.zone[name, kind]))
        elif not any(known == name for known, _kind in self.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer


@pytest.fixture
def names_of():
    """The DNS, as far as a zone goes."""
    servers = []

    def made(zone):
        servers.append(NameServer(zone))
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = servers[-1].socket.getsockname()[1]
        return Dns(resolver)

    yield made
    for server in servers:
        server.socket.close()


KEY = Signature(ed25519.Ed25519PrivateKey.generate(), "lumen.example", "terreau")
SHORT = Signature(rsa.generate_private_key(65537, 1024), "lumen.example", "terreau")
SENDING = Sending(("lumen.example",), "returns.lumen.example", "relay.example", KEY)
WELL = {
    ("returns.lumen.example", "TXT"): ['"v=spf1 include:relay.example -all"', '"something else"'],
    ("returns.lumen.example", "MX"): ["20 mx2.relay.example.", "10 mx1.relay.example."],
    ("terreau._domainkey.lumen.example", "TXT"): [f'"{KEY.record[:30]}" "{KEY.record[30:]}"'],
    ("_dmarc.lumen.example", "TXT"): ['"v=DMARC1; p=reject; rua=mailto:a@lumen.example"'],
    ("relay.example", "A"): ["8.8.8.8"],
    ("8.8.8.8.in-addr.arpa", "PTR"): ["out.relay.example."],
    ("out.relay.example", "A"): ["8.8.8.8"],
}


def test_a_domain_in_order_is_well_and_shows_what_it_says(names_of):
    found = list(look(SENDING, names_of(WELL)))
    assert {finding.state for finding in found} == {"well"}
    assert [(finding.subject, finding.sentence) for finding in found] == [
        ("spf", "returns.lumen.example: v=spf1 include:relay.example -all"),
        ("mx", "refusals to returns.lumen.example come to mx1.relay.example, mx2.relay.example"),
        ("dkim", "terreau._domainkey.lumen.example has our ed25519 key"),
        ("dmarc", "lumen.example: v=DMARC1; p=reject; rua=mailto:a@lumen.example"),
        ("alignment", "lumen.example is vouched for by its signature and its return path"),
        ("ptr", "8.8.8.8 is out.relay.example, and back"),
    ]


SPF, MX = ("returns.lumen.example", "TXT"), ("returns.lumen.example", "MX")
DKIM, DMARC = ("terreau._domainkey.lumen.example", "TXT"), ("_dmarc.lumen.example", "TXT")
WRONG = {
    "no SPF": (SPF, [], "spf", "wrong", "says nowhere who may send for it"),
    "two SPF": (SPF, ['"v=spf1 -all"', '"v=spf1 mx -all"'], "spf", "wrong", "has 2 SPF records"),
    "SPF for all": (SPF, ['"v=spf1 mx +all"'], "spf", "wrong", "lets everybody send for it"),
    "SPF for all, unsaid": (SPF, ['"v=spf1 all"'], "spf", "wrong", "lets everybody send for it"),
    "SPF that shrugs": (SPF, ['"v=spf1 mx ?all"'], "spf", "doubt", "refuses nobody"),
    "not SPF": (SPF, ['"v=spf10 -all"'], "spf", "wrong", "says nowhere"),
    "no MX": (MX, [], "mx", "wrong", "has no mail server (MX)"),
    "null MX": (MX, ["0 ."], "mx", "wrong", "takes no mail"),
    "no key": (DKIM, [], "dkim", "wrong", "the key's public half is not at terreau._domainkey.lumen.example"),
    "another key": (DKIM, ['"v=DKIM1; k=rsa; p=MIIB"'], "dkim", "wrong", "has another key"),
    "no DMARC": (DMARC, [], "dmarc", "wrong", "has no DMARC record"),
    "DMARC that watches": (DMARC, ['"v=DMARC1; p=none"'], "dmarc", "doubt", "watches only"),
    "no PTR": (("8.8.8.8.in-addr.arpa", "PTR"), [], "ptr", "doubt", "has no name (PTR) that leads back"),
    "PTR that leads elsewhere": (("out.relay.example", "A"), ["8.8.4.4"], "ptr", "doubt", "that leads back to it"),
}


@pytest.mark.parametrize("case", WRONG)
def test_each_fault_is_said_with_what_to_do(names_of, case):
    place, texts, subject, state, words = WRONG[case]
    zone = {**WELL, place: texts}
    if not texts:
        del zone[place]
    (found,) = [finding for finding in look(SENDING, names_of(zone)) if finding.state != "well"]
    assert (found.subject, found.state) == (subject, state)
    assert words in found.sentence
    assert found.hint


def test_the_record_to_publish_stands_in_the_hint(names_of):
    (found,) = [one for one in look(SENDING, names_of({})) if one.subject == "dkim"]
    assert found.hint == f'publish a TXT record at terreau._domainkey.lumen.example: "{KEY.record}"'


def test_a_short_key_and_no_key_are_doubtful(names_of):
    zone = {**WELL, DKIM: [f'"{SHORT.record}"']}
    short = Sending(("lumen.example",), "returns.lumen.example", "relay.example", SHORT)
    assert [one.sentence for one in look(short, names_of(zone)) if one.state == "doubt"] == ["the key has 1024 bits"]
    unsigned = Sending(("lumen.example",), "returns.lumen.example", "relay.example", None)
    (found,) = [one for one in look(unsigned, names_of(WELL)) if one.subject == "dkim"]
    assert (found.state, "nothing is signed here" in found.sentence) == ("doubt", True)


def test_who_vouches_for_somebody_else_fails_dmarc(names_of):
    stranger = Signature(KEY.key, "mailer.example", "terreau")
    for signature, returns in ((stranger, "bounces.mailer.example"), (None, "bounces.mailer.example")):
        sending = Sending(("lumen.example",), returns, "localhost", signature)
        (found,) = [one for one in look(sending, names_of(WELL)) if one.subject == "alignment"]
        assert found.state == "wrong"
        assert "DMARC fails for every mail" in found.sentence
        assert "under lumen.example" in found.hint


def test_a_relay_inside_is_not_known_from_here(names_of):
    for relay in ("localhost", "127.0.0.1", "10.1.2.3"):
        sending = Sending(("lumen.example",), None, relay, KEY)
        (found,) = [one for one in look(sending, names_of(WELL)) if one.subject == "ptr"]
        assert (found.state, found.sentence.startswith("not known")) == ("doubt", True)


def test_without_a_network_nothing_is_known_and_nothing_is_wrong():
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], 1
    names = Dns(resolver)
    found = list(look(SENDING, names))
    assert {one.state for one in found if one.subject != "alignment"} == {"doubt"}
    assert all(one.sentence.startswith("not known: no name server answered") for one in found if one.state == "doubt")
    with pytest.raises(NotKnown):
        names.pointers("8.8.8.8")


@pytest.mark.parametrize(
    ("domain", "registered"),
    [
        ("lumen.example", "lumen.example"),
        ("a.b.lumen.example", "lumen.example"),
        ("lumen.co.uk", "lumen.co.uk"),
        ("mail.lumen.co.uk", "lumen.co.uk"),
        ("mail.lumen.fr", "lumen.fr"),
        ("localhost", "localhost"),
    ],
)
def test_domains_are_compared_by_what_somebody_registered(domain, registered):
    assert organisation(domain) == registered
