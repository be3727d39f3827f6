"""A scenario that uses every key of the laws and of time, for tests to spoil."""

from __future__ import annotations

from pathlib import Path

TEXT = """\
netrial: 1
name: every_law
time: {unit: year, horizon: 10, observe_every: 1, warm_up: 2}

population:
  file: people.csv
  id: id
  columns: {age: {from: age, ages: true}}
  leave: {rate: 0.01, susceptibility: {column: age, ratio: 2, per: 10, centre: 60}, where: sex == m or health == ill}

network:
  layers:
    friends: {file: ties.csv, source: a, target: b, influence: both}
    family: {file: ties.csv, source: a, target: b, influence: target_to_source}
    buddies: {generator: lattice, neighbours: 4, periodic: true}

behaviours:
  smoking:
    states: [never, smoker, former]
    initial:
      smoker: {where: smokes == yes, since: started}
    transitions:
      start:
        from: never
        to: smoker
        rate: {value: 0.02, series: [[0, 1], [0.5, 1.5]], repeats_every: 1}
        per_contact: {smoker: 1, former: 0.2}
        where: sex == f or health == well
        susceptibility: [{column: income, ratio: 1.1, per: 10, centre: 40}, {by: health, values: {well: 1, ill: 0.5}}]
        influence: {by: sex, values: {f: 1, m: 2}}
      start_with_peers:
        from: never
        to: smoker
        rate: 0.01
        proportion: smoker
        layers: [friends]
      start_at_work:
        from: never
        to: smoker
        rate: 0.01
        group: {state: smoker, by: work, where: income > 10}
      start_together:
        from: never
        to: smoker
        rate: 0.5
        response: {count: smoker, table: [[0, 0], [2, 0.5], [3, 1]], shape: step}
        layers: [buddies]
      start_at_threshold:
        from: never
        to: smoker
        rate: 0.5
        response: {share: smoker, threshold: {column: threshold}}
      start_early:
        from: never
        to: smoker
        rate: 0.5
        response: {count: smoker, threshold: 3}
        layers: family
      quit: {from: smoker, to: former, rate: {value: 0.1, series: [[0, 1], [5, 2]]}}
      relapse:
        from: former
        to: smoker
        rate: 0.4
        time_in_state: [[0, 1], [1, 0.1]]
        susceptibility: {column: age, ratio: 0.9, per: 10, centre: 40}
  health:
    states: [well, ill]
    transitions:
      fall_ill: {from: well, to: ill, rate: {by: smoking, values: {never: 0.01, smoker: 0.05, former: 0.02}}}

interventions:
  shuffle:
    kind: alteration
    target: {}
    at: 0
    effect: {ties: {rewire: {share: 0.5, layer: friends}}}

arms: {usual: [], shuffled: [shuffle]}
outcomes:
  primary: burden
  burden: {person_time: {smoking.smoker: 1, smoking.former: 0.3}, better: lower}
  ill: {share: health.ill, at: end, better: lower}
experiment: {replicates: 2}
"""

PEOPLE = """\
id,age,sex,smokes,started,work,income,threshold,nothing,half
1,30,f,yes,-3,mill,20,0.3,,1
2,40,m,yes,-10,mill,30,0.2,,
3,50,f,no,,mill,40,0.5,,1
4,60,m,no,,shop,50,0.4,,
5,35,f,no,,shop,60,0.9,,1
6,45,m,no,,shop,20,0.1,,
7,55,f,no,,farm,30,0.3,,1
8,65,m,no,,farm,40,0.6,,
9,25,f,no,,farm,50,0.2,,1
"""

TIES = "a,b\n1,2\n1,3\n1,4\n2,3\n4,5\n5,6\n6,7\n7,8\n8,9\n"


def write(folder: Path, text: str = TEXT) -> Path:
    """Write the scenario with its files; return the scenario's path."""
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "ties.csv").write_text(TIES)
    path = folder / "scenario.yaml"
    path.write_text(text)
    return path
