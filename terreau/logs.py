"""How the house speaks to its operator: one line per event, for people or as JSON, without anybody's address in it."""

import logging
import re
import sys
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

ADDRESS = re.compile(r"[^\s<>\"'(),:;]+@[^\s<>\"'(),:;]+\.[^\s<>\"'(),:;]+")
QUIET = {
    "apscheduler": logging.ERROR,  # a beat that finds the last one still busy is no news
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "alembic": logging.WARNING,
}


def set_up(level: str, form: Literal["console", "json"]) -> None:
    """Send everything to standard error, structlog's lines and those of libraries alike."""
    last: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_addresses,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)


def without_addresses(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """The last look before a line leaves: whatever looks like a mail address is blanked, wherever it stands."""
    return {key: _blanked(value) for key, value in event.items()}


def _blanked(value: Any) -> Any:
    match value:
        case str():
            return ADDRESS.sub("<address>", value)
        case dict():
            return {key: _blanked(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_blanked(inner) for inner in value]
        case _:
            return value
