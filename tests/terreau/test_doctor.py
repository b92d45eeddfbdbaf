"""The doctor says what is wrong in a sentence, and what to do; she never raises."""

import socket
import ssl
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import click
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy import insert

from base.clock import system_clocks
from base.config import Config
from base.paths import data_path
from base.saying import said, said_day, said_moment, said_number
from base.translations import translator
from emails.talks import finish
from emails.transports import Envelope
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import in_force, releases
from terreau import doctor, findings_text, relay
from terreau.applying import Signature, apply_content
from terreau.doctor import examine
from terreau.findings import Finding
from terreau.house import House, blobs_of, transport_of
from terreau.mailbox import Mailbox, MailReceiver
from terreau.names import NotKnown
from terreau.preparing import prepare
from tests.emails.test_returns import report

TUESDAY = datetime(2026, 11, 3, 8, 12, tzinfo=UTC)


def house(tmp_path: Path, url: str | None = None, **sections) -> Config:
    given = {
        "data": {"dir": tmp_path / "data"},
        "content": {"dir": tmp_path / "content"},
        "database": {"url": url or f"sqlite:///{tmp_path}/terreau.db", "wait_seconds": 0.2},
        "mail": {"transport": "maildir"},
        **sections,
    }
    return Config.model_validate(given)


def about(config: Config, subject: str) -> list[tuple[str, str]]:
    return [(finding.state, finding.sentence) for finding in examine(config) if finding.subject == subject]


def test_a_database_that_is_not_there_or_has_no_tables_is_said(tmp_path, empty_url):
    (found,) = [finding for finding in examine(house(tmp_path, empty_url)) if finding.subject == "database"]
    assert found.state == "doubt"
    assert "`terreau migrate`" in f"{found.sentence} {found.hint}"


def test_a_server_that_is_away_and_a_file_that_is_no_database_are_wrong_in_a_sentence(tmp_path):
    file = tmp_path / "notes.db"
    file.write_text("Buy milk. " * 200)
    for url, words in (
        (f"sqlite:///{file}", "is not a SQLite database: name another one"),
        ("postgresql://terreau@127.0.0.1:1/terreau", "does not answer: is it started"),
    ):
        ((state, sentence),) = about(house(tmp_path, url), "database")
        assert state == "wrong"
        assert words in sentence
        assert "sqlalche" not in sentence
        assert "Background" not in sentence


def test_a_data_folder_that_cannot_be_written_is_wrong(tmp_path):
    (tmp_path / "file").write_text("")
    config = house(tmp_path, data={"dir": tmp_path / "file" / "data"})
    ((state, sentence),) = about(config, "data")
    assert state == "wrong"
    assert "file/data cannot be written" in sentence
    assert about(house(tmp_path), "data") == [("well", f"{tmp_path / 'data'} can be written")]
    assert not (tmp_path / "data").exists()


def test_a_database_in_order_says_which_release_is_in_force(tmp_path, empty_url):
    migrate(empty_url)
    config = house(tmp_path, empty_url)
    assert about(config, "release") == [("wrong", "no content is in force")]

    def apply(conn):
        row = {"hash": "ab" * 32, "tree": {}, "author": "chloé", "created_at": TUESDAY}
        (release,) = conn.execute(insert(releases).values(row).returning(releases.c.id)).one()
        conn.execute(insert(in_force).values(id=1, release_id=release, since=TUESDAY))

    with closing(open_database(empty_url)) as database:
        database.write(apply)
    ((state, sentence),) = about(config, "release")
    assert state == "well"
    assert "(abababababab) by chloé, 3 November 2026, 9:12" in sentence
    assert [state for state, _ in about(config, "database")] == ["well"]
    expected = ["well"] if empty_url.startswith("postgresql") else []
    assert [state for state, _ in about(config, "clock")] == expected


def test_secrets_that_others_can_read_are_named_with_the_command(tmp_path):
    config = house(tmp_path)
    config.keys()
    assert about(config, "secrets") == [("well", "3 files, none readable by others")]
    leaky = tmp_path / "data" / "secrets" / "session_key"
    leaky.chmod(0o644)
    (finding,) = [finding for finding in examine(config) if finding.subject == "secrets"]
    assert finding.state == "wrong"
    assert finding.hint == f"chmod 600 {leaky}"


