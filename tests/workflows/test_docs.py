"""The guide to sequences: every key stands in it, and every example can be read."""

import re
import tomllib
from pathlib import Path

import pytest

from authoring.models import sequences
from authoring.models.common import Model

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "sequences.md"
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


@pytest.mark.parametrize("key", WRITTEN)
def test_every_key_is_explained(key):
    assert f"`{key}`" in GUIDE.read_text()


def test_every_example_is_part_of_a_sequence_that_can_be_read(world):
    examples = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)
    assert len(examples) == 8
    for example in examples:
        steps = "" if "[[step]]" in example else '[[step]]\nid = "one"\nemail = "one"\n'
        assert world.sequence(example + steps).step
        assert tomllib.loads(example)
