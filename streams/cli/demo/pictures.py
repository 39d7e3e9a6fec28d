"""Records with pictures for the demo, drawn when it runs. Needs the extra `images`."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from models.pictures.hashing import fingerprint
from streams.cli.demo.stream import Bundled, Pictures
from streams.client.messages import record_message
from streams.tasks.posts import POSTS
from streams.tasks.symptoms import SYMPTOMS

KNOWN_LABEL: Final = "known_advert"


def draw_pictures(folder: Path) -> Pictures:
    """Draws into `folder` a store with a known picture, and the list that it stands in."""
    store, known = folder / "pictures", folder / "known.csv"
    store.mkdir()
    advert = _advert()
    (store / "advert.jpg").write_bytes(_file(advert.resize((320, 240)), quality=40))
    known.write_text(f"hash,label,action,expires\n{fingerprint(advert).hashes[0]},{KNOWN_LABEL},review,\n")
    records = (
        _record(POSTS.name, "picture-meme", "a meme", images=[_inline(_file(_meme()))]),
        _record(POSTS.name, "picture-known", "a known picture, small and grainy", images=[{"ref": "advert.jpg"}]),
        _record(
            POSTS.name,
            "picture-cut-off",
            "a file that was cut off",
            text="Our new bench in the garden",
            images=[_inline(_file(advert)[:900])],
        ),
        _record(
            SYMPTOMS.name,
            "picture-rash",
            "a photograph out of focus, of a rash",
            text="Itchy red spots on my arm since yesterday, no fever.",
            images=[_inline(_file(_rash()))],
        ),
    )
    settings = {"TIDEGATE_IMAGES": "on", "TIDEGATE_IMAGE_STORE": str(store), "TIDEGATE_KNOWN_IMAGES": str(known)}
    return Pictures(records, settings)


def _record(task: str, number: str, shown: str, **fields: Any) -> Bundled:
    return Bundled(record_message(task, {"id": number, **fields}), number, shown)


def _inline(data: bytes) -> dict[str, str]:
    return {"data": base64.b64encode(data).decode()}


def _file(image: Image.Image, quality: int = 80) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _meme() -> Image.Image:
    image = Image.new("RGB", (800, 600), "#5a783c")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(60)
    for number, line in enumerate(("SHUT UP", "YOU STUPID IDIOT")):
        draw.text((400, 60 + 90 * number), line, "white", font, "ma", stroke_width=4, stroke_fill="black")
    return image


def _advert() -> Image.Image:
    """With enough in it to know it by."""
    image = Image.new("RGB", (640, 480), "#a39a7c")
    draw = ImageDraw.Draw(image)
    for number, colour in enumerate(("#b03a2e", "#1f618d", "#117a65", "#b7950b", "#6c3483", "#212f3c", "#ca6f1e")):
        left, top = 83 * number % 560, 131 * number % 380
        draw.ellipse((left, top, left + 150 - 9 * number, top + 110 + 7 * number), colour)
        draw.line((left, 480 - top, 640 - left, top), colour, 6)
    return image


def _rash() -> Image.Image:
    image = Image.new("RGB", (640, 480), "#d9a98a")
    draw = ImageDraw.Draw(image)
    for number in range(40):
        left, top = 149 * number % 600, 97 * number % 440
        draw.ellipse((left, top, left + 24, top + 20), "#b5523f")
    return image.filter(ImageFilter.GaussianBlur(14))
