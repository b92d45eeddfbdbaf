"""The settings of a house, one frozen model for each table of config.toml; where they come from is left to config."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from base.keyring import Keys, keep_secret
from base.kinds import (
    Count,
    File,
    LocaleName,
    Name,
    Port,
    Seconds,
    Secret,
    Section,
    SharedSecret,
    SigningSecret,
    WebAddress,
    Zone,
    database_address,
)
from base.mail_settings import Dkim, DomainLimit, Limit, Mail, Smtp
from base.saying import Refused, said


class Site(Section):
    base_url: WebAddress = "http://localhost:8000"
    timezone: Zone = "Europe/Paris"
    locales: list[LocaleName] = Field(default=["fr", "en"], min_length=1)
    default_locale: LocaleName = "fr"

    @model_validator(mode="after")
    def _speaks_its_default(self) -> Self:
        if self.default_locale not in self.locales:
            raise Refused(said("`default_locale` '%(locale)s' is not one of `locales`", locale=self.default_locale))
        return self


class Server(Section):
    host: str = "127.0.0.1"
    port: Port = 8000
    threads: Count = 16
    trusted_hosts: list[str] = Field(default=[])
    body_limit: Annotated[int, Field(ge=1024)] = 65536
    form_min_seconds: Annotated[float, Field(ge=0)] = 2
    trusted_proxy: str | None = None


class Limits(Section):
    """Submissions that go through in an hour of the clock; 0 = no limit. What comes over one is kept and held."""

    address_per_hour: Annotated[int, Field(ge=0)] = 5
    network_per_hour: Annotated[int, Field(ge=0)] = 100
    form_per_hour: Annotated[int, Field(ge=0)] = 1000
    site_per_hour: Annotated[int, Field(ge=0)] = 3000


class Console(Section):
    """`second_factor`: the roles that come in with a code of an app beside their password."""

    second_factor: list[Literal["viewer", "sales", "marketer", "admin"]] = Field(default=[])


class DatabaseSection(Section):
    url: Annotated[str, AfterValidator(database_address)] = Field(default="sqlite:///data/terreau.db", repr=False)
    wait_seconds: Seconds = 5


class Data(Section):
    dir: File = Path("data")


class Content(Section):
    dir: File = Path("content")


class Tracking(Section):
    """`origins`: the company's other sites, whose pages may carry the script of visits."""

    clicks: Literal["consent", "never"] = "consent"
    opens: Literal["consent", "never"] = "never"
    visits: Literal["consent", "count", "never"] = "count"
    origins: list[WebAddress] = Field(default=[])
    visits_per_hour: Annotated[int, Field(ge=0)] = 600
    beacon_seconds: Annotated[float, Field(ge=0)] = 3


class EngineSection(Section):
    batch: Annotated[int, Field(ge=1, le=500)] = 200
    tick_seconds: Seconds = 1


class Webhook(Section):
    """A receiver: `signed` checks a signature made with `secret`, `chat` is a room whose address is a secret itself."""

    name: Name
    kind: Literal["signed", "chat"] = "signed"
    url: WebAddress | None = Field(default=None, repr=False)
    url_file: File | None = None
    secret: SharedSecret | None = Field(default=None, repr=False)
    secret_file: File | None = None
    allow_private: bool = False
    erasures: bool = False

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.url is None and self.url_file is None:
            raise Refused(said("a webhook needs a `url` (or a `url_file`)"))
        if self.kind == "signed" and self.secret is None and self.secret_file is None:
            sentence = said("a webhook needs a `secret_file` (or a `secret`): its receiver checks the signature")
            raise Refused(sentence)
        return self


