"""The traffic of a run: what is sent, and when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from load import arrivals
from load.arrivals import Seconds
from load.picture_stream import ApartWriter, LeftOutWriter, PictureWriter
from load.stream import StreamWriter
from load.texts import REALISTIC, SHORT, Lengths, Payload, Writer


class Shape(StrEnum):
    STEADY = "steady"
    BURST = "burst"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Shares are of all records; the rest are good posts."""

    name: str
    shape: Shape = Shape.STEADY
    lengths: Lengths = REALISTIC
    symptoms_share: float = 0.0
    bad_share: float = 0.0
    writer: type[Writer] = Writer
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of the workers that it is for."""

    def schedule(self, rate: float, seconds: float) -> Seconds:
        return (arrivals.burst if self.shape is Shape.BURST else arrivals.constant)(rate, seconds)

    def payloads(self, count: int, seed: int) -> Iterator[Payload]:
        return self.writer(seed, self.lengths).mixed(count, self.symptoms_share, self.bad_share)


SCENARIOS = {
    each.name: each
    for each in (
        Scenario("steady"),
        Scenario("short", lengths=SHORT),
        Scenario("stream", writer=StreamWriter),
        Scenario("burst", shape=Shape.BURST),
        Scenario("mixed", symptoms_share=0.2),
        Scenario("bad-input", symptoms_share=0.1, bad_share=0.1),
        Scenario("pictures", writer=PictureWriter, settings={"images": "on"}),
        Scenario("pictures-apart", writer=ApartWriter, settings={"images": "on"}),
        Scenario("pictures-left-out", writer=LeftOutWriter, settings={"images": "on"}),
    )
}
