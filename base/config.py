"""Loads the settings: config.toml, the environment over it, secrets from files, every problem at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource

from base.faults import Place, problems_of, unknown
from base.keyring import Keys, read_secret
from base.kinds import Section
from base.mail_settings import Mail
from base.problems import Problem
from base.saying import Said, said
from base.settings import Config
from base.system_words import why_of
from base.toml import Document, Loc, Part, TomlError, parse

__all__ = ["Config", "ConfigError", "Keys", "load_config"]

PREFIX = "TERREAU__"
_Values = dict[str, Any]
AnySection = TypeVar("AnySection", bound=Section)
_ABSENT = object()


class ConfigError(Exception):
    """The settings will not do; `problems` has every fault there is, in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(problem.sentence() for problem in self.problems))


def load_config(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The settings of `path` (none: ./config.toml if it is there), with `TERREAU__SMTP__HOST` and the like over it.

    Relative paths in it count from the folder of the file. Raises ConfigError with every problem.
    """
    chosen = path if path is not None else Path("config.toml")
    document = _read(chosen) if path is not None or chosen.exists() else Document(str(chosen), {}, {})
    base = chosen.absolute().parent
    given = _Environment(environ)()
    values = _merged(document.data, given)
    place = _places(document, given)
    problems = [*_unknown_names(environ), *_read_secrets(values, base, place)]
    problems += _file_problems(document, given, place)
    problems += _other_problems(values, document, given, place)
    if problems:
        raise ConfigError(problems)
    return _anchored(Config.model_validate(values), base)


class _Environment(EnvSettingsSource):
    """pydantic-settings' reading of nested names, over a mapping that is given, not the process's own."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = {name.lower(): value for name, value in environ.items()}
        models = cast(type[BaseSettings], Config)  # it only looks at the fields
        super().__init__(models, case_sensitive=False, env_prefix=PREFIX, env_nested_delimiter="__")

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return self._environ

    def decode_complex_value(self, field_name: str, field: Any, value: Any) -> Any:
        """Lists are written as JSON; what is no JSON stays text, which the models then refuse with the others."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


def _read(path: Path) -> Document:
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except TomlError as error:
        raise ConfigError([error.problem]) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            [Problem(str(path), 0, 0, "error", said("this is not UTF-8 text"), said("save it as UTF-8"))]
        ) from error
    except OSError as error:
        message = said("the settings cannot be read: %(why)s", why=why_of(error))
        raise ConfigError([Problem(str(path), 0, 0, "error", message)]) from error


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> _Values:
    """A copy of `under`, table by table, with `over` in place of what it names."""
    merged = {key: _merged(value, {}) if isinstance(value, dict) else value for key, value in under.items()}
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return merged


def _places(document: Document, given: _Values) -> Place:
    """A setting from the environment stands under its variable's name, any other in the file."""

    def place(loc: Loc, of: Part) -> tuple[str, int, int]:
        found = _at(given, loc)
        if found is not _ABSENT and not (isinstance(found, dict) and _holds(document.data, loc)):
            return PREFIX + "__".join(str(part) for part in loc).upper(), 0, 0
        return document.file, *document.locate(loc, of)

    return place


def _unknown_names(environ: Mapping[str, str]) -> Iterator[Problem]:
    for name in environ:
        section = name.upper().removeprefix(PREFIX).split("__")[0].lower()
        if name.upper().startswith(PREFIX) and section not in Config.model_fields:
            yield Problem(name, 0, 0, "error", *unknown(section, Config.model_fields))


def _file_problems(document: Document, given: _Values, place: Place) -> list[Problem]:
    """The values of the file by themselves, strictly: `port = "25"` is a slip there, and the only way in a variable.

    What the environment overrules is passed over, and what a whole table says is left to the merged values.
    """
    return problems_of(
        (
            error
            for error in _errors(document.data, strict=True)
            if not _is_about_a_table(error) and not _holds(given, error["loc"])
        ),
        Config,
        place,
    )


def _other_problems(values: _Values, document: Document, given: _Values, place: Place) -> list[Problem]:
    """What is wrong with the values that did not come from the file, and between values."""
    return problems_of(
        (
            error
            for error in _errors(values, strict=False)
            if _is_about_a_table(error) or _holds(given, error["loc"]) or not _holds(document.data, error["loc"])
        ),
        Config,
        place,
    )


def _errors(values: _Values, strict: bool) -> list[ErrorDetails]:
    try:
        Config.model_validate(values, strict=strict)
    except ValidationError as error:
        return error.errors()
    return []


def _is_about_a_table(error: ErrorDetails) -> bool:
    return error["type"] == "value_error" and isinstance(error["input"], (dict, list))


def _read_secrets(values: _Values, base: Path, place: Place) -> Iterator[Problem]:
    """Put the text of every `…_file` into the setting it stands for."""
    for loc, table in _tables_with_secrets(values):
        for name in [name for name in table if name.endswith("_file")]:
            setting = name.removesuffix("_file")
            problem = _read_secret(table, setting, name, base)
            if problem is not None:
                yield Problem(*place((*loc, name), "value"), "error", problem)


def _read_secret(table: _Values, setting: str, name: str, base: Path) -> Said | None:
    """The sentence of what went wrong, if anything did."""
    path = table[name]
    if not isinstance(path, str):
        return None  # the models say so
    if table.get(setting) is not None:
        return said("`%(setting)s` and `%(name)s` are both set: keep one", setting=setting, name=name)
    try:
        secret = read_secret(base / path)
    except OSError as error:
        return said("the file of `%(setting)s` cannot be read: %(why)s", setting=setting, why=why_of(error))
    except ValueError as error:
        return said("the file of `%(setting)s` holds no secret: %(why)s", setting=setting, why=error)
    table[setting] = secret.splitlines() if setting == "signing_keys" else secret
    return None


def _tables_with_secrets(values: _Values) -> Iterator[tuple[Loc, _Values]]:
    tables: list[tuple[Loc, Any]] = [((name,), values.get(name)) for name in ("smtp", "secrets")]
    mail = values.get("mail")
    if isinstance(mail, dict):
        tables.append((("mail", "bounces"), mail.get("bounces")))
    for name in ("webhooks", "systems"):
        listed = values.get(name)
        if isinstance(listed, list):
            values[name] = listed = [dict(one) if isinstance(one, dict) else one for one in listed]
            tables += [((name, index), one) for index, one in enumerate(listed)]
    return ((loc, table) for loc, table in tables if isinstance(table, dict))


def _holds(values: Any, loc: Loc) -> bool:
    return _at(values, loc) is not _ABSENT


def _at(values: Any, loc: Loc) -> Any:
    for part in loc:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return values


def _anchored(config: Config, base: Path) -> Config:
    """Every path absolute, counted from the folder of the settings."""
    scheme, _, path = config.database.url.partition(":///")
    url = f"sqlite:///{base / path}" if scheme == "sqlite" and path else config.database.url
    return config.model_copy(
        update={
            "database": config.database.model_copy(update={"url": url}),
            "data": config.data.model_copy(update={"dir": base / config.data.dir}),
            "content": config.content.model_copy(update={"dir": base / config.content.dir}),
            "mail": _anchored_mail(base, config.mail),
            "smtp": _with_files_from(base, config.smtp),
            "dkim": _with_files_from(base, config.dkim),
            "secrets": _with_files_from(base, config.secrets),
            "webhooks": [_with_files_from(base, webhook) for webhook in config.webhooks],
            "systems": [_with_files_from(base, system) for system in config.systems],
        }
    )


def _anchored_mail(base: Path, mail: Mail) -> Mail:
    bounces = _with_files_from(base, mail.bounces)
    if bounces.maildir is not None:
        bounces = bounces.model_copy(update={"maildir": base / bounces.maildir})
    return mail.model_copy(update={"maildir": base / mail.maildir, "bounces": bounces})


def _with_files_from(base: Path, table: AnySection) -> AnySection:
    """The table with each `…_file` counted from `base`."""
    files = {name: getattr(table, name) for name in type(table).model_fields if name.endswith("_file")}
    return table.model_copy(update={name: base / path for name, path in files.items() if path is not None})
