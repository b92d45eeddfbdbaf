"""Takes one message at a time to the server, and its intent to the committer in between.

While one letter is on its way the next is written out, and where the server allows it, offered in the same breath.
"""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from base.clock import Clocks
from emails.channel import Channel
from emails.claiming import InHand
from emails.committer import Committer
from emails.letters import WontDo, Written, write
from emails.lines import KeptLine
from emails.replies import ChannelFault, Meaning, NoReply, Reply, is_nobody, meaning
from emails.results import Result, Results, after_the_letter, refusal
from emails.states import Move
from emails.transports import Transport
from leads.consent import address_hash
from storage.trouble import StorageUnavailable

log = structlog.get_logger(__name__)

NOT_BEGUN = Move("due", values=(("in_data_at", None),))


@dataclass(frozen=True, slots=True)
class Desk:
    """What all couriers of a sender share. `bounces` is the address that bounces come back to, if not the author's."""

    committer: Committer
    clocks: Clocks
    transport: Transport
    results: Results
    channel: Channel
    suppression_key: str
    bounces: str | None


@dataclass(frozen=True, slots=True)
class Ready:
    """A message in hand, and its letter."""

    one: InHand
    written: Written


class Courier:
    """One thread, one line. Everything it learns goes through the results; only the intent is written by itself."""

    def __init__(self, number: int, desk: Desk) -> None:
        self.number = number
        self._desk = desk
        self._line = KeptLine(desk.transport)

    def make_ready(self, one: InHand) -> Ready | None:
        """Its letter, written out. None: it cannot be written, and was sent elsewhere."""
        try:
            return Ready(one, write(one.message, one.text, self._desk.bounces))
        except WontDo as error:
            log.error("a mail cannot be written", message=one.message.id, email=one.message.email, reason=str(error))
            self._note(one, Move("failed", str(error)))
        except Exception as error:
            self._put_off(one, error)
        return None

    def deliver(self, ready: Ready, ahead: Ready | None) -> None:
        """Bring one message to its end, or to its next try. Raises StorageUnavailable, with nothing lost by it.

        `ahead` is what this line will be given next.
        """
        try:
            self._deliver(ready, ahead)
        except StorageUnavailable:
            raise
        except Exception as error:
            self._put_off(ready.one, error)

    def close(self) -> None:
        self._line.close()

    def _put_off(self, one: InHand, error: Exception) -> None:
        """A fault of ours, before the letter: this one waits, and the others go on."""
        log.exception("a mail met a fault", message=one.message.id, email=one.message.email)
        self._line.close()
        step = refusal(one.message, "deferred", f"unexpected: {error!r}", self._desk.clocks.moment())
        self._note(one, step, "claimed", "in_data")
        self._desk.results.flush()  # what this line carried is told apart: the next intent shall not meet it again

    def _deliver(self, ready: Ready, ahead: Ready | None) -> None:
        one = ready.one
        try:
            said, reply = self._line.offer(ready.written.envelope)
        except ChannelFault as fault:
            self._step_aside(one, str(fault))
            return
        if said == "channel":
            self._step_aside(one, reply.sentence)
        elif said == "go":
            self._give(ready, ahead)
        else:
            if said == "policy":
                self._desk.channel.failed(reply.sentence)
            self._refused(one, said, reply)

    def _give(self, ready: Ready, ahead: Ready | None) -> None:
        one, policy = ready.one, str(ready.one.text.constants["on_unknown"])
        if not self._intend(one):
            self._line.close()
            return
        try:
            reply = self._line.give(ready.written.data, ahead.written.envelope if ahead else None)
            said, word = meaning("end", reply), reply.sentence
        except NoReply as error:
            said, word = "unknown", str(error)
        except Exception as error:  # a fault of ours, and nobody knows how many bytes were written by then
            log.exception("a letter met a fault", message=one.message.id, email=one.message.email)
            said, word = "unknown", f"unexpected: {error!r}"
        if said == "go":
            self._desk.channel.worked()
        step = after_the_letter(one.message, policy, said, word, self._desk.clocks.moment())
        self._note(one, step, "in_data")

    def _intend(self, one: InHand) -> bool:
        """The last look and the intent, in one transaction with what this line learned before. False: do not write."""
        desk = self._desk
        carried = desk.results.take(self.number)
        try:
            return desk.committer.intend(one, carried)
        except Exception as error:
            self._line.close()
            desk.results.put_back(self.number, carried)
            if isinstance(error, StorageUnavailable):
                self._note(one, NOT_BEGUN, "claimed", "in_data")
            raise

    def _step_aside(self, one: InHand, reason: str) -> None:
        """The way is blocked: the message waits like all others, and no try is counted."""
        pause = self._desk.channel.failed(reason)
        log.warning("the mail server is out of reach", reason=reason, pause=round(pause, 1))
        later = self._desk.clocks.machine() + timedelta(seconds=pause)
        self._note(one, Move("due", values=(("due_at", later),)))

    def _refused(self, one: InHand, said: Meaning, reply: Reply) -> None:
        """No, for now or for good. An address that does not exist gets no mail of any kind any more."""
        now, message = self._desk.clocks.moment(), one.message
        gone = is_nobody(reply) and message.klass != "notification"
        bounced = address_hash(self._desk.suppression_key, message.recipient) if gone else None
        step = refusal(message, said, reply.sentence, now)
        self._desk.results.add(self.number, Result(message, one.holder, ("claimed",), step, now, bounced))

    def _note(self, one: InHand, step: Move, *origins: str) -> None:
        now = self._desk.clocks.moment()
        self._desk.results.add(self.number, Result(one.message, one.holder, origins or ("claimed",), step, now))
