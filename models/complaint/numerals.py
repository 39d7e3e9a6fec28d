"""Numbers in words as digits: 三十八 and thirty-eight are 38. Everything that reads numbers reads digits alone.

A word is a numeral where it can be nothing else: `一直`, `十分` and `one of them` stay as they are.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import Final, NamedTuple

_ENGLISH_ONES: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS: Final = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_VALUES: Final = {
    **{word: value for value, word in enumerate((*_ENGLISH_ONES, *_TEENS), 1)},
    **{word: value for value, word in zip(range(20, 100, 10), _TENS, strict=True)},
    "oh": 0,
}
_HAN_VALUES: Final = {han: value for value, han in enumerate("零一二三四五六七八九")} | {"两": 2}

_ONE, _TEEN, _TEN = "|".join(_ENGLISH_ONES), "|".join(_TEENS), "|".join(_TENS)
_BELOW_100: Final = rf"(?:(?:{_TEN})(?:[ -]?(?:{_ONE})(?![a-z]))?|{_TEEN}|{_ONE})(?![a-z])"
_SPOKEN: Final = rf"(?:{_TEN})(?:[ -](?:{_ONE})(?![a-z]))?|{_TEEN}|oh (?:{_ONE})"  # one eighty, one ten, one oh five
_ENGLISH: Final = re.compile(
    rf"(?<![a-z])(?=[aonetfs])(?:(?:one|two|three|four|a) hundred(?:(?: and)? (?:{_BELOW_100}))?"
    rf"|(?:one|two) (?:{_SPOKEN})(?![a-z])"
    rf"|one(?=[ -](?:hour|day|week|month|year|out of)|/)|(?!one){_BELOW_100})(?: point (?:{_ONE}))?(?![a-z])"
)
_HAN_ONES: Final = "一二两三四五六七八九"
_HAN_ONE: Final = f"[{_HAN_ONES}]"
_HAN_HUNDRED: Final = rf"{_HAN_ONE}百(?:零{_HAN_ONE}|{_HAN_ONE}十?)"
_HAN_UPPER: Final = rf"{_HAN_HUNDRED}|{_HAN_ONE}十"
_HAN_LOWER: Final = rf"一百(?:{_HAN_ONE}十?)?"
"""Of a hundred and more; behind a hundred of the upper alone."""
_HAN_PAIR: Final = (
    rf"(?:(?<![高上缩]压)(?<!心率)(?<!脉搏){_HAN_HUNDRED}{_HAN_LOWER}"
    rf"|(?:{_HAN_UPPER}){_HAN_ONE}十)(?![一二三四五六七八九多几来个岁周天度年月分])"
)
"""七十四十 is a pressure, and so are 一百四九十 and 一百九一百二; 一百四十 is none, and 高压一百四一百五 a range."""
_NO_TENTH: Final = "十百个天小周月岁分年次点楼层号床"
"""What stands behind a numeral that counts something of its own, after the hour of a clock as well."""
_HAN_NO_MINUTE: Final = (
    rf"(?:(?<!{_HAN_ONE}点)(?<!十点)(?<!点{_HAN_ONE})|(?={_HAN_ONE}?十{_HAN_ONE}?[度点])|(?=[六七八九]十))"
)
"""Behind an hour stand minutes, unless what stands there is a temperature or more than an hour has."""
_HAN: Final = re.compile(
    rf"(?=[零一二两三四五六七八九十])(?<!\d)(?:(?<![几数多]){_HAN_PAIR}"
    rf"|(?<![几数])(?:{_HAN_ONE}百(?!分)(?:零{_HAN_ONE}|(?:{_HAN_ONE}?十{_HAN_ONE}?)|{_HAN_ONE}(?!十))?"
    rf"|{_HAN_NO_MINUTE}(?:{_HAN_ONE}十{_HAN_ONE}?|十{_HAN_ONE}))(?:点[零一二三四五六七八九]{{1,2}}(?![十百点分]))?"
    rf"|(?<![十百{_HAN_ONES}])(?:{_HAN_ONE}|十)点[零一二三四五六七八九](?![{_NO_TENTH}刻零{_HAN_ONES}])"
    rf"|(?:{_HAN_ONE}|十)(?=个?[多半来余]?(?:周?岁|个?月|周|天|日|旬|小时))|(?<![点十百{_HAN_ONES}]){_HAN_ONE}(?=分(?![之钟明别手]))"
    rf"|(?:(?<=呼吸)(?<!深呼吸)|(?<=频率)|(?<=分钟)|(?=.次[/每一]?分))[二两三四五六七八九十](?=次)"
    rf"|(?<=[度点])[一二三四五六七八九](?![{_NO_TENTH}]))"
)
_PAIRED: Final = re.compile(rf"({_HAN_UPPER})({_HAN_LOWER}|{_HAN_ONE}十)")
_HINT: Final = re.compile(
    r"[二两三四五六七八九]|一[百十岁个月周天日小]|十[一岁个月周天日次]|[一十]点[零一]"
    r"|(?<![a-z])(?:one|two|three|four|five|six|seven|eight|nine|ten|twe|eleven|thir|for|fif|twenty|nine|a hundred)"
)


class _Change(NamedTuple):
    """A numeral: where its digits stand, and where it stood."""

    start: int
    end: int
    was_start: int
    was_end: int


class Digits(NamedTuple):
    """A text whose numerals are digits, and where its characters come from."""

    text: str
    changes: list[_Change]
    """In order."""

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original of a place in the text."""
        return self._place(start)[0], self._place(end - 1)[1]

    def _place(self, at: int) -> tuple[int, int]:
        before = bisect_right(self.changes, at, key=lambda change: change.start) - 1
        if before < 0:
            return at, at + 1
        change = self.changes[before]
        if at < change.end:
            return change.was_start, change.was_end
        return at - change.end + change.was_end, at - change.end + change.was_end + 1


