"""People: columns drawn or read, ids compared robustly, rows in any order; and the CSV files they come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simulator.conditions import parse
from simulator.distributions import DISTRIBUTIONS, Distribution
from simulator.errors import SpecError
from simulator.population import Categories, column_from_series, from_table, generate
from simulator.streams import Draw
from simulator.tables import canonical_ids, match_ids, read_table

DRAW = Draw(seed=5, scope="network")
PEOPLE = pd.DataFrame(
    {
        "who": [12, 3, 7, 101],
        "village": [2, 1, 1, 2],
        "job": ["farmer", None, "clerk", "farmer"],
        "age": [40.0, 31.0, np.nan, 22.5],
    }
)


def problems_of(call, *args, **kwargs):
    with pytest.raises(SpecError) as caught:
        call(*args, **kwargs)
    return [(problem.place, problem.message + ". " + problem.hint) for problem in caught.value.problems]


def write(folder: Path, data: bytes | str) -> Path:
    path = folder / "table.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


# --- drawn columns


def test_a_generated_person_keeps_their_values_when_others_come() -> None:
    plans = {"area": Categories({"urban": 0.7, "rural": 0.3}), "age": Distribution("normal", 40, 15, 18, 90)}
    few, many = generate(100, plans, DRAW), generate(101, {"more": Categories({"x": 1}), **plans}, DRAW)
    for name in plans:
        assert np.array_equal(few.columns[name].values, many.columns[name].values[:100])
    assert few.ids.dtype == np.int64
    assert few.ids.tolist() == list(range(100))
    other = generate(100, plans, Draw(seed=5, scope="network", number=1))
    assert not np.array_equal(few.columns["age"].values, other.columns["age"].values)


def test_columns_of_equal_plans_differ() -> None:
    people = generate(
        1000, {"a": Distribution("uniform", min=0, max=1), "b": Distribution("uniform", min=0, max=1)}, DRAW
    )
    assert abs(np.corrcoef(people.columns["a"].values, people.columns["b"].values)[0, 1]) < 0.15


@pytest.mark.parametrize(("rural", "agrees"), [(0.3, True), (0.32, False)])
def test_categories_come_in_their_shares(rural: float, agrees: bool) -> None:
    n = 100_000
    column = generate(n, {"area": Categories({"urban": 1.4, "rural": 0.6})}, DRAW).columns["area"]
    assert column.categories == ("urban", "rural")
    assert column.values.dtype == np.int32
    error = abs((column.values == 1).mean() - rural) / (rural * (1 - rural) / n) ** 0.5
    assert (error < 4) == agrees


@pytest.mark.parametrize("name", [*DISTRIBUTIONS])
def test_distributions_have_their_mean_and_sd(name: str) -> None:
    mean, sd, n = (0.3, 0.1, 100_000)
    values = Distribution(name, mean, sd).sample(DRAW.uniforms("x", n=n))
    z = (values.mean() - mean) / (sd / n**0.5)
    assert abs(z) < 4
    assert values.std() == pytest.approx(sd, rel=0.03)
    assert abs(values.mean() - 0.303) / (sd / n**0.5) > 5  # its twin: a mean that is 1 % off is seen


def test_a_truncated_distribution_is_rescaled_not_piled_up() -> None:
    values = Distribution("normal", 0, 1, min=1, max=2).sample(DRAW.uniforms("x", n=100_000))
    assert values.min() >= 1
    assert values.max() <= 2
    assert np.unique(values).size > 99_000
    assert values.mean() == pytest.approx(1.3833, abs=0.004)  # (phi(1) - phi(2)) / (Phi(2) - Phi(1))


def test_extreme_uniforms_stay_finite() -> None:
    values = Distribution("normal", 0, 1).sample(np.array([0.0, 0.5, 1 - 2.0**-53]))
    assert np.isfinite(values).all()
    assert values[1] == 0
    assert Distribution("normal", 3, 0).sample(np.zeros(2)).tolist() == [3, 3]


@pytest.mark.parametrize(
    ("plan", "place", "words"),
    [
        (Distribution("gaussian", 1, 1), ("distribution",), "normal"),
        (Distribution("normal", 1), (), "sd"),
        (Distribution("normal", 1, -1), ("sd",), "negative"),
        (Distribution("gamma", -1, 1), ("mean",), "above 0"),
        (Distribution("beta", 0.5, 0.6), ("sd",), "below 0.5"),
        (Distribution("uniform", min=0), (), "max"),
        (Distribution("normal", 0, 1, 3, 2), ("max",), "not below"),
        (Distribution("normal", 0, 1, 50, 60), (), "practically nothing"),
        (Categories({"a": -1, "b": 2}), ("categories", "a"), "negative"),
        (Categories({"a": 0}), ("categories",), "nothing"),
    ],
)
def test_wrong_plans_are_refused_with_their_place(plan, place, words) -> None:
    [(found, message)] = problems_of(generate, 10, {"x": plan}, DRAW)
    assert found == ("columns", "x", *place)
    assert words in message


# --- people from a table


def test_people_from_a_table_are_sorted_by_number_and_keep_all_columns() -> None:
    people = from_table(PEOPLE, "who", renames={"hamlet": "village"})
    assert people.ids.tolist() == [3, 7, 12, 101]
    assert list(people.columns) == ["who", "job", "age", "hamlet"]
    assert people.columns["hamlet"].values.tolist() == [1, 1, 2, 2]
    assert people.columns["job"].categories == ("clerk", "farmer")
    assert people.columns["job"].values.tolist() == [-1, 0, 1, 1]
    assert np.isnan(people.columns["age"].values[1])


def test_rows_in_another_order_give_the_same_people() -> None:
    plans = {"area": Categories({"urban": 0.5, "rural": 0.5})}
    people = from_table(PEOPLE, "who", plans=plans, draw=DRAW)
    for seed in range(5):
        shuffled = from_table(PEOPLE.sample(frac=1, random_state=seed), "who", plans=plans, draw=DRAW)
        assert np.array_equal(people.ids, shuffled.ids)
        for name, column in people.columns.items():
            assert np.array_equal(column.values, shuffled.columns[name].values, equal_nan=column.categories is None)


def test_where_keeps_people_and_remembers_whom_it_left_out() -> None:
    plans = {"luck": Distribution("uniform", min=0, max=1)}
    everybody = from_table(PEOPLE, "who", plans=plans, draw=DRAW)
    some = from_table(PEOPLE, "who", where=parse("hamlet == 2"), renames={"hamlet": "village"}, plans=plans, draw=DRAW)
    assert some.ids.tolist() == [12, 101]
    assert some.left_out.tolist() == [3, 7]
    assert np.array_equal(some.columns["luck"].values, everybody.columns["luck"].values[2:])


@pytest.mark.parametrize(
    ("arguments", "place", "words"),
    [
        ({"id": "whoo"}, ("id",), "did you mean `who`"),
        ({"id": "who", "renames": {"hamlet": "vilage"}}, ("columns", "hamlet", "from"), "village"),
        ({"id": "who", "renames": {"age": "village"}}, ("columns", "age"), "already"),
        ({"id": "who", "where": parse("vilage == 1")}, ("where",), "village"),
        ({"id": "who", "where": parse("village == 9")}, ("where",), "nobody"),
        ({"id": "who", "where": parse("village == north")}, ("where",), "north"),
        ({"id": "village"}, ("id",), "two people have the id 1 (lines 3, 4), and 1 more"),
        ({"id": "job"}, ("id",), "line 3"),
    ],
)
def test_wrong_tables_are_refused_with_their_place(arguments, place, words) -> None:
    [(found, message)] = problems_of(from_table, PEOPLE, **arguments)
    assert found == place
    assert words in message


@pytest.mark.parametrize("ids", [[2, 10, 1], ["2", "10", "1"], [2.0, 10.0, 1.0], ["2.0", " 10", "1"]])
def test_ids_written_differently_are_the_same_people(ids) -> None:
    people = from_table(pd.DataFrame({"who": ids}), "who")
    assert people.ids.dtype == np.int64
    assert people.ids.tolist() == [1, 2, 10]


def test_an_id_read_as_words_is_a_column_of_numbers_where_it_is_one() -> None:
    people = from_table(PEOPLE.astype({"who": str}), "who", where=parse("who > 5"))
    assert people.columns["who"].values.tolist() == people.ids.tolist() == [7, 12, 101]


def test_ids_with_leading_zeros_and_words_stay_words() -> None:
    assert from_table(pd.DataFrame({"who": ["007", "7"]}), "who").ids.tolist() == ["007", "7"]
    assert canonical_ids(pd.Series(["b", "1.0"]))[0].tolist() == ["b", "1"]
    assert match_ids(np.array([7, 8]), np.array(["7", "a"], object)).tolist() == [0, -1]
    assert canonical_ids(pd.Series([1.0, np.nan]))[1].tolist() == [False, True]


def test_true_and_false_are_words_and_whole_numbers_group_without_a_point() -> None:
    assert column_from_series("x", pd.Series([True, False])).categories == ("False", "True")
    codes, labels = column_from_series("x", pd.Series([2.0, np.nan, 1.0, 2.0])).groups()
    assert codes.tolist() == [1, -1, 0, 1]
    assert labels == ("1", "2")


# --- files


def test_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    text = '\ufeffid,day,said,n,gone\n007,2020-01-01,none,1,\n12,2021-05-01,"yes, true",NA,\n'
    frame = read_table(write(tmp_path, text), text=["id", "not there"])
    assert frame["id"].tolist() == ["007", "12"]
    assert frame["day"].tolist() == ["2020-01-01", "2021-05-01"]
    assert frame["said"].tolist() == ["none", "yes, true"]
    assert frame["n"].isna().tolist() == [False, True]
    assert frame["gone"].isna().all()
    assert column_from_series("gone", frame["gone"]).categories is None


def test_a_column_that_turns_into_words_late_is_words(tmp_path: Path) -> None:
    rows = "\n".join(["1"] * 300_000 + ["x"])
    frame = read_table(write(tmp_path, f"a,b\n{rows.replace(chr(10), ',1' + chr(10))},1\n"))
    assert frame["a"].iloc[[0, -1]].tolist() == ["1", "x"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"a,b\n", "no rows"),
        (b"a,b", "no rows"),
        (b"a,b\n1,2\n1\n", "line 3 of `table.csv` has 1 fields; the header has 2"),
        (b"a,b\n1,2,3\n", "line 2 of `table.csv` has 3 fields; the header has 2"),
        (b"a;b\n1;2\n", "separated by `;`"),
        (b"a\tb\n1\t2\n", "separated by tabs"),
        (b"a,a\n1,2\n", "two columns named `a`"),
        (b"a,b\n1,\xff\n", "not UTF-8"),
        (b"a\xff,b\n1,2\n", "not UTF-8"),
        (b"PK\x03\x04\x00\x00a,b\n", "workbook"),
        (b"\x00\x00a,b\n", "binary"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, data: bytes, words: str) -> None:
    [(_, message)] = problems_of(read_table, write(tmp_path, data))
    assert words in message


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    assert "there is no file" in problems_of(read_table, tmp_path / "no.csv")[0][1]
    assert "cannot be read" in problems_of(read_table, tmp_path)[0][1]
