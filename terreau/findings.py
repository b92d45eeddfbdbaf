"""What a probe of the doctor answers with."""

from dataclasses import dataclass
from typing import Literal

from base.saying import Said
from base.translations import Translator

State = Literal["well", "doubt", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` what was looked at · `sentence` what is true · `hint` what to do, where there is something to do."""

    subject: str
    state: State
    sentence: str
    hint: str = ""

    def as_json(self, words: Translator) -> dict[str, str]:
        sentence, hint = self.told(words)
        return {"subject": self.subject, "state": self.state, "sentence": sentence, "hint": hint}

    def told(self, words: Translator) -> tuple[str, str]:
        """Sentence and hint in that language."""
        said = [text.by(words) if isinstance(text, Said) else text for text in (self.sentence, self.hint)]
        return said[0], said[1]
