"""The documentation builds without a warning, needs no network, leads nowhere that is not there, and reads aloud."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ASSETS = {"link": "href", "script": "src", "img": "src", "source": "src", "iframe": "src"}
CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def built(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-E",
        "-W",
        "--keep-going",
        "-q",
        "-d",
        f"{target}-trees",
        source,
        target,
    ]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs") / "html"
    done = built(ROOT / "docs", folder)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return folder


class Page(HTMLParser):
    """What a page fetches, what it links to, and the anchors it has."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.anchors.add(given.get("id") or "")
        if tag in ASSETS:
            self.fetched.append(given.get(ASSETS[tag]) or "")
        elif tag == "a":
            self.links.append(given.get("href") or "")


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        assert not [address for address in Page(path).fetched if re.match(r"(https?:)?//", address)], path
    for path in [*site.rglob("*.css"), *site.rglob("*.js")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"@import|url\(\s*['\"]?(https?:)?//|\bfetch\(\s*['\"]https?:", text), path


def test_every_link_within_leads_somewhere(site: Path) -> None:
    pages = {path.resolve(): Page(path) for path in site.rglob("*.html")}
    checked = 0
    for path, page in pages.items():
        for link in page.links:
            address, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", address) or not link:
                continue
            target = (path.parent / address).resolve() if address else path
            assert target.exists(), f"{path.name}: {link}"
            assert not anchor or target not in pages or anchor in pages[target].anchors, f"{path.name}: {link}"
            checked += 1
    assert checked > 1000


def test_every_link_in_the_sources_leads_somewhere() -> None:
    """Also as the files lie, for those who read them without building."""
    for page in ROOT.glob("**/*.md"):
        if any(part.startswith((".", "results", "_build")) for part in page.relative_to(ROOT).parts):
            continue
        prose = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for target in re.findall(r"\]\(([^)#:]+)\)", prose):
            assert (page.parent / target).exists(), f"{page} links to {target}"


def test_every_page_stands_in_the_contents(site: Path) -> None:
    contents = {link.partition("#")[0] for link in Page(site / "index.html").links}
    for part in ("scenarios.html", "results.html", "engine.html", "odd.html", "comparison.html", "library.html"):
        assert part in contents
    for page in (ROOT / "docs" / "scenarios").glob("*.md"):
        assert f"scenarios/{page.stem}.html" in contents


def test_a_broken_page_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "conf.py").write_text('extensions = ["myst_parser"]\n')
    (tmp_path / "source" / "index.md").write_text("# Page\n\n[nowhere](nothing.md)\n")
    assert built(tmp_path / "source", tmp_path / "html").returncode != 0


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET, timeout=30_000)
        yield chromium
        chromium.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("name", ["index", "scenarios/obesity", "explanation/shared_luck", "tutorials/first_trial"])
def test_a_page_is_accessible_and_fits(site: Path, browser, name: str, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(30_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((site / f"{name}.html").as_uri())
    found = Axe().run(page).response["violations"]
    assert not found, json.dumps([(each["id"], [node["html"] for node in each["nodes"][:3]]) for each in found])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert all(address.startswith("file:") for address in asked)
    if name == "index":
        page.evaluate("document.querySelector('h1').remove()")
        assert Axe().run(page).response["violations"], "a page without a heading would be seen"
    context.close()
