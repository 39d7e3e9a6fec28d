"""`python -m load memes`: whether a text in a picture gets the labels that it gets when it is typed."""

import base64
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import sqrt
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from load.environment import describe_environment
from load.options import Reports
from load.report import Report, new_folder
from load.session import Setup
from models.augmentation.written import read_written, split_families
from models.examples import Example
from models.folders import RELEASE
from streams.cli.terminal import reporting
from streams.score import score_lines
from streams.settings import Settings

LONGEST: Mapping[str, int] = {"en": 160, "zh": 60}
"""Characters of a text that is still a meme's."""
UNREAD = "unread"
"""In the place of labels, where there is no verdict: it is no equal one."""
EQUAL_GOAL, FALSE_GOAL = 0.95, 0.01
_LETTERS = {"en": "", "zh": "\u3000\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f\u201c\u201d\u2018\u2019"}
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Meme:
    """A text, how it is drawn, and the labels that each way of sending it got."""

    text: str
    lang: str
    style: str
    typed: frozenset[str] = frozenset()
    drawn: frozenset[str] = frozenset()


def memes(
    count: Annotated[int, typer.Option(min=3, help="of each language")] = 300,
    artifact: Annotated[Path, typer.Option(help="model folder")] = RELEASE,
    processes: Annotated[int, typer.Option(min=1, help="that look at pictures")] = 2,
    seed: Annotated[int, typer.Option(help="the same seed draws the same memes")] = 1,
    reports: Reports = Path("reports"),
) -> None:
    """Memes of held-out sentences in three styles, beside the same sentences typed: equal labels, false flags."""
    from load.drawing import chinese_font  # Pillow is no part of the load extra

    languages = ["en", "zh"] if chinese_font() else ["en"]
    settings = Settings.load(artifact=artifact, images="on", image_processes=processes)
    made = [meme for lang in languages for meme in chosen(lang, count, seed)]
    with reporting():
        judged = judge(made, settings, seed)
    report = _report(judged, Setup(artifact=artifact), seed)
    if "zh" not in languages:
        report.say("No Chinese memes: this machine has no font for them (Debian: fonts-wqy-zenhei).")
    report.write(new_folder(reports, "memes"))
    report.show()


def chosen(lang: str, count: int, seed: int) -> list[Meme]:
    """Sentences of families that training did not see, of many families before two of one; half of them harmful
    where there are so many."""
    from load.drawing import STYLES

    held_out = [row for row in split_families(read_written())[1] if row.lang == lang and _can_be_set(row.text, lang)]
    random.Random(seed).shuffle(held_out)  # noqa: S311 - variety, not secrets
    harmful = _by_turns([row for row in held_out if row.post is not None and (row.post == 1).any()])
    clean = _by_turns([row for row in held_out if row.post is not None and not (row.post == 1).any()])
    half = min(len(harmful), max(count // 2, count - len(clean)))
    styles = list(STYLES)
    return [
        Meme(text, lang, styles[number % len(styles)])
        for number, text in enumerate(harmful[:half] + clean[: count - half])
    ]


def _by_turns(rows: Iterable[Example]) -> list[str]:
    """The first text of each family, then the second ones, and so on."""
    families: dict[str, dict[str, None]] = {}
    for row in rows:
        families.setdefault(row.family, {})[row.text] = None
    turns = zip_longest(*families.values())
    return [text for turn in turns for text in turn if text is not None]


def _can_be_set(text: str, lang: str) -> bool:
    """Whether the fonts have every character of it."""
    return len(text) <= LONGEST[lang] and all(
        character.isascii() or character in _LETTERS[lang] or (lang == "zh" and "\u4e00" <= character <= "\u9fff")
        for character in text
    )


def judge(made: Sequence[Meme], settings: Settings, seed: int) -> list[Meme]:
    """Both ways through the same pipeline. Raises TidegateError where it cannot start."""
    typed = _labels(({"id": str(number), "text": one.text} for number, one in enumerate(made)), settings)
    drawn = _labels(_pictures(made, seed), settings)
    return [
        Meme(one.text, one.lang, one.style, by_text, by_picture)
        for one, by_text, by_picture in zip(made, typed, drawn, strict=True)
    ]


def _pictures(made: Sequence[Meme], seed: int) -> Iterator[dict[str, Any]]:
    from load.drawing import STYLES, as_jpeg

    chance = random.Random(seed)  # noqa: S311 - variety, not secrets
    for number, one in enumerate(made):
        file = as_jpeg(STYLES[one.style](one.text, one.lang, chance))
        yield {"id": str(number), "images": [{"data": base64.b64encode(file).decode()}]}


def _labels(posts: Iterable[dict[str, Any]], settings: Settings) -> Iterator[frozenset[str]]:
    """Of each post; of one whose picture was not looked at, `unread` alone."""
    for answer in score_lines(map(orjson.dumps, posts), "posts", settings):
        yield frozenset(orjson.loads(answer).get("labels", [UNREAD]))


def interval(hits: int, count: int) -> tuple[float, float]:
    """Wilson's, of 95 %."""
    if not count:
        return 0.0, 1.0
    share, spread = hits / count, _Z * _Z / count
    middle = share + spread / 2
    half = _Z * sqrt(share * (1 - share) / count + spread / count / 4)
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))


