"""What nothing can be faster than: the engine and the tokenizer alone, in this process."""

from dataclasses import dataclass, field

from load.bench.contestants import ENGINE, ENGINE_CASCADE, REALISTIC, TOKENIZER, UNIQUE
from load.bench.turns import Texts
from load.engine_rate import run_engine, run_tokenizer, turn_times_ms
from load.session import Setup
from models.errors import TidegateError
from streams.model import Model, load_model
from streams.settings import Settings

FIRST = 500


@dataclass(slots=True)
class Limits:
    """The model, loaded once, with and without the cascade. Takes seconds: call it in a thread."""

    settings: Settings
    model: Model
    cascade: Model | None
    no_cascade: str = ""
    """Why there is none."""
    answered_early: float = field(default=0.0)
    """By the cascade, of the realistic stream."""

    @classmethod
    def open(cls, setup: Setup) -> "Limits":
        chosen = {"artifact": setup.artifact, "device": setup.device, "threads": setup.threads or 1, **setup.extra}
        settings = Settings.load(**chosen)
        model = load_model(settings)
        try:
            cascade, why = load_model(Settings.load(**chosen | {"cascade": "on"})), ""
        except TidegateError as error:
            cascade, why = None, str(error)
        return cls(settings, model, cascade, why)

    def measure(self, texts: Texts, seconds: float) -> dict[str, dict[str, float]]:
        """Records a second by name and stream, each over about so many seconds."""
        found: dict[str, dict[str, float]] = {ENGINE: {}, TOKENIZER: {}}
        for stream in (UNIQUE, REALISTIC):
            found[ENGINE][stream] = self._engine(self.model, texts, stream, seconds)[0]
            records = texts.take(stream, 0, FIRST)
            rate = run_tokenizer(self.model, records)
            found[TOKENIZER][stream] = run_tokenizer(self.model, texts.take(stream, 0, round(rate * seconds / 4)))
        if self.cascade is not None:
            found[ENGINE_CASCADE] = {}
            for stream in (UNIQUE, REALISTIC):
                found[ENGINE_CASCADE][stream], early = self._engine(self.cascade, texts, stream, seconds)
            self.answered_early = early
        return found

    def turn_ms(self, texts: Texts) -> dict[int, float]:
        """What a turn of so many waiting posts takes."""
        return turn_times_ms(self.model, texts.take(UNIQUE, 0, FIRST))

    def _engine(self, model: Model, texts: Texts, stream: str, seconds: float) -> tuple[float, float]:
        most = self.settings.max_in_flight_records
        first = run_engine(model, texts.take(stream, 0, FIRST), most)
        measured = run_engine(model, texts.take(stream, FIRST, max(FIRST, round(first.rate * seconds))), most)
        return measured.rate, measured.early
