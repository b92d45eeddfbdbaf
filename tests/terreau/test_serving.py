"""What a start says and decides before anybody comes: a mail server that does not answer, a port of its own."""

import pytest

from base.config import Config
from terreau.mailbox import Mailbox, MailReceiver
from terreau.serving import listening, try_mail_server


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
