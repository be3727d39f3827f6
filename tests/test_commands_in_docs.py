"""Every command and every piece of Python in the README and the documentation is executed, and prints what is shown.

A page is played from top to bottom in an empty folder. What its blocks are:

- ``console`` (or no language): a line that begins with `$ ` is a command, and so is one that begins with `netrial ` or
  `make `; what follows a `$ ` line is its output. `…` stands for anything, a line of its own for any lines.
- ``python``: executed, all of a page in one namespace; a ``text`` block right after it is what it prints.
- ``csv``, ``yaml``: written to the file that the paragraph before names, if it names one.

Long runs of the library's pages are made with fewer replicates; their effects must then agree within the noise.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import netrial
from experiments.commands import app
from scenarios.inputs import assumed_inputs
from scenarios.loading import names as scenario_names
from simulator.errors import NetrialError

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if "_build" not in page.parts]
NAMED = re.compile(r"`([\w-]+\.(?:csv|ya?ml))`")
EXACT = ("obesity", "family_planning")
"""Pages of the library that are run in full; the others take `FEW` replicates."""
FEW = 10
SERVERS = ("explore", "serve")
"""Commands that go on until they are stopped: only their help is asked for."""


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, its text, and the paragraph before it."""

    language: str
    text: str
    before: str


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page, each with the lines since the last heading, block or empty line."""
    found: list[Block] = []
    fence, language, inside, before = "", "", [], []
    for line in text.splitlines():
        marks = re.match(r"`{3,}", line)
        if fence and line.strip() == fence:
            found.append(Block(language, "".join(inside), "\n".join(before)))
            fence, inside, before = "", [], []
        elif fence:
            inside.append(f"{line}\n")
        elif marks:
            fence, language = marks[0], line[len(marks[0]) :].strip()
        elif line.startswith("#") or (line and before[-1:] == [""]):
            before = [line]
        elif line or before:
            before.append(line)
    return found


def commands(block: str) -> Iterator[tuple[str, list[str] | None]]:
    """Yield each command of a block with the output that is shown for it; None where none is."""
    lines = re.sub(r" *\\\n\s*", " ", block).splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith(("$ ", "netrial ", "make "))]
    for start, end in pairwise([*starts, len(lines)]):
        shown = [line.rstrip() for line in lines[start + 1 : end]] if lines[start].startswith("$ ") else []
        yield lines[start].removeprefix("$ "), shown or None


def agrees(shown: list[str], printed: str) -> bool:
    """Whether what is shown, with `…` for anything, is what was printed."""
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == "…" else re.sub(r"(?:\\ )*…", ".*", re.escape(line)) + r" *\n" for line in shown
    )
    return re.fullmatch(pattern, printed.rstrip("\n") + "\n") is not None


RANKED = re.compile(
    r"^ +\d+\. (\w+) +\S+  ([\d,.]+) (fewer|more|lower|higher) than the control "
    r"\(95 % interval ([−\d,.]+) to ([−\d,.]+)\)",
    re.MULTILINE,
)


def effects(text: str) -> dict[str, tuple[float, float]]:
    """Return each arm's effect, with its sign, and half the width of its interval."""
    found = {}
    for arm, size, word, *ends in RANKED.findall(text):
        low, high = (float(end.replace(",", "").replace("−", "-")) for end in ends)
        sign = 1 if word in ("more", "higher") else -1
        found[arm] = (sign * float(size.replace(",", "")), abs(high - low) / 2)
    return found


def agree_within_noise(shown: str, printed: str) -> bool:
    ours, theirs = effects(shown), effects(printed)
    return ours.keys() == theirs.keys() and all(
        abs(ours[arm][0] - theirs[arm][0]) <= ours[arm][1] + 2 * theirs[arm][1] for arm in ours
    )


def printed_by(words: list[str]) -> tuple[int, str]:
    """Return the exit code of a command of netrial, and all that it prints."""
    run_of_a_bundled_scenario = words[:1] == ["run"] and words[1] in scenario_names()
    return once(*words) if run_of_a_bundled_scenario else printed_here(*words)


