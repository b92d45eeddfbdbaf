"""What a lead may be written to about, and on which ground, for `terreau explain` and `terreau why`."""

from collections.abc import Iterator, Mapping

from authoring.models.common import text_in
from authoring.site import Site
from base.translations import Translator, msgid
from leads.answering import TRACKING

GROUNDS = {
    "granted": msgid("“%(topic)s” (agreed)"),
    "informed": msgid("“%(topic)s” (told of at an address at work, no objection)"),
}


def permitted(grounds: Mapping[str, str], site: Site, words: Translator) -> Iterator[str]:
    """One line, of {topic: its ground}."""
    topics = site.definitions.topics
    named = [
        words.gettext(GROUNDS[ground], topic=text_in(topics[topic].label, words.locale) if topic in topics else topic)
        for topic, ground in sorted(grounds.items())
        if topic not in TRACKING
    ]
    if named:
        yield words.gettext("May be written to about: %(topics)s.", topics=", ".join(named))
    else:
        yield words.gettext("May not be written to about any topic.")
