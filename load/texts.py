"""Posts and symptom records to send: seeded, of realistic lengths, no two alike.

Unique texts, because the service answers a copy from its cache. They make no sense: what matters here is how
long they are and that their tokens vary.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import orjson

from load.words import CHINESE, CHINESE_COMPLAINTS, COMPLAINTS, ENGLISH

_BODY_PARTS = ("chest", "head", "abdomen", "back", "arm", "leg", "throat", "skin")
_BAD = (
    b"",
    b"{",
    b"[1, 2]",
    b'{"id": 1}',
    b'{"id": "x", "text": ""}',
    b'{"id": "x", "text": 7}',
    b"\xff\xfe{}",
)
_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]


@dataclass(frozen=True, slots=True)
class Lengths:
    """Words in a text: log-normal around `median`, between 1 and `longest`."""

    median: float
    sigma: float
    longest: int

    def draw(self, rng: random.Random) -> int:
        return max(1, min(self.longest, round(self.median * rng.lognormvariate(0.0, self.sigma))))


REALISTIC = Lengths(median=12.0, sigma=0.9, longest=250)
"""As in public comment data: half of all under a dozen words, one in twenty over fifty."""
SHORT = Lengths(median=8.0, sigma=0.5, longest=24)


@dataclass(frozen=True, slots=True)
class Payload:
    """A record ready to be sent. `number` stands in its id, so that its answer can be told."""

    kind: str
    key: bytes
    value: bytes


class Writer:
    """Writes payloads number 0, 1, 2, ...; the same seed writes the same."""

    def __init__(self, seed: int, lengths: Lengths = REALISTIC, authors: int = 5_000) -> None:
        self._rng = random.Random(seed)  # noqa: S311
        self._lengths = lengths
        self._authors = authors
        self._en = list(accumulate(1 / rank for rank in range(1, len(ENGLISH) + 1)))  # Zipf's law
        self._zh = list(accumulate(1 / rank for rank in range(1, len(CHINESE) + 1)))

    def text(self, number: int) -> str:
        """Four in ten are Chinese. Ends with a made-up name that no other number has."""
        words, rng = self._lengths.draw(self._rng), self._rng
        if rng.random() < 0.4:
            return "".join(rng.choices(CHINESE, cum_weights=self._zh, k=words)) + name_zh(number)
        return " ".join([*rng.choices(ENGLISH, cum_weights=self._en, k=words), name(number)])

    def post(self, number: int) -> Payload:
        author = f"a{self._rng.randrange(self._authors)}"
        kind = self._rng.choice(("comment", "comment", "reply", "sms", "message"))
        body = {"id": str(number), "text": self.text(number), "author": author, "kind": kind}
        return Payload("posts", author.encode(), orjson.dumps(body))

    def symptoms(self, number: int) -> Payload:
        rng = self._rng
        patient = f"p{rng.randrange(self._authors)}"
        if rng.random() < 0.4:
            text = "、".join(rng.sample(CHINESE_COMPLAINTS, rng.randint(1, 5))) + "、" + name_zh(number)
        else:
            complaints = ", ".join(rng.sample(COMPLAINTS, rng.randint(1, 5)))
            text = f"{complaints} for {rng.randint(1, 20)} days, saw doctor {name(number)}"
        vitals = {"heart_rate": rng.randint(50, 150), "temperature": round(rng.uniform(36, 40), 1)}
        body = {"id": str(number), "text": text, "patient": patient, "age": rng.randint(1, 95)}
        body |= {
            "sex": rng.choice(("female", "male")),
            "body_part": rng.choice(_BODY_PARTS),
            "vitals": vitals,
        }
        return Payload("symptoms", patient.encode(), orjson.dumps(body))

    def bad(self, number: int) -> Payload:
        """A post that can only become a dead letter."""
        return Payload("posts", f"bad{number}".encode(), self._rng.choice(_BAD))

    def mixed(self, count: int, symptoms_share: float = 0.0, bad_share: float = 0.0) -> Iterator[Payload]:
        for number in range(count):
            draw = self._rng.random()
            if draw < bad_share:
                yield self.bad(number)
            elif draw < bad_share + symptoms_share:
                yield self.symptoms(number)
            else:
                yield self.post(number)


def _digits(number: int, base: int) -> Iterator[int]:
    while True:
        number, digit = divmod(number, base)
        yield digit
        if not number:
            return


def name(number: int) -> str:
    """A made-up name that no other number has."""
    return "".join(_SYLLABLES[digit] for digit in _digits(number, len(_SYLLABLES))) + "x"


def name_zh(number: int) -> str:
    """The same in Chinese characters."""
    return "".join(chr(0x5200 + digit) for digit in _digits(number, 512))
