"""Posts among ordinary sentences: a short row is put into a longer quiet text, and says there what it said alone.

A model that meets harm in short rows and peace in long ones takes length for an answer: an insult that it is sure of
alone drowns in a paragraph about the weather. Harmless rows are put among ordinary sentences, too, so that the seam
says nothing either.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from models.examples import Example
from models.labels import LANGUAGES, POST_LABELS

SOURCE: Final = "company"
HARMFUL: Final = 0.6
"""Of the copies; the ordinary text of training is nearly all harmless already."""
MOST: Final = {"en": 340, "zh": 110}
"""Characters of the whole: about 90 tokens, which training does not cut yet."""
GUEST: Final = {"en": 170, "zh": 55}
"""Characters that a row may have to be put into another text."""
LEAST: Final = 0.25
"""Of `MOST`: a host that leaves less around the row changes nothing."""

_SENTENCE: Final = re.compile(r"[^.!?。！？…\n]*(?:[.!?。！？…\n]+[\"”’)）」』]*\s*|$)")
_ENDS: Final = (".", "!", "?", "。", "！", "？", "…", "~", "\n", "”", "」", ")", "）")
_STOPS: Final = {"en": ".", "zh": "。"}


def in_company(examples: Sequence[Example], share: float, seed: int) -> list[Example]:
    """Copies of short rows inside the ordinary texts of their language, `share` of all rows of posts and spans.

    Rows with a label of their own are drawn by label, so that a rare one is met as often as a common one.
    """
    rng = random.Random(seed)  # noqa: S311 - variety, not secrets
    hosts = {lang: [e for e in examples if e.domain and e.lang == lang and _is_quiet(e)] for lang in LANGUAGES}
    copies = []
    for task in ("post", "spans"):
        rows = [e for e in examples if e.task == task and not e.domain]
        guests = [e for e in rows if e.lang in LANGUAGES and hosts[e.lang] and 0 < len(e.text) <= GUEST[e.lang]]
        for guest in _drawn(guests, round(share * len(rows)), rng):
            copies += _inside(guest, rng.choice(hosts[guest.lang]), rng)
    return copies


def _is_quiet(example: Example) -> bool:
    return not (example.post == 1.0).any() and len(example.text) >= LEAST * MOST[example.lang]


def _drawn(guests: Sequence[Example], count: int, rng: random.Random) -> list[Example]:
    """With replacement: by language and label in turn, and the harmless ones by source."""
    harmful: dict[object, list[Example]] = defaultdict(list)
    harmless: dict[object, list[Example]] = defaultdict(list)
    for guest in guests:
        for column in np.flatnonzero(guest.post == 1.0).tolist():
            harmful[guest.lang, POST_LABELS[column]].append(guest)
        if not (guest.post == 1.0).any() and not guest.spans:
            harmless[guest.lang, guest.source].append(guest)
        elif guest.spans:
            harmful[guest.lang, "spans"].append(guest)
    drawn = []
    for groups, wanted in ((harmful, round(count * HARMFUL)), (harmless, count - round(count * HARMFUL))):
        pools = list(groups.values())
        drawn += [rng.choice(pools[number % len(pools)]) for number in range(wanted if pools else 0)]
    return drawn


def _inside(guest: Example, host: Example, rng: random.Random) -> list[Example]:
    """One copy, or none where the host leaves too little around the row."""
    room = MOST[guest.lang] - len(guest.text)
    sentences = _SENTENCE.findall(host.text)
    place = rng.randrange(len(sentences) + 1)
    before, after = "".join(sentences[:place]), "".join(sentences[place:])
    # A side that is too long loses its far end; both sides may take what the other leaves.
    left = min(len(before), max(room // 2, room - len(after)))
    before, after = before[len(before) - left :].strip(), after[: room - left].strip()
    if len(before) + len(after) < LEAST * MOST[guest.lang]:
        return []
    joint = rng.choice(("\n", " ")) if guest.lang == "en" else rng.choice(("\n", ""))
    start = f"{before}{joint}" if before else ""
    said = guest.text if guest.text.endswith(_ENDS) or not after else guest.text + _STOPS[guest.lang]
    spans = None if guest.spans is None else tuple((a + len(start), b + len(start)) for a, b in guest.spans)
    text = f"{start}{said}{joint}{after}" if after else f"{start}{said}"
    tier = max(guest.tier, host.tier)
    return [replace(guest, text=text, source=SOURCE, tier=tier, post=_labels(guest, host), spans=spans, raw="", id="")]


def _labels(guest: Example, host: Example) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """A label stands where the row has it; there is none where neither has it, and else nobody knows."""
    unknown = (guest.post != 1.0) & ((guest.post != 0.0) | (host.post != 0.0))
    return np.where(unknown, np.float32(np.nan), guest.post)
