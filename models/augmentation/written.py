"""Sentences written by hand: JSON lines, with slots that are filled from lists of groups and everyday words.

A line is `{"text", "lang", "family", "labels": {label: 0 or 1}}`; a label that is not named is unlabelled, and a line
that names a `source` counts as a row of that. Slots:

* `{groups}`, `{group}`, `{a_group}`, `{identity}`: plural, singular, singular with its article, adjective.
  All of them in one line speak of the same group. `{groups:faith+race}` draws from these kinds only.
* any name of the lists in `en_slots.json` and `zh_slots.json`, such as `{object}`; they win over the group forms.

A capital (`{Groups}`) starts a sentence. A line with slots becomes at most `ROWS_PER_LINE` rows of one family.
A folder of one's own may hold slot files of its own; they add to those here.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

from models.augmentation.identities import GROUPS, Group, article
from models.errors import TidegateError
from models.examples import Example
from models.labels import LANGUAGES, POST_LABELS

SENTENCES: Final = Path(__file__).parent / "sentences"
SOURCE: Final = "handwritten"
ADVERSARIAL: Final = "adversarial"
"""Source of what was written with a model at hand, mostly where it errs (as in Nie et al. 2020, "Adversarial NLI")."""
EVERYDAY: Final = "everyday"
"""Source of what people send each other, most of it wholly harmless."""
SOURCES: Final = (SOURCE, ADVERSARIAL, EVERYDAY)
ROWS_PER_LINE: Final = 6
Words = Mapping[str, Sequence[str]]
Line = TypeVar("Line")

_SLOT = re.compile(r"\{(\w+)(?::([a-z+]+))?\}")


class SentenceError(TidegateError):
    """A line of a sentence file that cannot be used; the message names the file and the line."""

    exit_code = 2


def read_written(folder: Path = SENTENCES) -> list[Example]:
    """The expanded rows of all files, in the order of their names and lines: the same at every call.

    Raises `SentenceError` for a line that is not as described above.
    """
    words = {lang: read_words(SENTENCES, lang) | read_words(folder, lang) for lang in LANGUAGES}
    return [row for path in sorted(folder.glob("*.jsonl")) for row in read_file(path, partial(_read_line, words=words))]


def split_families(examples: Iterable[Example], share: float = 0.2) -> tuple[list[Example], list[Example]]:
    """(train, dev): a family goes to dev as a whole where its hash says so, whatever else is in the list."""
    parts: tuple[list[Example], list[Example]] = ([], [])
    for example in examples:
        digest = hashlib.sha256(example.family.encode()).digest()
        parts[int.from_bytes(digest[:4]) < share * 2**32].append(example)
    return parts


def read_words(folder: Path, lang: str) -> dict[str, list[str]]:
    """The word lists by name; none where the folder has no file for the language."""
    path = folder / f"{lang}_slots.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def read_file(path: Path, read: Callable[[dict[str, Any]], Iterable[Line]]) -> Iterator[Line]:
    """What `read` makes of each line of JSON; what it refuses is a `SentenceError` that names file and line."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield from read(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:  # a JSON error is a ValueError
            raise SentenceError(f"{path.name}, line {number}: {error!r}") from error


def _read_line(line: dict[str, Any], words: Mapping[str, Words]) -> Iterator[Example]:
    text, lang, family, labels = line["text"], line["lang"], line["family"], line["labels"]
    if not (isinstance(text, str) and text and isinstance(family, str) and family):
        raise ValueError("text and family must be words")
    if lang not in LANGUAGES:
        raise ValueError(f"unknown language {lang!r}")
    if unknown := set(labels) - set(POST_LABELS):
        raise ValueError(f"unknown labels {sorted(unknown)}")
    if not all(value in (0, 1) for value in labels.values()):
        raise ValueError("a label is 0 or 1")
    source = line.get("source", SOURCE)
    if source not in SOURCES:
        raise ValueError(f"unknown source {source!r}")
    for filled in expand(text, lang, words[lang]):
        post = np.array([labels.get(label, np.nan) for label in POST_LABELS], dtype=np.float32)
        yield Example(filled, lang, source, "A", "post", post=post, family=family)


def expand(text: str, lang: str, words: Words) -> list[str]:
    """The text with its slots filled, once for each of several draws; drawn by the text itself.

    Raises ValueError for an unknown slot or kind.
    """
    slots = list(_SLOT.finditer(text))
    if not slots:
        return [text]
    chance = random.Random(text)  # noqa: S311 - variety, not secrets
    groups = itertools.cycle(_draw_groups(slots, lang, chance))
    turns = {name: itertools.cycle(chance.sample(many, len(many))) for name, many in words.items()}
    rows = []
    for _ in range(ROWS_PER_LINE):
        values = _forms(next(groups)) | {name: next(turn) for name, turn in turns.items()}
        rows.append(_fill(text, values))
    return list(dict.fromkeys(rows))


def _draw_groups(slots: Sequence[re.Match[str]], lang: str, chance: random.Random) -> list[Group]:
    """All groups that every slot allows, in random order, but the kinds take turns so that few draws vary."""
    allowed = [slot[2].split("+") for slot in slots if slot[2]]
    pools = {
        kind: chance.sample(many := list(members), len(many))
        for kind, members in itertools.groupby(GROUPS[lang], key=lambda group: group.kind)
        if all(kind in kinds for kinds in allowed)
    }
    if not pools or any(kind not in pools for kinds in allowed for kind in kinds):
        raise ValueError(f"no such kind of group in {allowed}")
    turns = itertools.zip_longest(*chance.sample(list(pools.values()), len(pools)))
    return [group for turn in turns for group in turn if group is not None]


def _forms(group: Group) -> dict[str, str]:
    singular = group.singular
    with_article = f"{article(singular)} {singular}"
    return {"groups": group.plural, "group": singular, "a_group": with_article, "identity": group.adjective}


def _fill(text: str, values: Mapping[str, str]) -> str:
    def value(slot: re.Match[str]) -> str:
        name = slot[1]
        if name.lower() not in values:
            raise ValueError(f"unknown slot {slot[0]}")
        filled = values[name.lower()]
        return filled if name.islower() else filled[0].upper() + filled[1:]

    return _SLOT.sub(value, text)