def test_the_secret_of_a_mail_provider_is_one_of_them(tmp_path):
    shared = tmp_path / "mail_webhook"
    shared.write_text("a secret of 27 characters..")
    shared.chmod(0o644)
    config = house(tmp_path, mail={"transport": "maildir", "bounces": {"secret_file": shared}})
    assert about(config, "secrets") == [("wrong", f"{shared} can be read by others (mode 0644)")]


def test_a_mail_server_that_answers_shows_what_it_offers_and_one_that_does_not_is_said(tmp_path):
    receiver = MailReceiver(Mailbox(lambda: TUESDAY))
    receiver.start()
    smtp = {"host": "127.0.0.1", "port": receiver.port, "security": "none"}
    config = house(tmp_path, mail={"transport": "smtp"}, smtp=smtp)
    ((state, sentence),) = about(config, "mail")
    receiver.stop()
    assert state == "well"
    assert "8bitmime, pipelining, size, smtputf8" in sentence
    ((state, sentence),) = about(config, "mail")
    assert state == "wrong"
    assert "does not answer as it should" in sentence


@pytest.fixture
def certified(tmp_path, monkeypatch):
    """A mail server that encrypts from the first byte, with a certificate that is good for so many days."""
    servers = []

    def made(days, name="localhost"):
        key, called = (
            ec.generate_private_key(ec.SECP256R1()),
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        )
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder().subject_name(called).issuer_name(called).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - timedelta(days=90)).not_valid_after(now + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
            .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
        )  # fmt: skip
        pem = tmp_path / "server.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        servers.append(Controller(Sink(), hostname="127.0.0.1", port=free_port(), ssl_context=context))
        servers[-1].start()
        smtp = {"host": "localhost", "port": servers[-1].port, "security": "tls"}
        return house(tmp_path, mail={"transport": "smtp"}, smtp=smtp)

    yield made
    for server in servers:
        server.stop()


def test_a_certificate_is_shown_with_its_last_day_and_doubted_before_it_ends(certified):
    ((state, sentence),) = about(certified(60), "tls")
    assert state == "well"
    assert "speaks TLSv1.3; its certificate is good until " in sentence
    ((state, sentence),) = about(certified(5), "tls")
    assert state == "doubt"
    assert ", 4 days from now" in sentence


@pytest.mark.parametrize(("days", "name", "words"), [(-1, "localhost", "expired"), (60, "mail.example", "mismatch")])
def test_a_server_that_cannot_prove_itself_is_wrong(certified, days, name, words):
    ((state, sentence),) = about(certified(days, name), "mail")
    assert state == "wrong"
    assert "cannot prove that it is itself" in sentence
    assert words in sentence


def test_mail_in_the_clear_is_wrong_beyond_this_machine(tmp_path, monkeypatch):
    server = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    server.start()
    smtp = {"port": server.port, "security": "none"}
    config = house(tmp_path, mail={"transport": "smtp"}, smtp={"host": "localhost", **smtp})
    near = about(config, "tls")
    monkeypatch.setattr(relay, "INSIDE", frozenset())
    far = about(config, "tls")
    server.stop()
    assert (near[0][0], far[0][0]) == ("well", "wrong")
    assert "travel in the clear" in far[0][1]


class Porter:
    """aiosmtpd's authenticator: knows one account."""

    def __call__(self, server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"ada", b"right"), handled=False)


def test_an_account_that_the_mail_server_refuses_is_wrong(tmp_path):
    server = Controller(
        Sink(), hostname="127.0.0.1", port=free_port(), authenticator=Porter(), auth_require_tls=False
    )  # fmt: skip
    server.start()
    found = []
    for password in ("right", "wrong"):
        smtp = {"host": "127.0.0.1", "port": server.port, "security": "none", "username": "ada", "password": password}
        found.append(about(house(tmp_path, mail={"transport": "smtp"}, smtp=smtp), "mail")[0])
    server.stop()
    assert found[0][0] == "well"
    assert found[1] == ("wrong", f"127.0.0.1:{server.port} refuses `username` and `password`")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


