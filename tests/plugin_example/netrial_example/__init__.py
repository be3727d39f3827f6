"""Words for netrial: a targeting rule, a generator, a measure, a tactic, and a folder of scenarios."""

from pathlib import Path

SCENARIOS = Path(__file__).parent / "scenarios"
