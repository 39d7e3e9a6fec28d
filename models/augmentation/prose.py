"""Words of made-up patients: the same case as a complaint, a note, a list, a story or a hasty message."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.augmentation.profiles import Clinic, Profile

_VERB = re.compile(r"([\w']+)\*")
_THIRD = {"have": "has", "am": "is", "do": "does", "don't": "doesn't", "haven't": "hasn't"}
_SLOT = re.compile(r"\{(\w+)\}")
_MALE, _FEMALE = re.compile(r"son|boy|儿子|男"), re.compile(r"daughter|girl|女")


@dataclass(slots=True)
class Case:
    """One visit before it is put into words. `mentions` are features of the clinic, the first one the main one."""

    profile: Profile
    lang: str
    mentions: list[str]
    negated: list[str]
    severity: str
    score: int
    age: float
    sex: str
    temperature: float
    character: str
    tell_age: bool

    @property
    def child(self) -> bool:
        return self.age < 13


class Prose:
    """Writes cases and plain sentences in one language; all variety comes from `chance`."""

    def __init__(self, clinic: Clinic, chance: random.Random, lang: str) -> None:
        self.clinic, self.chance, self.lang = clinic, chance, lang
        self.frames = clinic.frames[lang]

    def write(self, case: Case, style: str) -> str:
        """`style`: story, hasty, chief, note or list."""
        if style in ("chief", "note", "list"):
            return self._brief(case, style)
        text = self._story(case) if self.lang == "en" else self._story_zh(case)
        return self.spoil(text) if style == "hasty" else text

    def dress(self, text: str, onset: str | None, calm: bool) -> str:
        """A plain request with some of the words around it that people add; in an emergency few do."""
        pick, odds = self.chance.choice, self.chance.random
        tail = pick(self.frames["closer"]) if calm and odds() < 0.15 else ""
        time = self._fill(pick(self.frames["time"][onset])) if onset and odds() < 0.25 else ""
        head = pick(self.frames["opener"]) if calm and odds() < 0.25 else ""
        if self.lang == "zh":
            return f"{head}{time}{self._fill(text)}{'，' + tail if tail else ''}"
        return " ".join(part for part in (head, self._fill(text), time, tail) if part)

    def spoil(self, text: str) -> str:
        """Typos, no capitals and little punctuation, as typed in a hurry."""
        if self.lang == "zh":
            return re.sub("[，。？、]+", self.chance.choice((" ", "", " ", "，")), text).strip()
        words = re.sub(r"[.,?]", "", text.lower()).split() if self.chance.random() < 0.6 else text.lower().split()
        return " ".join(self._typo(word) if len(word) > 4 and self.chance.random() < 0.06 else word for word in words)

    def _typo(self, word: str) -> str:
        at = self.chance.randrange(1, len(word) - 2)
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return self.chance.choice((word[:at] + word[at + 1 :], swapped, word[:at] + word[at] + word[at:]))

    def _brief(self, case: Case, style: str) -> str:
        words = [self._words(feature, case, short=True) for feature in case.mentions]
        time = self._fill(self.chance.choice(self.frames["short_time"][case.profile.onset]))
        words += [self.chance.choice(self._negation(key)) for key in case.negated[:1] if style != "chief"]
        if case.severity != "moderate":
            words.append(self._severity(case))
        if style == "note":
            words.insert(0, self._who(case))
        elif style == "list" and words:
            words[0] = self.chance.choice(self.frames["listed"]) + words[0]
        glue = self.chance.choice((", ", "; ", " + ", ", ") if self.lang == "en" else ("，", "、", "，", " "))
        text = glue.join(words)
        if self.chance.random() < 0.65:
            text = f"{text} {time}" if self.lang == "en" or self.chance.random() < 0.5 else f"{text}{time}"
        return text

    def _who(self, case: Case) -> str:
        years = str(int(case.age)) if case.age >= 2 else f"{max(1, round(case.age * 12))}"
        if self.lang == "zh":
            return f"{'男' if case.sex == 'male' else '女'}，{years}{'岁' if case.age >= 2 else '个月'}"
        unit = "yo" if case.age >= 2 else "mo"
        forms = (f"{years}{unit} {case.sex[0].upper()}", f"{years} {unit} {case.sex}", f"{years}{case.sex[0]}")
        return self.chance.choice(forms if case.age >= 2 else forms[:2])

    def _story(self, case: Case) -> str:
        pick, odds = self.chance.choice, self.chance.random
        clauses = [self._words(feature, case, short=False) for feature in case.mentions]
        time = self._fill(pick(self.frames["time"][case.profile.onset]))
        clauses[0] = f"{clauses[0]} {time}" if odds() < 0.7 and not time.startswith("it ") else clauses[0]
        sentences = self._chunks(clauses)
        extra = [pick(self._negation(key)) for key in case.negated]
        if case.severity != "moderate":
            extra.append(self._severity(case))
        extra += [pick(self.frames["worsening"])] if odds() < 0.15 else []
        extra += [pick(self._aside(case))] if odds() < 0.2 else []
        for sentence in extra:
            sentences.insert(self.chance.randint(1, len(sentences)), sentence)
        text = " ".join(_sentence(sentence) for sentence in sentences)
        if case.tell_age:
            text = self._tell_age(text, case)
        text = self._third(text, case) if case.child else _VERB.sub(r"\1", text)
        head = f"{pick(self.frames['opener'])} " if odds() < 0.35 else ""
        tail = f" {pick(self.frames['closer'])}" if odds() < 0.35 and not case.child else ""
        return head + text + tail

    def _tell_age(self, text: str, case: Case) -> str:
        if case.child:
            months = max(1, round(case.age * 12))
            return f"{text} My child is {f'{months} months' if case.age < 2 else f'{int(case.age)} years'} old."
        return f"I am* {int(case.age)}. {text}" if self.chance.random() < 0.5 else f"{text} I am* {int(case.age)}."

    def _story_zh(self, case: Case) -> str:
        pick, odds = self.chance.choice, self.chance.random
        subject = self._child(case) if case.child else pick(("", "", "", "我", "本人", "我最近"))
        if case.tell_age:
            years = f"{int(case.age)}岁" if case.age >= 2 else f"{max(1, round(case.age * 12))}个月"
            person = pick(("男", "男性")) if case.sex == "male" else pick(("女", "女性"))
            subject = f"{subject if case.child else person}{years}，"
        time = self._fill(pick(self.frames["time"][case.profile.onset])) if odds() < 0.75 else ""
        words = [self._words(feature, case, short=False) for feature in case.mentions]
        body = words[0]
        for word in words[1:]:
            body += pick(self.frames["join"]) + word
        body = f"{time}{body}" if time and odds() < 0.7 else f"{body}{'，' + time if time else ''}"
        extra = [pick(self._negation(key)) for key in case.negated]
        if case.severity != "moderate":
            extra.append(self._severity(case))
        extra += [pick(self.frames["worsening"])] if odds() < 0.15 else []
        self.chance.shuffle(extra)
        if odds() < 0.2:
            extra.append(pick(self._aside(case)).rstrip("。"))
        text = pick(("，", "。", "，")).join([subject + body, *extra]) + pick(("。", "", "，", "。"))
        head = pick(self.frames["opener"]) if odds() < 0.4 else ""
        tail = pick(self.frames["closer"]) if odds() < 0.4 else ""
        return head + text + tail

    def _chunks(self, clauses: Sequence[str]) -> list[str]:
        sentences, rest = [], list(clauses)
        while rest:
            size = self.chance.choice((1, 1, 2, 2, 3))
            chunk, rest = rest[:size], rest[size:]
            text = chunk[0]
            for clause in chunk[1:]:
                text += self.chance.choice((" and ", ", ", " and also ", ", plus ", ", and ")) + clause
            sentences.append(text)
        return sentences

    def _child(self, case: Case) -> str:
        other = _FEMALE if case.sex == "male" else _MALE
        return str(self.chance.choice([name for name in self.frames["child"] if not other.search(name)]))

    def _third(self, text: str, case: Case) -> str:
        """A parent speaks: I becomes my son the first time, he later."""
        he, him, his = ("he", "him", "his") if case.sex == "male" else ("she", "her", "her")
        text = re.sub(r"\bI've\b", f"{he}'s", text)
        text = re.sub(r"\bmyself\b", f"{him}self", text)
        text = re.sub(r"\bmy\b", his, re.sub(r"\bMy (?!child is)", f"{his.capitalize()} ", text))
        text = re.sub(r"\bme\b", him, _VERB.sub(lambda match: _THIRD.get(match[1], _plus_s(match[1])), text))
        text = re.sub(r"\bI haven't\b", "I hasn't", text)
        child = self._child(case)
        text = re.sub(r"\bI\b(?!')", child, text, count=1)
        text = re.sub(r"(?<=[.] )I\b(?!')", he.capitalize(), text)
        text = re.sub(r"(?<=[.] )[a-z]", lambda match: match[0].upper(), re.sub(r"\bI\b(?!')", he, text))
        return _sentence(text, stop=False)

    def _words(self, feature: str, case: Case, short: bool) -> str:
        shape, _, part = feature.partition(":")
        if not part:
            symptom = self.clinic.symptoms[feature]
            words = symptom.zh if self.lang == "zh" else symptom.short if short else symptom.clauses
            return self._fill(self.chance.choice(words), case)
        frames = self.frames[f"{shape}_short" if short else shape]
        fitting = [frame for frame in frames if case.character or "{character}" not in frame]
        text = self._fill(self.chance.choice(fitting), case, part)
        if shape == "pain" and case.profile.radiates and not short and self.chance.random() < 0.4:
            to = self.chance.choice(case.profile.radiates)
            more = self._fill(self.chance.choice(self.frames["radiates"]), case, to)
            text += f", {more}" if self.lang == "en" else f"，{more}"
        return text

    def _fill(self, text: str, case: Case | None = None, part: str = "") -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name == "part":
                return str(self.chance.choice(getattr(self.clinic.parts[part], self.lang)))
            if name == "character" and case:
                return str(self.chance.choice(self.clinic.frames["characters"][case.character][self.lang == "zh"]))
            if name == "temp":
                return f"{case.temperature if case else self.chance.uniform(38.1, 39.6):.1f}"
            draws = {"n": (2, 6), "hightemp": (39, 41), "sugar": (13, 22), "score": (1, 10)}
            if name == "highbp":
                return f"{self.chance.randint(160, 182)}/{self.chance.randint(96, 112)}"
            return str(self.chance.randint(*draws[name]))

        return _SLOT.sub(value, text)

    def _severity(self, case: Case) -> str:
        pain = any(feature.startswith("pain:") for feature in case.mentions)
        if pain and case.age >= 5 and self.chance.random() < 0.4:
            return str(self.chance.choice(self.frames["pain_score"])).format(score=case.score)
        words = self.frames["severity"][case.severity]
        if case.child:  # who writes is not who suffers
            words = [word for word in words if "I" not in word]
        return str(self.chance.choice(words))

    def _aside(self, case: Case) -> Sequence[str]:
        asides: Sequence[str] = self.frames["irrelevant_child" if case.child else "irrelevant"]
        return asides

    def _negation(self, key: str) -> Sequence[str]:
        words: Sequence[str] = self.clinic.frames["negations"][key][self.lang == "zh"]
        return words


def _sentence(text: str, stop: bool = True) -> str:
    text = text[:1].upper() + text[1:]
    return f"{text}." if stop and text[-1:] not in ".?!" else text


def _plus_s(verb: str) -> str:
    if verb.endswith(("cry", "try")):
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith(("ch", "sh", "s", "x", "go")) else f"{verb}s"
