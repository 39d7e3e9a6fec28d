"""Ages and weeks of pregnancy in running text: the patient's, and no one else's."""

import pytest

from models.augmentation.written_records import graded_records, marked_records
from models.complaint import read_numbers
from models.complaint.age_patterns import CHINESE, ENGLISH, MAY_HAVE_AGES
from models.complaint.gestation import MAY_HAVE_WEEKS, PATTERNS
from models.complaint.letters import plain_letters
from models.complaint.numerals import in_digits


def told(text: str) -> dict[str, float]:
    return {name: round(one.value, 3) for name, one in read_numbers(text).readings.items()}


@pytest.mark.parametrize(
    ("text", "age"),
    [
        *((text, 68) for text in ("68 year old, chest pain, grandson is 3 years old", "患者68岁，胸痛，孙子3岁")),
        *(
            (text, 68)
            for text in ("68 yo man, chest pain, his 5 year old found him", "hit by a 19 year old driver, I'm 68")
        ),
        *(
            (text, 32)
            for text in (
                "32 year old, breastfeeding my 4 week old",
                "我32岁，女儿2岁",
                "I am a 32 year old mother of a 2 year old",
            )
        ),
        *(
            (text, 3)
            for text in (
                "my daughter is 3 years old, fever",
                "我女儿3岁，发烧",
                "my daughter (3) has a fever",
                "my son, 3, fell",
            )
        ),
        *(
            (text, 70)
            for text in (
                "我爸爸70岁，胸痛",
                "my husband, 70, collapsed",
                "my father is 70 years old and has chest pain",
            )
        ),
        *((text, 0.011) for text in ("d4 of life, not feeding", "下生第四天，不吃奶", "生下来4天，吐奶")),
        *((text, 0.057) for text in ("3 weeker, not feeding", "3-weeker, vomits")),
        *((text, 0.083) for text in ("he turns one month on Friday", "she turned 1 month")),
        *((text, 0.003) for text in ("born yesterday, yellow", "born this morning and blue")),
        ("6个月，拉了三天水，囟门陷下去了", 0.5),
        *((text, 75) for text in ("奶奶75岁，带3岁孙子摔倒", "75岁，糖尿病，20岁时得过肺结核")),
    ],
)
def test_the_age_is_the_patients(text: str, age: float) -> None:
    assert told(text) == {"age": age}


@pytest.mark.parametrize(
    "text",
    [
        *(
            "two week old wound is oozing",
            "a 15-year-old car hit me",
            "a 10 year old scar",
            "3 year old hip replacement is painful",
        ),
        *(
            "7个月，肚子发紧，见红",
            "ex 34 weeker",
            "I wasn't born yesterday, my chest hurts",
            "turned my ankle, it turned 3 weeks ago",
            "my cough turned 6 months",
            "I turned 6 weeks post op",
            "I'm a 9 weeker, bleeding",
            "mum, baby born last night",
            "2个月，在喂奶，发热",
        ),
        *("injury is 2 weeks old", "5月大出血", "一个月大出血两次", "抽烟40年"),
        *("父亲70岁去世，我胸闷", "母亲60岁得乳腺癌，我摸到肿块", "家里有个3岁孩子，我发烧了", "被5岁儿子传染了感冒"),
        *("I have a 3 year old at home, I have chest pain", "caught it from my 5 year old", "小时候5岁摔断过腿"),
        *(
            "my 70 year old father lives with us; I have had a cough",
            "my mom had a stroke at 60 years old",
            "in his stories",
            "舅舅二十多岁没的",
            "Baby is 9 months now. I had a stroke.",
        ),
        *(
            "宝宝3天没拉了",
            "孩子10天前打过疫苗",
            "宝宝发烧2天",
            "孩子发烧三天",
            "baby has had a cough for 3 weeks",
            "三岁看大",
        ),
    ],
)
def test_ages_of_others_and_of_things(text: str) -> None:
    assert told(text) == {}


@pytest.mark.parametrize(
    ("text", "days"),
    [
        *(
            ("my baby is 5 weeks", 35),
            ("baby, 9 weeks, fever", 63),
            ("3wo boy", 21),
            ("6/52 old", 42),
            ("born 6 days ago", 6),
        ),
        *(
            ("DOL 6 poor feeding", 6),
            ("day 4 of life, yellow", 4),
            ("newborn, 36 hours old", 1.5),
            ("born 2 weeks ago", 14),
        ),
        *(
            ("宝宝20天，发烧", 20),
            ("我家宝宝20天了，不吃奶", 20),
            ("日龄3天", 3),
            ("出生第4天", 4),
            ("生后3+天", 3),
            ("两个月零五天的宝宝", 65.9),
        ),
    ],
)
def test_ages_of_newborn_children(text: str, days: float) -> None:
    assert told(text) == {"age": pytest.approx(days / 365.25, abs=0.001)}


