"""What every command is told before its name: which settings, which content; and where they are found without it."""

import os
from dataclasses import dataclass
from pathlib import Path

from base.config import Config, load_config
from base.paths import data_path
from base.settings import Content


@dataclass(frozen=True, slots=True)
class Options:
    """`--config` and `--content`, None where they were not given."""

    config: Path | None
    content: Path | None

    def load(self) -> Config:
        """The settings; content is the folder named, else that of the settings, else the example that came along.

        Raises ConfigError with every problem.
        """
        config = load_config(self.config, os.environ)
        return config.model_copy(update={"content": Content(dir=self._folder(config))})

    def is_lost(self) -> bool:
        """Whether nobody said where content is, and none lies here: the example would be meant, which is not theirs."""
        return self.content is None and self._is_nowhere() and not Content().dir.exists()

    def _folder(self, config: Config) -> Path:
        if self.content is not None:
            return self.content.absolute()
        chosen = config.content.dir
        return data_path("content") if self._is_nowhere() and not chosen.exists() else chosen

    def _is_nowhere(self) -> bool:
        """Nobody said where content is: no settings were given, and none lie here."""
        said = "TERREAU__CONTENT__DIR" in os.environ or self.config is not None
        return not said and not Path("config.toml").exists()
