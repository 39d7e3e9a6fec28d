"""All scenarios, in the order of docs/faults.md."""

from load.faults.scenario import Scenario
from load.faults.scenarios import brokers, inside, killing, lanes, networks, poison, surroundings, topics

_ROOMS = (killing, brokers, networks, poison, inside, topics, lanes, surroundings)
SCENARIOS: dict[str, Scenario] = {each.name: each for room in _ROOMS for each in room.SCENARIOS}
