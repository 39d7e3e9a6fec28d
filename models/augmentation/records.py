"""Symptom records drawn from the graph and from tables of ours, in English and Chinese, with condition and urgency."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from models.augmentation import acuity
from models.augmentation.knowledge import Knowledge
from models.augmentation.profiles import PAIN, SKIN, SWELLING, Clinic, Profile
from models.augmentation.prose import Case, Prose
from models.complaint import with_numbers
from models.examples import UNKNOWN, Example
from models.labels import CONDITIONS
from models.text import normalise
from models.text.rendering import SymptomFields, render_symptoms

SOURCE, TIER = "knowledge_graph", "A"
_TEMPER = 0.15  # power of the prior: the rarest condition is drawn about 2.3 times less often than the commonest
_VISITS = 0.22  # share of plain requests, minor injuries and emergencies without a condition
_VITALS = 0.5
_SURE = 0.2  # below this P(condition | what is mentioned) a text is too vague for a condition label
_STYLES = {"story": 0.42, "hasty": 0.16, "chief": 0.18, "note": 0.12, "list": 0.12}
_LENGTHS = {"story": (2, 5), "hasty": (2, 4), "chief": (1, 2), "note": (2, 4), "list": (2, 5)}
_KINDS = {"emergency": 0.3, "minor": 0.2, "plain": 0.18, "trivial": 0.12, "admin": 0.2}
_BARE = 0.4  # share of cases that are nothing but text, as posts are
_BABY = re.compile("baby|newborn|week old|宝宝|新生儿")
_FEVERS = ("fever", "high_spiking_fever", "stepwise_fever")
_WEAK = ("breathless", "faint_dizzy", "confused", "lost_consciousness", "fast_breathing", "listless")
_SKIN_WORDS = ("red_rash", "hives", "pimples", "itching", "ring_rash", "silver_plaques", "blisters_all", "honey_crust")


def generate_records(
    knowledge: Knowledge, rows: int, seed: int, langs: Sequence[str] = ("en", "zh"), clinic: Clinic | None = None
) -> list[Example]:
    """Exactly `rows` rows, the same for the same seed. Rows too vague for a condition carry urgency only."""
    records = Records(knowledge, clinic or Clinic.load(), random.Random(seed), langs)  # noqa: S311
    examples: list[Example] = []
    seen: set[str] = set()
    while len(examples) < rows:
        for _ in range(20):  # short requests repeat: try again, but not for ever
            example = records.draw()
            if example.text not in seen:
                break
        seen.add(example.text)
        examples.append(example)
    return examples


class Records:
    """Draws one record at a time."""

    def __init__(self, knowledge: Knowledge, clinic: Clinic, chance: random.Random, langs: Sequence[str]) -> None:
        self.knowledge, self.clinic, self.chance = knowledge, clinic, chance
        self.prose = {lang: Prose(clinic, chance, lang) for lang in langs}
        self.langs = tuple(langs)
        self.features = {name: clinic.features(name, knowledge) for name in clinic.profiles}
        self.names = [name for name, features in self.features.items() if set(features) - self.history]
        known = [knowledge.priors[name] for name in self.names if name in knowledge.priors]
        usual = sorted(known)[len(known) // 2] if known else 1.0
        self.weights = [knowledge.priors.get(name, usual) ** _TEMPER for name in self.names]

    @cached_property
    def totals(self) -> Mapping[str, float]:
        return sum((Counter(features) for features in self.features.values()), Counter[str]())

    @cached_property
    def history(self) -> frozenset[str]:
        """Symptoms of the tables that the graph calls antecedents."""
        antecedents = (name for name, one in self.knowledge.evidences.items() if one.kind == "antecedent")
        return frozenset(self.clinic.by_evidence[name] for name in antecedents if name in self.clinic.by_evidence)

    def draw(self) -> Example:
        lang = self.chance.choice(self.langs)
        if self.chance.random() < _VISITS:
            return self._visit(lang)
        (name,) = self.chance.choices(self.names, self.weights)
        return self._case(self.clinic.profiles[name], lang)

    def posterior(self, condition: str, mentions: Sequence[str]) -> float:
        """P(condition | mentions) with even priors, mentions taken as independent, unknown ones as 1 in 100."""
        scores = {
            name: math.prod(features.get(mention, 0.01) for mention in mentions)
            for name, features in self.features.items()
        }
        return scores[condition] / sum(scores.values())

    def _visit(self, lang: str) -> Example:
        (kind,) = self.chance.choices(list(_KINDS), list(_KINDS.values()))
        visit = self.chance.choice([one for one in self.clinic.visits if one.kind == kind])
        onset = self.chance.choice(("hours", "days")) if kind in ("minor", "trivial", "plain") else None
        text = self.prose[lang].dress(
            self.chance.choice(visit.en if lang == "en" else visit.zh), onset, kind != "emergency"
        )
        if lang == "en" and self.chance.random() < 0.15:
            text = self.prose[lang].spoil(text)
        vitals: acuity.Vitals = {}
        level = visit.level
        if visit.level > 1 and self.chance.random() < _VITALS:
            danger = acuity.danger_of_vitals(level, self.chance)
            if kind in ("admin", "trivial") and danger < 3:
                danger = 5
            level = min(level, danger)
            vitals = self._shown(
                *acuity.draw_vitals(danger, 0.3 if _BABY.search(text) else 40.0, None, self.chance, kind != "emergency")
            )
        return replace(self._example(text, lang, vitals, UNKNOWN, level), family=f"visit {visit.en[0]}")

    def _case(self, profile: Profile, lang: str) -> Example:
        (style,) = self.chance.choices(list(_STYLES), list(_STYLES.values()))
        case = self._draw_case(profile, lang, style)
        sure = self.posterior(profile.condition, case.mentions) >= _SURE
        known = sure and profile.condition in CONDITIONS
        told = style == "note" or case.tell_age or case.child
        bare = self.chance.random() < _BARE
        shows_age = not bare and self.chance.random() < 0.65
        level = self._level(case, sure, case.age if told or shows_age else None)
        vitals: acuity.Vitals = {}
        if not bare and self.chance.random() < 0.8:
            danger = acuity.danger_of_vitals(level, self.chance)
            level = min(level, danger)
            fever = case.temperature if any(one in case.mentions for one in _FEVERS) else None
            awake = style in ("story", "hasty")
            vitals = self._shown(*acuity.draw_vitals(danger, case.age, fever, self.chance, awake))
            pain = any(one.startswith("pain:") for one in case.mentions)
            if pain and case.age >= 5 and self.chance.random() < 0.7:
                vitals["pain"] = float(case.score)
        if "high_bp" in case.mentions and "systolic" in vitals:
            vitals |= {"systolic": 172.0, "diastolic": 102.0}
        text = self.prose[lang].write(case, style)
        target = CONDITIONS.index(profile.condition) if known else UNKNOWN
        person: acuity.Vitals = {"age": _shown_age(case.age)} if shows_age else {}
        if not bare and self.chance.random() < 0.65:
            person["sex"] = case.sex
        if (field := self._field(case)) and not bare and self.chance.random() < 0.4:
            person["body_part"] = field
        return self._example(text, lang, {**person, **vitals}, target, level)

    def _draw_case(self, profile: Profile, lang: str, style: str) -> Case:
        pick, odds = self.chance.choice, self.chance.random
        low, high = pick(profile.ages)
        age = self.chance.uniform(low + 0.05, high + 0.9)
        lean = 0.85 if profile.sex != "any" else 0.5
        sex = "female" if odds() < (1 - lean if profile.sex == "male" else lean) else "male"
        mentions = self._mentions(profile, age, sex, *_LENGTHS[style])
        (severity,) = self.chance.choices(("mild", "moderate", "severe"), (0.22, 0.56, 0.22))
        score = self.chance.randint(*{"mild": (1, 3), "moderate": (4, 6), "severe": (8, 10)}[severity])
        absent = [key for key in self.clinic.frames["negations"] if self._may_deny(key, profile, mentions, age)]
        negated = self.chance.sample(absent, min(len(absent), pick((0, 0, 0, 1, 1, 2))))
        character = pick(profile.character) if profile.character else ""
        temperature = round(self.chance.uniform(38.0, 39.7), 1)
        return Case(
            profile, lang, mentions, negated, severity, score, age, sex, temperature, character, odds() < 0.2
        )  # fmt: skip

    def _mentions(self, profile: Profile, age: float, sex: str, fewest: int, most: int) -> list[str]:
        """Main symptom first: told ones are the more telling of those drawn; at most one piece of history."""
        present = next((one for one in self._patients(profile, age, sex) if set(one) - self.history), [])
        present = present or [max(self.features[profile.condition].items(), key=lambda item: item[1])[0]]
        own = self.features[profile.condition]
        telling = {one: (own[one] / self.totals[one]) ** 0.5 for one in present}
        order = sorted(present, key=lambda one: self.chance.random() ** (1 / (telling[one] + 0.01)), reverse=True)
        told = [one for one in order if one not in self.history][: self.chance.randint(fewest, most)]
        past = [one for one in order if one in self.history][:1]
        return told + (past if past and self.chance.random() < 0.35 else [])

    def _patients(self, profile: Profile, age: float, sex: str) -> Iterator[list[str]]:
        """A few draws: one patient in some has, by chance, no symptom at all."""
        for _ in range(20):
            yield self._present(profile, age, sex)

    def _present(self, profile: Profile, age: float, sex: str) -> list[str]:
        drawn = self.knowledge.draw(profile.condition, self.chance)
        keys = {self.clinic.by_evidence[name] for name in drawn if name in self.clinic.by_evidence}
        keys |= {key for key, odds in profile.symptoms.items() if self.chance.random() < odds}
        for shape, prefix, options in (
            (PAIN, "pain:", profile.pain), (SKIN, "", profile.skin), (SWELLING, "swelling:", profile.swelling),
        ):  # fmt: skip
            if shape in keys:
                keys.remove(shape)
                keys |= {prefix + self.chance.choice(options)} if options else set()
        return sorted(key for key in keys if self._suits(key, age, sex))

    def _suits(self, key: str, age: float, sex: str) -> bool:
        symptom = self.clinic.symptoms.get(key)
        who = symptom.who if symptom else "any"
        return who == "any" or (age >= 14 and (who == "adult" or sex == "female"))

    def _may_deny(self, key: str, profile: Profile, mentions: Sequence[str], age: float) -> bool:
        """Nobody denies what they report, or what nearly every such patient has; few ask a toddler about weight."""
        if age < 6 and key in ("weight_loss", "coughing_blood", "dizzy", "headache"):
            return False
        words = self.clinic.frames["negations"][key][2]
        usual = [one for one, odds in self.features[profile.condition].items() if odds > 0.4]
        return not any(word in one for one in (*mentions, *usual) for word in words)

    def _level(self, case: Case, sure: bool, age: float | None) -> int:
        levels = [self._own_level(one, case, sure) for one in case.mentions if one not in self.history]
        profile = case.profile
        if sure:
            level = acuity.condition_level(profile.level, profile.best, profile.worst, case.severity)
        else:
            level = acuity.symptom_level(levels, case.severity)
        if level == 1 and min(levels) > 2:
            level = 2  # nothing that is told needs resuscitation
        level = acuity.red_flags(level, levels, case.severity)
        fever, weak = any(one in case.mentions for one in _FEVERS), any(one in case.mentions for one in _WEAK)
        return acuity.age_level(level, age, fever, weak)

    def _own_level(self, feature: str, case: Case, sure: bool) -> int:
        """Chest pain of an unknown cause is an emergency from forty years on, and urgent in younger adults."""
        shape, _, part = feature.partition(":")
        if not part:
            return self.clinic.symptoms[feature].level
        chest = shape == "pain" and self.clinic.parts[part].field == "chest"
        if not chest or case.child:
            return 4
        return 2 if part in ("chest", "left_chest") and case.age >= 40 and not sure else 3

    def _field(self, case: Case) -> str:
        for feature in case.mentions:
            part = feature.partition(":")[2]
            if part:
                return self.clinic.parts[part].field
            if feature in _SKIN_WORDS:
                return "skin"
        return ""

    def _shown(self, vitals: acuity.Vitals, danger: set[str]) -> acuity.Vitals:
        """All of them, or one or two besides those that show the danger."""
        names = list(vitals)
        if self.chance.random() < 0.4:
            names = sorted(danger | set(self.chance.sample(names, self.chance.randint(1, 2))))
        elif self.chance.random() < 0.5 and "consciousness" not in danger:
            names.remove("consciousness")
        return {name: vitals[name] for name in names}

    def _example(self, text: str, lang: str, fields: Mapping[str, object], condition: int, level: int) -> Example:
        said = SymptomFields(normalise(text).text, **fields)  # type: ignore[arg-type]
        line = render_symptoms(with_numbers(said)).text
        task = "urgency" if condition == UNKNOWN else "condition"
        return Example(line, lang, SOURCE, TIER, task, condition=condition, urgency=level - 1, raw=text)


def _shown_age(age: float) -> float:
    return float(math.floor(age)) if age >= 3 else round(age, 2)
