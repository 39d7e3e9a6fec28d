"""All scenarios, in the order of docs/faults.md."""

from load.faults.scenario import Scenario
from load.faults.scenarios import killing

SCENARIOS: dict[str, Scenario] = {each.name: each for each in (*killing.SCENARIOS,)}
