"""What other systems call the fields, words and units of the schema: data, which `words` and `measures` read.

Words and names are compared without case, spaces and punctuation: `heart rate` is `HeartRate` and `heart_rate`, too.
"""

from __future__ import annotations

from typing import Final, NamedTuple

Unit = tuple[float, float]
"""Factor and offset: what is given in the unit, times the factor, plus the offset, is in the unit of the schema."""


class Slip(NamedTuple):
    """A bare number above one edge and up to the other can only be meant in that unit."""

    above: float
    up_to: float
    unit: Unit
    called: str


UNKNOWN: Final = (
    "", "unknown", "unk", "not known", "not recorded", "not measured", "not applicable", "unspecified", "undisclosed",
    "na", "nan", "null", "none", "nil", "missing", "pending", "prefer not to say",
    "未知", "不详", "未测", "未查", "未说明", "未记录", "无法测量", "不明",
)  # fmt: skip
"""The field was there and nothing was in it."""

# 0, 1, 2 and 9 are ISO 5218 (and GB/T 2261.1).
SEXES: Final = {
    "female": ("female", "f", "fem", "woman", "girl", "2", "女", "女性", "女士", "女生", "女孩", "女童"),
    "male": ("male", "m", "man", "boy", "1", "男", "男性", "男士", "男生", "男孩", "男童"),
    "other": (
        "other", "o", "x", "nonbinary", "nb", "diverse", "intersex", "indeterminate", "ambiguous",
        "其他", "非二元", "双性", "间性",
    ),
    None: ("u", "0", "9"),
}  # fmt: skip

CONSCIOUSNESS: Final = {
    "alert": (
        "alert", "a", "awake", "conscious", "fully conscious", "oriented", "alert and oriented", "normal",
        "清醒", "神清", "神志清", "神志清楚", "意识清楚", "意识清醒", "清楚",
    ),
    "verbal": (
        "verbal", "v", "voice", "to voice", "responds to voice", "responsive to voice", "responds to verbal",
        "c", "confused", "confusion", "new confusion", "disoriented", "drowsy", "somnolent", "sleepy", "lethargic",
        "嗜睡", "呼之能应", "对声音有反应", "意识模糊", "意识不清", "神志模糊", "神志不清", "谵妄", "烦躁",
    ),
    "pain": (
        "pain", "p", "to pain", "painful", "responds to pain", "responsive to pain", "stupor", "stuporous", "obtunded",
        "昏睡", "浅昏迷", "对疼痛有反应", "疼痛刺激有反应",
    ),
    "unresponsive": (
        "unresponsive", "u", "unconscious", "not responsive", "no response", "coma", "comatose",
        "昏迷", "中度昏迷", "深昏迷", "无反应", "意识丧失", "不省人事",
    ),
}  # fmt: skip

# Lower edges of the Glasgow Coma Scale on the AVPU scale: halfway between the medians 15, 13, 8 and 3 of Kelly et
# al., Ann. Emerg. Med. 44 (2004) 108; on the edge the more serious one.
GLASGOW: Final = ((15, "alert"), (11, "verbal"), (6, "pain"), (3, "unresponsive"))

INJURED: Final = {
    True: ("true", "yes", "y", "t", "1", "positive", "present", "injured", "trauma", "是", "有", "外伤", "受伤"),
    False: ("false", "no", "n", "f", "0", "none", "negative", "absent", "否", "无", "没有", "不是"),
}

