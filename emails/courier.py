"""Takes one message at a time to the server, and its intent to the committer in between.

While one letter is on its way the next is written out, and where the server allows it, offered in the same breath.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from base.clock import Clocks
from emails.channel import Channel
from emails.claiming import InHand
from emails.committer import Committer
from emails.domains import Domains, domain_of
from emails.letters import WontDo, Written, write
from emails.lines import KeptLine
from emails.obstacles import aside
from emails.replies import ChannelFault, Fault, Meaning, NoReply, Reply, is_nobody, meaning
from emails.results import Result, Results, after_the_letter, put_off, refusal
from emails.states import Move
from emails.talks import NEXT_TURN, Errands, Talk
from emails.transports import Transport
from leads.consent import address_hash
from storage.trouble import StorageUnavailable

log = structlog.get_logger(__name__)

NOT_BEGUN = Move("due", values=(("in_data_at", None),))


@dataclass(frozen=True, slots=True)
class Desk:
    """What all couriers of a sender share. `bounces` is the address that bounces come back to, if not the author's;
    `key_header` the header by which the provider knows a letter again."""

    committer: Committer
    errands: Errands
    clocks: Clocks
    transport: Transport
    results: Results
    channel: Channel
    domains: Domains
    suppression_key: str
    bounces: str | None
    key_header: str | None


@dataclass(frozen=True, slots=True)
class Ready:
    """A message in hand, and its letter."""

    one: InHand
    written: Written


Follow = Callable[[], Ready | None]


class Courier:
    """One line. Everything it learns goes through the results; only the intent is written by itself."""

    def __init__(self, number: int, desk: Desk) -> None:
        self.number = number
        self._desk = desk
        self._line = KeptLine(desk.transport, desk.errands)

    def make_ready(self, one: InHand) -> Ready | None:
        """Its letter, written out. None: it cannot be written, and was sent elsewhere."""
        try:
            return Ready(one, write(one.message, one.text, self._desk.bounces, self._desk.key_header))
        except WontDo as error:
            log.error("a mail cannot be written", message=one.message.id, email=one.message.email, reason=str(error))
            self._note(one, Move("failed", str(error)))
        except Exception as error:
            self._put_off(one, error)
        return None

    def deliver(self, ready: Ready, follow: Follow) -> Talk[bool]:
        """Bring one message to its end, or to its next try. Raises StorageUnavailable, with nothing lost by it.

        `follow` gives what this line comes to next; it is asked while the intent is on its way to the disk. True: it
        gave something.
        """
        try:
            return (yield from self._deliver(ready, follow))
        except StorageUnavailable:
            raise
        except Exception as error:
            self._put_off(ready.one, error)
            return False

    def knock(self) -> Talk[bool]:
        """Try the door of a stopped channel, with no letter in hand. False: it is as it was."""
        try:
            yield from self._line.knock()
        except ChannelFault as fault:
            self._desk.channel.failed(str(fault), fault.kind)
            return False
        self._desk.channel.worked()
        return True

    def close(self) -> None:
        self._line.close()

    def _put_off(self, one: InHand, error: Exception) -> None:
        """A fault of ours, before the letter: this one waits, and the others go on."""
        log.exception("a mail met a fault", message=one.message.id, email=one.message.email)
        self._line.close()
        step = refusal(one.message, "deferred", f"unexpected: {error!r}", self._desk.clocks.moment())
        self._note(one, step, "claimed", "in_data")
        self._desk.results.flush()  # what this line carried is told apart: the next intent shall not meet it again

    def _deliver(self, ready: Ready, follow: Follow) -> Talk[bool]:
        one, domain = ready.one, domain_of(ready.written.envelope.recipient)
        if until := self._desk.domains.rests_until(domain, self._desk.clocks.machine()):
            self._line.close()  # it may have been offered already, behind the letter before
            self._note(one, aside(until))
            return False
        try:
            said, reply = yield from self._line.offer(ready.written.envelope)
        except ChannelFault as fault:
            self._note(one, self._blocked(str(fault), fault.kind))
        else:
            if said == "go":
                return (yield from self._give(ready, follow))
            self._refused(one, said, reply)
        return False

    def _give(self, ready: Ready, follow: Follow) -> Talk[bool]:
        one, policy = ready.one, str(ready.one.text.constants["on_unknown"])
        granted, ahead = yield from self._intend(one, follow)
        if not granted:
            self._line.close()
            return ahead is not None
        try:
            reply = yield from self._line.give(ready.written.data, ahead.written.envelope if ahead else None)
            said, word = meaning("end", reply), reply.sentence
        except ChannelFault as fault:
            self._cut_short(one, str(fault))
            return ahead is not None
        except NoReply as error:
            said, word = "unknown", f"{error} (a letter of {len(ready.written.data)} bytes)"
        except Exception as error:  # a fault of ours, and nobody knows how many bytes were written by then
            log.exception("a letter met a fault", message=one.message.id, email=one.message.email)
            said, word = "unknown", f"unexpected: {error!r}"
        if said in ("go", "unknown"):
            self._note(one, after_the_letter(one.message, policy, said, word, self._desk.clocks.moment()), "in_data")
        else:
            self._note(one, self._answered(one, said, word), "in_data")
        if said == "go":
            self._desk.channel.worked()
            self._desk.domains.accepted(domain_of(ready.written.envelope.recipient))
        return ahead is not None

    def _intend(self, one: InHand, follow: Follow) -> Talk[tuple[bool, Ready | None]]:
        """The last look and the intent, in one transaction with what this line learned before; False: do not write.
        And what follows, which is written out meanwhile."""
        desk = self._desk
        carried = yield from desk.results.take(self.number)
        try:
            answer = desk.committer.stand(one, carried)
            yield NEXT_TURN  # first they all come to this point: they go together
            ahead = follow()
            yield answer
            return answer.result(), ahead
        except Exception as error:
            self._line.close()
            desk.results.put_back(self.number, carried)
            if isinstance(error, StorageUnavailable):
                self._note(one, NOT_BEGUN, "claimed", "in_data")
            raise

    def _refused(self, one: InHand, said: Meaning, reply: Reply) -> None:
        """No, for now or for good. An address that does not exist gets no mail of any kind any more."""
        gone = is_nobody(reply) and one.message.klass != "notification"
        bounced = address_hash(self._desk.suppression_key, one.message.recipient) if gone else None
        step, now = self._answered(one, said, reply.sentence), self._desk.clocks.moment()
        self._desk.results.add(self.number, Result(one.message, one.holder, ("claimed",), step, now, bounced))

    def _answered(self, one: InHand, said: Meaning, word: str) -> Move:
        """What a definite no makes of the message, and what others who go the same way learn from it."""
        desk, now, domain = self._desk, self._desk.clocks.moment(), domain_of(one.message.recipient)
        if said == "channel":
            return self._blocked(word)
        if said == "policy":
            until, about_us = desk.domains.turned_away(domain, word, now.machine)
            if about_us:
                desk.channel.failed(word)
            return put_off(one.message, word, now, until)
        if said == "sender":
            if desk.domains.sender_refused():
                desk.channel.failed(word)
            return put_off(one.message, word, now)
        if word.startswith("4"):
            desk.domains.put_off(domain, one.message.id, word, now.machine)
        return refusal(one.message, said, word, now)

    def _blocked(self, reason: str, kind: Fault = "passing") -> Move:
        """The way is blocked: the message waits like all others, and no try is counted."""
        channel = self._desk.channel
        pause = channel.failed(reason, kind)
        if channel.stopped:
            log.error("mail is stopped until somebody mends this", reason=reason)
        else:
            log.warning("the mail server is out of reach", reason=reason, pause=round(pause, 1))
        later = self._desk.clocks.machine() + timedelta(seconds=pause)
        return Move("due", values=(("in_data_at", None), ("due_at", later)))

    def _cut_short(self, one: InHand, reason: str) -> None:
        """Before its dot: the server has nothing of it. All wait a little, and this letter longer: it may be the one
        that the way does not bear."""
        self._blocked(reason)
        self._note(one, put_off(one.message, reason, self._desk.clocks.moment()), "in_data")

    def _note(self, one: InHand, step: Move, *origins: str) -> None:
        now = self._desk.clocks.moment()
        self._desk.results.add(self.number, Result(one.message, one.holder, origins or ("claimed",), step, now))