def in_digits(plain: str) -> Digits:
    """The text in plain letters with its numerals as digits."""
    if not _HINT.search(plain):
        return Digits(plain, [])
    found = [*_ENGLISH.finditer(plain)]
    if not plain.isascii():
        found = sorted([*found, *_HAN.finditer(plain)], key=re.Match.start)
    if not found:
        return Digits(plain, [])
    parts: list[str] = []
    changes: list[_Change] = []
    done = length = 0
    for match in found:
        start, end = match.span()
        digits = _digits(match[0])
        parts += (plain[done:start], digits)
        length += start - done + len(digits)
        changes.append(_Change(length - len(digits), length, start, end))
        done = end
    return Digits("".join([*parts, plain[done:]]), changes)


@lru_cache(4096)
def _digits(said: str) -> str:
    return _english(said) if said.isascii() else _han(said)


def _english(said: str) -> str:
    whole, _, tenths = said.partition(" point ")
    total = 0
    for word in re.findall(r"[a-z]+", whole):
        if word == "hundred":
            total = (total or 1) * 100
        elif word in _VALUES:
            is_next_to_ones = 0 < total < 10  # one eighty; ones beside ones are no numeral
            total = total * 100 + _VALUES[word] if is_next_to_ones else total + _VALUES[word]
    return f"{total}.{_VALUES[tenths]}" if tenths else str(total)


def _han(said: str) -> str:
    if pair := _PAIRED.fullmatch(said):
        upper, lower = _han(pair[1]), _han(pair[2])
        return f"{upper}/{lower}" if int(upper) > int(lower) else said  # else nobody knows what it is
    whole, _, tenths = said.partition("点")
    hundreds, is_hundred, rest = whole.rpartition("百")
    total = 100 * _HAN_VALUES[hundreds] if is_hundred else 0
    if "十" in rest:
        tens, ones = rest.split("十")
        total += 10 * _HAN_VALUES.get(tens, 1) + _HAN_VALUES.get(ones, 0)
    elif rest:  # 一百四 is 140, 一百零四 is 104
        total += _HAN_VALUES[rest[-1]] * (10 if is_hundred and len(rest) == 1 else 1)
    return f"{total}.{''.join(str(_HAN_VALUES[one]) for one in tenths)}" if tenths else str(total)
