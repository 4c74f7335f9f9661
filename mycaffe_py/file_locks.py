"""Locks of open files, which the system frees when their process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys

_TAKEN = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # such a lock also forbids reading, so it covers a byte behind the text

    def try_lock(number: int, *, shared: bool) -> bool:
        """Lock an open file (if ``shared``, only try whether that is possible); OSError if there are no locks."""
        os.lseek(number, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
            if shared:
                msvcrt.locking(number, msvcrt.LK_UNLCK, 1)
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        finally:
            os.lseek(number, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def try_lock(number: int, *, shared: bool) -> bool:
        """Lock an open file, until it is closed; False if it is locked. OSError if there are no locks here."""
        try:
            fcntl.flock(number, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        return True
