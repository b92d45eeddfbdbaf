"""What is at hand beside a folder of content when it is checked: the settings, and a database where one can be read."""

from collections.abc import Mapping
from contextlib import closing

from base.config import Config
from leads.lint import MEASURED
from leads.measured import Share, unmeasured
from storage.database import StorageUnavailable, open_database
from storage.migrate import SchemaMismatch, check_schema
from terreau.preparing import is_new
from terreau.surroundings import Surroundings

WAIT_SECONDS = 1  # nobody waits for what is merely good to know


def surroundings_of(config: Config) -> Surroundings:
    """What is at hand: the settings, and the leads where there is a database of this version to be read."""
    never = frozenset({"clicks"} if config.tracking.clicks == "never" else ())
    asks = bool(config.retention.sunset_months and config.retention.sunset_notice_days)
    return Surroundings([webhook.name for webhook in config.webhooks], never, asks, _shares(config))


def _shares(config: Config) -> Mapping[str, Share]:
    try:
        if is_new(config):
            return {}
        with closing(open_database(config.database.url, wait_seconds=WAIT_SECONDS)) as database:
            check_schema(database)
            with database.read() as conn:
                return unmeasured(conn, sorted(set(MEASURED.values())))
    except (SchemaMismatch, StorageUnavailable):
        return {}