HOOK = {"name": "crm", "url": "https://crm.example.org/x", "secret": "whsec_" + "QUJD" * 8}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secret": "clé"}, "its secret cannot sign"),
        ({"url": "http://crm.example.org/x"}, "is not https"),
        ({"url": "https://ada:pass@crm.example.org/x"}, "no name or password before it"),
    ],
)
def test_a_webhook_that_could_never_be_sent_is_wrong(tmp_path, change, words):
    assert about(house(tmp_path, webhooks=[HOOK]), "webhooks") == [("well", "told of hot leads: crm")]
    ((state, sentence),) = about(house(tmp_path, webhooks=[HOOK | change]), "webhooks")
    assert state == "wrong"
    assert words in sentence


def put_in_force(config):
    prepare(config)
    with closing(open_database(config.database.url)) as database:
        now = system_clocks().moment()
        apply_content(config, database, blobs_of(config, database), Signature("chloé"), now)


def test_a_channel_of_the_release_that_the_settings_do_not_know_is_doubtful(tmp_path):
    config = house(tmp_path, content={"dir": data_path("content")})
    assert about(config, "webhooks") == [("well", "none: sales is told by mail alone")]
    put_in_force(config)
    ((state, sentence),) = about(config, "webhooks")
    assert (state, "`crm`" in sentence) == ("doubt", True)
    assert about(config.model_copy(update={"webhooks": house(tmp_path, webhooks=[HOOK]).webhooks}), "webhooks") == [
        ("well", "told of hot leads: crm")
    ]


@pytest.mark.parametrize(
    ("base_url", "state"),
    [
        ("https://guide.atelier-lumen.example", "well"),
        ("http://localhost:8000", "well"),
        ("http://127.0.0.1:8123", "well"),
        ("http://guide.atelier-lumen.example", "wrong"),
        ("http://localhost.atelier-lumen.example", "wrong"),
    ],
)
def test_links_in_the_clear_are_refused_outside_this_machine(tmp_path, base_url, state):
    assert [found for found, _ in about(house(tmp_path, site={"base_url": base_url}), "address")] == [state]


def test_a_package_that_installs_over_a_room_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(
        doctor, "packages_distributions", lambda: {"emails": ["terreau", "emails"], "base": ["terreau"]}
    )
    ((state, sentence),) = about(house(tmp_path), "packages")
    assert (state, "`emails` was also installed by emails" in sentence) == ("wrong", True)


def test_a_probe_that_breaks_is_a_finding(tmp_path, monkeypatch):
    def broken(config):
        raise socket.gaierror("no such name")
        yield Finding("mail", "well", "never")

    monkeypatch.setitem(doctor.PROBES, "mail", broken)
    assert about(house(tmp_path), "mail") == [("wrong", "could not be looked at: gaierror: no such name")]


def test_a_disk_nearly_full_is_doubtful(tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 10 * 1024**2, "total": 100 * 1024**3, "used": 0})
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)
    assert [state for state, _ in about(house(tmp_path), "disk")] == ["doubt"]


def test_an_embedded_database_can_be_made_and_is_then_well(tmp_path):
    config = house(tmp_path)
    migrate(config.database.url)
    assert [state for state, _ in about(config, "database")] == ["well"]


def test_where_mail_comes_back_to_is_looked_at(tmp_path):
    """Nothing set is told; a folder that is none is wrong; one that nobody looks into is a doubt."""
    bounces = tmp_path / "Maildir"

    def told(**chosen):
        config = house(tmp_path, mail={"transport": "maildir", "bounces": chosen})
        prepare(config)
        [(state, sentence)] = about(config, "returns")
        return state, sentence

    assert told() == ("well", "no mailbox of bounces and no webhook is set under [mail.bounces]")
    assert told(maildir=bounces) == ("wrong", f"{bounces}/new cannot be read: what comes back is not seen")
    (bounces / "new").mkdir(parents=True)
    assert told(maildir=bounces) == (
        "doubt", f"{bounces} was never looked into; 0 mails came back in 30 days",
    )  # fmt: skip
    config = house(tmp_path, mail={"transport": "maildir", "bounces": {"maildir": bounces}})
    (bounces / "new" / "1.mx").write_bytes(report())
    with closing(House.build(config)) as running:
        assert running.bounce_box is not None
        assert running.bounce_box.drain(Event()) == 1
    state, sentence = told(maildir=bounces)
    assert (state, "0 mails came back in 30 days, and 1 without a token of ours" in sentence) == ("well", True)