def figures(judged: Sequence[Meme]) -> dict[str, int]:
    """Counts of a group: those with equal labels, those that are clean when typed and flagged when drawn, and back."""
    clean = [one for one in judged if not one.typed]
    return {
        "memes": len(judged),
        "equal": sum(one.typed == one.drawn for one in judged),
        "clean": len(clean),
        "false": sum(bool(one.drawn - {UNREAD}) for one in clean),
        "missed": sum(bool(one.typed) and not one.drawn for one in judged),
        "unread": sum(UNREAD in one.drawn for one in judged),
    }


def _report(judged: Sequence[Meme], setup: Setup, seed: int) -> Report:
    environment = describe_environment(setup)
    report = Report("Memes", f"python -m load memes --seed {seed}", environment)
    groups = {"all": list(judged)}
    for one in judged:
        groups.setdefault(one.lang, []).append(one)
        groups.setdefault(f"{one.lang}, {one.style}", []).append(one)
    counted = {name: figures(group) for name, group in groups.items()}
    report.data["groups"] = counted
    report.table(
        [
            "memes",
            "count",
            "same labels",
            "95 %",
            "clean when typed",
            "of them flagged",
            "95 %",
            "flagged no more",
            "unread",
        ],
        [_row(name, found) for name, found in counted.items()],
    )
    changed = Counter(
        f"{sign}{label}"
        for one in judged
        for sign, labels in (("+", one.drawn - one.typed), ("-", one.typed - one.drawn))
        for label in labels
    )
    report.say(f"Labels that came or went: {', '.join(f'{name} {count}' for name, count in changed.most_common())}.")
    report.say(f"Goals: same labels from {EQUAL_GOAL:.0%}, clean ones flagged up to {FALSE_GOAL:.0%}.")
    report.data["differing"] = [
        {"text": one.text, "style": one.style, "typed": sorted(one.typed), "drawn": sorted(one.drawn)}
        for one in judged
        if one.typed != one.drawn
    ]
    return report


def _row(name: str, found: Mapping[str, int]) -> list[object]:
    return [
        name,
        found["memes"],
        *_share(found["equal"], found["memes"]),
        found["clean"],
        *_share(found["false"], found["clean"]),
        found["missed"],
        found["unread"],
    ]


def _share(hits: int, count: int) -> tuple[str, str]:
    low, high = interval(hits, count)
    return (f"{hits / count:.1%}" if count else ""), f"{low:.1%} to {high:.1%}"
