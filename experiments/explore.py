"""The page of `netrial explore`: a scenario to step through, and rates to turn.

Mesa's own SolaraViz keeps the state of its buttons when it is given another model (Step stays dead once a run has
ended), and takes changes only at a reset; so the page is made of Solara's parts.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import warnings
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import solara

from experiments.explore_pictures import Shown, choose_people, draw_curves, draw_network
from scenarios import build
from simulator.errors import NetrialError, SpecError

if TYPE_CHECKING:
    from scenarios.loading import Scenario
    from simulator.model import ContagionModel

HOST = "127.0.0.1"
MOST_RATES = 6
"""Rates that get a slider: the first ones of the scenario."""

SECONDS_A_STEP = 0.3
"""While it plays."""

SLIDER_STYLE = """
.v-input__slider .v-input__slot { flex-wrap: wrap }
.v-input__slider .v-label { flex-basis: 100%; height: auto !important; font-size: .875rem }
"""
"""A slider's label is what it is read out as; above it, it has room."""

_explored: list[Scenario] = []


@dataclass(frozen=True)
class Rate:
    """A plain rate of the scenario, which a slider may change.

    Parameters
    ----------
    path : str
        Of its key, as `Scenario.set` takes it.
    label : str
    value : float
        As the scenario has it.
    unit : str
    """

    path: str
    label: str
    value: float
    unit: str


def rates_of(scenario: Scenario) -> list[Rate]:
    """Return the first `MOST_RATES` rates that are plain numbers above 0, as written."""
    found = []
    for name, behaviour in scenario.data["behaviours"].items():
        for title, transition in (behaviour.get("transitions") or {}).items():
            rate, path = transition["rate"], f"behaviours.{name}.transitions.{title}.rate"
            unit = scenario.spec.time.unit
            if isinstance(rate, Mapping):
                unit = rate.get("unit", unit)
                rate, path = rate.get("value"), f"{path}.value"
            if isinstance(rate, int | float) and rate > 0:
                found.append(Rate(path, f"{name}: {title}".replace("_", " "), float(rate), unit))
    return found[:MOST_RATES]


@solara.component
def page() -> None:
    """Show the scenario that `serve` was given, to each visitor with choices of their own."""
    scenario = _explored[-1]
    arm = solara.use_reactive(scenario.control)
    replicate = solara.use_reactive(0)
    coloured = solara.use_reactive(next(iter(scenario.spec.behaviours)))
    values = solara.use_reactive({rate.path: rate.value for rate in rates_of(scenario)})
    restarts = solara.use_reactive(0)
    playing = solara.use_reactive(False)
    steps = solara.use_reactive(0)
    steps.get()  # whoever reads it is drawn again after each step

    world = (arm.value, replicate.value, tuple(values.value.items()), restarts.value)
    begun = solara.use_memo(lambda: _begin(scenario, arm.value, replicate.value, values.value), [world])
    model, shown = (None, None) if isinstance(begun, str) else begun

    def step() -> None:
        if model is not None:
            model.step()
            playing.value = playing.value and model.running
            steps.value += 1

    def play() -> Callable[[], None] | None:
        if not playing.value:
            return None
        ended = threading.Event()

        def work() -> None:
            while not ended.wait(SECONDS_A_STEP):
                step()

        threading.Thread(target=work, daemon=True).start()
        return ended.set

    def restart() -> None:
        playing.value = False
        restarts.value += 1

    solara.use_effect(play, [playing.value, world])
    solara.Title(f"{scenario.title} - netrial")
    with solara.AppBar():
        solara.AppBarTitle(scenario.title)
    running = model is not None and model.running
    unit = scenario.spec.time.unit
    solara.Style(SLIDER_STYLE)
    # No sidebar: on a phone it would lie over the pictures. There, buttons come first, then pictures, then settings.
    with solara.ColumnsResponsive(12, large=[8, 4]):
        with solara.Column():
            with solara.Row(gap="12px"):
                solara.Button("Reset", color="primary", on_click=restart)
                label = "Pause" if playing.value else "Play"
                solara.Button(
                    label, color="primary", disabled=not running, on_click=lambda: playing.set(not playing.value)
                )
                solara.Button("Step", color="primary", disabled=playing.value or not running, on_click=step)
            if model is None or shown is None:
                solara.Error(str(begun))
            else:
                with solara.ColumnsResponsive(12, large=6):
                    _picture(draw_curves(model, build.horizon_of(scenario.spec), unit))
                    _picture(draw_network(model, shown, model.world.behaviours[coloured.value], unit))
        with solara.Card("Scenario"):
            solara.Select("Arm", values=list(scenario.spec.arms), value=arm)
            if len(scenario.spec.behaviours) > 1:
                solara.Select("Colour people by", values=list(scenario.spec.behaviours), value=coloured)
            last = max(scenario.spec.experiment.replicates - 1, 1)
            solara.SliderInt(f"Replicate: random world {replicate.value}", value=replicate, min=0, max=last)
            for rate in rates_of(scenario):
                _slider(rate, values)


def _begin(
    scenario: Scenario, arm: str, replicate: int, values: Mapping[str, float]
) -> tuple[ContagionModel, Shown] | str:
    """Return a model with whom the picture shows of it; or why there is none."""
    changes = {rate.path: values[rate.path] for rate in rates_of(scenario) if values[rate.path] != rate.value}
    try:
        model = (scenario.set(changes) if changes else scenario).model(arm, replicate)
    except NetrialError as error:
        return str(error)
    return model, choose_people(model.network.contacts)  # of time 0, so that arms show the same people


def _slider(rate: Rate, values: solara.Reactive[dict[str, float]]) -> None:
    value = values.value[rate.path]

    def change(chosen: float) -> None:
        values.value = {**values.value, rate.path: rate.value if abs(chosen / rate.value - 1) < 1e-9 else chosen}

    solara.SliderFloat(
        f"{rate.label}: {value:.4g} a {rate.unit}",
        value=value,
        on_value=change,
        min=0.0,
        max=2 * rate.value,
        step=rate.value / 10,
        thumb_label=False,
    )


def _picture(svg: str) -> solara.Element:
    return solara.HTML(unsafe_innerHTML=svg)


def serve(scenario: Scenario, port: int, *, started: Callable[[str], None], browser: bool) -> None:
    """Serve the page to this machine until it is interrupted.

    Parameters
    ----------
    scenario : Scenario
    port : int
        0: any that is free.
    started : callable
        Told the address once the page can be opened.
    browser : bool
        Whether to open it in a browser.

    Raises
    ------
    SpecError
        If the port is taken, or not ours to use.
    """
    os.environ["SOLARA_TELEMETRY_MIXPANEL_ENABLE"] = "false"  # it would send the address of this machine out
    import uvicorn
    from solara.server import app, settings, starlette

    settings.main.mode = "production"
    settings.theme.show_banner = False
    warnings.filterwarnings("ignore", message="Cookies with samesite=none", module="solara.server.starlette")
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        raise SpecError(f"port {port} cannot be used: {error.strerror}; --port names another, 0 any") from None
    url = f"http://{HOST}:{listening.getsockname()[1]}/"
    _explored.append(scenario)
    app.apps["__default__"] = app.AppScript(f"{__name__}:page")
    server = uvicorn.Server(uvicorn.Config(starlette.app, log_level="warning", timeout_graceful_shutdown=1))

    serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        serving.start()
        while serving.is_alive() and not server.started:
            time.sleep(0.02)
        if server.started:
            started(url)
            if browser:
                webbrowser.open(url)
        serving.join()
    except KeyboardInterrupt:  # how one ends it
        server.should_exit = True
        serving.join(5)
