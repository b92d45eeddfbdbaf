import re
from pathlib import Path

import pytest

from base.config import Config, ConfigError, load_config
from base.toml import parse

CHECKOUT = Path(__file__).resolve().parents[2]


def written(tmp_path, text, name="config.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def sentences(path, environ):
    with pytest.raises(ConfigError) as caught:
        load_config(path, environ)
    return [problem.sentence().replace(str(path), "config.toml") for problem in caught.value.problems]


def test_the_file_of_the_house_holds_every_default():
    stated = parse((CHECKOUT / "config.toml").read_text(encoding="utf-8"), "config.toml").data
    assert Config.model_validate(stated, strict=True) == Config()


def test_the_file_of_the_house_names_every_setting():
    text = (CHECKOUT / "config.toml").read_text(encoding="utf-8")
    uncommented = re.sub(r"^# (?=\[\[|[a-z_]+ = )", "", text, flags=re.MULTILINE)
    stated = parse(uncommented, "config.toml").data
    for section, field in Config.model_fields.items():
        is_many = isinstance(stated[section], list)
        model = field.annotation.__args__[0] if is_many else field.annotation
        assert set(stated[section][0] if is_many else stated[section]) == set(model.model_fields), section
    assert set(stated) == set(Config.model_fields)


def test_every_setting_is_explained_where_it_stands():
    lines = (CHECKOUT / "config.toml").read_text(encoding="utf-8").splitlines()
    plain = {'host = "localhost"', "port = 587", "port = 8000"}  # their names say it
    bare = [line for line in lines if re.match(r"[a-z_]+ = ", line) and "#" not in line]
    assert set(bare) <= plain


def test_without_a_file_the_defaults_hold_and_paths_count_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load_config(None, {})
    assert config.server == Config().server
    assert config.content.dir == tmp_path / "content"
    assert config.database.url == f"sqlite:///{tmp_path}/data/terreau.db"


def test_the_file_here_is_taken_when_none_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "[server]\nport = 9000")
    assert load_config(None, {}).server.port == 9000


def test_paths_count_from_the_folder_of_the_file(tmp_path, monkeypatch):
    (tmp_path / "etc").mkdir()
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path / "etc", '[data]\ndir = "../var"\n[content]\ndir = "/srv/content"')
    config = load_config(Path("etc/config.toml"), {})
    assert config.data.dir == path.parent / "../var"
    assert config.content.dir == Path("/srv/content")
    assert config.mail.maildir == path.parent / "data" / "maildir"


@pytest.mark.parametrize(
    "url", ["postgresql://terreau@db.example.org/terreau", "postgresql://a:p#w?/@[::1]:5433/b?sslmode=require"]
)
def test_an_address_of_postgresql_is_no_path(tmp_path, url):
    path = written(tmp_path, f'[database]\nurl = "{url}"')
    assert load_config(path, {}).database.url == url


def test_files_of_secrets_count_from_the_folder_of_the_file_too(tmp_path):
    written(tmp_path, "a secret of the house\n", "key")
    path = written(
        tmp_path,
        '[smtp]\npassword_file = "key"\n[secrets]\nsigning_keys_file = "key"\n'
        '[[webhooks]]\nname = "crm"\nurl = "https://crm.example.org"\nsecret_file = "key"',
    )
    config = load_config(path, {})
    found = [config.smtp.password_file, config.secrets.signing_keys_file, config.webhooks[0].secret_file]
    assert found == [tmp_path / "key"] * 3
    assert config.secrets.session_key_file is None


def test_the_address_of_a_chat_room_is_a_secret_of_its_own(tmp_path):
    written(tmp_path, "https://hooks.example.org/T0/B0/secret\n", "room")
    path = written(tmp_path, '[[webhooks]]\nname = "room"\nkind = "chat"\nurl_file = "room"')
    [room] = load_config(path, {}).webhooks
    assert (room.kind, room.url, room.secret) == ("chat", "https://hooks.example.org/T0/B0/secret", None)
    assert "secret" not in repr(room).replace("secret_file", "")
    assert room.url_file == tmp_path / "room"
    with pytest.raises(ConfigError, match="a `url`"):
        load_config(written(tmp_path, '[[webhooks]]\nname = "room"\nkind = "chat"'), {})
    with pytest.raises(ConfigError, match="checks the signature"):
        load_config(written(tmp_path, '[[webhooks]]\nname = "crm"\nurl = "https://crm.example.org"'), {})


