"""What a start says and decides before anybody comes: a mail server that does not answer, a port of its own."""

import socket

import pytest

from base.config import Config
from base.paths import data_path
from terreau.mailbox import Mailbox, MailReceiver
from terreau.serving import listening, serve, try_mail_server
from terreau.web import AddressTaken


def settings(port: int, transport: str = "smtp") -> Config:
    smtp = {"host": "127.0.0.1", "port": port, "security": "none"}
    return Config.model_validate({"mail": {"transport": transport}, "smtp": smtp})


def test_a_mail_server_is_mentioned_only_when_it_does_not_answer(moment):
    said: list[str] = []
    receiver = MailReceiver(Mailbox(lambda: moment.calendar))
    receiver.start()
    try_mail_server(settings(receiver.port), said.append).join(5)
    receiver.stop()
    assert said == []
    try_mail_server(settings(receiver.port), said.append).join(5)
    (line,) = said
    assert line.startswith(f"Warning: no mail server answers at 127.0.0.1:{receiver.port} (")
    assert line.endswith("): mails wait until one does.")
    assert try_mail_server(settings(receiver.port, "maildir"), said.append) is None


@pytest.mark.parametrize(
    ("base_url", "port", "links"),
    [
        ("http://localhost:8000", 8001, "http://localhost:8001"),
        ("http://localhost:8000", None, "http://localhost:8000"),
        ("http://localhost:8000", 0, "http://localhost:8000"),  # any free one: not known yet
        ("https://atelier.example", 8001, "https://atelier.example"),
    ],
)
def test_links_to_this_machine_go_along_with_the_port(base_url: str, port: int | None, links: str) -> None:
    config = Config.model_validate({"site": {"base_url": base_url}})
    moved = listening(config, None, port)
    assert (moved.site.base_url, moved.server.port) == (links, config.server.port if port is None else port)


def test_the_port_is_looked_at_before_anything_is_made_or_said_to_be_in_force(tmp_path):
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = Config.model_validate(
            {
                "server": {"host": "127.0.0.1", "port": taken.getsockname()[1]},
                "data": {"dir": tmp_path / "data"},
                "content": {"dir": data_path("content")},
                "database": {"url": f"sqlite:///{tmp_path}/data/terreau.db"},
                "mail": {"transport": "maildir"},
            }
        )
        with pytest.raises(AddressTaken):
            serve(config, with_engine=True, say=said.append)
    assert (said, list(tmp_path.iterdir())) == ([], [])
