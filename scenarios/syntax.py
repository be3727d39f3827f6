"""What the YAML reader complains of, in the words of somebody who writes a scenario."""

from __future__ import annotations

import re
from typing import Any

from scenarios.problems import Located, Mark, Source
from simulator.errors import Problem

PLAINER = {
    "found character '\\t' that cannot start any token": ("a tab cannot be used here", "indent with spaces"),
    "mapping values are not allowed here": (
        "a second `:` on one line",
        "quote texts that hold `: `, or begin a new line",
    ),
    "found unexpected end of stream": ("a quotation mark is not closed", "it begins here"),
    "could not find expected ':'": ("`:` is missing after a key", "write `key: value`, with a space behind the `:`"),
    "expected <block end>, but found '<block mapping start>'": (
        "this line is indented otherwise than the lines that it belongs to",
        "keys of one mapping begin in the same column",
    ),
}
"""What the YAML reader says, and what it means to somebody who writes a scenario."""

WHERE_IT_BEGINS = ("found unexpected end of stream", "could not find expected ':'")
"""What is seen only further down: the mistake stands where the reader began."""

HARD_SPACE = "\u00a0"

OPENING = {"}": "{", "]": "["}


def syntax_problem(error: Any, source: Source) -> Located:
    """Say what is wrong with a text that is not YAML, and where.

    Parameters
    ----------
    error : ruamel.yaml.error.YAMLError
    source : Source
        The text.

    Returns
    -------
    Located
    """
    context, began = getattr(error, "context", None), getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or began
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    if mark is None:
        before = source.text[: getattr(error, "position", 0) or 0]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        problem = Problem("a character that cannot be in a text", hint="save the file as plain text")
        return Located(problem, Mark(source, line, column))
    hard = _hard_space(source, mark.line + 1)
    if hard is not None:
        return Located(Problem("a no-break space, which YAML does not take for a space", hint="type it anew"), hard)
    message, hint = PLAINER.get(said, (f"this is not YAML: {said}", context or ""))
    if said in WHERE_IT_BEGINS:
        mark = began or mark
    closing = re.match(r"expected ',' or '([]}])', but got", said)
    if closing and began is not None and began.line < mark.line:
        message, hint = f"`{OPENING[closing[1]]}` is not closed", f"end it with `{closing[1]}`"
        mark = began
    elif closing:
        hint = 'inside { … }, put quotes around a value with brackets, commas or colons: where: "village in [3, 7]"'
    return Located(Problem(message, hint=hint), Mark(source, mark.line + 1, mark.column + 1))


def _hard_space(source: Source, last: int) -> Mark | None:
    """Return where, on the last lines of what was read, a no-break space stands, as word processors write it."""
    for number in range(last, max(0, last - 3), -1):
        column = source.line(number).partition("#")[0].find(HARD_SPACE)
        if column >= 0:
            return Mark(source, number, column + 1)
    return None
