"""What a lead may be written to about, and on which ground, for `terreau explain` and `terreau why`."""

from collections.abc import Iterator, Mapping, Sequence

from authoring.models.common import text_in
from base.translations import Translator, msgid
from console.left_alone import told_of_address
from console.names import Names
from leads.answering import TRACKING
from reports.came_back import LeftAlone

GROUNDS = {
    "granted": msgid("“%(topic)s” (agreed)"),
    "informed": msgid("“%(topic)s” (told of it at a work address, no objection)"),
}


def permitted(grounds: Mapping[str, str], alone: Sequence[LeftAlone], names: Names, words: Translator) -> Iterator[str]:
    """One line, of {topic: its ground}; then why there is none, or no more. Under `reading_as`."""
    site = names.site
    topics = site.definitions.topics
    named = [
        words.gettext(GROUNDS[ground], topic=text_in(topics[topic].label, words.locale) if topic in topics else topic)
        for topic, ground in sorted(grounds.items())
        if topic not in TRACKING
    ]
    if named and all(one.topic is not None for one in alone):
        yield words.gettext("May be written to about: %(topics)s.", topics=", ".join(named))
    else:
        yield words.gettext("May not be written to about any topic.")
    yield from told_of_address(alone, names)
