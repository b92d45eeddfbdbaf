"""Why the machine refused something, in words: the commonest refusals can be said in every language.

Pure: no database, no clock, no network.
"""

import errno

from base.saying import said
from base.translations import msgid

# In English the words of the system itself.
_WHY = {
    errno.ENOENT: msgid("No such file or directory"),
    errno.EACCES: msgid("Permission denied"),
    errno.EPERM: msgid("Operation not permitted"),
    errno.EISDIR: msgid("Is a directory"),
    errno.ENOTDIR: msgid("Not a directory"),
    errno.EROFS: msgid("Read-only file system"),
    errno.ENOSPC: msgid("No space left on device"),
    errno.ENAMETOOLONG: msgid("File name too long"),
    errno.EADDRINUSE: msgid("Address already in use"),
    errno.EADDRNOTAVAIL: msgid("Cannot assign requested address"),
    errno.ECONNREFUSED: msgid("Connection refused"),
}


def why_of(error: OSError) -> str:
    """What the system says of it; any other refusal stands in the system's own words."""
    known = _WHY.get(error.errno or 0)
    return said(known) if known is not None else error.strerror or str(error)
