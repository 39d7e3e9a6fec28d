"""Files of strangers: what is read of good ones, and how bad ones end."""

from __future__ import annotations

import contextlib
import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from models.pictures.decoding import MAX_FRAMES, MAX_PIXELS, WORKING_SIDE, decode
from models.pictures.errors import NotLooked, PictureError
from tests.support.drawn import as_file, scene


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_the_usual_formats_are_read(kind: str) -> None:
    found = decode(as_file(scene(), kind))
    assert (found.width, found.height, found.frame_count, found.image.mode) == (640, 480, 1, "RGB")
    assert found.media_type == Image.MIME[kind]


def test_a_large_picture_is_made_small_and_says_how_large_it_was() -> None:
    found = decode(as_file(scene(4000, 3000)))
    assert (found.width, found.height) == (4000, 3000)
    assert max(found.image.size) <= WORKING_SIDE


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_camera_s_turn_is_undone_and_its_notes_are_dropped(orientation: int) -> None:
    upright = scene(640, 480)
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = upright if orientation == 1 else upright.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)  # where it was taken
    found = decode(as_file(stored, quality=95, exif=exif))
    assert (found.width, found.height) == (640, 480)
    assert not found.image.getexif()
    assert found.image.info == {}
    seen, meant = (np.asarray(image.resize((8, 8)), dtype=float) for image in (found.image, upright))
    assert abs(seen - meant).mean() < 6


def test_what_is_transparent_is_white() -> None:
    found = decode(as_file(Image.new("RGBA", (64, 64), (255, 0, 0, 0)), "PNG"))
    assert found.image.getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_a_moving_picture_some_frames_are_looked_at(kind: str) -> None:
    frames = [scene(64, 48, seed) for seed in range(7)]
    found = decode(as_file(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert found.frame_count == 7
    assert len(found.frames) == MAX_FRAMES
    assert len({frame.tobytes() for frame in found.frames}) == MAX_FRAMES


def refused(data: bytes) -> NotLooked:
    with pytest.raises(PictureError) as caught:
        decode(data)
    return caught.value.reason


def png_header(width: int, height: int) -> bytes:
    """A file that says how large it is, and no more."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"\0" * 1000)

    def chunk(content: bytes) -> bytes:
        return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))

    return b"\x89PNG\r\n\x1a\n" + chunk(head) + chunk(body) + chunk(b"IEND")


@pytest.mark.parametrize(("width", "height"), [(13_000, 13_000), (30_000, 30_000), (5_000, 4_000)])
def test_bombs_are_refused_by_what_they_say(width: int, height: int) -> None:
    assert width * height > MAX_PIXELS["PNG"]
    assert refused(png_header(width, height)) is NotLooked.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    "data", [b"", b"nonsense", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"SIMPLE  =   T"]
)
def test_what_is_no_picture_of_a_named_format_is_not_opened(data: bytes) -> None:
    assert refused(data) is NotLooked.NO_FORMAT


def test_a_format_that_pillow_reads_and_we_do_not_name_is_not_opened() -> None:
    for kind in ("TIFF", "PPM", "ICO"):
        assert refused(as_file(scene(64, 64), kind)) is NotLooked.NO_FORMAT


def test_a_jpeg_in_several_passes_may_be_less_large() -> None:
    """It cannot be shrunk while it is unpacked."""
    large, small = Image.new("L", (4_000, 4_000)), Image.new("L", (4_000, 3_000))
    assert decode(as_file(large)).width == 4_000
    assert decode(as_file(small, progressive=True)).width == 4_000
    assert refused(as_file(large, progressive=True)) is NotLooked.TOO_MANY_PIXELS


def jpeg_by_colour(width: int, height: int, before: bytes = b"") -> bytes:
    """A baseline JPEG that has each colour in a scan of its own, and nothing in any of them; `before`: the first."""
    whole = as_file(Image.new("RGB", (16, 16)), subsampling=0)
    head = bytearray(whole[: whole.index(b"\xff\xda")])
    frame = head.index(b"\xff\xc0")
    struct.pack_into(">HH", head, frame + 5, height, width)
    scans = [
        b"\xff\xda\0\x08\x01" + bytes([head[frame + 10 + 3 * one], 0x11 * (one > 0), 0, 63, 0]) for one in range(3)
    ]
    return bytes(head) + before + b"".join(scan + bytes(200) for scan in scans) + b"\xff\xd9"


@pytest.mark.parametrize(
    "before",
    [b"", b"\xff\xfe\0\x0c\xff\xda\0\x0c\x03" + bytes(5), b"\xff\xff\xff\xfe\0\x02", b"junk\xff\0\xff\xd0"],
    ids=["plainly", "after a comment with a marker", "after padding", "after junk"],
)
def test_a_jpeg_with_a_pass_for_each_colour_may_be_as_large_as_one_in_several_passes(before: bytes) -> None:
    assert decode(jpeg_by_colour(400, 300, before)).width == 400
    assert refused(jpeg_by_colour(8_000, 7_000, before)) is NotLooked.TOO_MANY_PIXELS


def test_of_a_telephone_s_jpeg_with_a_second_picture_behind_it_the_first_is_read() -> None:
    """Previews, depths and maps of brightness: Pillow calls such a file MPO, and it is shrunk as others are."""
    data = as_file(scene(4000, 3000), "MPO", save_all=True, append_images=[scene(64, 48)])
    found = decode(data)
    assert (found.media_type, found.width, found.frame_count, len(found.frames)) == ("image/jpeg", 4_000, 1, 1)


def test_half_a_file_is_damaged() -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        data = as_file(scene(), kind)
        assert refused(data[: len(data) // 2]) is NotLooked.DAMAGED


def test_a_line_is_too_small_to_be_a_picture() -> None:
    assert refused(as_file(scene(640, 4), "PNG")) is NotLooked.TOO_SMALL


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_whatever_bytes_change_it_is_a_picture_or_a_picture_error(kind: str) -> None:
    whole, chance = bytearray(as_file(scene(160, 120), kind)), random.Random(kind)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with contextlib.suppress(PictureError):
            assert decode(bytes(data[: chance.randint(len(data) // 3, len(data))])).frames


def test_an_error_survives_the_way_out_of_a_process() -> None:
    kind, arguments = PictureError(NotLooked.DAMAGED).__reduce__()
    assert kind(*arguments).reason is NotLooked.DAMAGED