class Away:
    """A DNS that nobody answers for."""

    def texts(self, name):
        raise NotKnown(f"no name server answered about {name}")

    mail_servers = addresses = pointers = texts


def signing(tmp_path, key=None, **mail):
    """Settings whose letters are signed by `key`, with the example in force."""
    file = tmp_path / "dkim.pem"
    private = (key or ed25519.Ed25519PrivateKey.generate()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    file.write_bytes(private)
    file.chmod(0o600)
    config = house(
        tmp_path, content={"dir": data_path("content")}, mail={"transport": "smtp", **mail},
        dkim={"selector": "terreau", "domain": "atelier-lumen.example", "key_file": file},
    )  # fmt: skip
    put_in_force(config)
    return config


def test_the_domains_that_mails_leave_from_are_asked_about(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "Dns", Away)
    config = signing(tmp_path, return_path="retour@atelier-lumen.example")
    assert about(config, "alignment") == [
        ("well", "atelier-lumen.example is vouched for by its signature and its return path")
    ]
    assert about(config, "spf") == [("doubt", "not known: no name server answered about atelier-lumen.example")]
    assert about(config, "dkim")[0][1].endswith("about terreau._domainkey.atelier-lumen.example")


def test_a_key_that_others_can_read_or_that_is_none_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "Dns", Away)
    config = signing(tmp_path)
    config.dkim.key_file.chmod(0o644)
    assert any("dkim.pem can be read by others" in sentence for _state, sentence in about(config, "secrets"))
    config.dkim.key_file.write_text("hello")
    ((state, sentence),) = about(config, "dkim")
    assert (state, "holds no private key" in sentence) == ("wrong", True)


def test_letters_are_signed_once_the_settings_name_a_key(tmp_path):
    config = signing(tmp_path, transport="maildir", maildir=tmp_path / "mails")
    line = transport_of(config).connect()
    finish(line.offer(Envelope("bounce@atelier-lumen.example", "ada@lumen.example")))
    finish(line.give(b"From: ines@atelier-lumen.example\r\n\r\nBonjour\r\n"))
    (file,) = (tmp_path / "mails" / "new").iterdir()
    assert b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;" in file.read_bytes()
    assert type(transport_of(house(tmp_path))).__name__ == "Maildir", "and not without one"


FOUND = [
    Finding(
        "python",
        "doubt",
        said(
            "%(free)s GiB free of %(total)s on the disk of %(folder)s",
            free=said_number(77.1),
            total=said_number(252.0),
            folder="/",
        ),
        said("run `terreau apply`"),
    ),
    Finding(
        "database",
        "well",
        said(
            "release %(number)s (%(hash)s) by %(author)s, %(when)s, is in force",
            number=1,
            hash="ab",
            author="chloé",
            when=said_moment(TUESDAY, "Europe/Paris"),
        ),
    ),
    Finding(
        "dkim",
        "wrong",
        said(
            "%(place)s speaks %(version)s; its certificate is good until %(until)s",
            place="x",
            version="TLSv1.3",
            until=said_day(TUESDAY.date()),
        ),
    ),
]


@pytest.mark.parametrize(
    ("locale", "lines"),
    [
        (
            "en",
            [
                "look  python   77.1 GiB free of 252 on the disk of /",
                "               run `terreau apply`",
                "well  database release 1 (ab) by chloé, 3 November 2026, 9:12, is in force",
                "WRONG dkim     x speaks TLSv1.3; its certificate is good until 3 November 2026",
            ],
        ),
        (
            "fr",
            [
                "à voir     Python 77,1 Gio libres sur les 252 du disque de /",
                "                  lancez `terreau apply`",
                "va bien    base   la version 1 (ab) de chloé, du 3 novembre 2026, 9 h 12, est en vigueur",
                "À CORRIGER dkim   x parle TLSv1.3 ; son certificat est bon jusqu’au 3 novembre 2026",
            ],
        ),
    ],
)
def test_what_is_found_stands_in_columns_in_the_language_of_whoever_asks(locale, lines):
    assert [
        click.unstyle(line).replace("\u00a0", " ") for line in findings_text.lines(FOUND, translator(locale))
    ] == lines