# Fields of `vitals`, `context` and of the record itself that other systems name in other words, or leave elsewhere.
FIELDS: Final = {
    "age": ("age", "age years", "patient age", "年龄"),
    "sex": ("sex", "gender", "patient sex", "性别"),
    "body_part": ("body part", "body site", "部位"),
    "heart_rate": ("heart rate", "hr", "pulse", "pulse rate", "p", "心率", "脉搏"),
    "respiratory_rate": (
        "respiratory rate", "rr", "resp", "resp rate", "respiration", "respirations", "respiration rate",
        "breathing rate", "r", "呼吸", "呼吸频率",
    ),
    "systolic": ("systolic", "sbp", "sys", "sys bp", "bp sys", "systolic bp", "systolic blood pressure", "收缩压"),
    "diastolic": ("diastolic", "dbp", "dia", "dia bp", "bp dia", "diastolic bp", "diastolic blood pressure", "舒张压"),
    "blood_pressure": ("blood pressure", "bp", "nibp", "血压"),
    "temperature": ("temperature", "temp", "bt", "body temp", "body temperature", "t", "体温"),
    "saturation": (
        "saturation", "spo2", "sao2", "o2 sat", "o2 saturation", "oxygen saturation", "sats",
        "血氧", "血氧饱和度", "氧饱和度",
    ),
    "pain": ("pain", "pain score", "pain scale", "nrs", "nrs pain", "疼痛", "疼痛评分"),
    "injury": ("injury", "injured", "trauma", "外伤"),
    "arrival": ("arrival", "arrival mode", "mode of arrival", "到院方式"),
    "consciousness": ("consciousness", "avpu", "acvpu", "gcs", "level of consciousness", "意识", "神志"),
}  # fmt: skip

SAME: Final[Unit] = (1.0, 0.0)
FAHRENHEIT: Final[Unit] = (5 / 9, -160 / 9)
KILOPASCAL: Final[Unit] = (7.500617, 0.0)
FRACTION: Final[Unit] = (100.0, 0.0)

_PRESSURES: Final[dict[str, Unit]] = {
    **dict.fromkeys(("mmhg", "mm hg", "mm[hg]", "毫米汞柱"), SAME),
    **dict.fromkeys(("kpa", "千帕"), KILOPASCAL),
}
UNITS: Final[dict[str, dict[str, Unit]]] = {
    "temperature": {
        **dict.fromkeys(("c", "cel", "celsius", "degc", "deg c", "degrees c", "degrees celsius", "度", "摄氏度"), SAME),
        **dict.fromkeys(("f", "fahrenheit", "degf", "deg f", "degrees f", "[degf]"), FAHRENHEIT),
        **dict.fromkeys(("degrees fahrenheit", "华氏度"), FAHRENHEIT),
    },
    "systolic": _PRESSURES,
    "diastolic": _PRESSURES,
    "saturation": dict.fromkeys(("%", "percent"), SAME),
    "pain": dict.fromkeys(("/10", "/ 10", "of 10", "out of 10"), SAME),
    "age": {
        **dict.fromkeys(("years", "year", "yrs", "yr", "y", "yo", "y/o", "a", "岁", "周岁"), SAME),
        **dict.fromkeys(("months", "month", "mths", "mth", "mos", "mo", "/12", "个月", "月"), (1 / 12, 0.0)),
        **dict.fromkeys(("weeks", "week", "wks", "wk", "w", "/52", "周", "星期"), (7 / 365.25, 0.0)),
        **dict.fromkeys(("days", "day", "d", "/7", "天", "日"), (1 / 365.25, 0.0)),
        **dict.fromkeys(("hours", "hour", "hrs", "hr", "h", "小时"), (1 / 8766, 0.0)),
    },
}

NEWBORN: Final = frozenset({"newborn", "new born", "neonate", "nb", "新生儿", "初生儿"})
"""Ages in a word."""

SLIPS: Final = {  # what is converted lies outside of the edges: so it is converted once
    "temperature": Slip(80, 115, FAHRENHEIT, "degrees Fahrenheit"),
    "saturation": Slip(0.2, 1, FRACTION, "a fraction of 1"),
    "systolic": Slip(5, 27, KILOPASCAL, "kilopascal"),
    "diastolic": Slip(3, 18, KILOPASCAL, "kilopascal"),
}
SWAPPED_ABOVE: Final = 27.0  # mmHg; a systolic pressure above it and below the diastolic one is that one
