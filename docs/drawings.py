"""Pictures of the explanation pages, computed with netrial: ``python docs/drawings.py`` draws them anew.

Each has a title in its file, a sentence made from the numbers that it shows; a test computes them again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import netrial
from experiments.figures.style import COLOURS, INK, Look, end_labels, new_figure, place_axes, style, write_svg

FOLDER = Path(__file__).parent / "explanation"
LOOKS = {"clustered": Look(COLOURS[0], "-"), "random": Look(COLOURS[1], (0, (5, 1.6)))}


def contagions() -> dict[str, netrial.Results]:
    """Run a simple and a complex contagion on the same clustered ties and on the same ties at random."""
    forum = netrial.load("health_buddies").set("population.size", 400)
    join = {"from": "outside", "to": "member"}
    laws: dict[str, dict[str, Any]] = {
        "simple": {"rate": 0.1, "per_contact": "member"},
        "complex": {"rate": 1, "response": {"count": "member", "table": [[0, 0], [1, 0.01], [2, 1]], "shape": "step"}},
    }
    changed = {name: forum.set("behaviours.forum.transitions", {"join": {**join, **law}}) for name, law in laws.items()}
    return {name: netrial.run(scenario, replicates=50) for name, scenario in changed.items()}


def simple_and_complex() -> str:
    """Draw the mean share who joined, by day: one panel for each contagion, one curve for each kind of ties."""
    said = []
    with style():
        figure = new_figure(700, 270)
        for i, (name, results) in enumerate(contagions().items()):
            ax = place_axes(figure, 44 + 350 * i, 390 - 350 * i, 44, 40)
            members = results.curves.query("state == 'member'").groupby(["arm", "time"])["count"].mean() / 400 * 100
            ax.set(xlim=(0, 80), ylim=(0, 100), xlabel="days", title=f"{name}: joined, %")
            ends = []
            for place, (arm, look) in enumerate(LOOKS.items()):
                curve = members[arm].loc[:80]
                ax.plot(curve.index, curve, color=look.colour, linestyle=look.dashes, linewidth=1.8)
                half = float(curve.index[np.argmax(curve.to_numpy() >= 50)])
                ax.plot([half], [curve[half]], "o", color=look.colour)
                words = f"{arm} ({'dashed' if place else 'solid'}): half by day {half:g}"
                ax.text(79.5, 18 - 11 * place, words, color=look.colour, ha="right")
                ends.append((arm, half))
            said.append(f"{name}, {' and '.join(f'{arm} by day {half:g}' for arm, half in ends)}")
        return write_svg(figure, f"When half of the people have joined: {'; '.join(said)}.")


def shared_luck() -> str:
    """Draw the effect of champions in each of 100 replicates: with shared luck, and with luck of their own."""
    town = netrial.load("obesity").set("population.size", 1000)
    shared = netrial.run(town, arms=["champions"])
    other = netrial.run(town, arms=[], seed=2)
    years = shared.outcomes.query("outcome == 'obese_years'").pivot(index="replicate", columns="arm", values="value")
    apart = other.outcomes.query("outcome == 'obese_years'").set_index("replicate")["value"]
    rows = {"shared luck": years["champions"] - years["usual_care"], "luck of its own": years["champions"] - apart}
    with style():
        figure = new_figure(700, 190)
        ax = place_axes(figure, 20, 140, 44, 26)
        spread = np.linspace(-0.28, 0.28, 100)[np.argsort(np.arange(100) * 37 % 100)]
        labels = []
        for y, (name, effects), look in zip((1, 0), rows.items(), LOOKS.values(), strict=True):
            ax.plot(effects, y + spread, "o", color=look.colour, markersize=3.5, alpha=0.65, markeredgewidth=0)
            ax.plot([effects.mean()] * 2, [y - 0.36, y + 0.36], color=INK, linewidth=1.6)
            labels.append((y, name, look))
        ax.axvline(0, color="#5b626b", linewidth=0.8)
        ax.set(
            ylim=(-0.5, 1.5),
            yticks=[],
            xlabel="obese years more or fewer (−) than under usual care, in a town of 1,000",
        )
        ax.set_title("effect of champions, one point for each replicate; the bar is the mean", loc="left")
        end_labels(ax, ax.get_xlim()[1], labels, gutter=130)
        said = "; ".join(f"{name}, mean {e.mean():.0f}, standard deviation {e.std():.0f}" for name, e in rows.items())
        return write_svg(figure, f"Effect of champions on obese years in 100 replicates: {said}.")


DRAWINGS: dict[str, Callable[[], str]] = {"simple_and_complex": simple_and_complex, "shared_luck": shared_luck}

if __name__ == "__main__":
    for name, draw in DRAWINGS.items():
        (FOLDER / f"{name}.svg").write_text(draw(), encoding="utf-8")