def printed_here(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, words)
    if isinstance(result.exception, NetrialError):
        return result.exception.exit_code, f"{result.output}{result.exception}\n"
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


once = cache(printed_here)
"""The same for what does not depend on a page's own files; all pages share one results folder."""


def play_command(line: str, shown: list[str] | None, page: Path) -> None:
    command, *after = re.split(r" [|>] ", line)
    program, *words = shlex.split(command, comments=True)
    if program == "make":
        made = subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        return
    assert program in ("netrial", ".venv/bin/netrial"), f"{page.name}: what is `{line}`? Nobody would run it here"
    if words and words[0] in SERVERS:
        words, shown = [words[0], "--help"], None
    few = page.parent.name == "scenarios" and page.stem not in EXACT and words[:1] == ["run"]
    code, printed = printed_by([*words, "--replicates", str(FEW)] if few else words)
    said = f"`{line}` now prints (exit code {code})\n{printed}"
    if shown is None or after:
        assert code == 0, said
    else:
        assert agree_within_noise("\n".join(shown), printed) if few else agrees(shown, printed), said


def play(page: Path) -> None:
    found = blocks(page.read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    for block, following in zip(found, [*found[1:], None], strict=True):
        if block.language in ("csv", "yaml") and NAMED.search(block.before):
            Path(NAMED.findall(block.before)[-1]).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                exec(compile(block.text, str(page), "exec"), names)
            if following is not None and following.language == "text" and not following.before:
                shown = following.text.splitlines()
                assert agrees(shown, said.getvalue()), f"this code now prints\n{said.getvalue()}\n{block.text}"
        elif block.language in ("console", ""):
            for line, shown in commands(block.text):
                play_command(line, shown, page)


PLAYED = [page for page in PAGES if any(b.language in ("console", "", "python") for b in blocks(page.read_text()))]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One results folder for all pages: a command that two of them show is run once."""
    return tmp_path_factory.mktemp("results")


@pytest.mark.parametrize("page", PLAYED, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_does_what_it_shows(page: Path, results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").symlink_to(results)
    play(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_are_mentioned_exist(page: Path) -> None:
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for mention in re.findall(r"`netrial ([a-z][^`]*)`", page.read_text(encoding="utf-8")):
        name, *words = mention.split()
        assert name in known, f"netrial {mention}"
        options = {option for parameter in known[name].params for option in parameter.opts} | {"--help"}
        assert {word.split("=")[0] for word in words if word.startswith("--")} <= options, f"netrial {mention}"


def test_make_run_ends_with_what_the_readme_shows(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").symlink_to(results)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = [block.text for block in blocks(readme) if block.text.startswith("The best strategy is champions")]
    code, printed = printed_by(["run", "obesity"])
    assert code == 0
    assert agrees(shown.splitlines(), printed), printed
    assert f"rest on {len(assumed_inputs(netrial.load('obesity').spec))} assumed inputs" in readme


def test_a_page_that_shows_something_else_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    right = (
        "```console\n$ netrial list units_of_luck\n…did you mean…\n```\n```python\nprint(2)\n```\n\n```text\n2\n```\n"
    )
    right = right.replace("…did you mean…", "nothing called `units_of_luck` can be listed; …")
    page.write_text(right)
    play(page)
    for wrong in (right.replace("nothing", "something"), right.replace("\n2\n", "\n3\n"), right.replace("$ n", "$ m")):
        page.write_text(wrong)
        with pytest.raises(AssertionError):
            play(page)


def test_figures_that_are_off_are_seen() -> None:
    shown = "  1. champions  18,148  546 fewer than the control (95 % interval 525 to 567); best"
    few = "  1. champions  18,100  560 fewer than the control (95 % interval 520 to 600); best"
    assert effects(shown) == {"champions": (-546, 21)}
    assert agree_within_noise(shown, few)
    assert not agree_within_noise(shown.replace("546", "446"), few)
    assert not agree_within_noise(shown.replace("fewer", "more"), few)
    assert not agree_within_noise(shown.replace("champions", "groups"), few)
