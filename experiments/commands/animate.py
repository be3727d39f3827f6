"""`netrial animate`: the network of a finished run as a GIF for talks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.options import Folder, progress_bar


def animate(
    folder: Folder,
    out: Annotated[Path | None, typer.Option(help="The GIF; default: FOLDER/figures/network.gif.")] = None,
    seconds: Annotated[float, typer.Option(help="How long it takes from the first to the last time.")] = 12.0,
    size: Annotated[int, typer.Option(help="Width in pixels; the height is 9/16 of it.")] = 1280,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the path of the GIF.")] = False,
) -> None:
    """Write a film of the network as a GIF.

    Control and best arm side by side over time, targets ringed.
    """
    from experiments.animation import animate as write_animation
    from experiments.results import Results

    results = Results.load(folder)
    with progress_bar(quiet, "frames") as progress:
        path = write_animation(
            results, out or folder / "figures" / "network.gif", seconds=seconds, size=size, progress=progress
        )
    typer.echo(path)
