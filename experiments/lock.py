"""The lock of a results folder: one run writes at a time, and others can see that it does, and what it was asked for.

The lock is the operating system's, on the hidden file ``.lock``, and ends with the process, however it ends. What is
written in the file is for people who look: a finished run leaves it empty, a killed one does not.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from simulator.errors import StoreError

try:
    import fcntl
except ImportError:  # not on Windows; two runs on one folder are then the user's to avoid
    fcntl = None  # type: ignore[assignment]

NAME = ".lock"
TRIES, PAUSE = 5, 0.05
"""Somebody who only looks holds the lock for an instant; a run waits for that, at most so often and so many seconds."""


class Lock:
    """Hold a folder until `close`, or until the process ends.

    Parameters
    ----------
    folder : Path
        Exists.

    Raises
    ------
    StoreError
        If another run holds it.
    OSError
        If the folder cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        self._file = (folder / NAME).open("a+", encoding="utf-8")
        if fcntl is None:
            return
        for attempt in range(TRIES):
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if attempt < TRIES - 1:
                    time.sleep(PAUSE)
            except OSError:  # some network file systems know no locks; there, two runs are the user's to avoid
                return
        self._file.close()
        raise StoreError(f"another netrial run is writing to {folder}. Wait for it, or choose another folder")

    def say(self, what: Mapping[str, Any] | None) -> None:
        """Replace what the file says; None: nothing."""
        self._file.seek(0)
        self._file.truncate()
        if what is not None:
            self._file.write(json.dumps(what))
        self._file.flush()

    def close(self) -> None:
        """Let other processes have the folder."""
        self._file.close()


def is_held(folder: Path) -> bool:
    """Say whether a run is writing to a folder now; where there are no locks, False."""
    if fcntl is None:
        return False
    try:
        with (folder / NAME).open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def said(folder: Path) -> dict[str, Any]:
    """Return what the run that holds a folder, or that was killed there, was asked for; empty where there is none.

    Returns
    -------
    dict
        ``replicates``, ``command``, ``started``.
    """
    with suppress(OSError, ValueError):
        what = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if isinstance(what, dict):
            return what
    return {}
