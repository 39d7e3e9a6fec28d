"""Posts of which some bring a picture: of several sizes, with and without text, some of them sent before."""

import base64

import orjson

from load.texts import REALISTIC, Lengths, Payload, Writer

PICTURES_SHARE = 0.2
WORDS_SHARE = 0.5
"""So many pictures have text in them."""
COPIES_SHARE = 0.3
"""So many are a file that was sent before, byte for byte."""
WIDTHS = (320, 640, 800, 1280)
_DRAWN = 24


class PictureWriter(Writer):
    """Writes posts, one in five with a picture inside of it.

    A few are drawn, and what follows behind a file's end makes many files of each: no decoder reads it, and a service
    that knows files by their hash does not know them.
    """

    def __init__(self, seed: int, lengths: Lengths = REALISTIC, authors: int = 5_000) -> None:
        super().__init__(seed, lengths, authors)
        self._drawn: list[bytes] = []
        self._sent: list[bytes] = []

    def post(self, number: int) -> Payload:
        payload = super().post(number)
        if self._rng.random() >= PICTURES_SHARE:
            return payload
        image = {"data": base64.b64encode(self._file(number)).decode()}
        return Payload(payload.kind, payload.key, orjson.dumps(orjson.loads(payload.value) | {"images": [image]}))

    def _file(self, number: int) -> bytes:
        if self._sent and self._rng.random() < COPIES_SHARE:
            return self._rng.choice(self._sent)
        if not self._drawn:
            self._drawn = [self._draw(turn) for turn in range(_DRAWN)]
        self._sent.append(self._rng.choice(self._drawn) + number.to_bytes(8, "big"))
        return self._sent[-1]

    def _draw(self, turn: int) -> bytes:
        from load.drawing import as_jpeg, outlined_capitals, scene  # Pillow is no part of the load extra

        has_words = turn < WORDS_SHARE * _DRAWN
        image = outlined_capitals(super().text(turn)[:80], "en", self._rng) if has_words else scene(self._rng)
        width = WIDTHS[turn % len(WIDTHS)]
        return as_jpeg(image.resize((width, width * image.height // image.width)))


class ApartWriter(PictureWriter):
    """The same, and whoever sends pictures sends no posts without: those of one author wait for one another."""

    def post(self, number: int) -> Payload:
        payload = super().post(number)
        body = orjson.loads(payload.value)
        if "images" not in body:
            return payload
        author = f"p{body['author']}"
        return Payload(payload.kind, author.encode(), orjson.dumps(body | {"author": author}))


class LeftOutWriter(ApartWriter):
    """The same without the pictures."""

    def post(self, number: int) -> Payload:
        payload = super().post(number)
        body = orjson.loads(payload.value)
        body.pop("images", None)
        return Payload(payload.kind, payload.key, orjson.dumps(body))