def test_the_environment_goes_over_the_file(tmp_path):
    path = written(tmp_path, '[smtp]\nhost = "one.example.org"\nport = 25\n[site]\nbase_url = "https://a.example/"')
    environ = {
        "TERREAU__SMTP__HOST": "two.example.org",
        "TERREAU__SITE__LOCALES": '["en"]',
        "TERREAU__SITE__DEFAULT_LOCALE": "en",
        "TERREAU__ENGINE__TICK_SECONDS": "0.5",
        "TERREAU__WEBHOOKS": '[{"name": "crm", "url": "https://crm.example.org/x", "secret": "s"}]',
        "SMTP__PORT": "not ours",
    }
    config = load_config(path, environ)
    assert (config.smtp.host, config.smtp.port) == ("two.example.org", 25)
    assert config.site.locales == ["en"]
    assert config.site.base_url == "https://a.example"
    assert config.engine.tick_seconds == 0.5
    assert config.webhooks[0].name == "crm"
    assert config.secure_cookies


BAD_FILE = (
    """[site]
base_url = "ftp://é"
timezone = "Europe/Pariis"
é_url = 1
""".replace("é_url", '"é_url"')
    + """[server]
port = "25"
threads = false
[smpt]
host = "x"
[mail]
transport = "pigeon"
[[webhooks]]
name = "crm"
url = "https://crm.example.org"
secret_file = "nowhere"
[[webhooks]]
name = "crm"
url = "https://crm.example.org"
secret = "hidden-from-logs"
[secrets]
session_key = "too short"
"""
)
BAD_ENVIRONMENT = {
    "TERREAU__SMTP__HOTS": "x",
    "TERREAU__SMTP__PORT": "abc",
    "TERREAU__SIDE__X": "1",
    "TERREAU__SITE__LOCALES": "fr",
    "TERREAU__DATABASE__URL": "mysql://root:hidden-from-logs@db/terreau",
}


EXPECTED = [
    "TERREAU__DATABASE__URL: `database.url`: a database address begins with sqlite:/// or postgresql://",
    "TERREAU__SIDE__X: there is no setting `side` (did you mean `site`?)",
    'TERREAU__SITE__LOCALES: `site.locales`: expected a list, such as ["a", "b"], got "fr"',
    "TERREAU__SMTP__HOTS: there is no setting `hots` (did you mean `host`?)",
    'TERREAU__SMTP__PORT: `smtp.port`: expected a whole number, got "abc"',
    "config.toml:2:12: `site.base_url`: 'ftp://é' is not a web address: it begins with https:// "
    "(or http:// while you try)",
    "config.toml:3:12: `site.timezone`: 'Europe/Pariis' is not a time zone: write one such as 'Europe/Paris', "
    'got "Europe/Pariis"',
    "config.toml:4:1: there is no setting `é_url` (did you mean `base_url`?)",
    'config.toml:6:8: `server.port`: expected a whole number, got "25"',
    "config.toml:7:11: `server.threads`: expected a whole number, got false",
    "config.toml:8:1: there is no setting `smpt` (did you mean `smtp`?)",
    "config.toml:11:13: `mail.transport`: expected 'smtp' or 'maildir', got \"pigeon\"",
    "config.toml:12:3: `webhooks`: each webhook has its own `name`; crm stands there twice",
    "config.toml:15:15: the file of `secret` cannot be read: No such file or directory",
    "config.toml:21:15: `secrets.session_key`: expected at least 16 characters",
]


def test_every_problem_is_told_at_once_and_where(tmp_path):
    assert sorted(sentences(written(tmp_path, BAD_FILE), BAD_ENVIRONMENT)) == sorted(EXPECTED)


def test_no_problem_shows_a_secret(tmp_path):
    assert "hidden-from-logs" not in "".join(sentences(written(tmp_path, BAD_FILE), BAD_ENVIRONMENT))
    config = load_config(None, {"TERREAU__SMTP__PASSWORD": "hidden-from-logs"})
    assert config.smtp.password == "hidden-from-logs"
    assert "hidden-from-logs" not in repr(config)


