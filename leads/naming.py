"""How the house names other systems.

Pure: no database, no clock, no network.
"""

import re

SYSTEM = re.compile(r"[a-z][a-z0-9_-]{0,39}")  # hubspot, gclid, …
