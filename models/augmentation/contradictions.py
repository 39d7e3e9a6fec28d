"""Symptom rows whose words fit other conditions of the graph, and not the one that they are labelled with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from models.augmentation.knowledge import Knowledge
from models.augmentation.profiles import Clinic, Symptom
from models.examples import UNKNOWN, Example
from models.labels import CONDITION_CLASSES

_NEVER, _OFTEN = 0.02, 0.3
_FEWEST = 2  # mentions that are all foreign; one alone is often a side remark
_NEGATED = re.compile(r"(?:\bno|\bnot|\bwithout|\bdenies|n't|没有?|不|无|未)\W*(?:\w+\W+)?$")
_SHORTEST = {"en": 5, "zh": 2}  # characters; shorter words ("HA", "cold") mean too many things


def screen_symptoms(examples: Sequence[Example], knowledge: Knowledge, clinic: Clinic | None = None) -> dict[int, str]:
    """{row: reason} for the rows with a condition that their text contradicts.

    A row is named only if it mentions two or more symptoms, its condition has hardly ever any of them
    (P < 0.02), and some other condition often has them all (P > 0.3). An empty graph names nothing.
    """
    if knowledge.empty:
        return {}
    clinic = clinic or Clinic.load()
    chances = {name: clinic.features(name, knowledge) for name in clinic.profiles}
    words = {lang: _patterns(clinic, lang) for lang in _SHORTEST}
    reasons: dict[int, str] = {}
    for number, example in enumerate(examples):
        if example.condition == UNKNOWN or (name := CONDITION_CLASSES[example.condition]) not in chances:
            continue
        mentions = mentioned(example.text.partition("complaint: ")[2], words[example.lang])
        if rival := _rival(name, mentions, chances):
            reasons[number] = f"{name} hardly ever has {', '.join(mentions)}; {rival} does"
    return reasons


def mentioned(text: str, patterns: Mapping[str, re.Pattern[str]]) -> list[str]:
    """Symptoms that the text names and does not deny."""
    text = text.lower()
    found = []
    for key, pattern in patterns.items():
        match = pattern.search(text)
        if match and not _NEGATED.search(text[max(0, match.start() - 20) : match.start()]):
            found.append(key)
    return found


def _patterns(clinic: Clinic, lang: str) -> dict[str, re.Pattern[str]]:
    patterns = {}
    for key, symptom in clinic.symptoms.items():
        words = [word.lower() for word in _words(symptom, lang) if len(word) >= _SHORTEST[lang] and "{" not in word]
        if words:
            border = r"\b" if lang == "en" else ""
            patterns[key] = re.compile(border + "(?:" + "|".join(map(re.escape, words)) + ")" + border)
    return patterns


def _words(symptom: Symptom, lang: str) -> tuple[str, ...]:
    return symptom.zh if lang == "zh" else symptom.short


def _rival(name: str, mentions: Sequence[str], chances: Mapping[str, Mapping[str, float]]) -> str | None:
    """The condition that explains all mentions of a row whose own condition explains none."""
    own = chances[name]
    if len(mentions) < _FEWEST or any(own.get(key, 0.0) >= _NEVER for key in mentions):
        return None
    fitting = [other for other, theirs in chances.items() if all(theirs.get(key, 0.0) > _OFTEN for key in mentions)]
    return min(fitting, key=lambda other: (-sum(chances[other][key] for key in mentions), other), default=None)