@pytest.mark.parametrize(
    ("text", "environ", "sentence"),
    [
        ("[site\n", {}, "config.toml:1:6: this is not TOML"),
        ('[smtp]\nusername = "ada"', {}, "config.toml:1:1: `smtp`: `username` needs a `password_file`"),
        ("", {"TERREAU__SMTP__USERNAME": "ada"}, "TERREAU__SMTP: `smtp`: `username` needs a `password_file`"),
        ('[site]\ndefault_locale = "de"', {}, "config.toml:1:1: `site`: `default_locale` 'de' is not one of"),
        (
            "[smtp]\npassword = 'a'\npassword_file = 'b'",
            {},
            "config.toml:3:17: `password` and `password_file` are",
        ),
        ("[engine]\nbatch = 501", {}, "config.toml:2:9: `engine.batch`: expected at most 500, got 501"),
        ("", {"TERREAU__SITE": "x"}, "TERREAU__SITE: `site`: expected a table of settings"),
        (
            '[database]\nurl = "sqlite:///"',
            {},
            "config.toml:2:7: `database.url`: a SQLite database needs a file: write sqlite:///path/to/terreau.db",
        ),
        ('[database]\nurl = "sqlite:///:memory:"', {}, "config.toml:2:7: `database.url`: a SQLite database needs a"),
        (
            '[database]\nurl = "postgresql://a:b:c/terreau"',
            {},
            "config.toml:2:7: `database.url`: a database address is written postgresql://name@host:5432/database",
        ),
        (
            '[mail]\nreturn_path = "bounces"',
            {},
            "config.toml:2:15: `mail.return_path`: 'bounces' is not a mail address: one looks like 'bounces@",
        ),
        ('[mail]\nreturn_path = "zoé@a.example"', {}, "config.toml:2:15: `mail.return_path`: 'zoé@a.example' is not"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, text, environ, sentence):
    found = sentences(written(tmp_path, text), environ)
    assert len(found) == 1
    assert found[0].startswith(sentence)


def test_a_mistake_that_the_environment_overrules_is_none(tmp_path):
    path = written(tmp_path, '[server]\nport = "25"\n[smtp]\nusername = "ada"')
    config = load_config(path, {"TERREAU__SERVER__PORT": "26", "TERREAU__SMTP__PASSWORD": "x"})
    assert config.server.port == 26


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path):
    assert sentences(tmp_path / "config.toml", {}) == [
        "config.toml: the settings cannot be read: No such file or directory"
    ]
    (tmp_path / "latin.toml").write_bytes(b"[site]\nbase_url = '\xe9'")
    assert "not UTF-8" in sentences(tmp_path / "latin.toml", {})[0]


def test_secrets_come_from_files(tmp_path):
    written(tmp_path, "the password\n", "password")
    written(tmp_path, "in-force-0123456789\nbefore-0123456789\n", "signing")
    written(tmp_path, "whsec_c2l4dGVlbiBieXRlcyBpcw\n", "hook")
    path = written(
        tmp_path,
        '[smtp]\nusername = "ada"\npassword_file = "password"\n[secrets]\nsigning_keys_file = "signing"\n'
        'session_key = "session-0123456789"\n'
        '[[webhooks]]\nname = "crm"\nurl = "https://crm.example.org"\nsecret_file = "hook"',
    )
    config = load_config(path, {})
    assert config.smtp.password == "the password"
    assert config.webhooks[0].secret == "whsec_c2l4dGVlbiBieXRlcyBpcw"
    assert config.keys().signing == ("in-force-0123456789", "before-0123456789")
    assert config.keys().session == "session-0123456789"


def test_a_secret_from_a_file_is_held_to_the_same_rules(tmp_path):
    written(tmp_path, "short\n", "key")
    written(tmp_path, "\n", "empty")
    path = written(tmp_path, '[secrets]\nsession_key_file = "key"\nsuppression_key_file = "empty"')
    assert sentences(path, {}) == [
        "config.toml:1:1: `secrets.session_key`: expected at least 16 characters",
        f"config.toml:3:24: the file of `suppression_key` holds no secret: {tmp_path}/empty is empty",
    ]


@pytest.mark.parametrize(
    "secret", ["whsec_aaaaaaaaaaaaaaaaa", "whsec_----------------", "whsec_c2VjcmV0c2VjcmV0", "whsec_é" * 4]
)
@pytest.mark.parametrize(
    "table",
    ['[[systems]]\nname = "shop"', "[mail.bounces]", '[[webhooks]]\nname = "crm"\nurl = "https://crm.example.org"'],
)
def test_a_secret_that_signs_with_nothing_or_little_is_refused(tmp_path, table, secret):
    [sentence] = sentences(written(tmp_path, f'{table}\nsecret = "{secret}"'), {})
    assert sentence.endswith("after `whsec_` a secret is base64, of 16 bytes or more")
    assert secret not in sentence
    load_config(written(tmp_path, f'{table}\nsecret = "whsec_c2l4dGVlbiBieXRlcyBpcw=="'), {})


def test_missing_keys_are_made_once_and_kept(tmp_path):
    config = load_config(written(tmp_path, ""), {})
    keys = config.keys()
    assert load_config(tmp_path / "config.toml", {}).keys() == keys
    assert len({*keys.signing, keys.session, keys.suppression}) == 3
    assert not (tmp_path / "data" / "terreau.db").exists()
