"""Delivers into a Maildir, for demos and for relays that pick mail up there: written aside, then renamed into place."""

import os
from pathlib import Path

from base.config import Config
from base.tokens import digest
from emails.replies import ChannelFault, Meaning, Reply
from emails.talks import Talk
from emails.transports import Envelope


class Maildir:
    """The folder is made on first use."""

    def __init__(self, config: Config) -> None:
        self._folder = config.mail.maildir

    def connect(self) -> "MaildirLine":
        try:
            for part in ("tmp", "new", "cur"):
                (self._folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ChannelFault(f"the maildir cannot be made: {error}") from error
        return MaildirLine(self._folder)


class MaildirLine:
    """The same bytes have the same file name: a letter given twice is there once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._envelope = b""
        self.used = 0

    def offer(self, envelope: Envelope) -> Talk[tuple[Meaning, Reply]]:
        yield from ()
        sender, recipient = envelope
        self._envelope = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode()
        return "go", Reply(354, "go on")

    def give(self, data: bytes, ahead: Envelope | None = None) -> Talk[Reply]:
        yield from ()
        name = f"{digest(data)[:40]}.terreau"
        aside, final = self._folder / "tmp" / name, self._folder / "new" / name
        try:
            with aside.open("wb") as file:
                file.write(self._envelope + data)
                file.flush()
                os.fsync(file.fileno())
            aside.rename(final)
            _settle_folder(final.parent)
        except OSError as error:
            return Reply(451, f"the maildir did not take it: {error}")
        self.used += 1
        return Reply(250, f"stored as {name}")

    def close(self) -> None:
        """Nothing is kept open."""


def _settle_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
