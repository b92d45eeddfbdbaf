"""The guide to sequences: every key stands in it, explained and shown, and every example leads a lead through."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from authoring.models import sequences
from authoring.models.common import Model
from authoring.models.sequences import Trigger

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "sequences.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)
MODELS = [
    model
    for model in vars(sequences).values()
    if isinstance(model, type) and issubclass(model, Model) and model is not Model
]
WRITTEN = sorted({
    field.alias or name
    for model in MODELS if model.__module__ == sequences.__name__
    for name, field in model.model_fields.items()
})  # fmt: skip


def keys_of(written: Any) -> Iterator[str]:
    """Every key of a document, however deep."""
    if isinstance(written, dict):
        yield from written
    inner = written.values() if isinstance(written, dict) else written if isinstance(written, list) else ()
    for one in inner:
        yield from keys_of(one)


SHOWN = {key for example in EXAMPLES for key in keys_of(tomllib.loads(example))}


@pytest.mark.parametrize("key", WRITTEN)
def test_every_key_is_explained_and_shown(key):
    assert f"`{key}`" in GUIDE.read_text()
    assert key in SHOWN


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split("\n")[0][:40])
def test_every_example_leads_a_lead_to_its_end(world, example):
    """Whoever sends a form is let in by it; mails arrive, nothing else happens, and every step is taken or skipped."""
    steps = "" if "[[step]]" in example else '[[step]]\nid = "one"\nemail = "one"\n'
    written = world.site({"tips": example + steps})
    one = written.sequences["tips"].model_copy(update={"trigger": [Trigger(form="guide")]})
    known = {"fair_on": "2026-12-01", "stade": "neuf"}
    story = world.Story(replace(written, sequences={"tips": one}), granted=(one.topic,), fields=known)
    turn = story.submits()
    while story.inside().active:
        turn = story.mail_ends() if story.inside().position == "awaiting_mail" else story.turn(turn.due_at)
    assert {receipt.step for turn in story.turns for receipt in turn.receipts} <= {step.id for step in one.step}
    assert story.said[-1][0] in ("completed", "left")
