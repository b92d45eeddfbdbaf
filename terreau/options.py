"""What every command is told before its name: which settings, which content; and where they are found without it.

The example that came along is nobody's content: only `terreau demo` shows it, and this checkout, where it lies.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from base.config import Config, load_config
from base.saying import said
from base.settings import Content
from terreau.preparing import is_new


class NoContent(Exception):
    """Nobody said where content is, and none lies here."""

    def __init__(self) -> None:
        super().__init__(
            said(
                "there is no content here yet: `terreau new site FOLDER` makes one; where it lies elsewhere, say so"
                " with --content, or as `dir` under [content] in config.toml"
            )
        )


class NoHouse(Exception):
    """A database would be made where nobody said that a house is."""

    def __init__(self) -> None:
        super().__init__(
            said(
                "there are no settings here, no content and no database: name the settings with --config, or begin with"
                " `terreau new site FOLDER`"
            )
        )


@dataclass(frozen=True, slots=True)
class Options:
    """`--config` and `--content`, None where they were not given."""

    config: Path | None
    content: Path | None

    def load(self) -> Config:
        """The settings; content is the folder named, else that of the settings, there or not.

        Raises ConfigError with every problem.
        """
        config = load_config(self.config, os.environ)
        if self.content is None:
            return config
        return config.model_copy(update={"content": Content(dir=self.content.absolute())})

    def load_with_content(self) -> Config:
        """The same for a command that reads content. Raises NoContent as well."""
        config = self.load()
        if self.is_lost():
            raise NoContent
        return config

    def load_to_begin(self) -> Config:
        """The same for a command that makes the database where none is yet. Raises NoHouse."""
        config = self.load()
        if self.is_lost() and "TERREAU__DATABASE__URL" not in os.environ and is_new(config):
            raise NoHouse
        return config

    def is_lost(self) -> bool:
        """Whether nobody said where content is, and none lies here."""
        said_where = self.content is not None or self.config is not None or "TERREAU__CONTENT__DIR" in os.environ
        return not (said_where or Path("config.toml").exists() or Content().dir.exists())
