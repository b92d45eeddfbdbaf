"""What the tests of the composition room share: they leave the log as they found it."""

import logging

import pytest
import structlog


@pytest.fixture(autouse=True)
def _log_as_before():
    root = logging.getLogger()
    handlers, level, ours = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**ours)
