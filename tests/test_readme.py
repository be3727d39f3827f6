"""What the README shows is what a reader gets: every command and every line of output in it."""

import re
import subprocess
import sys
from pathlib import Path

import netrial

README = (Path(__file__).parent.parent / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def block_with(words):
    (found,) = [text for _, text in BLOCKS if words in text]
    return found


def command(*words):
    return subprocess.run(
        [sys.executable, "-m", "experiments.commands", *words], capture_output=True, text=True, check=False
    )


def test_the_ranking_is_the_one_that_make_run_prints(tmp_path):
    shown = block_with("The best strategy is champions").splitlines()
    printed = command("run", "obesity", "--out", str(tmp_path / "run")).stdout.splitlines()
    assert printed[:-1] == shown[:-1]
    manifest = netrial.Results.load(tmp_path / "run")
    assert f"rest on {sum(entry['assumed'] for entry in manifest.resolved['inputs'])} assumed inputs" in README


def test_the_mistake_is_shown_as_it_is():
    first, *shown = block_with("$ netrial run obesity").splitlines()
    words = first.removeprefix("$ netrial ").split()
    assert command(*words).stderr.splitlines() == shown


def test_the_python_example_runs(tmp_path, monkeypatch):
    import matplotlib as mpl

    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    (example,) = [text for language, text in BLOCKS if language == "python"]
    names: dict = {}
    exec(example.replace("replicates=50", "replicates=2"), names)
    assert names["results"].manifest["completed"] == 2
    assert not names["model"].running


def test_every_link_leads_somewhere():
    for page in (Path(__file__).parent.parent).glob("**/*.md"):
        if any(part.startswith((".", "results")) for part in page.parts[len(Path(__file__).parent.parent.parts) :]):
            continue
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
