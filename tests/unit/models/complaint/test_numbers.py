"""Vital signs, ages and weeks of pregnancy in running text."""

import pytest

from models.complaint import read_numbers
from tests.support.processor import processor_s


def told(text: str) -> dict[str, float]:
    return {name: round(one.value, 3) for name, one in read_numbers(text).readings.items()}


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("temp of 101.3 F", {"temperature": 38.5}),
        ("temperature 39.1C", {"temperature": 39.1}),
        ("体温39度5", {"temperature": 39.5}),
        ("烧到40度", {"temperature": 40.0}),
        ("烧39度半", {"temperature": 39.5}),
        ("T 38.9, HR 120", {"temperature": 38.9, "heart_rate": 120}),
        ("pressure is 70 over 40", {"systolic": 70, "diastolic": 40}),
        ("BP 9/6 kPa", {"systolic": 68, "diastolic": 45}),
        ("血压180/110", {"systolic": 180, "diastolic": 110}),
        ("血压八十五十", {"systolic": 80, "diastolic": 50}),
        ("血压一百一六十", {"systolic": 110, "diastolic": 60}),
        ("血压一百四九十", {"systolic": 140, "diastolic": 90}),
        ("血压一百四十", {"systolic": 140}),
        ("血压一百四十九十", {"systolic": 140, "diastolic": 90}),
        ("血压一百二十八十", {"systolic": 120, "diastolic": 80}),
        ("血压一百九十一百二十", {"systolic": 190, "diastolic": 120}),
        ("血压一百八十比一百一", {"systolic": 180, "diastolic": 110}),
        ("高压一百八十，低压一百二十", {"systolic": 180, "diastolic": 120}),
        ("血压一百零五六十", {"systolic": 105, "diastolic": 60}),
        ("血压二百二一百三", {"systolic": 220, "diastolic": 130}),
        ("高压一百四一百五", {}),
        ("心率九十一百", {"heart_rate": 91}),
        ("早上八点三十九度二", {"temperature": 39.2}),
        ("孩子2个月，早上八点三十八度五", {"age": 0.167, "temperature": 38.5}),
        ("晚上八点三十八点五度", {"temperature": 38.5}),
        ("血氧早上七点九十二", {"saturation": 92}),
        ("血糖十点二十一测的", {}),
        ("疼了一晚，九点三十八分来的", {}),
        ("肚子疼，七点八分来的", {}),
        ("每分钟呼吸八次", {"respiratory_rate": 8}),
        ("呼吸十次每分钟", {"respiratory_rate": 10}),
        ("呼吸困难发作三次", {}),
        ("呼吸急促两次", {}),
        ("深呼吸三次", {}),
        ("呼吸第三次停", {}),
        ("心率一百四十，呼吸四十", {"heart_rate": 140, "respiratory_rate": 40}),
        ("氧饱86", {"saturation": 86}),
        ("扎手指19.4", {"glucose": 19.4}),
        ("扎手指3次", {}),
        ("血糖两点八", {"glucose": 2.8}),
        ("血糖早上七点二", {"glucose": 7.2}),
        ("空腹血糖十点二", {"glucose": 10.2}),
        ("体温三十八点五", {"temperature": 38.5}),
        ("血糖早上七点二十测的", {}),
        ("心率七点四十测的", {}),
        ("34周加2天，见红", {"gestation": 34}),
        ("blood pressure 180", {"systolic": 180}),
        ("心率130，血氧88，呼吸36次/分", {"heart_rate": 130, "saturation": 88, "respiratory_rate": 36}),
        ("sats 0.86 on air, RR 34", {"saturation": 86, "respiratory_rate": 34}),
        ("spo2 97 %", {"saturation": 97}),
        ("pain 8/10", {"pain": 8}),
        ("疼痛评分7分", {"pain": 7}),
        ("my 3 week old", {"age": 0.057}),
        ("six-week-old", {"age": 0.115}),
        ("出生20天", {"age": 0.055}),
        ("三岁", {"age": 3}),
        ("两个月大的宝宝", {"age": 0.167}),
        ("半岁宝宝", {"age": 0.5}),
        ("62 yo", {"age": 62}),
        ("45F, dizzy", {"age": 45}),
        ("34 weeks pregnant", {"gestation": 34}),
        ("pregnant, 34+2 weeks", {"gestation": 34}),
        ("孕36周", {"gestation": 36}),
        ("怀孕八个月", {"gestation": 34.76}),
    ],
)
def test_numbers_are_read_with_their_units(text: str, readings: dict[str, float]) -> None:
    assert told(text) == readings


_ONES = "零一二三四五六七八九"


