"""From a frozen message to its envelope and bytes: rendered, composed, always the same.

Pure: no database, no clock, no network.
"""

from dataclasses import dataclass

from emails.compile import CompiledEmail
from emails.compose import Letter, compose
from emails.envelope import UnfitEnvelope, receiver, return_path
from emails.folding import UnfitHeader, whole
from emails.render import RenderError, link_addresses, render
from emails.states import Message
from emails.transports import Envelope


class WontDo(Exception):
    """This message cannot become a letter; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Written:
    """A letter in its envelope."""

    envelope: Envelope
    data: bytes


def write(message: Message, text: CompiledEmail, bounces: str | None, key_header: str | None = None) -> Written:
    """The letter of a frozen message. `bounces` receives what comes back, by default whoever wrote. Raises WontDo.

    `key_header` carries what stays the same over all tries: a provider that looks at it takes the letter once.
    """
    name, address = text.constants["author"]
    try:
        envelope = Envelope(return_path(bounces or address, message.token), receiver(message.recipient))
        key = whole(key_header, _mark(message)) if key_header else b""
        return Written(envelope, key + compose(_letter(message, text, (name, address))))
    except (RenderError, UnfitHeader, UnfitEnvelope) as error:
        raise WontDo(str(error)) from error


def _letter(message: Message, text: CompiledEmail, author: tuple[str, str]) -> Letter:
    context, constants = message.context, text.constants
    links = link_addresses(text, context.get("base_url", ""), message.token, bool(context.get("counted")))
    filled = render(text, context, links)
    marketing = message.klass == "marketing"
    return Letter(
        author=author,
        recipient=message.recipient,
        subject=filled.subject,
        html=filled.html_pieces,
        text=filled.text_pieces,
        language=str(constants["locale"]),
        message_id=message.message_id,
        dated=message.dated,
        mark=_mark(message),
        reply_to=constants["reply_to"],
        unsubscribe_url=context["unsubscribe_url"] if marketing else None,
        list_id=constants["list_id"] if marketing else None,
        feedback_id=constants["feedback_id"],
        automatic=message.klass == "notification",
        images=text.images,
    )


def _mark(message: Message) -> str:
    """The left part of its Message-ID: letters and digits that stand in no other."""
    return str(message.message_id).strip("<>").partition("@")[0]
