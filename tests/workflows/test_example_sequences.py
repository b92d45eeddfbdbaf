"""The example's own sequences, played: who asks is answered, whoever has the lead."""

from dataclasses import replace

import pytest


@pytest.mark.parametrize("stage", ["contact", "mql", "sql", "opportunity", "customer"])
def test_whoever_asks_for_a_demonstration_is_answered_whatever_the_stage(site, world, stage):
    stored = replace(site, release_id=1, versions={name: name for name in site.sequences})
    story = world.Story(stored, granted=())
    story.standing = replace(story.standing, stage=stage)
    turn = story.submits("demo", hand_raise=True)
    assert story.sent == ["demande-demo/recu"]
    opened = [change.to_stage for change in turn.stage_changes if change.hand_off]
    assert len(opened) + len(turn.raised) == 1, "sales is told, in one way or the other"
