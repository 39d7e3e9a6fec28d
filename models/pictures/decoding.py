"""Bytes of strangers to upright RGB pictures of a bounded size.

Named formats alone, limits of pixels by format before anything is unpacked, JPEG shrunk while it is unpacked, the
camera's orientation applied and all other metadata dropped. Runs in a child process, which has a deadline and a limit
of memory (see `bench`): what still gets through here ends there.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from models.pictures.errors import NotLooked, PictureError

WORKING_SIDE: Final = 1024
"""Pixels of the longer side of the working copy: what OCR, hashes and classifiers read is smaller still."""
MAX_PIXELS: Final[Mapping[str, int]] = {
    "JPEG": 64_000_000,  # shrunk while unpacked: 48 MP take 18 MB
    "PNG": 16_000_000,
    "WEBP": 16_000_000,
    "GIF": 8_000_000,
    "BMP": 16_000_000,
}
"""Only JPEG shrinks on load; 16 MP of RGBA are 64 MB for a moment."""
MAX_PIXELS_IN_PASSES: Final = 14_000_000
"""Of a JPEG that comes in several passes: all of it is kept until the last one, six bytes a pixel, however small it is
made. A telephone's 12 MP are let in, 48 MP would take 290 MB.
"""
MIN_SIDE: Final = 8
MAX_FRAMES: Final = 3
MAX_ANIMATED_PIXELS: Final = 200_000_000
"""Pixels of all frames up to the last one looked at: a frame is unpacked on top of all those before it."""
_BACKGROUND: Final = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Decoded:
    """Upright RGB copies of the frames that are looked at, and what the file was."""

    frames: tuple[Image.Image, ...]
    media_type: str
    width: int
    """As sent, upright; pixels."""
    height: int
    frame_count: int

    @property
    def image(self) -> Image.Image:
        return self.frames[0]


def decode(data: bytes) -> Decoded:
    """Raises PictureError; anything else that a decoder comes up with is the file's fault, too."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _decoded(data)
    except PictureError:
        raise
    except MemoryError:
        raise PictureError(NotLooked.TOO_MUCH_MEMORY) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PictureError(NotLooked.TOO_MANY_PIXELS) from None
    except UnidentifiedImageError:
        raise PictureError(NotLooked.NO_FORMAT) from None
    except Exception:  # noqa: BLE001  SyntaxError, ValueError, struct.error ...: decoders have no one kind of error
        raise PictureError(NotLooked.DAMAGED) from None


def _decoded(data: bytes) -> Decoded:
    image = Image.open(BytesIO(data), formats=tuple(MAX_PIXELS))
    if image.format == "MPO":  # a JPEG of a telephone, behind which lies a preview or a map of brightness
        image = JpegImageFile(BytesIO(data))
    kind = str(image.format)
    in_passes = isinstance(image, JpegImageFile) and _comes_in_passes(image, data)
    most = MAX_PIXELS_IN_PASSES if in_passes else MAX_PIXELS[kind]
    if image.width * image.height > most:
        raise PictureError(NotLooked.TOO_MANY_PIXELS)
    if min(image.size) < MIN_SIDE:
        raise PictureError(NotLooked.TOO_SMALL)
    width, height = _upright_size(image)
    media_type = Image.MIME[kind]
    count = int(getattr(image, "n_frames", 1))
    if isinstance(image, ImageFile.ImageFile):
        image.draft("RGB", (WORKING_SIDE, WORKING_SIDE))
    frames = []
    for number in _chosen(count, image.width * image.height):
        image.seek(number)
        frames.append(_working_copy(image))
    return Decoded(tuple(frames), media_type, width, height, count)


def _comes_in_passes(image: JpegImageFile, data: bytes) -> bool:
    """As libjpeg decides it: it is progressive, or its first scan has not all of its colours."""
    return "progressive" in image.info or _colours_of_first_scan(data) < image.layers


_START_OF_SCAN: Final = 0xDA
_WITHOUT_LENGTH: Final = frozenset({0x00, 0x01, *range(0xD0, 0xDA), 0xFF})
"""Markers that stand alone, and what is none: an escaped 0xFF and padding."""


def _colours_of_first_scan(data: bytes) -> int:
    """Raises ValueError, IndexError: it has none."""
    at = 0
    while True:
        at = data.index(b"\xff", at) + 1
        if data[at] == _START_OF_SCAN:
            return data[at + 3]
        if data[at] not in _WITHOUT_LENGTH:
            at += 1 + max(2, int.from_bytes(data[at + 1 : at + 3], "big"))


def _chosen(count: int, pixels: int) -> list[int]:
    """The first frame, one in the middle and the last, as far as they are cheap enough to reach."""
    reachable = min(count, max(1, MAX_ANIMATED_PIXELS // max(1, pixels)))
    return sorted({0, (reachable - 1) // 2, reachable - 1})[:MAX_FRAMES]


_SIDEWAYS: Final = frozenset({5, 6, 7, 8})
_ORIENTATION: Final = 0x0112


def _upright_size(image: Image.Image) -> tuple[int, int]:
    width, height = image.size
    return (height, width) if image.getexif().get(_ORIENTATION) in _SIDEWAYS else (width, height)


def _working_copy(image: Image.Image) -> Image.Image:
    """Upright, small, RGB on white, without metadata."""
    image.load()
    copy = ImageOps.exif_transpose(image)
    if copy.mode in ("RGBA", "LA", "PA") or "transparency" in copy.info:
        layer = copy.convert("RGBA")
        copy = Image.new("RGB", layer.size, _BACKGROUND)
        copy.paste(layer, mask=layer.getchannel("A"))
    else:
        copy = copy.convert("RGB")
    copy.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    copy.info = {}
    return copy
