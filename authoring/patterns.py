"""The shapes that texts in authored files must have, each with the words that tell an author what it looks like.

Pure: no database, no clock, no network.
"""

from base.saying import said

NAME = r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$"
INTEREST = r"^[a-z0-9-]+(?:/[a-z0-9-]+)*$"
DURATION = r"^[0-9]{1,5} (minute|hour|day|business day|week|month)s?$"
OFFSET = r"^-?[0-9]{1,5} (minute|hour|day|business day|week|month)s?$"
DAY_OFF = r"^([A-Z]{2}(-[A-Za-z0-9]{1,6})?|[0-9]{4}-[0-9]{2}-[0-9]{2})$"
TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
LOCALE = r"^[a-z]{2}(-[A-Z]{2})?$"
LINE = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
NOT_BLANK = r"\S"
URL = r"^https?://[^\s/]+\S*$"
EVENT = r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)?$"
COLOUR = r"^#[0-9a-fA-F]{6}$"
CAP = r"^[0-9]{1,4} per (day|week|month)$"
CURRENCY = r"^[A-Z]{3}$"
FIELD_NAME = r"^[a-z][a-z0-9_]*$"
OPTION = r"^[a-z0-9_-]+$"
FILE_PATH = r"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$"

# What an author reads when a text does not have the shape: "expected <this>".
LOOKS_LIKE = {
    NAME: said("a name of lower-case letters, digits and hyphens, such as `guide-3d`"),
    INTEREST: said("an interest such as `software` or `software/rendering`"),
    DURATION: said('a duration such as "2 days", "36 hours" or "3 business days"'),
    OFFSET: said('a duration such as "2 days", "36 hours" or "3 business days"'),
    DAY_OFF: said('a country such as "FR", a part of one such as "FR-57", or a day such as "2026-12-24"'),
    TIME: said('a time of day such as "09:30"'),
    LOCALE: said("a language such as `fr` or `en`"),
    LINE: said("one line of text, not empty"),
    NOT_BLANK: said("a text that is not empty"),
    URL: said('a web address such as "https://atelier.example"'),
    EVENT: said("the name of an event such as `asset_downloaded`"),
    COLOUR: said('a colour such as "#2c6a33"'),
    CAP: said('a limit such as "1 per day" or "4 per week"'),
    CURRENCY: said("the three letters of a currency, such as `EUR`"),
    FIELD_NAME: said("a name of lower-case letters, digits and `_`, such as `job_title`"),
    OPTION: said("a short value of lower-case letters, digits, hyphens and `_`, such as `interior_design`"),
    FILE_PATH: said("the path of a file inside `magnets/`, such as `guide-3d/guide-fr.pdf`"),
}
