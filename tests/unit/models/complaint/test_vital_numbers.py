"""Vital signs and blood sugar in running text: what is one, however it is written, and what only looks like one."""

import pytest

from models.complaint import read_numbers


def told(text: str) -> dict[str, float]:
    return {name: round(one.value, 3) for name, one in read_numbers(text).readings.items()}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "high blood pressure 30 yrs",
            "high blood pressure 20 years",
            "BP tablets 5 mg",
            "blood pressure 3 months ago",
        ),
        *(
            "chest pain for 1 hr 30 min",
            "waited 2 hr, 30 people before me",
            "last BM 2 days ago",
            "had 6 BMs, 2 with blood",
        ),
        *(
            "fever 40 minutes after the vaccine",
            "febrile, 36 hrs of vomiting",
            "fever, 400 mg ibuprofen",
            "fever x1, 38",
        ),
        *("fever, 1000 mg paracetamol given", "my BP is down 30 from yesterday", "BM 1 today, loose", "pulse 2+ equal"),
        *(
            "takes heart rate tablet 50",
            "RR interval 400",
            "temp chart, room 38",
            "oxygen at 60% via mask",
            "on O2 50%",
        ),
        *(
            "高血压3级",
            "高血压10多年",
            "高血压20余年",
            "有高血压 5 年了",
            "发烧40分钟后抽搐",
            "烧了40多个小时",
            "发热36h",
        ),
        *(
            "心率快3天",
            "心跳有2次早搏",
            "血糖3天没测",
            "血压高压2个月",
            "发烧40多天",
            "血氧仪买了90块",
            "呼吸有20秒停了",
        ),
    ],
)
def test_hours_grades_and_doses_are_no_readings(text: str) -> None:
    assert told(text) == {}


@pytest.mark.parametrize(
    ("text", "age_or_weeks"),
    [("Fever, 42 year old woman", {"age": 42}), ("fever, 38 wks pregnant", {"gestation": 38})],
)
def test_an_age_behind_a_finding_is_no_temperature(text: str, age_or_weeks: dict[str, float]) -> None:
    assert told(text) == age_or_weeks


@pytest.mark.parametrize("text", ["heart rate 9", "systolic 12", "血压3", "呼吸1次/分"])
def test_what_is_too_low_is_warned_of_and_not_used(text: str) -> None:
    numbers = read_numbers(text)

    assert numbers.readings == {}
    assert [warning.partition(": ")[2] for warning in numbers.warnings] == ["too low to be one; not used"]


def test_kilopascal_is_told_by_its_unit_or_by_a_pair() -> None:
    assert told("BP 24/14") == told("血压24/14kPa") == {"systolic": 180, "diastolic": 105}
    assert told("systolic 16 kPa") == {"systolic": 120}
    assert told("systolic 16") == {}


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        *(
            ("体温38点9", {"temperature": 38.9}),
            ("体温３８．９℃", {"temperature": 38.9}),
            ("39°5", {"temperature": 39.5}),
        ),
        *(
            ("烧到39度五", {"temperature": 39.5}),
            ("体温 38 度 9", {"temperature": 38.9}),
            ("39度半", {"temperature": 39.5}),
        ),
        *(
            ("temp 100 point 4", {"temperature": 38.0}),
            ("a fever of 38.2 day five", {"temperature": 38.2}),
            ("最高体温39.6℃", {"temperature": 39.6}),
            ("temp 38.5 over 3 days", {"temperature": 38.5}),
            ("temp 38·7", {"temperature": 38.7}),
        ),
        *(
            ("发烧38度4一天", {"temperature": 38.4}),
            ("发烧39度3天", {"temperature": 39.0}),
            ("temp 38. 6 days now", {"temperature": 38.0}),
        ),
        *(("血压 １６０／９５", {"systolic": 160, "diastolic": 95}), ("ＨＲ１４０", {"heart_rate": 140})),
    ],
)
def test_a_number_is_read_to_its_end(text: str, readings: dict[str, float]) -> None:
    assert told(text) == readings


@pytest.mark.parametrize("text", ["HR 1O5", "HR 12o", "HR 1:30", "temp 38 5", "sats 8 8", "BP 13O/8O", "HR 12345"])
def test_a_number_that_is_cut_off_is_none(text: str) -> None:
    assert told(text) == {}


_NURSE = {"temperature": 38.9, "heart_rate": 140, "respiratory_rate": 32}


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        *((text, _NURSE) for text in ("T38.9℃，P140次/分，R32次/分", "T38.9 P140 R32", "T：38.9 ℃ P：140 R：32")),
        *(
            (text, _NURSE)
            for text in ("体温38.9心率140呼吸32", "T 38.9 HR 140 RR 32", "temp 38.9, HR 140/min, RR 32/min")
        ),
        ("HR:140 SpO2:90% O2 sats to 88", {"heart_rate": 140, "saturation": 88}),
        ("体温37.5心率150血氧80", {"temperature": 37.5, "heart_rate": 150, "saturation": 80}),
        *((text, {"systolic": 200, "diastolic": 110}) for text in ("高压200低压110", "上压200下压110", "血压200到110")),
        *(
            ("HR 140-150", {"heart_rate": 150}),
            ("HR 40-45", {"heart_rate": 40}),
            ("sats 85-88% RA", {"saturation": 85}),
        ),
        *(("BP 70-80 systolic", {"systolic": 70}), ("血压170-180/100-110", {"systolic": 180, "diastolic": 110})),
        *(("90 systolic", {"systolic": 90}), ("BP 60/palp", {"systolic": 60}), ("HR in the 30s", {"heart_rate": 30})),
        *(("pulse 120->96", {"heart_rate": 96}), ("fever came down from 40 to 38.2", {"temperature": 38.2})),
    ],
)
def test_shorthand_and_ranges(text: str, readings: dict[str, float]) -> None:
    assert told(text) == readings


