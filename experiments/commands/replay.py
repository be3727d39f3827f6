"""`netrial replay`: run one replicate again, and tell who influenced whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.errors import SpecError

if TYPE_CHECKING:
    from experiments.replay import Replay

TABLES = (".csv", ".parquet")
GRAPHS = (".graphml", ".gexf")


def replay(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="A results folder, or a scenario.")],
    replicate: Annotated[int, typer.Option(help="Which replicate, from 0.")] = 0,
    arm: Annotated[str | None, typer.Option(help="Which arm; default: the control.")] = None,
    person: Annotated[str | None, typer.Option(help="Tell this person's life, in the control and in the arm.")] = None,
    tree: Annotated[bool, typer.Option("--tree", help="Draw the largest chains of influence.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write all events (.csv, .parquet), or who influenced whom as a graph (.graphml, .gexf), to this file."
        ),
    ] = None,
) -> None:
    """Run one replicate again, event by event.

    Says who changed state, when, and through whom.
    """
    if out is not None and out.suffix not in (*TABLES, *GRAPHS):
        raise SpecError(f"--out is {out}; its name must end in {', '.join(TABLES)}, {' or '.join(GRAPHS)}")

    from experiments.replay import replay_trial, trial_of
    from experiments.replay_words import chain_lines, life_lines, summary_lines

    trial, results = trial_of(folder)
    if person is not None and arm in (None, trial.control):
        others = [name for name in trial.arms if name != trial.control]
        if arm is not None or len(others) != 1:
            raise SpecError(f"--person tells a life in two arms; name one with --arm: {', '.join(others)}")
        arm = others[0]
    replayed = replay_trial(trial, results, arm=arm, replicate=replicate)
    if person is not None:
        control = replay_trial(trial, results, arm=trial.control, replicate=replicate)
        lines = life_lines(control, replayed, person)
    else:
        lines = chain_lines(replayed) if tree else summary_lines(replayed)
    for line in lines:
        typer.echo(line)
    if out is not None:
        _write(replayed, out)
        typer.echo(out)


def _write(replayed: Replay, out: Path) -> None:
    """Write events, or the graph of influences, under a temporary name that becomes the file's once it is whole."""
    import networkx as nx

    from experiments.manifest import written

    with written(out) as file:
        if out.suffix == ".csv":
            replayed.events.to_csv(file, index=False)
        elif out.suffix == ".parquet":
            replayed.events.astype({"person": str, "by": str}).to_parquet(file, index=False)
        elif out.suffix == ".graphml":
            nx.write_graphml(replayed.graph(), file)
        else:
            nx.write_gexf(replayed.graph(), file)
