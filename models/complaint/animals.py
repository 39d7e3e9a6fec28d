"""Where a Chinese text speaks of an animal as the patient: 我家狗误食了老鼠药，抽了.

From the animal that begins a statement up to where a person comes in, or it bites, or the sentence ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_NAMES: Final = (
    "狗狗?|狗子|小狗|猫咪?|小猫|猫主子|金毛|泰迪|柯基|哈士奇|二哈"
    "|拉布拉多|边牧|柴犬|比熊|博美|法斗|橘猫|英短|布偶|仓鼠|兔子|乌龟|鹦鹉|毛孩子|宠物[狗猫]?"
)
_ANIMAL: Final = re.compile(
    r"(?:^|(?<=[，。；：、！？,.;:!?\n ]))(?:昨[天晚]|今[天早晚]|刚才?|早上|晚上)?"
    rf"(?:我|我们|俺|咱|邻居|朋友|同事|楼下)?(?:家里?|养)?的?(?:那只|那条|这只|一只|一条|小|老|大){{0,2}}(?>{_NAMES})"
    r"(?![咬抓挠扑撞绊踩舔蹭吓爬碰把用]|宝宝?|叫|毛|的?(?:时候|时|主人|粮|窝|屎|尿|绳|链)|崽|[了着]?我)"
)
_ENDS: Final = re.compile(
    r"[。；！？!?;\n]|[我俺咱他她]|孩子|[宝娃]|女儿|儿子|闺女|老[人公婆伴]|爷爷|奶奶|姥[姥爷]|外[公婆]|[爸妈爹娘]|[咬抓挠扑]|被|患者|病人|本人"
)
_FURTHEST: Final = 60  # characters


def of_animals(plain: str) -> Iterator[tuple[int, int]]:
    """The places, in order."""
    if plain.isascii():
        return
    for match in _ANIMAL.finditer(plain):
        furthest = min(len(plain), match.end() + _FURTHEST)
        ends = _ENDS.search(plain, match.end(), furthest)
        yield match.end(), ends.start() if ends else furthest
