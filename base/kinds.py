"""What a value of config.toml may look like (a zone, an address, a secret, a name, a number), and what a table."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from base.saying import Refused, said
from base.tokens import CODED, signing_key

SIGNING_BYTES = 16  # that a secret in base64 is made of


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(said("'%(zone)s' is not a time zone: write one such as 'Europe/Paris'", zone=name)) from error
    return name


def _web_address(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(
            said(
                "'%(address)s' is not a web address: it begins with https:// (or http:// while you try)",
                address=address,
            )
        )
    return address.rstrip("/")


def database_address(address: str) -> str:
    if not address.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise Refused(said("a database address begins with sqlite:/// or postgresql://"))
    try:
        parts = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise Refused(said("a database address is written postgresql://name@host:5432/database")) from error
    if parts.get_backend_name() == "sqlite" and (parts.database or ":").startswith((":", "file:", "?")):
        raise Refused(said("a SQLite database needs a file: write sqlite:///path/to/terreau.db"))
    return address


def _mail_address(address: str) -> str:
    """One that any relay carries as it is, with room for the mark of a message (VERP) in it."""
    try:
        known = validate_email(address, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as error:
        sentence = said("'%(address)s' is not a mail address: one looks like 'bounces@example.org'", address=address)
        raise Refused(sentence) from error
    return known.ascii_email or address


def _signing_secret(secret: str) -> str:
    """What is signed with it must be signed with something: `whsec_` alone would be an empty key."""
    try:
        weak = secret.startswith(CODED) and len(signing_key(secret)) < SIGNING_BYTES
    except ValueError:
        weak = True
    if weak:
        raise Refused(said("after `whsec_` a secret is base64, of %(count)s bytes or more", count=SIGNING_BYTES))
    return secret


Zone = Annotated[str, AfterValidator(_known_zone)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
LocaleName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=60)]
DnsName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", max_length=200)]
Secret = Annotated[str, StringConstraints(min_length=16)]
SigningSecret = Annotated[Secret, AfterValidator(_signing_secret)]
File = Annotated[Path, BeforeValidator(lambda given: Path(given) if isinstance(given, str) else given)]
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Port = Annotated[int, Field(ge=0, le=65535)]
SharedSecret = Annotated[str, AfterValidator(_signing_secret)]  # as the other side chose it


class Section(BaseModel):
    """A table of config.toml: frozen, and an unknown key is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)
