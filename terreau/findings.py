"""What a probe of the doctor answers with."""

from dataclasses import dataclass
from typing import Literal

State = Literal["well", "doubt", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` what was looked at · `sentence` what is true · `hint` what to do, where there is something to do."""

    subject: str
    state: State
    sentence: str
    hint: str = ""

    def as_json(self) -> dict[str, str]:
        return {"subject": self.subject, "state": self.state, "sentence": self.sentence, "hint": self.hint}