class System(Section):
    """A program that tells what leads do elsewhere, signed with `secret`; new leads of it have its name as source.

    `decides`: it may also say what sales decided of leads, and won or lost.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]  # as `leads.naming` has it
    secret: SigningSecret | None = Field(default=None, repr=False)
    secret_file: File | None = None
    decides: bool = False

    @model_validator(mode="after")
    def _signed(self) -> Self:
        if self.secret is None and self.secret_file is None:
            raise Refused(said("a system needs a `secret_file` (or a `secret`): it signs what it tells"))
        return self


class Partner(Section):
    """Somebody whose links bring leads. `round` is signed into each: raised, links given before count for nobody."""

    id: Name
    name: Annotated[str, StringConstraints(pattern=r"^[^\s:][^\n\r:]*$", max_length=100)]
    kind: Literal["partner", "vendor"] = "partner"
    round: Count = 1


class Retention(Section):
    """How long leads are kept after their last own act; months of the calendar, 0 = for ever."""

    lead_months: Annotated[int, Field(ge=0, le=1200)] = 36
    contact_months: Annotated[int, Field(ge=0, le=1200)] = 36
    customer_months: Annotated[int, Field(ge=0, le=1200)] = 60
    notice_days: Annotated[int, Field(ge=1, le=365)] = 30
    way: Literal["anonymise", "erase"] = "anonymise"
    sunset_months: Annotated[int, Field(ge=0, le=1200)] = 0
    sunset_mails: Count = 10
    sunset_notice_days: Annotated[int, Field(ge=0, le=365)] = 0
    hits_months: Annotated[int, Field(ge=0, le=1200)] = 13


class Secrets(Section):
    signing_keys: list[Secret] | None = Field(default=None, repr=False, min_length=1)
    signing_keys_file: File | None = None
    session_key: Secret | None = Field(default=None, repr=False)
    session_key_file: File | None = None
    suppression_key: Secret | None = Field(default=None, repr=False)
    suppression_key_file: File | None = None


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


def _doubled(names: list[str]) -> str:
    return ", ".join(sorted({name for name in names if names.count(name) > 1}))


class Config(Section):
    """Every setting of the house. Paths are as written until `load_config` makes them absolute."""

    site: Site = Site()
    server: Server = Server()
    console: Console = Console()
    limits: Limits = Limits()
    database: DatabaseSection = DatabaseSection()
    data: Data = Data()
    content: Content = Content()
    mail: Mail = Mail()
    domains: list[DomainLimit] = Field(default=[])
    smtp: Smtp = Smtp()
    dkim: Dkim = Dkim()
    tracking: Tracking = Tracking()
    engine: EngineSection = EngineSection()
    retention: Retention = Retention()
    webhooks: list[Webhook] = Field(default=[])
    systems: list[System] = Field(default=[])
    partners: list[Partner] = Field(default=[])
    secrets: Secrets = Secrets()
    log: Log = Log()

    @field_validator("webhooks")
    @classmethod
    def _names_once(cls, webhooks: list[Webhook]) -> list[Webhook]:
        if doubled := _doubled([webhook.name for webhook in webhooks]):
            raise Refused(said("each webhook has its own `name`; %(names)s stands there twice", names=doubled))
        return webhooks

    @field_validator("systems")
    @classmethod
    def _systems_once(cls, systems: list[System]) -> list[System]:
        if doubled := _doubled([system.name for system in systems]):
            raise Refused(said("each system has its own `name`; %(names)s stands there twice", names=doubled))
        return systems

    @field_validator("partners")
    @classmethod
    def _partners_once(cls, partners: list[Partner]) -> list[Partner]:
        if doubled := _doubled([partner.id for partner in partners]):
            raise Refused(said("each partner has its own `id`; %(names)s stands there twice", names=doubled))
        return partners

    def partner(self, id: str) -> Partner:
        """Raises KeyError."""
        return {one.id: one for one in self.partners}[id]

    @property
    def told_of_erasures(self) -> tuple[str, ...]:
        """The webhooks that hear by themselves when somebody they know is gone."""
        return tuple(webhook.name for webhook in self.webhooks if webhook.erasures)

    @property
    def domain_limits(self) -> dict[str, Limit]:
        """By recipient domain; the last word about one counts."""
        return {one.domain: one for one in self.domains}

    @property
    def any_domain(self) -> Limit:
        """What every other recipient domain gets at most."""
        return Limit(connections=self.mail.domain_connections, per_hour=self.mail.domain_per_hour)

    @property
    def secure_cookies(self) -> bool:
        """Cookies travel over https only, wherever the site does."""
        return self.site.base_url.startswith("https://")

    def keys(self) -> Keys:
        """The secrets in force; what no setting names is made once under `data.dir` and kept."""
        kept = self.data.dir / "secrets"
        given = self.secrets
        return Keys(
            signing=tuple(given.signing_keys or keep_secret(kept, "signing_keys").splitlines()),
            session=given.session_key or keep_secret(kept, "session_key"),
            suppression=given.suppression_key or keep_secret(kept, "suppression_key"),
        )
