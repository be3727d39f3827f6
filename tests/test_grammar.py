"""The grammar: every example loads; every mistake is found, and pointed at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.loading import LIBRARY, load, names
from scenarios.problems import ScenarioError, ScenarioNotBuiltError
from simulator.errors import SpecError

OBESITY = (LIBRARY / "obesity.yaml").read_text()
VILLAGES = (LIBRARY / "family_planning.yaml").read_text()

# (what stands in the example, what is written instead, words of the message). The sign « stands where the message
# must point; it is taken out before the text is read.
BAD_OBESITY = [
    # keys
    ("\nbehaviours:", "\n«behaviors:", ["unknown key `behaviors`", "did you mean `behaviours`?"]),
    ("replicates: 100", "«replicats: 100", ["unknown key", "`replicates`"]),
    ("kind: champions\n    target: {rank: degree", "«knd: champions\n    target: {rank: degree", ["`kind`"]),
    ("triangles: 0.8", "«triangle: 0.8", ["takes no `triangle`", "did you mean `triangles`"]),
    ("rate: {value: 0.02, source: hill2010}}", "rate: {value: 0.02, «sourc: hill2010}}", ["`source`"]),
    ("per_person: 2,", "«per_persons: 2,", ["unknown key", "`per_person`"]),
    ("better: lower}\n  obese_at_end", "better: lower, «mater: 1}\n  obese_at_end", ["`matters`"]),
    ("study: {currency", "«name: again\nstudy: {currency", ["`name` stands here twice", "line 3"]),
    # missing: the line of the parent
    ("time: {unit: year, ", "«time: {", ["`unit` is missing"]),
    ("  leaders:\n    kind: champions\n", "  «leaders:\n", ["`kind` is missing", "alteration, broadcast"]),
    ("    target: {rank: degree, share: 0.05}\n    at: 0\n", "    target: {}\n", ["`at` is missing"]),
    ("    target: {rank: degree, share: 0.05}\n", "", ["`target` is missing", "`target: {}`"]),
    ("  size: 10000\n", "", ["`population` needs `size` or `file`"]),
    ("rate: {value: 0.04, source: hill2010}", "rte: 0.04", ["unknown key `rte`", "`rate`"]),
    # types
    ("size: 10000", "size: «abc", ["expected a whole number, found the word `abc`"]),
    ("size: 10000", "size: «12.5", ["expected a whole number", "12.5"]),
    ("size: 10000", "size: «0", ["at least 1"]),
    ("seed: 1", "seed: «no", ["expected a whole number, found the word `no`"]),
    ("seed: 1", "seed: «-1", ["at least 0"]),
    ("seed: 1", "seed: «'1'", ["expected a whole number, found the word `1`"]),
    ("horizon: 30", "horizon: «true", ["expected a number, found `true`"]),
    ("rate: {value: 0.04, source: hill2010}", "rate: «fast", ["expected a number, found the word `fast`"]),
    ("rate: {value: 0.04, source: hill2010}", "rate: «[1, 2]", ["expected a number, found a list"]),
    ("states: [lean, obese]", "states: «lean", ["expected a list, found the word `lean`"]),
    ("network:\n", "network: «3\nnetwork_:\n", ["expected a mapping", "the number 3"]),
    ("champions: [leaders]", "champions: «leaders", ["expected a list"]),
    ("title: Obesity as", "title: [Obesity as", ["`[` is not closed", "end it with `]`"]),
    ("unit: year", "unit: «years", ["`years` is not allowed", "did you mean `year`"]),
    ("name: obesity", "name: «my obesity", ["`my obesity` is not a name"]),
    ("  advocacy:\n", "  «in:\n", ["`in` cannot be a name"]),
    ("  advocacy:\n", "  «advo-cacy:\n", ["`advo-cacy` is not a name"]),
    # numbers
    ("size: 10000", "size: «1e400", ["too large"]),
    ("rate: {value: 0.04", "rate: {value: «.nan", ["must be finite"]),
    ("rate: {value: 0.04", "rate: {value: «-0.04", ["a rate cannot be -0.04", "at least 0"]),
    ("rank: degree, share: 0.05", "rank: degree, share: «1.05", ["1.05 is not between 0 and 1"]),
    ("uptake: {value: 0.8,", "uptake: {value: «8,", ["8 is not between 0 and 1"]),
    ("per_treated: 200", "per_treated: «-1", ["a cost cannot be -1"]),
    ("urban: 0.12", "urban: «1.2", ["1.2 is not between 0 and 1"]),
    ("urban: 0.12", "«urbn: 0.12", ["`urbn` is no category of `area`", "`urban`"]),
    ("values: {urban: 0.12, rural: 0.19}", "«values: {urban: 0.12}", ["no value for `rural`"]),
    ("by: area, values", "by: «aera, values", ["no column is named `aera`", "`area`"]),
    ("source: hill2010}}\n      catch", "source: «hil2010}}\n      catch", ["no publication", "`hill2010`"]),
    ("references: [hill2010,", "references: [«hill2011,", ["the bibliography has no `hill2011`"]),
    ("mean_degree: 4", "mean_degree: «5", ["must be even"]),
    ("mean_degree: 4", "mean_degree: «40000", ["10000 people cannot have 40000 contacts"]),
    ("generator: empty", "generator: «emty", ["no generator is named `emty`", "`empty`"]),
    ("triangles: 0.8}", "triangles: 0.8, «rewiring: 0.1}", ["takes no `rewiring`"]),
    # names
    ("to: obese, rate: {value: 0.02", "to: «obse, rate: {value: 0.02", ["no state of `obesity`", "`obese`"]),
    ("from: lean, to: obese, rate: {value: 0.02", "from: lean, to: «lean, rate: {value: 0.02", ["are both `lean`"]),
    ("per_contact: obese", "per_contact: «heavy", ["`heavy` is no state of `obesity`"]),
    ("per_contact: advocacy.champion", "per_contact: «advocasy.champion", ["no behaviour", "`advocacy`"]),
    ("layers: [buddies]", "layers: [«budies]", ["no layer is named `budies`", "`buddies`"]),
    ("initial: {obese:", "initial: {«obse:", ["no state of `obesity` is named `obse`"]),
    ("states: [lean, obese]", "states: [lean, obese, «lean]", ["listed twice"]),
    ("lose_weight: {from", "«lean: {from", ["a state and a transition"]),
    (
        "  advocacy:\n    states: [none, champion]",
        "  «area:\n    states: [none, champion]",
        ["a column and a behaviour"],
    ),
    ("effect: {set: {advocacy: champion}}   #", "effect: {set: {advocacy: «champon}}   #", ["`champion`"]),
    ("effect: {set: {advocacy: champion}}   #", "effect: {set: {«advocay: champion}}   #", ["`advocacy`"]),
    ("{obesity.become_obese:", "{«obesity.become_obse:", ["no transition", "`obesity.become_obese`"]),
    ("influence: {obesity.lose_weight_with_champion:", "influence: {«obesity.lose_weight:", ["without contacts"]),
    ("layer: buddies, weight", "layer: «buddy, weight", ["no layer is named `buddy`"]),
    ("pairing: random", "pairing: «randm", ["`random`"]),
    ("kind: induction", "kind: «inducton", ["no kind of intervention", "`induction`"]),
    ("rank: degree", "rank: «degre", ["unknown targeting rule `degre`", "`degree`"]),
    ("rank: degree", "rank: {rule: random, «asked: 0.2}", ["`random` takes no `asked`"]),
    ("champions: [leaders]", "champions: [«leader]", ["no intervention is named `leader`", "`leaders`"]),
    ("primary: obese_years", "primary: «obese_year", ["no outcome", "`obese_years`"]),
    ("experiment: {", "experiment: {control: «usual, ", ["no arm is named `usual`", "`usual_care`"]),
    ("experiment: {", "experiment: {curves_by: [«sex], ", ["no column is named `sex`"]),
    ("states: [none, champion]", f"states: «[none, champion, {', '.join(f's{i}' for i in range(62))}]", ["at most 63"]),
    # what does not go together
    ("rank: degree, share: 0.05}", "rank: degree, share: 0.05, «number: 5}", ["second cut"]),
    ("target: {groups: communities, ", "target: {", ["a measure ranks groups"]),
    ("    target: {groups: communities, rank: {share: obesity.obese}, share", "    target: «{share", ["which groups"]),
    ("study: {currency: GBP, price_year: 2025}\n", "", ["a cost needs a currency"]),
    ("per_contact: obese\n", "per_contact: obese\n        «proportion: obese\n", ["second law"]),
    ("rate: {value: 0.02, source: hill2010}}", "rate: 0.02, «layers: [buddies]}", ["`layers` has no meaning"]),
    ("observe_every: 1", "observe_every: «31", ["beyond the horizon"]),
    ("horizon: 30", "horizon: «0", ["must be above 0"]),
    ("    at: 0\n    effect:\n      ties", "    at: «31\n    effect:\n      ties", ["beyond the horizon"]),
    ("    at: 0\n    effect:\n      ties", "    at: «-1\n    effect:\n      ties", ["before the start"]),
    (
        "ties: {add: {per_person: 2, to: obesity == lean, pairing: random, layer: buddies, weight: 1}}\n      for: 3",
        "set: {advocacy: champion}",
        ["`alteration` needs ties"],
    ),
    ("effect: {set: {advocacy: champion}}   #", "effect: {set: {advocacy: champion}, «for: 2}   #", ["nothing to end"]),
    (
        "obese_years: {person_time: obesity.obese,",
        "obese_years: {«person_time: obesity.obese, share: obesity.obese,",
        ["second measure"],
    ),
    ("new_cases: {first_entries: obesity.obese, ", "«new_cases: {", ["nothing is measured"]),
    ("person_time: obesity.obese,", "person_time: obesity.obese, «at: end,", ["`at` does not go with"]),
    ("person_time: obesity.obese,", "person_time: obesity.obese, «by: area,", ["`difference` only"]),
    ("between: [rural, urban]", "between: [rural, «urbane]", ["`urban`"]),
    ("  gap: {difference: obesity.obese, by: area,", "  «gap: {difference: obesity.obese,", ["`by` is missing"]),
    ("urban: 0.12, rural: 0.19}, source: assumed}}", "urban: 0.12, rural: 0.9}}, «lean: 0.2}", ["add up to 1.1"]),
    ("categories: {urban: 0.7, rural: 0.3}", "«from: area", ["people have none"]),
    ("area: {categories: {urban: 0.7, rural: 0.3}}", "«area: {}", ["exactly one of"]),
    ("urban: 0.7", "urban: «-0.7", ["at least 0"]),
    ("{categories: {urban: 0.7", "{categories: «{urban: 0.6", ["add up to 0.9", "add up to 1"]),
    # conditions
    ("where: obesity == obese", "where: obesity «= obese", ["`=`", "`==`"]),
    ("where: obesity == obese", "where: obesity == «obse", ["no state of `obesity`", "`obese`"]),
    ("where: obesity == obese", 'where: "area == urban and «agee > 40"', ["no column or behaviour", "agee"]),
    ("to: obesity == lean", "to: 'area in [urban, «rurl]'", ["no category of `area`", "`rural`"]),
    (
        "obese_at_end: {share: obesity.obese,",
        "obese_at_end: {share: obesity.obese, where: «obesity == lean,",
        ["`start.`"],
    ),
    # files that are no scenarios
    ("[lean, obese]", "«&x [lean, obese]", ["anchor"]),
    ("unit: year", "unit: «!!str year", ["tag"]),
    ("\npopulation:\n", "\npopulation:\n«\tsize: 3\n", ["tab", "spaces"]),
    ("\narms:", "\n«---\narms:", ["second document"]),
]
BAD_VILLAGES = [
    ("nodes.csv", "nodes_.csv", "file: «", ["there is no file `nodes_.csv`"]),
    ("id: node", "id: nde", "id: «", ["no column `nde`", "`node`"]),
    ("from: pregs", "from: preg", "from: «", ["no column `preg`", "`pregs`"]),
    ("source: source", "source: sourc", "source: «", ["no column `sourc`", "`source`"]),
    ("influence: target_to_source", "influence: backwards", "influence: «", ["target_to_source"]),
    ("file: ../data/kfamily/edges_any.csv", "file: ../data/kfamily/adoption_curve.csv", "source: «", ["source"]),
    ("column: t,", "column: tt,", "column: «", ["no column `tt`"]),
    (
        "per: village}\n    at: 0\n    effect: {set: {contraception: using}}\n  friends",
        "per: town}\n    at: 0\n    effect: {set: {contraception: using}}\n  friends",
        "per: «",
        ["no column is named `town`"],
    ),
    ("toa_raw == 1", "toa_row == 1", "where: «", ["toa_row", "`toa_raw`"]),
    ("toa_raw == 1", "toa_raw == never", "where: toa_raw == «", ["holds numbers"]),
    ("where: toa_raw == 1", "where: contraception == using", "where: «", ["cannot be asked for here"]),
    ("arm: as_it_happened", "arm: as_it_was", "arm: «", ["no arm", "`as_it_happened`"]),
    ("reaches: 0.5", "reaches: 50", "reaches: «", ["between 0 and 1"]),
]


def problems_of(text: str, folder: Path) -> ScenarioError:
    path = folder / "scenario.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as refused:
        load(path)
    assert "Traceback" not in str(refused.value)
    return refused.value


def expect(error: ScenarioError, marked: str, words: list[str]) -> None:
    """Require a problem that says these words; where « stands, if it does."""
    pointed = [each for each in error.located if all(word in str(each) for word in words)]
    assert pointed, f"nothing says {words}:\n{error}"
    if "«" in marked:
        before = marked[: marked.index("«")]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        places = [(each.line, each.column) for each in pointed]
        assert (line, column) in places, f"expected {line}:{column}, found {places}:\n{error}"
        first = next(each for each in pointed if (each.line, each.column) == (line, column))
        shown = marked.replace("«", "").splitlines()[line - 1]
        head, source_line, carets = str(first).splitlines()[:3]
        assert head.split(": ")[0].endswith(f"scenario.yaml:{line}:{column}")
        if len(shown) <= 160:
            assert source_line.strip() == shown.strip()
            assert carets.index("^") == 4 + column - 1


@pytest.mark.parametrize(("old", "new", "words"), BAD_OBESITY)
def test_mistakes_are_pointed_at(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    assert old in OBESITY
    marked = OBESITY.replace(old, new, 1)
    error = problems_of(marked.replace("«", ""), tmp_path)
    expect(error, marked, words)
    assert len(error.located) <= (12 if "name" in words[0] or "a column and" in words[0] else 3), (
        f"one mistake, many messages:\n{error}"
    )


@pytest.mark.parametrize(("old", "new", "at", "words"), BAD_VILLAGES)
def test_mistakes_about_files_are_pointed_at(tmp_path: Path, old: str, new: str, at: str, words: list[str]) -> None:
    text = VILLAGES.replace("../data", str(LIBRARY.parent / "data"))
    old, new = (each.replace("../data", str(LIBRARY.parent / "data")) for each in (old, new))
    assert old in text
    text = text.replace(old, new, 1)
    error = problems_of(text, tmp_path)
    expect(error, text, words)
    start = at[: at.index("«")]
    starts = {
        (text[:i].count("\n") + 1, i - text.rfind("\n", 0, i) - 1 + len(start) + 1)
        for i in range(len(text))
        if text.startswith(start, i)
    }
    assert starts & {(each.line, each.column) for each in error.located}, error


@pytest.mark.parametrize("name", ["obesity", "family_planning", "health_buddies"])
def test_examples_load(name: str) -> None:
    scenario = load(name)
    assert scenario.name == name
    assert scenario.text == (LIBRARY / f"{name}.yaml").read_text()
    assert load(LIBRARY / f"{name}.yaml").spec == scenario.spec


def test_library_is_listed() -> None:
    assert {"obesity", "family_planning", "health_buddies"} <= set(names())


def test_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(SpecError, match="did you mean `obesity`"):
        load("obesty")
    with pytest.raises(SpecError, match="cannot be read"):
        load("no_such_folder/file.yaml")


def test_not_built_says_where(tmp_path: Path) -> None:
    text = OBESITY.replace("experiment: {", "experiment: {draws: 9, direct: true, ")
    (tmp_path / "scenario.yaml").write_text(text)
    with pytest.raises(ScenarioNotBuiltError) as refused:
        load(tmp_path / "scenario.yaml").require_built()
    located = {
        (each.problem.message, text.splitlines()[each.line - 1][each.column - 1 :][:10])
        for each in refused.value.located
    }
    assert located == {
        ("`draws` is not built yet", "draws: 9, "),
        ("`direct` is not built yet", "direct: tr"),
    }
    assert refused.value.exit_code == 2
    for name in ("obesity", "family_planning", "health_buddies"):
        assert not load(name).not_built()


def test_everything_is_reported_at_once(tmp_path: Path) -> None:
    text = OBESITY
    for old, new in (
        ("unit: year", "unit: years"),
        ("to: obese, rate: {value: 0.02", "to: obse, rate: {value: 0.02"),
        ("per_contact: advocacy.champion", "per_contact: advocacy.champio"),
        ("rank: degree, share: 0.05", "rank: degre, share: 0.05"),
        ("primary: obese_years", "primary: years"),
        ("champions: [leaders]", "champions: [leader]"),
        ("    per_treated", "    per_treatd"),
        ("where: obesity == obese", "where: obesity == obse"),
    ):
        text = text.replace(old, new, 1)
    error = problems_of(text, tmp_path)
    assert [each.line for each in error.located] == sorted(each.line for each in error.located)
    assert len(error.located) == 7
    assert not any("unknown`" in str(each) for each in error.located)


def test_a_broken_part_hides_no_name(tmp_path: Path) -> None:
    """`obesity` is broken, but what refers to it is right: one message only."""
    error = problems_of(OBESITY.replace("states: [lean, obese]", "states: [lean, obese]\n    sttes: 3"), tmp_path)
    assert len(error.located) == 1
    error = problems_of(OBESITY.replace("states: [lean, obese]", "states: 3"), tmp_path)
    assert len(error.located) == 1
    error = problems_of(OBESITY.replace("    states: [none, champion]\n", ""), tmp_path)
    assert len(error.located) == 1


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02", "not a text file"),
        (b"name: \xff\xfe", "not UTF-8"),
        ("name: x".encode("utf-16"), "not a text file"),
        (b"a: " + b"x" * 1_100_000, "larger than 1 MB"),
        (b"a: " + b"[" * 60, "nested deeper than 50"),
        (b"- 1\n- 2\n", "mapping of keys"),
        (b"a: &a [1]\nb: [*a, *a]\n", "alias"),
        (b"a: " + b"9" * 200_000, "too many digits"),
        (b"a: [" + b"1," * 25_000 + b"1]", "more than 20000 values"),
        (b"%YAML 1.1\n---\na: 1\n", "directives"),
        (b"? [a, b]\n: 1\n", "a key must be a word"),
        (b"a: 'x\n", "quotation mark"),
        (b"name: \x1b[31mred\n", "cannot be in a text"),
    ],
)
def test_strange_files_are_refused(tmp_path: Path, raw: bytes, words: str) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_bytes(raw)
    with pytest.raises(SpecError, match=words):
        load(path)


def test_yaml_is_of_version_1_2(tmp_path: Path) -> None:
    text = (
        OBESITY.replace("[lean, obese]", "[no, obese]")
        .replace("lean", "no")
        .replace("rate: {value: 0.04", "rate: {value: 4e-2")
    )
    path = tmp_path / "scenario.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    scenario = load(path)
    assert scenario.spec.behaviours["obesity"].states == ("no", "obese")
    assert scenario.spec.behaviours["obesity"].transitions["lose_weight"].rate.value == 0.04  # type: ignore[union-attr]


def test_starting_is_light() -> None:
    """The command line answers `--help` before any heavy library is there."""
    code = "import scenarios.loading, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "pandas", "numba", "networkx", "mesa", "scipy"} & set(loaded)
