"""New rows by a small change to a training row: another group, a quotation around it, an object for the group, a "not".

So that naming a group does not decide, a row is repeated with other groups and its labels kept; so that what is
said decides, hateful rows are repeated in frames and forms that take the hate away (counterfactually augmented
data: Kaushik et al. 2020). What is not clearly right by its pattern is left alone.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from models.augmentation.frames import AGREEING, REPORTING, UNKNOWN
from models.augmentation.identities import GROUPS
from models.augmentation.swapping import identity_swap, mentions, pattern_of, replace_mentions
from models.augmentation.written import SENTENCES, read_words
from models.augmentation.written import SOURCE as WRITTEN
from models.examples import Example
from models.labels import LANGUAGES, POST_LABELS
from models.text import content_hash

__all__ = ["contrast_pairs", "identity_swap", "negate", "quote", "swap_target"]

SOURCE: Final = "contrast"
MAX_WORDS: Final = 25
MAX_CHARACTERS_ZH: Final = 40
AGREEING_SHARE: Final = 0.25


def _compile(patterns: dict[str, str]) -> dict[str, re.Pattern[str]]:
    return {lang: re.compile(pattern, re.IGNORECASE) for lang, pattern in patterns.items()}


Change = Callable[[Example, random.Random], Example | None]

_PLURALS: Final = {
    lang: [group.plural for group in GROUPS[lang] if group.kind != "gender"] for lang in LANGUAGES
}  # fmt: skip
_NAMED: Final = {lang: pattern_of([g.plural for g in GROUPS[lang]], lang) for lang in LANGUAGES}
_DISLIKE: Final = _compile({
    "en": rf"(?P<before>(?:i|we) (?:really |just |so |absolutely )?(?:hate|despise|loathe|detest|can['’]?t stand) )"
    rf"(?:all |these |those )?{_NAMED['en']}(?P<after>(?: so much)?[.!]*)",
    "zh": rf"(?P<before>我?(?:真的|最|就是)?(?:讨厌|恨死|恨|烦死))(?:这些|那些)?{_NAMED['zh']}(?P<after>了?[。！!.]*)",
})  # fmt: skip
_HARM: Final = {
    "en": r"evil|dirty|filth\w*|disgusting|stupid|inferior|dangerous|violent|liars?|thie(?:f|ves)|criminals?|crooks|"
    r"lazy|terrorists?|rapists?|animals|vermin|parasites?|scum|trash|garbage|sick|ill|worthless|useless|weak|"
    r"a burden|subhuman|banned|deported|shot|killed|hanged|jailed|locked up|locked away|beaten|expelled|sterilised",
    "zh": "垃圾|骗子|小偷|贼|罪犯|犯贱|贱|蠢|低|差|畜生|寄生虫|恐怖分子|累赘|懒|脏|坏|废物|死|滚|枪毙|赶走|消失",
}
"""Words after which a claim about a group is surely meant badly, so that "not" turns it round."""
_CLAIM: Final = _compile({
    "en": rf"(?P<before>{_NAMED['en']} (?:are|r|should|must))(?P<after>(?: be| all| born| a| mentally)*"
    rf" (?:{_HARM['en']})(?: people)?[.!]*)",
    "zh": rf"(?P<before>{_NAMED['zh']})(?:都|就|全都?)?(?P<after>(?:是|应该|该)[^不没只才,，;；。？?]{{0,6}}"
    rf"(?:{_HARM['zh']})[^不没,，;；。？?]{{0,4}}[。！!.]*)",
})  # fmt: skip
_NOT: Final = {"en": " not", "zh": "不"}
_QUOTED: Final = re.compile('["“”«»「」『』\n]')
_OBJECTS, _ROLES = ("objects", "object"), ("targets", "role")  # names of the word lists, English and Chinese
_WORDS: Final = {lang: read_words(SENTENCES, lang) for lang in LANGUAGES}


def contrast_pairs(examples: Iterable[Example], share: float, seed: int) -> list[Example]:
    """At most one new row for each of a `share` of the post rows, which themselves are not returned.

    A row draws by the seed and its own text, so it gives the same whatever else is in the list; texts that are in
    the list already or were made twice are left out. It is the caller who drops blocked texts.
    """
    rows = [row for row in examples if row.task == "post" and row.lang in LANGUAGES]
    seen = {content_hash(row.text) for row in rows}
    made = []
    for row in rows:
        chance = random.Random(f"{seed} {row.text}")  # noqa: S311 - variety, not secrets
        new = _change(row, chance) if chance.random() < share else None
        if new is not None and (key := content_hash(new.text)) not in seen:
            seen.add(key)
            made.append(replace(new, source=SOURCE))
    return made


def _change(row: Example, chance: random.Random) -> Example | None:
    """The first change that applies, in random order. Long rows are left alone: they say more than one thing."""
    if not _is_short(row):
        return None
    changes: list[Change] = [identity_swap]
    if _is_hateful(row):
        changes += [quote, swap_target, negate]
    tries = (change(row, chance) for change in chance.sample(changes, len(changes)))
    return next((new for new in tries if new is not None), None)


def quote(example: Example, random: random.Random) -> Example | None:
    """The row reported or condemned: no hate, no threat. A quarter of the rows labelled hateful are agreed with
    instead, labels kept, so that quotation marks do not come to mean harmless. None for rows that quote already.
    """
    if _QUOTED.search(example.text):
        return None
    text = example.text.rstrip(".。 ")
    if _label(example, "hate") == 1 and random.random() < AGREEING_SHARE:
        return replace(example, text=random.choice(AGREEING[example.lang]).format(text), spans=None)
    frame, toxicity = random.choice(REPORTING[example.lang])
    new = replace(example, text=frame.format(text), spans=None)
    return _relabel(new, toxicity=toxicity, insult=UNKNOWN, hate=0, threat=0)


def swap_target(example: Example, random: random.Random) -> Example | None:
    """The same said of things, or of people in a role: no hate, and how toxic it still is depends.

    Things take the place of a group only in a bare "I hate ...". Roles do only in rows written by hand that name
    one group and no gender: of a real row nobody knows what else in it means the group.
    """
    match = _DISLIKE[example.lang].fullmatch(example.text)
    if match is not None:
        thing = random.choice(_words(example.lang, _OBJECTS))
        new = replace(example, text=match["before"] + thing + match["after"], spans=None)
        return _relabel(new, toxicity=UNKNOWN, insult=0, hate=0)
    found = mentions(example)
    plurals = [plural.lower() for plural in _PLURALS[example.lang]]
    if example.source != WRITTEN or len(found) != 1 or found[0]["term"].lower() not in plurals:
        return None
    swapped = replace_mentions(example, found, random.choice(_words(example.lang, _ROLES)))
    return None if swapped is None else _relabel(swapped, toxicity=UNKNOWN, insult=UNKNOWN, hate=0)


def negate(example: Example, random: random.Random) -> Example | None:
    """A bare claim of a few plainly bad words about a group, with a "not": no hate, no threat."""
    match = _CLAIM[example.lang].fullmatch(example.text)
    if match is None:
        return None
    new = replace(example, text=match["before"] + _NOT[example.lang] + match["after"], spans=None)
    return _relabel(new, toxicity=UNKNOWN if _label(example, "profanity") == 1 else 0, insult=0, hate=0, threat=0)


def _is_short(row: Example) -> bool:
    return len(row.text) <= MAX_CHARACTERS_ZH if row.lang == "zh" else len(row.text.split()) <= MAX_WORDS


def _is_hateful(row: Example) -> bool:
    """Labelled so; or toxic and about a group, where nobody was asked about hate."""
    hate = _label(row, "hate")
    return hate == 1 or bool(np.isnan(hate) and _label(row, "toxicity") == 1 and mentions(row))


def _words(lang: str, names: tuple[str, str]) -> list[str]:
    return _WORDS[lang][names[LANGUAGES.index(lang)]]


def _label(row: Example, label: str) -> float:
    return float(row.post[POST_LABELS.index(label)])


def _relabel(row: Example, **labels: float) -> Example:
    post = row.post.copy()
    for label, value in labels.items():
        post[POST_LABELS.index(label)] = value
    return replace(row, post=post)
