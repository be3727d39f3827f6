"""The report in a browser: accessible, asks for nothing, by keyboard, without scripts, on a phone and in print."""

from __future__ import annotations

import re
import shutil

import fake_results
import pytest

from experiments.report.page import write_report

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
QUIET += " --disable-component-update --disable-sync"
LAST = 23
"""Number of the last time; playing takes half a second for each."""
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    results = fake_results.results(
        folder, arms=("usual_care", "champions", "groups"), replicates=6, times=LAST + 1, people=1000, network=40
    )
    return write_report(results), results


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=QUIET.split(), timeout=60_000)
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser, report):
    """Open the report; afterwards, say what it asked for and complained about: nothing."""
    contexts, complaints, requests = [], [], []
    expected = []

    def opened(size=DESK, **settings):
        context = browser.new_context(viewport=size, **settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(report[0].as_uri())
        return page

    opened.expected = expected
    yield opened
    for context in contexts:
        context.close()
    assert [one for one in complaints if not any(word in one for word in expected)] == []
    assert set(requests) <= {report[0].as_uri()}


def counts(report, k: int) -> list[str]:
    shown = report[1].network
    return [f"{int((shown.codes(arm)[k] == 1).sum())} of 40 obese" for arm in shown.arms]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_no_violation(open_page, size):
    page = open_page(size)
    page.locator("summary").last.click()
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.evaluate("document.querySelector('h1').innerHTML += '<img src=\"data:,\">'")  # axe can find one
    assert axe.Axe().run(page).violations_count > 0


def test_the_slider_works_by_keyboard_and_is_read_out(open_page, report):
    page = open_page()
    slider = page.locator("#network-when")
    assert page.locator(".counted").all_text_contents() == counts(report, 0)
    page.locator("#network-play").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "network-when"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert slider.input_value() == "2"
    assert slider.get_attribute("aria-valuetext") == "year 2"
    assert page.locator(".counted").all_text_contents() == counts(report, 2)
    usual, champions = counts(report, 2)
    said = page.locator("#network-said")
    assert said.text_content() == f"Year 2: usual care {usual} and champions {champions}."
    assert said.get_attribute("aria-live") == "polite"
    assert page.locator("canvas").last.get_attribute("aria-label") == f"Network picture, champions, year 2: {champions}"
    page.keyboard.press("End")
    assert page.locator(".counted").all_text_contents() == counts(report, LAST)


def test_what_is_drawn_changes_with_the_time(open_page):
    page = open_page()
    slider = page.locator("#network-when")
    drawn = "[...document.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL())"
    first = page.evaluate(drawn)
    slider.press("End")
    last = page.evaluate(drawn)
    assert all(one != other for one, other in zip(first, last, strict=True))
    assert first[0] != first[1]  # targets are ringed
    slider.press("Home")
    assert page.evaluate(drawn) == first


def test_play_runs_to_the_end_and_pause_stops(open_page, report):
    page = open_page()
    button, slider = page.locator("#network-play"), page.locator("#network-when")
    button.press("Enter")
    assert button.text_content() == "Pause"
    assert page.locator("#network-said").get_attribute("aria-live") == "off"
    playwright.expect(slider).not_to_have_value("0", timeout=20_000)
    button.press("Space")
    assert button.text_content() == "Play"
    assert page.locator("#network-said").get_attribute("aria-live") == "polite"
    stopped = slider.input_value()
    page.wait_for_timeout(700)
    assert slider.input_value() == stopped
    slider.fill(str(LAST - 1))
    button.click()
    playwright.expect(button).to_have_text("Play", timeout=20_000)
    assert slider.input_value() == str(LAST)
    assert page.locator(".counted").all_text_contents() == counts(report, LAST)


def test_the_table_says_what_the_picture_shows(open_page, report):
    page = open_page()
    page.locator("summary", has_text="counts behind").click()
    rows = page.locator("#network-counts tbody tr")
    assert rows.count() == LAST + 1
    for k in (0, 5, LAST):
        assert rows.nth(k).locator("td").all_text_contents() == counts(report, k)


def test_without_scripts_the_first_and_the_last_picture_stand_there(open_page):
    page = open_page(java_script_enabled=False)
    assert not page.locator("#network-player").is_visible()
    pictures = page.locator("#network-still svg")
    assert pictures.count() == 2
    assert pictures.first.is_visible()
    labels = [pictures.nth(k).get_attribute("aria-label") for k in range(2)]
    assert "Year 0:" in labels[0]
    assert f"Year {LAST}:" in labels[1]


def test_with_scripts_they_stand_in_print_only(open_page):
    page = open_page()
    assert page.locator("#network-player").is_visible()
    assert not page.locator("#network-still").is_visible()
    page.emulate_media(media="print")
    assert not page.locator("#network-player").is_visible()
    assert page.locator("#network-still svg").last.is_visible()


def test_no_other_script_would_run(open_page):
    open_page.expected.append("Content Security Policy")
    page = open_page()
    page.evaluate("document.body.append(Object.assign(document.createElement('div'), {id: 'probe'}))")
    refused = page.evaluate(
        """() => new Promise((done) => {
          document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
          const script = document.createElement('script');
          script.textContent = "document.getElementById('probe').textContent = 'ran'";
          document.body.append(script);
          setTimeout(() => done('none'), 2000);
        })"""
    )
    assert refused.startswith("script-src")
    assert page.locator("#probe").text_content() == ""


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_sticks_out_sideways(open_page, width):
    page = open_page({"width": width, "height": 800})
    wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= room
    for box in page.locator("figure:visible").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().right)"
    ):
        assert box <= width + 1


def test_every_figure_has_words(open_page):
    page = open_page()
    labels = page.locator("figure svg, figure canvas").evaluate_all("all => all.map((one) => one.ariaLabel)")
    assert len(labels) > 12
    assert all(re.search(r"\d", label) for label in labels)


def test_it_prints(open_page):
    page = open_page()
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") >= 4