@pytest.mark.parametrize(
    "text", ["P 2 gravida 3", "P3G2", "T12 fracture", "level T 10", "K 2.9 T wave", "R 40 wide", "t 5"]
)
def test_letters_alone_are_no_vital_signs(text: str) -> None:
    assert told(text) == {}


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        *(
            (text, {"saturation": 78})
            for text in ("saturation dropped to 78%", "血氧下降到78%", "血氧最低78%", "Sp02 78%")
        ),
        *(
            (text, {"saturation": 88})
            for text in ("血氧八十八", "血氧百分之八十八", "血氧仪显示88", "oxygen eighty eight percent")
        ),
        *(
            (text, {"heart_rate": 180})
            for text in ("心率飙到180", "pulse has gone up to 180", "HR – 180", "pulse one eighty")
        ),
        *(
            (text, {"heart_rate": 150})
            for text in ("心率快，150次/分", "心跳一百五", "heart is racing, 150 beats a minute")
        ),
        *((text, {"respiratory_rate": 6}) for text in ("respirations six a minute", "呼吸浅慢6次/分", "RR. 6")),
        *((text, {"temperature": 38.6}) for text in ("体温三十八度六", "thirty eight point six on the temp. 38.6")),
        *(
            (text, {"temperature": 40})
            for text in ("fever over 40", "fever as high as 104", "烧了三天，最高四十度", "烧40")
        ),
        *(
            (text, {"glucose": 1.9})
            for text in ("blood glucose level is 1.9", "血糖低至1.9", "sugar dropped to 1.9", "BM 1.9")
        ),
        *(
            (text, {"systolic": 220})
            for text in ("血压飙到220", "血压一直在220以上", "高压二百二", "BP has shot up to 220")
        ),
        ("Pressure high at the pharmacy, 168 over 98.", {"systolic": 168, "diastolic": 98}),
        ("BP one eighty over one ten", {"systolic": 180, "diastolic": 110}),
        ("满分十分我给八分，肚子疼八分", {"pain": 8}),
    ],
)
def test_words_between_a_name_and_its_number(text: str, readings: dict[str, float]) -> None:
    assert told(text) == readings


@pytest.mark.parametrize(
    "text",
    [
        *(
            "fever and 40 children in class",
            "pulse fine, 60 pack years",
            "high blood pressure at 45",
            "sats fine. 88 years",
            "心率正常，吃了50个饺子",
        ),
        *(
            "temp fine, took 40 tablets",
            "a lump of sugar or two?",
            "one of the nurses said pulse is fine",
            "十分疼痛",
            "一直发烧",
            "疼痛十分厉害",
        ),
    ],
)
def test_a_number_of_something_else_is_not_the_names(text: str) -> None:
    assert told(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "takes 70/30 insulin",
            "it's 50/50",
            "Advair 250/50 one puff",
            "Entresto 97/103 mg",
            "Sinemet 100/25",
            "20/200 vision",
        ),
        *(
            "pain since 8/10/2024",
            "abdominal pain since 8/10",
            "nausea 8/10",
            "seen in clinic on 1/10",
            "pain 3/7",
        ),
        *("CRP 38.5", "BMI 41.3", "体重38.5", "白蛋白35.2", "shoe size 38.5", "pCO2 39.5", "38.2 wks"),
        *(
            "喝了42度白酒",
            "气温高达40度",
            "洗澡水40度",
            "膝盖只能弯到40度",
            "38度的天干活",
            "cold water 40度的水",
            "it's 35 degrees outside",
        ),
        *("fetal heart rate 90", "胎心率90次/分", "胎心140", "max heart rate 185 in my cycling test"),
    ],
)
def test_pairs_decimals_and_degrees_of_other_things(text: str) -> None:
    assert told(text) == {}


@pytest.mark.parametrize(
    ("text", "millimoles"),
    [("glucose 38 mg/dl", 2.1), ("blood sugar 38", 2.1), ("血糖450mg/dl", 25), ("血糖38.5", 38.5), ("BGL 28", 28)],
)
def test_blood_sugar_has_two_units(text: str, millimoles: float) -> None:
    assert told(text) == {"glucose": millimoles}


@pytest.mark.parametrize("said", ["体温三十八度六", "pulse one eighty", "血氧 八十八", "患者三岁"])
def test_a_numeral_knows_its_place(said: str) -> None:
    text = f"三十 one hundred 个 {said}; the end"
    places = [(one.start, one.end) for one in read_numbers(text).readings.values()]

    assert [text[start:end] for start, end in places] == [said.removeprefix("患者")]
