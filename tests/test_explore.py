"""`netrial explore`: the page in a browser, what it draws, and what it says where it cannot start."""

import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import netrial
from experiments.explore_pictures import MOST_SHOWN, choose_people, colours_of, draw_curves, draw_network
from simulator.network import contacts_of

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SETTINGS = {"population.size": 200, "time.horizon": 3}
COMMAND = [
    sys.executable, "-m", "experiments.commands", "explore", "obesity", "--no-browser",
    *(word for path, value in SETTINGS.items() for word in ("--set", f"{path}={value}")),
]  # fmt: skip
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


def first_line(process, seconds=120):
    """The first line of stdout, for which we wait so long and no longer."""
    lines = queue.Queue()
    threading.Thread(target=lambda: lines.put(process.stdout.readline()), daemon=True).start()
    return lines.get(timeout=seconds)


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("solara", reason="the extra `explore` is not installed")
    process = subprocess.Popen(
        [*COMMAND, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    try:
        line = first_line(process)
        yield process, re.search(r"http://127\.0\.0\.1:\d+/", line)[0], line
    finally:
        process.kill()
        process.communicate(timeout=30)


@pytest.fixture(scope="module")
def page(server):
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    from playwright.sync_api import sync_playwright

    _, url, _ = server
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(60_000)
        asked, wrong = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(url)
        page.get_by_role("button", name="Step").wait_for()
        yield page, asked, wrong
        browser.close()


def picture(page, begins):
    """Wait for the picture whose title begins so, and return the title."""
    found = page.locator("svg[role=img] title", has_text=re.compile(f"^{begins}"))
    found.first.wait_for(state="attached")
    return found.first.text_content()


def test_the_page_steps_starts_again_and_changes_arms(page):
    shown, asked, wrong = page
    model = netrial.load("obesity").set(SETTINGS).model("usual_care")

    def time():
        return f"{model.time_now:g} year" + ("" if model.time_now == 1 else "s")

    def said():
        lean, obese = model.simulation.counts[:2].tolist()
        return f"Curves up to {time()}; now {lean} lean (obesity), {obese} obese (obesity)"

    assert shown.get_by_text("Obesity as a social contagion").first.is_visible()
    assert shown.title() == "Obesity as a social contagion, and four ways to use the network against it - netrial"
    assert picture(shown, "Curves up to 0 years").startswith(said())
    assert picture(shown, "obesity at 0 years").endswith("200 of 200 people: all people")
    for _ in range(3):
        shown.get_by_role("button", name="Step").click()
        model.step()
        assert picture(shown, f"Curves up to {time()};").startswith(said())
        picture(shown, f"obesity at {time()};")
    assert shown.get_by_role("button", name="Step").is_disabled()

    model = netrial.load("obesity").set(SETTINGS).model("champions")
    champions = int(model.simulation.counts[3])
    assert champions > 0
    shown.get_by_label("Arm").click(force=True)
    shown.get_by_text("champions", exact=True).click()
    assert f"{champions} champion (advocacy)" in picture(shown, "Curves up to 0 years")
    shown.get_by_role("button", name="Play").click()
    while model.running:
        model.step()
    assert picture(shown, "Curves up to 3 years").startswith(said())
    shown.get_by_role("button", name="Reset").click()
    assert f"{champions} champion (advocacy)" in picture(shown, "Curves up to 0 years")

    assert all(one.get_attribute("aria-label") for one in shown.get_by_role("slider").all())
    shown.get_by_role("slider", name="advocacy: stop: 0.2 a year").focus()
    shown.keyboard.press("ArrowRight")
    shown.get_by_role("slider", name="advocacy: stop: 0.22 a year").wait_for(state="attached")
    shown.set_viewport_size({"width": 390, "height": 844})
    assert shown.locator("svg[role=img]").first.bounding_box()["y"] < 400  # on a phone, nothing lies over the pictures
    shown.get_by_role("button", name="Step").click(trial=True)
    assert wrong == []
    assert [url for url in asked if not re.match(r"(http|ws)://127\.0\.0\.1:|data:|blob:", url)] == []


def test_it_is_for_this_machine_only_and_ends_with_an_interrupt(server):
    process, url, line = server
    assert line.startswith("Obesity as a social contagion")
    port = int(url.rsplit(":", 1)[1].strip("/"))
    with socket.create_connection(("127.0.0.1", port), timeout=10):
        pass
    with pytest.raises(OSError):  # noqa: PT011 - refused, or no such address
        socket.create_connection(("127.0.0.2", port), timeout=10)  # another address of this machine
    again = subprocess.run(
        [*COMMAND, "--port", str(port)], capture_output=True, text=True, env=ENVIRONMENT, timeout=120, check=False
    )
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.startswith(f"port {port} cannot be used: Address already in use; --port names another")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    assert process.stderr.read() == ""


def test_without_the_extra_it_says_what_to_install():
    code = (
        "import sys\n"
        "sys.modules['solara'] = None\n"
        "sys.argv = ['netrial', 'explore', 'obesity']\n"
        "from experiments.commands import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "`explore` needs `solara`, which is not installed. pip install 'netrial[explore]' adds it\n"


def test_sliders_are_the_plain_rates():
    pytest.importorskip("solara", reason="the extra `explore` is not installed")
    from experiments.explore import rates_of

    scenario = netrial.load("obesity")
    rates = rates_of(scenario)
    assert [rate.label for rate in rates][:2] == ["obesity: become obese", "obesity: catch obesity"]
    assert [rate.value for rate in rates] == [0.02, 0.005, 0.04, 0.05, 0.03, 0.2]
    changed = scenario.set({rate.path: 0.0 for rate in rates})
    assert [rate.value for rate in rates_of(changed)] == []
    assert changed.model().simulation.plan.clocks == ()


def test_whom_the_picture_shows():
    """All of a small town; of a large one, 300, none of whom brought more than six."""
    ring = np.array([(i, (i + 1) % 50) for i in range(50)], np.int32)
    shown = choose_people(contacts_of(np.sort(ring, axis=1), 50))
    assert shown.persons.tolist() == list(range(50))
    assert ((shown.places >= 0) & (shown.places <= 1)).all()
    star = np.array(nx.star_graph(1000).edges, np.int32)
    shown = choose_people(contacts_of(star, 1001))
    assert len(shown.persons) == MOST_SHOWN
    assert shown.persons[:7].tolist() == [0, 1, 2, 3, 4, 5, 6]
    again = choose_people(contacts_of(star, 1001))
    assert np.array_equal(again.places, shown.places)


def test_pictures_say_what_the_model_holds():
    model = netrial.load("vaccination").set("population.size", 400).model()
    for _ in range(5):
        model.step()
    curves = draw_curves(model, 26, "week")
    for name, values in model.datacollector.model_vars.items():
        if name != "time":
            behaviour, state = name.split(".")
            assert f"{values[-1]:,} {state} ({behaviour})" in curves
    shown = choose_people(model.network.contacts)
    behaviour = model.world.behaviours["vaccine"]
    network = draw_network(model, shown, behaviour, "week")
    assert "vaccine at 5 weeks; 300 of 400 people: the best connected, and up to 6 contacts of each" in network
    states = model.simulation.states[shown.persons, model.world.column_of("vaccine")]
    taken = int((states == 1).sum())
    assert 0 < taken < 100
    assert network.count(f"fill: {colours_of(behaviour)['taken'].lower()}") == taken + 1  # and the legend
