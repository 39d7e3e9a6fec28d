"""Pictures drawn for measurements: memes in three styles, and scenes without text. Needs the extra `images`.

English is set in Pillow's own font. It has no Chinese: that needs a font of the machine, such as Debian's
fonts-wqy-zenhei.
"""

import random
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_FONTS = Path("/usr/share/fonts")
_CHINESE = ("wqy-zenhei.ttc", "wqy-microhei.ttc", "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf")
WIDTH, HEIGHT = 800, 600
_MARGIN = 30
_LINE = 1.25
"""Height of a line in sizes of its letters."""
_SIZES = (52, 46, 40, 34, 29, 25)
_GREETING = {"en": "are you there?", "zh": "你在吗"}


def chinese_font() -> Path | None:
    """A font of this machine that has Chinese."""
    return next((path for name in _CHINESE for path in sorted(_FONTS.rglob(name))), None)


def scene(chance: random.Random, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Soft patches of colour, all different."""
    patches = np.random.default_rng(chance.getrandbits(32)).integers(40, 200, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((width, height), Image.Resampling.BICUBIC)


def as_jpeg(image: Image.Image, quality: int = 80) -> bytes:
    file = BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def outlined_capitals(text: str, lang: str, chance: random.Random) -> Image.Image:
    """White with a black outline over a picture; where it takes several lines, half of them at the bottom."""
    image = scene(chance)
    draw = ImageDraw.Draw(image)
    font, lines = _fitted(text.upper(), lang, WIDTH - 2 * _MARGIN, 0.7 * HEIGHT)
    above = -(-len(lines) // 2)
    step = _LINE * font.size
    for number, line in enumerate(lines):
        top = _MARGIN + step * number if number < above else HEIGHT - _MARGIN - step * (len(lines) - number)
        draw.text((WIDTH / 2, top), line, "white", font, "ma", stroke_width=3, stroke_fill="black")
    return image


def caption_bar(text: str, lang: str, chance: random.Random) -> Image.Image:
    """Black on a white bar above a picture."""
    font, lines = _fitted(text, lang, WIDTH - 2 * _MARGIN, 0.6 * HEIGHT)
    step = _LINE * font.size
    bar = round(2 * _MARGIN + step * len(lines))
    image = Image.new("RGB", (WIDTH, bar + HEIGHT // 2), "white")
    image.paste(scene(chance, WIDTH, HEIGHT // 2), (0, bar))
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((_MARGIN, _MARGIN + step * number), line, "black", font)
    return image


def chat_screenshot(text: str, lang: str, chance: random.Random) -> Image.Image:
    """Two bubbles of a telephone's chat: a greeting, and the text."""
    font, lines = _fitted(text, lang, 520, 800, sizes=(30, 26))
    step = _LINE * font.size
    height = round(320 + step * len(lines))
    image = Image.new("RGB", (720, height), chance.choice(("#ece5dd", "#ffffff", "#d9e4ee")))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((30, 40, 330, 110), 20, "#e4e4ea")
    draw.text((50, 60), _GREETING[lang], "black", _font(lang, 26))
    draw.rounded_rectangle((110, 170, 690, 210 + step * len(lines)), 20, chance.choice(("#dcf8c6", "#cfe9ff")))
    for number, line in enumerate(lines):
        draw.text((135, 190 + step * number), line, "black", font)
    return image


STYLES: dict[str, Callable[[str, str, random.Random], Image.Image]] = {
    "outlined capitals": outlined_capitals,
    "caption bar": caption_bar,
    "chat screenshot": chat_screenshot,
}


def _font(lang: str, size: int) -> ImageFont.FreeTypeFont:
    """Raises RuntimeError where there is none for the language."""
    if lang == "en":
        font = ImageFont.load_default(size)
        if not isinstance(font, ImageFont.FreeTypeFont):
            raise RuntimeError("this Pillow was built without FreeType")
        return font
    if (path := chinese_font()) is None:
        raise RuntimeError("there is no Chinese font on this machine")
    return ImageFont.truetype(str(path), size)


def _fitted(
    text: str, lang: str, width: float, height: float, sizes: tuple[int, ...] = _SIZES
) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest letters with which the text fits, and its lines; with the smallest it may be too long."""
    for size in sizes:
        font = _font(lang, size)
        lines = _wrapped(text, lang, font, width)
        if _LINE * size * len(lines) <= height:
            break
    return font, lines


def _wrapped(text: str, lang: str, font: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Breaks between words, in Chinese between any two characters."""
    pieces = text.split() if lang == "en" else list(text)
    joint = " " if lang == "en" else ""
    lines = [""]
    for piece in pieces:
        longer = f"{lines[-1]}{joint}{piece}" if lines[-1] else piece
        if lines[-1] and font.getlength(longer) > width:
            lines.append(piece)
        else:
            lines[-1] = longer
    return [line.strip() for line in lines]
