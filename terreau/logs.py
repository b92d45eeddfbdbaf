"""How the house speaks to its operator: one line per event, for people or as JSON, and of nobody in particular."""

import logging
import sys
import threading
from types import TracebackType
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from base.discretion import discreet, trace_of, words_of

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
        structlog.processors.ExceptionRenderer(_trace),
        discreetly,
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
    sys.excepthook = _uncaught
    threading.excepthook = lambda fault: _uncaught(fault.exc_type, fault.exc_value, fault.exc_traceback)


def discreetly(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """The last look before a line leaves: whatever may be somebody's is blanked, wherever it stands."""
    return {key: _blanked(value) for key, value in event.items()}


def _blanked(value: Any) -> Any:
    match value:
        case str():
            return discreet(value)
        case dict():
            return {key: _blanked(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_blanked(inner) for inner in value]
        case BaseException():
            return words_of(value)
        case _:
            return value


def _trace(exc_info: ExcInfo) -> str:
    return trace_of(exc_info[1])


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """What nobody caught is told like everything else; Ctrl+C is no fault."""
    if issubclass(kind, KeyboardInterrupt | SystemExit) or error is None:
        return
    structlog.get_logger(__name__).error("a fault that nobody caught", exc_info=error)
