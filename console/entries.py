"""On which terms somebody entered a sequence, told as a sentence: their ground, and the version that fell to them."""

import re
from collections.abc import Mapping

from base.translations import msgid
from console.context import say
from workflows.entries import INFORMED

ROLLOUT = re.compile(r"\(rollout = (?P<share>\d+): the (?P<which>new version|version of before)\)")
ENTERED: Mapping[str, str] = {
    "new version": msgid("one of the %(share)s %% who enter the new version"),
    "version of before": msgid("enters the previous version; the new one is for %(share)s %%"),
}
TOLD_AT_WORK = msgid("told of it at a work address, no objection")


def told_of_entry(reason: str) -> str:
    """On which ground without consent, and which version was entered, where a rollout shares leads out; else ""."""
    parts = [say(TOLD_AT_WORK)] if INFORMED in reason else []
    if found := ROLLOUT.search(reason):
        sentence = ENTERED[found["which"]]
        parts.append(say(sentence, share=found["share"]))
    return ", ".join(parts)
