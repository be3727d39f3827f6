"""Scenarios: loaded by name or path, checked whole, changed by copying."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import Place, Problem, SpecError, allowed_words
from simulator.registry import Registry

if TYPE_CHECKING:
    import networkx
    import numpy as np

    from scenarios.faces import ModelClass
    from scenarios.grammar import ScenarioSpec
    from scenarios.problems import Located, Marks
    from simulator.beginning import Beginning
    from simulator.model import ContagionModel
    from simulator.world import Occurrence

LIBRARY = Path(__file__).parent / "library"
SUFFIXES = (".yaml", ".yml")

folders: Registry[Path] = Registry("folder of scenarios", "netrial.scenarios")
"""Further folders of scenarios, from packages that join the entry-point group ``netrial.scenarios``."""


@dataclass(frozen=True)
class Scenario:
    """A scenario that was read and checked.

    Parameters
    ----------
    path : Path
        The file it came from.
    text : str
        The file, as it stands.
    spec : ScenarioSpec
        The same, as frozen models, overrides applied; see `scenarios.grammar`.
    overrides : mapping of str to str
        What `set` changed: the path of a key, and its value as it was written.
    graphs : mapping of str to networkx.Graph
        Layers given in Python.
    warnings : tuple of Located
        What can be run but is hardly meant: states that nobody can reach, layers that nothing reads. Each prints with
        its file, line and column.
    """

    path: Path
    text: str
    spec: ScenarioSpec
    overrides: Mapping[str, str] = field(default_factory=dict)
    graphs: Mapping[str, networkx.Graph] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    marks: Marks | None = field(default=None, repr=False, compare=False)
    warnings: tuple[Located, ...] = field(default=(), repr=False, compare=False)

    def __repr__(self) -> str:
        changed = f", {len(self.overrides)} values changed" if self.overrides else ""
        return f"Scenario({self.name!r}: {self.title}; arms {', '.join(self.spec.arms)}{changed})"

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.spec.name

    @property
    def title(self) -> str:
        """What reports call it."""
        return self.spec.title or self.spec.name.replace("_", " ")

    @property
    def control(self) -> str:
        """The control arm."""
        from scenarios.conversion import control_of

        return control_of(self.spec)

    def set(self, changes: str | Mapping[str, Any], value: Any = None) -> Scenario:
        """Return a changed copy, after the same checks.

        Parameters
        ----------
        changes : str or mapping
            Path of a key, as in ``"population.size"`` or ``"interventions.leaders.at.0"``; or a mapping of
            several paths to values.
        value : number, str, list or mapping
            With a single path: its new value.

        Returns
        -------
        Scenario

        Raises
        ------
        ScenarioError
            If what comes out is no valid scenario.

        Examples
        --------
        >>> load("obesity").set("population.size", 2000).spec.population.size
        2000
        """
        from scenarios.overrides import reading_of_value

        given = {changes: value} if isinstance(changes, str) else dict(changes)
        return self._changed({path: reading_of_value(path, each) for path, each in given.items()})

    def set_text(self, assignments: Collection[str]) -> Scenario:
        """Return a changed copy, as the command line's ``--set a.b.c=value`` asks.

        Parameters
        ----------
        assignments : collection of str
            Each a path, `=` and a value in YAML.

        Returns
        -------
        Scenario

        Raises
        ------
        ScenarioError
        """
        from scenarios.overrides import reading_of_assignment

        return self._changed(dict(map(reading_of_assignment, assignments)))

    def _changed(self, readings: Mapping[str, Any]) -> Scenario:
        from scenarios.overrides import put

        assert self.marks is not None
        data, marks = dict(self.data), self.marks
        refused = []
        for path, reading in readings.items():
            data, marks, refusals = put(data, marks, path, reading)
            refused += refusals
        overrides = {**self.overrides, **{path: reading.source.text for path, reading in readings.items()}}
        return _checked(self.path, self.text, data, marks, overrides, self.graphs, refused)

    def with_layer(self, name: str, graph: networkx.Graph) -> Scenario:
        """Return a copy in which a layer's ties are those of a NetworkX graph.

        Parameters
        ----------
        name : str
            A layer of the scenario.
        graph : networkx.Graph or networkx.DiGraph
            Its nodes are the people: their ids, or, where people are generated, any n labels in sorted order.
            An arc u -> v of a directed graph means that u influences v; the attribute ``weight`` is the weight.

        Returns
        -------
        Scenario

        Raises
        ------
        ScenarioError
            If the graph's people are not those of the scenario.
        SpecError
            If the scenario has no such layer.
        """
        from scenarios.overrides import put, reading_of_value

        layers = list(self.spec.network.layers)
        if name not in layers:
            raise SpecError(Problem(f"the scenario has no layer `{name}`", hint=allowed_words(name, layers)))

        assert self.marks is not None
        size = self.spec.population.size
        if size is not None and graph.number_of_nodes() < size:
            message = f"the graph has {graph.number_of_nodes():,} people, the scenario {size:,}"
            raise SpecError(Problem(message, hint="set population.size first, or add the people without ties as nodes"))
        reading = reading_of_value(f"network.layers.{name}", {"networkx": type(graph).__name__})
        data, marks, _ = put(dict(self.data), self.marks, f"network.layers.{name}", reading)
        graphs = {**self.graphs, name: graph.copy()}
        return _checked(self.path, self.text, data, marks, self.overrides, graphs, [])

    def graph(self, number: int = 0) -> networkx.Graph:
        """Return people and ties as a NetworkX graph.

        Parameters
        ----------
        number : int
            Which of the scenario's networks, from 0.

        Returns
        -------
        networkx.Graph, DiGraph, MultiGraph or MultiDiGraph
            As `simulator.graphs.to_graph` makes it: nodes are the people's ids, with their columns; ties carry
            ``layer`` and ``weight``; an arc u -> v says that u influences v.
        """
        from scenarios.faces import graph_of

        return graph_of(self, number)

    def model(
        self,
        arm: str | None = None,
        replicate: int = 0,
        *,
        model_reporters: Mapping[str, Any] | None = None,
        agent_reporters: Mapping[str, Any] | None = None,
    ) -> ContagionModel:
        """Return one arm of one replicate as a Mesa model.

        Parameters
        ----------
        arm : str, optional
            Default: the control.
        replicate : int
            Counted from 0.
        model_reporters, agent_reporters : mapping, optional
            What its data collector reports beside the curves, as Mesa's `DataCollector` takes it.

        Returns
        -------
        ContagionModel
            At time 0; stepped to the horizon, it has the curves that a run has for that arm and replicate.

        Raises
        ------
        SpecError
            If there is no such arm.
        NotBuiltError
            If the scenario asks for something that is not built yet.
        """
        from scenarios.faces import model_of

        return model_of(self, arm, replicate, model_reporters, agent_reporters)

    def parts(self, arm: str | None = None, replicate: int = 0) -> tuple[Beginning, Sequence[Occurrence], np.ndarray]:
        """Return what a `ContagionModel` is made from, for a model class of one's own.

        Parameters
        ----------
        arm : str, optional
            Default: the control.
        replicate : int
            Counted from 0.

        Returns
        -------
        beginning, occurrences, times
            How the replicate begins, what the arm does, and when people are counted.

        Raises
        ------
        SpecError
            If there is no such arm.
        NotBuiltError
            If the scenario asks for something that is not built yet.

        Examples
        --------
        >>> class Town(netrial.ContagionModel):
        ...     def __init__(self, arm="usual_care", replicate=0):
        ...         super().__init__(*load("obesity").parts(arm, replicate))
        """
        from scenarios.faces import parts_of

        return parts_of(self, arm, replicate)

    def model_class(
        self,
        *,
        model_reporters: Mapping[str, Any] | None = None,
        agent_reporters: Mapping[str, Any] | None = None,
    ) -> ModelClass:
        """Return what `mesa.batch_run` takes as a model class.

        Its keyword arguments are ``arm``, ``replicate`` (or ``rng``, which names a replicate too) and paths of keys of
        the scenario. Where neither names a replicate, iterations are replicates 0, 1, 2, …

        Parameters
        ----------
        model_reporters, agent_reporters : mapping, optional
            What data collectors report beside the curves, as Mesa's `DataCollector` takes it.

        Examples
        --------
        >>> parameters = {"arm": ["usual_care", "champions"], "replicate": range(10), "population.size": [500, 1000]}
        >>> mesa.batch_run(load("obesity").model_class(), parameters)  # doctest: +SKIP
        """
        from scenarios.faces import ModelClass

        return ModelClass(self, model_reporters, agent_reporters)

    def resolved(self) -> dict[str, Any]:
        """Return the scenario as plain data with every default filled in; see `scenarios.resolution`."""
        from scenarios.resolution import resolved

        return resolved(self)

    def hash8(self, arms: Collection[str] | None = None) -> str:
        """Return eight hexadecimal digits that stand for whatever changes the results of a replicate.

        Parameters
        ----------
        arms : collection of str, optional
            Arms that are run, beside the control. Default: all.

        Returns
        -------
        str
            Not changed by titles, references, sources, observed data, the number of replicates, the order of
            arms, the order of rows in files, or by where files lie.
        """
        from scenarios.resolution import hash8

        return hash8(self, arms)

    def not_built(self) -> list[Problem]:
        """Return what the scenario asks for that is not built yet, with places."""
        from scenarios.built import not_built

        return not_built(self.spec, frozenset(self.graphs))

    def require_built(self) -> None:
        """Refuse to go on with a scenario that asks for something that is not built yet.

        Raises
        ------
        ScenarioNotBuiltError
        """
        from scenarios.problems import ScenarioNotBuiltError

        problems = self.not_built()
        if problems:
            assert self.marks is not None
            raise ScenarioNotBuiltError(map(self.marks.locate, problems))

    def located(self, error: SpecError) -> SpecError:
        """Return an error of a lower floor with the file, line and column of each of its problems.

        Parameters
        ----------
        error : SpecError
            Places are those of the scenario.

        Returns
        -------
        ScenarioError or ScenarioNotBuiltError
        """
        from scenarios.problems import ScenarioError, ScenarioNotBuiltError
        from simulator.errors import NotBuiltError

        assert self.marks is not None
        kind = ScenarioNotBuiltError if isinstance(error, NotBuiltError) else ScenarioError
        return kind(map(self.marks.locate, error.problems))

    def file_at(self, place: Place, name: str) -> Path:
        """Return the path of a file that the scenario names at `place`.

        A path is relative to the scenario's folder; one that comes from ``--set`` or `set`, to the current one.
        """
        assert self.marks is not None
        return _file_at(self.path, self.marks, place, name)


def load(scenario: str | Path) -> Scenario:
    """Load a scenario, and check all of it.

    Parameters
    ----------
    scenario : str or Path
        Name of a bundled scenario, or path of a YAML file.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        With every problem found: file, line, column, the line itself, and what is allowed.
    """
    from scenarios.reading import read_file

    path, shown = find(scenario)
    reading = read_file(path, shown)
    return _checked(path, reading.source.text, reading.data, reading.marks, {}, {}, reading.problems)


def names() -> dict[str, Path]:
    """Return the scenarios that can be loaded by name: the bundled ones, and those of plug-ins."""
    found: dict[str, Path] = {}
    for folder in [*(folders[name] for name in folders), LIBRARY]:
        found |= {path.stem: path for path in sorted(Path(folder).iterdir()) if path.suffix in SUFFIXES}
    return dict(sorted(found.items()))


def find(scenario: str | Path) -> tuple[Path, str]:
    """Return the file of a scenario, and what messages call it.

    Raises
    ------
    SpecError
        If there is neither such a file nor such a name.
    """
    known = names()
    if isinstance(scenario, str) and scenario in known:
        return known[scenario], known[scenario].name
    path = Path(scenario)
    try:
        is_file, is_folder = path.is_file(), path.is_dir()
    except (OSError, ValueError):
        is_file = is_folder = False
    if is_file or (path.suffix in SUFFIXES and not is_folder):
        return path, str(path)
    if is_folder:
        raise SpecError(Problem(f"`{scenario}` is a folder", hint="name the scenario's file in it"))
    word = str(scenario)
    message = f"there is no scenario or file `{word[:200]}`"
    raise SpecError(Problem(message, hint=allowed_words(word, list(known))))


def _checked(
    path: Path,
    text: str,
    data: Mapping[str, Any],
    marks: Marks,
    overrides: Mapping[str, str],
    graphs: Mapping[str, networkx.Graph],
    refused: Collection[Any],
) -> Scenario:
    from scenarios.checks import check_scenario
    from scenarios.problems import Located, ScenarioError, in_order

    values = {each.problem.place for each in refused if not each.problem.on_key}
    spec, problems, warned = check_scenario(
        data, lambda place, name: _file_at(path, marks, place, name), graphs, values
    )
    located = [*refused, *map(marks.locate, problems)]
    if located:
        raise ScenarioError(located)
    found = [marks.locate(problem) for problem in warned]
    warnings = in_order(Located(each.problem, each.mark, warning=True) for each in found)
    return Scenario(path, text, spec, dict(overrides), dict(graphs), data, marks, warnings)


def _file_at(path: Path, marks: Marks, place: Place, name: str) -> Path:
    from scenarios.overrides import is_override

    mark = marks.values.get(place)
    folder = Path.cwd() if mark is not None and is_override(mark.source) else path.parent
    return folder / name
