"""The settings of mail: how it leaves and how fast, how it is signed, where what comes back lies."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from base.kinds import (
    Count,
    DnsName,
    File,
    MailAddress,
    Port,
    Seconds,
    Section,
    SigningSecret,
)
from base.saying import Refused, said


class Bounces(Section):
    """What comes back, and by which way: a Maildir that is looked into, a webhook that is signed with `secret`."""

    maildir: File | None = None
    secret: SigningSecret | None = Field(default=None, repr=False)
    secret_file: File | None = None
    soft_limit: Count = 5
    soft_days: Count = 30


class Mail(Section):
    transport: Literal["smtp", "maildir"] = "smtp"
    maildir: File = Path("data/maildir")
    connections: Count = 2
    per_second: Seconds | None = None
    per_hour: Count | None = None
    domain_connections: Count | None = None
    domain_per_hour: Count | None = None
    return_path: MailAddress | None = None
    reply_timeout: Seconds = 600
    pause_at_bounces: Annotated[float, Field(ge=0, le=100)] = 5
    pause_at_complaints: Annotated[float, Field(ge=0, le=100)] = 0.3
    bounces: Bounces = Bounces()


class Limit(Section):
    """What one recipient domain gets at most; None = what it can take."""

    connections: Count | None = None
    per_hour: Count | None = None


class DomainLimit(Limit):
    domain: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(?:\.[a-z0-9-]+)+$", max_length=253)]


class Smtp(Section):
    host: str = "localhost"
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: str | None = Field(default=None, repr=False)
    password_file: File | None = None
    connect_timeout: Seconds = 30
    idempotency_header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", max_length=60)] | None = (
        None
    )

    @model_validator(mode="after")
    def _whole_account(self) -> Self:
        if self.username is not None and self.password is None and self.password_file is None:
            raise Refused(said("`username` needs a `password_file` (or a `password`)"))
        return self


class Dkim(Section):
    """All three, or none: then nothing is signed here."""

    selector: DnsName | None = None
    domain: DnsName | None = None
    key_file: File | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        given = [name for name in ("selector", "domain", "key_file") if getattr(self, name) is not None]
        if 0 < len(given) < 3:
            raise Refused(said("a signature needs `selector`, `domain` and `key_file`"))
        return self
