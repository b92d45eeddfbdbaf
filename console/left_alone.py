"""Why somebody is not written to, in the viewer's words."""

from collections.abc import Iterable, Iterator, Mapping

from base.translations import msgid
from console.context import day, say
from console.names import Names
from reports.came_back import BOUNCED, COMPLAINED, SOFT, LeftAlone

# Why an address is left alone -> the sentence.
WHY: Mapping[str, str] = {
    "hard_bounce": msgid("Their address is left alone for good: mail to it came back on %(day)s."),
    "soft_bounces": msgid("Their address is left alone for good: mail to it came back too often, last on %(day)s."),
    "complaint": msgid("Their address is left alone for good: they reported a mail as spam on %(day)s."),
    "unsubscribed": msgid("They left all our mail on %(day)s."),
    "staff": msgid("Somebody of the staff had this address left alone on %(day)s."),
    "erased": msgid("They asked to be forgotten on %(day)s, and have not agreed to anything since."),
    "sunset": msgid("Marketing to them ended on %(day)s, as nothing came from them for long."),
}
# The same, where a list that was taken in says that it was so elsewhere.
BY_LIST: Mapping[str, str] = {
    "hard_bounce": msgid("Their address is left alone for good: mail to it had come back elsewhere, %(by_list)s."),
    "complaint": msgid("Their address is left alone for good: they had reported mail as spam elsewhere, %(by_list)s."),
    "unsubscribed": msgid("They had left all mail elsewhere, %(by_list)s."),
}
# The same beside a name, where nobody writes to them.
SHUT: Mapping[str, str] = {
    "hard_bounce": msgid("their mail comes back"),
    "soft_bounces": msgid("their mail comes back"),
    "complaint": msgid("reported mail as spam"),
    "staff": msgid("left alone by the staff"),
}
# What became of a mail that had left -> word, colour.
BACK: Mapping[str, tuple[str, str]] = {
    BOUNCED: (msgid("came back"), "hot"),
    SOFT: (msgid("came back this time"), "warm"),
    COMPLAINED: (msgid("reported as spam"), "hot"),
}


def told_of_address(found: Iterable[LeftAlone], names: Names) -> Iterator[str]:
    """One sentence for each reason; a no to a topic that went with everything else needs none."""
    known = list(found)
    whole = any(one.topic is None for one in known)
    for one in known:
        if one.topic is None:
            yield _address(one)
        elif not whole:
            yield say("They said no to “%(topic)s” on %(day)s.", topic=names("topic", one.topic), day=day(one.at))


def marks(shut: Mapping[str, str]) -> dict[str, str]:
    """{address: why nobody writes to it, in a few words}; `shut`: {address: the reason}."""
    return {address: say(in_short(reason)) for address, reason in shut.items()}


def in_short(reason: str) -> str:
    """What is to be said beside a name."""
    return SHUT.get(reason, msgid("not to be written to"))


def _address(one: LeftAlone) -> str:
    if one.imported is not None and one.reason in BY_LIST:
        return say(BY_LIST[one.reason], by_list=_list(one))
    unknown = msgid("Their address is left alone since %(day)s.")
    sentence = say(WHY.get(one.reason, unknown), day=day(one.at))
    return (
        say("%(sentence)s The reason: %(cause)s.", sentence=sentence, cause=say(one.cause)) if one.cause else sentence
    )


def _list(one: LeftAlone) -> str:
    return say(
        "says line %(line)s of a list taken in on %(day)s (import %(id)s)",
        line=one.line,
        day=day(one.at),
        id=one.imported,
    )
