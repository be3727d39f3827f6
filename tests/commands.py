"""The command line called from within a test, as a user would type it."""

from __future__ import annotations

import sys
from typing import NamedTuple

import pytest

from experiments import commands


class Typed(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def type_in(words: list[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Run ``netrial`` with these words; a traceback fails the test."""
    monkeypatch.setattr(sys, "argv", ["netrial", *map(str, words)])
    monkeypatch.setattr(commands.signal, "signal", lambda *_: None)
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        commands.main()
    printed = capsys.readouterr()
    return Typed(int(ended.value.code or 0), printed.out, printed.err)
