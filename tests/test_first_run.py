"""The first run on a machine waits for the compiler, and says so, once, to people only."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from experiments.commands.options import say_if_compiling
from simulator import kernel


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the compiler."""
    monkeypatch.setattr(kernel, "advance", SimpleNamespace(stats=SimpleNamespace(cache_path=str(tmp_path))))
    return tmp_path


def test_what_was_compiled_counts_only_as_long_as_the_source_is_the_same(cache):
    assert not kernel.is_compiled()
    (cache / "kernel.another-10.py311.nbi").touch()
    assert not kernel.is_compiled()
    index = cache / "kernel.advance-10.py311.nbi"
    index.touch()
    assert kernel.is_compiled()
    source = Path(kernel.__file__).stat().st_mtime
    os.utime(index, (source - 1, source - 1))
    assert not kernel.is_compiled()


def test_without_the_compiler_there_is_nothing_to_wait_for(monkeypatch):
    monkeypatch.setattr(kernel, "advance", lambda: None)
    assert kernel.is_compiled()


def test_only_a_terminal_is_told(cache, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    say_if_compiling()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    say_if_compiling()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("compiling the simulator for this machine, once")
    (cache / "kernel.advance-10.py311.nbi").touch()
    say_if_compiling()
    assert capsys.readouterr().err == ""
