"""A way to deliver that has moods and a memory: the judge of what was sent to whom, and of what they wished then."""

import re
from collections import Counter, deque
from dataclasses import dataclass

from emails.replies import NoReply, Reply

_MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)\r$", re.MULTILINE)


@dataclass(frozen=True)
class Kept:
    """A mail that was taken, and what its reader wished at that very instant."""

    message_id: str
    recipient: str
    agreed: frozenset[str]
    left: bool
    gone: bool
    resting: frozenset[str]


class PostOffice:
    """A transport with moods: the next ones wait in `moods`; without one it takes what it is given."""

    used = 0

    def __init__(self, town):
        self.town, self.kept, self.moods = town, [], deque()

    def connect(self):
        return self

    def close(self):
        """Nothing is kept open."""

    def offer(self, envelope):
        yield from ()
        recipient = envelope.recipient
        self.recipient, self.mood = recipient, self.moods.popleft() if self.moods else "takes"
        if self.mood == "leaves":  # the reader does, between our claim and our intent
            self.town.leaves(recipient.partition("@")[0])
        if self.mood == "nobody":
            self.town.gone.add(recipient)
        return ANSWERS.get(self.mood, ("go", Reply(354, "go on")))

    def give(self, data, ahead=None):
        yield from ()
        if self.mood in LATE_ANSWERS:
            return LATE_ANSWERS[self.mood]
        if self.mood != "loses":
            who = self.recipient.partition("@")[0]
            agreed, left = frozenset(self.town.agreed.get(who, ())), who in self.town.left
            gone = self.recipient in self.town.gone
            found = _MESSAGE_ID.search(data).group(1).decode()
            self.kept.append(Kept(found, self.recipient, agreed, left, gone, frozenset(self.town.resting)))
        if self.mood in ("loses", "keeps in silence"):
            raise NoReply("the line is dead")
        return Reply(250, "kept")

    def times(self):
        return Counter(one.message_id for one in self.kept)


ANSWERS = {
    "refuses": ("refused", Reply(550, "5.2.0 no")),
    "nobody": ("refused", Reply(550, "5.1.1 nobody here")),
    "later": ("deferred", Reply(451, "4.3.0 later")),
}
LATE_ANSWERS = {"refuses late": Reply(554, "5.6.0 no"), "later late": Reply(452, "4.3.1 full")}
MOODS = ("takes", "takes", "leaves", "loses", "keeps in silence", *ANSWERS, *LATE_ANSWERS)
