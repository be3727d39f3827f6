"""`netrial list`: the words that a scenario may name."""

from __future__ import annotations

from typing import Annotated

import typer

from simulator.errors import SpecError


def list_words(
    subject: Annotated[
        str | None,
        typer.Argument(metavar="[SUBJECT]", help="scenarios, kinds, targets, laws or measures; default: all."),
    ] = None,
) -> None:
    """List what a scenario may name: bundled scenarios, kinds of intervention, targeting rules, laws, measures."""
    from experiments.description import SUBJECTS, words_for

    if subject is not None and subject not in SUBJECTS:
        from simulator.errors import allowed_words

        raise SpecError(f"nothing called `{subject}` can be listed; {allowed_words(subject, list(SUBJECTS))}")
    for title in SUBJECTS if subject is None else [subject]:
        typer.echo(f"{title}")
        words = words_for(title)
        width = max((len(name) for name in words), default=0)
        for name, help_line in words.items():
            typer.echo(f"  {name:<{width}}  {help_line}")
