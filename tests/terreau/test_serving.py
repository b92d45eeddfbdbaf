"""A mail server that does not answer at the start is said in a line, beside the start."""

from base.config import Config
from terreau.mailbox import Mailbox, MailReceiver
from terreau.serving import try_mail_server


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
