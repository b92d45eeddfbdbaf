"""Looks at the mail server: whether it answers, as whom it proves itself, until when, and what it offers."""

import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from base.clock import system_clocks
from base.config import Config
from base.saying import Said, said, said_day
from base.translations import msgid
from terreau.findings import Finding

SMTP_TIMEOUT = 5.0
SOON = timedelta(days=14)
INSIDE = frozenset({"localhost", "127.0.0.1", "::1"})


def probe_relay(config: Config) -> Iterator[Finding]:
    if config.mail.transport == "maildir":
        yield Finding(
            "mail",
            "doubt",
            said("mails are laid into %(maildir)s: none leaves this machine", maildir=config.mail.maildir),
        )
        return
    place = f"{config.smtp.host}:{config.smtp.port}"
    try:
        features, proof = _met(config)
    except (OSError, smtplib.SMTPException) as error:
        yield Finding("mail", "wrong", *_refused(place, error))
        return
    offered = ", ".join(sorted(features)) or said("nothing more than the minimum")
    yield Finding("mail", "well", said("%(place)s answers and offers %(offered)s", place=place, offered=offered))
    if "pipelining" not in features:
        yield Finding(
            "mail", "doubt", said("%(place)s does not offer PIPELINING: each mail takes more round trips", place=place)
        )
    yield _about(place, proof, config.smtp.host)


def _refused(place: str, error: Exception) -> tuple[Said, Said]:
    """What went wrong, and what to do."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        hint = said("mails wait until it takes them; check the account under [smtp]")
        return said("%(place)s refuses `username` and `password`", place=place), hint
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = said("mails wait: let its certificate be renewed, or name it in [smtp] as its certificate does")
        why = error.verify_message
        return said("%(place)s cannot prove that it is itself: %(why)s", place=place, why=why), hint
    hint = said("mails wait until it answers; check [smtp] and that this machine may reach that port")
    return said("%(place)s does not answer as it should: %(error)s", place=place, error=error), hint


@dataclass(frozen=True, slots=True)
class _Proof:
    """What encrypts a connection (`TLSv1.3`), and until when the certificate is good."""

    version: str
    until: datetime


def _about(place: str, proof: _Proof | None, host: str) -> Finding:
    if proof is None:
        here = host in INSIDE
        within = msgid("mails to %(place)s travel in the clear, within this machine")
        sentence = said(within if here else msgid("mails to %(place)s travel in the clear"), place=place)
        return Finding(
            "tls", "well" if here else "wrong", sentence, "" if here else said('set [smtp] security = "starttls"')
        )
    left = proof.until - system_clocks().machine()
    sentence = said(
        "%(place)s speaks %(version)s; its certificate is good until %(until)s",
        place=place,
        version=proof.version,
        until=said_day(proof.until.date()),
    )
    if left < SOON:
        return Finding(
            "tls",
            "doubt",
            said("%(sentence)s, %(days)s days from now", sentence=sentence, days=left.days),
            said("then mails wait: have it renewed"),
        )
    return Finding("tls", "well", sentence)


def _met(config: Config) -> tuple[set[str], _Proof | None]:
    """What it offers once we are in, and what it proved."""
    smtp, trust = config.smtp, ssl.create_default_context()
    if smtp.security == "tls":
        client: Any = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=SMTP_TIMEOUT, context=trust)
    else:
        client = smtplib.SMTP(smtp.host, smtp.port, timeout=SMTP_TIMEOUT)
    with client:
        client.ehlo()
        if smtp.security == "starttls":
            client.starttls(context=trust)
            client.ehlo()
        if smtp.username:
            client.login(smtp.username, smtp.password or "")
        return set(client.esmtp_features), _proved(client.sock)


def _proved(line: Any) -> _Proof | None:
    if not isinstance(line, ssl.SSLSocket):
        return None
    certificate = line.getpeercert() or {}
    until = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    return _Proof(str(line.version()), datetime.fromtimestamp(until, UTC))
