"""`netrial list`: the words that a scenario may name."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.commands.as_json import Json, print_json
from experiments.commands.options import warn_of_plugins
from simulator.errors import SpecError


def list_words(
    subject: Annotated[
        str | None,
        typer.Argument(metavar="[SUBJECT]", help="One of the headings, e.g. targets; default: all."),
    ] = None,
    json: Json = False,
) -> None:
    """List the words that a scenario may use.

    Bundled scenarios, templates for new ones, kinds of intervention, tactics, targeting rules, groups and their
    ranks, generators, laws, measures.

    With --json: for each subject, its words with their lines of help.
    """
    from experiments.vocabulary import SUBJECTS, words_for

    if subject is not None and subject not in SUBJECTS:
        from simulator.errors import allowed_words

        raise SpecError(f"nothing called `{subject}` can be listed; {allowed_words(subject, list(SUBJECTS))}")
    warn_of_plugins()
    if json:
        print_json({title: words_for(title) for title in (SUBJECTS if subject is None else [subject])})
        return
    for title in SUBJECTS if subject is None else [subject]:
        typer.echo(f"{title}")
        words = words_for(title)
        if not words:
            typer.echo("  none")
        width = max((len(name) for name in words), default=0)
        for name, help_line in words.items():
            typer.echo(f"  {name:<{width}}  {help_line}")