def han(number: int) -> str:
    """As it is written, up to 999."""
    if number < 10:
        return _ONES[number]
    if number < 20:
        return f"十{_ONES[number % 10] if number % 10 else ''}"
    if number < 100:
        return f"{_ONES[number // 10]}十{_ONES[number % 10] if number % 10 else ''}"
    hundreds, rest = f"{_ONES[number // 100]}百", number % 100
    if rest < 10:
        return f"{hundreds}零{_ONES[rest]}" if rest else hundreds
    return f"{hundreds}{_ONES[rest // 10]}十{_ONES[rest % 10] if rest % 10 else ''}"


@pytest.mark.parametrize(
    ("said", "name", "numbers"),
    [
        ("心率{}", "heart_rate", range(30, 221)),
        ("血压{}", "systolic", range(70, 251)),
        ("高压{}，低压六十", "systolic", range(70, 251)),
        ("血压{}/六十", "systolic", range(70, 251)),
        ("血压二百五十比{}", "diastolic", range(40, 141)),
        ("血氧百分之{}", "saturation", range(60, 101)),
        ("呼吸{}次", "respiratory_rate", range(4, 60)),
        ("患者{}岁", "age", range(1, 111)),
        ("体温{}点五", "temperature", range(35, 43)),
        ("烧到{}度五", "temperature", range(35, 43)),
        ("血糖{}点一", "glucose", range(1, 31)),
    ],
)
def test_every_chinese_numeral_is_read_as_it_is_written(said: str, name: str, numbers: range) -> None:
    tenths = {"temperature": 0.5, "glucose": 0.1}.get(name, 0)
    wrong = {number: told(said.format(han(number))).get(name) for number in numbers}
    assert {number: value for number, value in wrong.items() if value != number + tenths} == {}


@pytest.mark.parametrize(
    "text",
    [
        *("fever for 3 days", "took 2 tablets of 500 mg", "24/7", "when I was 5 years old", "oxygen 2 litres"),
        *(
            "烧3天",
            "吃了2片",
            "5岁时",
            "call 118 118",
            "the 12/10/2020",
            "room 40",
            "2 years ago",
            "cold water 40度的水",
        ),
    ],
)
def test_other_numbers_are_none(text: str) -> None:
    assert told(text) == {}


@pytest.mark.parametrize(
    ("text", "name"),
    [("temp 61", "temperature"), ("heart rate 720", "heart_rate"), ("150岁", "age"), ("孕80周", "gestation")],
)
def test_what_is_impossible_is_named_and_not_used(text: str, name: str) -> None:
    numbers = read_numbers(text)

    assert numbers.readings == {}
    assert numbers.warnings == (f"text.{name}: nobody alive has that; not used",)


def test_a_unit_that_was_guessed_is_named() -> None:
    assert read_numbers("temp 101").warnings == ("text.temperature: read as degrees Fahrenheit",)


def test_the_last_of_several_counts() -> None:
    assert told("BP 90/60 at home, BP 120/80 now") == {"systolic": 120, "diastolic": 80}


def test_a_number_knows_its_place() -> None:
    text = "İ my 3 week old has HR 190"
    places = {name: text[one.start : one.end] for name, one in read_numbers(text).readings.items()}

    assert places == {"age": "3 week old", "heart_rate": "HR 190"}


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "1 ",
            "1-",
            "1/",
            "one ",
            "one hundred and ",
            "一百",
            "十",
            "三十八度六",
            "体温38",
            "BP 120/80 ",
            "3岁",
            "38.5 ",
            "P140",
        ),
        *(
            "my mum BP 120/80, ",
            "i'm 45, ",
            "孙子3岁，",
            "to 38 to 39 ",
            "1 point ",
            "2 years 3 months ",
            "pain 8/10 ",
            "血压",
            " ",
        ),
        *("told to come if over 38 ", "- - - ", "born at 32 weeks ", "32+4,", "12", "现在1"),
    ],
)
def test_a_long_text_takes_a_time_in_proportion(piece: str) -> None:
    text = piece * (20_000 // len(piece))

    taken = processor_s(lambda: read_numbers(text), 4.0)

    assert taken < 4.0, "at most 1 s is usual; a quadratic pattern takes minutes"


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("血氧八十出头", {"saturation": 80}),
        ("收缩压八十出头", {"systolic": 80}),
        ("呼吸三十出头", {"respiratory_rate": 30}),
        ("我爸七十出头，血氧八十出头", {"age": 70, "saturation": 80}),
        ("血氧八十出头，患者七十出头", {"age": 70, "saturation": 80}),
    ],
)
def test_what_a_measure_has_taken_is_nobodys_age(text: str, readings: dict[str, float]) -> None:
    told = read_numbers(text)
    assert {name: one.value for name, one in told.readings.items()} == readings
    assert not told.warnings
