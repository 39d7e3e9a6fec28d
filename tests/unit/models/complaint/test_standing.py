"""Of several readings the one that the patient has now counts, whatever stands behind it."""

import pytest

from models.complaint import read_numbers


def told(text: str) -> dict[str, float]:
    return {name: round(one.value, 3) for name, one in read_numbers(text).readings.items()}


_LOW = {"systolic": 80, "diastolic": 50}


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        *(
            (text, _LOW)
            for text in ("BP 80/50 now. Normally BP 125/80.", "BP usually 120/70, now 80/50", "80/50, usually 120/70")
        ),
        *(
            (text, _LOW)
            for text in (
                "BP 80/50, target BP 120/80",
                "BP 80/50 today. BP on Monday 130/84.",
                "平时血压130/80，今天80/50",
            )
        ),
        *(
            (text, _LOW)
            for text in (
                "血压80/50，平时血压130/80",
                "血压现在80/50，上周血压130/80",
                "BP was 130/80 last week, 80/50 today",
            )
        ),
        *(
            (text, {"saturation": 82})
            for text in ("sats 82, usual sats 92", "血氧82，平时血氧92", "target sats 88-92, currently 82")
        ),
        *(
            (text, {"heart_rate": 150})
            for text in ("HR 150, baseline HR 70", "心率平时60，现在150", "usual pulse 60 but now 150")
        ),
        *(
            (text, {"temperature": 40})
            for text in ("今早体温40度，昨天体温37度", "temp now 40, temp was 37 this morning")
        ),
        ("a temperature of 40 in 2015, 37.2 today", {"temperature": 37.2}),
        *((text, {"glucose": 2.6}) for text in ("血糖平时7左右，刚测2.6", "sugar was 30 last month, 2.6 today")),
        ("医生说超过38度要来，现在38.4", {"temperature": 38.4}),
        ("BP 90/60 at home, then 80/50", _LOW),
    ],
)
def test_what_is_now_counts(text: str, readings: dict[str, float]) -> None:
    assert told(text) == readings


@pytest.mark.parametrize(
    "text",
    [
        *(
            "told to come if temp is 38",
            "call us if temperature goes above 38",
            "BP was 90/60 last week",
            "goal under 140/90",
        ),
        *("had a temperature of 40 in 2015", "heart rate was 190 at the gym last month", "ICD fires above 200 bpm"),
        *(
            "超过38.5度再吃退烧药",
            "上周血压90/60",
            "血压控制在140/90以下",
            "目标心率60以下",
            "血氧85以上就行",
            "如果体温超过39度再来",
        ),
        *("体温没有超过38度", "BP never above 140/90", "temp never over 38.5"),
        *("my mum had 200/110 when she had her stroke, mine is fine", "我妈有高血压180/110，我自己头晕"),
    ],
)
def test_what_is_not_now_does_not_count(text: str) -> None:
    assert told(text) == {}


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        *(
            ("no fever, 36.6", {"temperature": 36.6}),
            ("体温正常36.5", {"temperature": 36.5}),
            ("血氧正常98", {"saturation": 98}),
        ),
        *(("temp 38.9 since last week", {"temperature": 38.9}), ("上周开始体温38.9", {"temperature": 38.9})),
        *(
            ("new tablets last week: a fever of 40, mute", {"temperature": 40}),
            ("temp 39, then 36.7 on 3 others", {"temperature": 36.7}),
            ("temp 39 yesterday", {"temperature": 39}),
            ("昨天体温39", {"temperature": 39}),
            ("fever over 39", {"temperature": 39}),
        ),
        *(
            ("BP higher than usual 190/110", {"systolic": 190, "diastolic": 110}),
            ("HR比平时快150", {"heart_rate": 150}),
        ),
        *(
            ("血氧低于85", {"saturation": 85}),
            ("his temp won't go below 39", {"temperature": 39}),
            ("sats below 85", {"saturation": 85}),
        ),
        *(("烧到40度才来", {"temperature": 40}), ("超过38.5度就吃了退烧药", {"temperature": 38.5})),
        *(
            ("not sure if temp 38.9 is bad", {"temperature": 38.9}),
            ("asking if a fever of 39 is bad", {"temperature": 39}),
        ),
        *(
            ("my dad's BP is 200/110 and he is confused", {"systolic": 200, "diastolic": 110}),
            ("孩子体温39，我感冒了", {"temperature": 39}),
        ),
        ("父亲血压200/110，说话不清，我很担心", {"systolic": 200, "diastolic": 110}),
    ],
)
def test_words_that_take_nothing_away(text: str, readings: dict[str, float]) -> None:
    assert told(text) == readings
