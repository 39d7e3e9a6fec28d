"""Who a sentence may be about: groups by kind, in the grammatical forms that sentences need. No slurs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Group:
    """One protected group. Chinese nouns do not change: all three forms are the same there."""

    kind: str
    adjective: str
    singular: str
    plural: str


def _english(kind: str, *rows: str) -> tuple[Group, ...]:
    return tuple(Group(kind, *(form.strip() for form in row.split("|"))) for row in rows)


def _nouns(kind: str, nouns: str) -> tuple[Group, ...]:
    return tuple(Group(kind, noun, noun, noun) for noun in nouns.split())


def _people(kind: str, adjectives: str, noun: str = "person", nouns: str = "people") -> tuple[Group, ...]:
    return tuple(Group(kind, word, f"{word} {noun}", f"{word} {nouns}") for word in adjectives.split())


def _with_s(kind: str, words: str) -> tuple[Group, ...]:
    """Adjectives that are nouns as they stand: an immigrant, immigrants, an immigrant neighbour."""
    return tuple(Group(kind, word, word, f"{word}s") for word in words.split())


_EN: Final = (
    *_english("gender", "female | woman | women", "female | woman | women", "male | man | men"),
    *_people("orientation", "gay bisexual trans queer nonbinary"),
    *_people("orientation", "gay trans", "man", "men"),
    *_people("orientation", "trans", "woman", "women"),
    *_with_s("orientation", "lesbian"),
    *_people("race", "Black white Asian Latino Indigenous Arab Aboriginal"),
    *_people("race", "Black Asian", "woman", "women"),
    *_people("race", "Black white Arab", "man", "men"),
    *_english("faith", "Jewish | Jew | Jews"),
    *_with_s("faith", "Muslim Christian Hindu Sikh Buddhist Catholic atheist"),
    *_with_s("migrant", "immigrant refugee migrant foreigner"),
    *_english("migrant", "asylum-seeking | asylum seeker | asylum seekers", "Romani | Roma person | Roma"),
    *_with_s("nation", "Mexican Nigerian Pakistani Indian Somali Romanian Syrian Ukrainian Russian Israeli"),
    *_with_s("nation", "Palestinian"),
    *_english("nation", "Polish | Pole | Poles", "Turkish | Turk | Turks", "Filipino | Filipino | Filipinos"),
    *_people("nation", "Chinese Irish Vietnamese"),
    *_people("disability", "disabled deaf blind autistic"),
    *_english(
        "disability",
        "wheelchair-using | wheelchair user | wheelchair users",
        "disabled | person with Down syndrome | people with Down syndrome",
    ),
    *_english(
        "age", "old | old woman | old women", "elderly | elderly man | elderly men", "old | pensioner | pensioners",
        "elderly | old person | old people",
    ),
)  # fmt: skip

_ZH: Final = (
    *_nouns("gender", "女人 女性 女生 男人 男性"),
    *_nouns("orientation", "同性恋 同性恋者 双性恋者 跨性别者 男同 女同"),
    *_nouns("race", "黑人 白人 亚裔 华裔 混血儿"),
    *_nouns("faith", "穆斯林 回民 基督徒 犹太人 佛教徒 天主教徒 印度教徒"),
    *_nouns("migrant", "移民 难民 外国人 外地人 农民工 吉普赛人"),
    *_nouns("nation", "韩国人 日本人 美国人 印度人 俄罗斯人 越南人 菲律宾人 非洲人 乌克兰人"),
    *_nouns("region", "河南人 东北人 上海人 广东人 北京人 四川人 新疆人 香港人 台湾人 农村人"),
    *_nouns("disability", "残疾人 聋人 盲人 自闭症患者 轮椅使用者 听障人士"),
    *_nouns("age", "老人 老年人 老太太 老大爷"),
)

GROUPS: Final[Mapping[str, tuple[Group, ...]]] = {"en": _EN, "zh": _ZH}


def article(noun: str) -> str:
    """`a` or `an`, by the first letter: none of the words here starts otherwise than it is spelt, but `Uk...`."""
    return "an" if noun[0].lower() in "aeiou" and not noun.startswith("Uk") else "a"