@pytest.mark.parametrize(
    ("text", "age"),
    [
        *(
            ("6/12 old", 0.5),
            ("2 years 3 months old", 2.25),
            ("1岁3个月，腹泻", 1.25),
            ("一岁零三个月", 1.25),
            ("三岁半", 3.5),
        ),
        *(
            ("1岁半男孩", 1.5),
            ("两个半月宝宝", 0.208),
            ("月龄4个月", 0.333),
            ("5 and a half months old", 0.458),
            ("儿子刚满周岁", 1),
        ),
        *(
            ("18 month old", 1.5),
            ("eighteen months old", 1.5),
            ("8mo F with rash", 0.667),
            ("a 2 and a half year old", 2.5),
        ),
        *(
            ("sixty two years old", 62),
            ("ninety-two-year-old", 92),
            ("一百零一岁", 101),
            ("七十二岁", 72),
            ("a ninety year old man", 90),
        ),
        *(
            ("age: 45", 45),
            ("45/M chest pain", 45),
            ("Age/sex 45/M", 45),
            ("F/45", 45),
            ("女，45，胸痛", 45),
            ("年龄：45", 45),
        ),
        *(("71yoM", 71), ("71 years of age", 71), ("male, 71, short of breath", 71), ("she is 71 and fell", 71)),
        *(
            ("in her eighties, fell", 80),
            ("in his 70s", 70),
            ("八旬老人", 80),
            ("六十出头，胸闷", 60),
            ("八十多岁", 80),
        ),
    ],
)
def test_ages_however_they_are_told(text: str, age: float) -> None:
    assert told(text) == {"age": age}


@pytest.mark.parametrize(
    ("text", "weeks"),
    [
        *(("32+4, reduced movements", 32), ("38/40, SROM", 38), ("EGA 31w2d", 31), ("I'm 10 weeks and bleeding", 10)),
        *(("thirty-six weeks pregnant", 36), ("20 weeks along, spotting", 20), ("孕28W，出血", 28), ("孕晚期35周", 35)),
        *(("pregnant 7 months", 30.415), ("怀孕4个多月", 17.38), ("上一胎36周早产，现在孕33周", 33)),
        *(("my wife is 30 weeks pregnant and bleeding", 30), ("妻子怀孕30周，肚子疼", 30)),
    ],
)
def test_weeks_of_pregnancy(text: str, weeks: float) -> None:
    assert told(text) == {"gestation": weeks}


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("born at 32 weeks, now 2 months old", {"age": 0.167}),
        ("gave birth 3 weeks ago at 39 weeks", {}),
        ("miscarriage at 9 weeks last year", {}),
        ("去年孕9周流产", {}),
        ("my sister is 30 weeks pregnant and I have a cold", {}),
        ("妻子怀孕30周，我感冒了会传染她吗", {}),
        ("I'm 6 weeks post op", {}),
        ("40+ cigarettes a day", {}),
    ],
)
def test_a_pregnancy_that_is_over_or_anothers(text: str, readings: dict[str, float]) -> None:
    assert told(text) == readings


@pytest.mark.parametrize(
    ("text", "age"),
    [("she is unwell, 2 weeks of cough", None), ("my mum, 3 days of fever, in her sixties", 60)],
)
def test_weeks_of_something_are_no_age(text: str, age: float | None) -> None:
    assert told(text).get("age") == age


def test_the_quick_look_sees_whatever_the_patterns_see() -> None:
    """Two truths, held together: MAY_HAVE_AGES and the hint of weeks spare a text all slow patterns."""
    texts = [plain_letters(record["text"]) for record in (*marked_records(), *graded_records())]
    digits = [in_digits(text).text for text in texts]
    aged = [t for t in digits if any(n in t and p.search(t) for n, p in (*ENGLISH, *CHINESE))]
    assert len(aged) > 80
    assert [t for t in aged if not MAY_HAVE_AGES.search(t)] == []
    pregnant = [t for t in digits if any(p.search(t) for p in PATTERNS)]
    assert len(pregnant) > 5
    assert [t for t in pregnant if not MAY_HAVE_WEEKS.search(t)] == []
