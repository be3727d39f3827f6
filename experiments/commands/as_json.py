"""``--json``: what a command found, as data on stdout and nothing else there, errors too.

Keys are the words of the tables and of the scenario, and stay as they are. What is refused is
``{"errors": [{"message", "hint", "place", "file", "line", "column"}, …]}``, with the exit code that it has without
``--json``: `place` is the path of a key in the scenario; `file`, `line` and `column`, counted from 1, are null where
nothing of the scenario is wrong. Numbers that do not exist (an interval of one replicate) are null. Slips in the
command itself, such as an unknown option, are said on stderr in any case, with exit code 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.errors import NetrialError, SpecError

if TYPE_CHECKING:
    from scenarios.problems import Located

Json = Annotated[bool, typer.Option("--json", help="Print data (JSON) for programs to read, and nothing else.")]


def print_json(data: Any) -> None:
    """Print plain data, or what `experiments.manifest.plain` makes plain."""
    from experiments.manifest import to_json

    typer.echo(to_json(data), nl=False)


def problem_data(located: Located) -> dict[str, Any]:
    """Return one problem, or one warning, and where it stands."""
    problem, mark = located.problem, located.mark
    return {
        "message": problem.message,
        "hint": problem.hint,
        "place": ".".join(str(part) for part in problem.place),
        "file": mark.source.name if mark else None,
        "line": mark.line if mark else None,
        "column": mark.column if mark else None,
    }


def error_data(error: NetrialError) -> dict[str, Any]:
    """Return what was refused, one entry for each problem."""
    from scenarios.problems import Located

    located = getattr(error, "located", None)
    if located is None:
        problems = error.problems if isinstance(error, SpecError) else ()
        located = [Located(problem) for problem in problems]
    nowhere = {"hint": "", "place": "", "file": None, "line": None, "column": None}
    return {"errors": [problem_data(each) for each in located] or [{"message": str(error), **nowhere}]}
