"""Letters as the rules of this room compare them."""

from __future__ import annotations

import re
from typing import Final

# Traditional characters that complaints hold, and what the phrases have in their place.
_TRADITIONAL: Final = (
    "沒無脹發燒頭暈痠紅腫臉腦悶嘔瀉傷斷癲癇藥農過現還懷產陰陽臍帶歲個週嬰兒體溫壓氣緊說話語邊動側覺聽見視癱嚴劇樣臟驟顫熱瘡腸"
    "腎膽脈貧誤醫總變難睏綠黃麼們與對從來這時後開關給讓車禍電擊蠍蟄淺針線縫創槍彈鋼鐵墜樓爺媽誰兩幾點歷險預測癢濕塊嚨嗆會寶餵"
    "乾淨滿顆殺輕絕獨歡憂鬱緒睜閉雙單雖髮鐘經術療轉鬆軟癥檢號勁陣著夢顧擔慮驚嚇復診練習劃"
)
_SIMPLIFIED: Final = (
    "没无胀发烧头晕酸红肿脸脑闷呕泻伤断癫痫药农过现还怀产阴阳脐带岁个周婴儿体温压气紧说话语边动侧觉听见视瘫严剧样脏骤颤热疮肠"
    "肾胆脉贫误医总变难困绿黄么们与对从来这时后开关给让车祸电击蝎蛰浅针线缝创枪弹钢铁坠楼爷妈谁两几点历险预测痒湿块咙呛会宝喂"
    "干净满颗杀轻绝独欢忧郁绪睁闭双单虽发钟经术疗转松软症检号劲阵着梦顾担虑惊吓复诊练习划"
)

_WIDE: Final = {wide: wide - 0xFEE0 for wide in (*range(0xFF10, 0xFF1A), *range(0xFF41, 0xFF5B), *map(ord, "．／％＋"))}

# One character for one: apostrophes and dashes as people type them, digits and letters as wide as Chinese ones, and
# Chinese of either kind.
_PLAIN: Final = _WIDE | str.maketrans(
    dict.fromkeys("’‘ʼ＇`´′‛ꞌ", "'")
    | dict.fromkeys("‐‑‒–—−－﹣", "-")
    | dict(zip(_TRADITIONAL, _SIMPLIFIED, strict=True))
)


# As dictation writes what it hears, of the same length.
_MISHEARD: Final = {
    "兄闷": "胸闷", "兄口": "胸口", "兄痛": "胸痛", "兄疼": "胸疼", "凶闷": "胸闷", "凶口": "胸口",
    "喘不上起": "喘不上气", "喘不过起": "喘不过气", "上不来起": "上不来气", "呼西": "呼吸",
    "嘴纯": "嘴唇", "嘴春": "嘴唇", "唇发子": "唇发紫", "纯发子": "唇发紫", "头云": "头晕",
    "吐写": "吐血", "抽处": "抽搐",
}  # fmt: skip
_HEARD: Final = re.compile("|".join(sorted(_MISHEARD, key=len, reverse=True)))


def plain_letters(text: str) -> str:
    """Lower case, plain signs, simplified characters, words that were misheard, and nothing moved: a few letters grow
    when they are lowered."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    plain = lowered.translate(_PLAIN)
    return plain if plain.isascii() else _HEARD.sub(lambda heard: _MISHEARD[heard[0]], plain)
