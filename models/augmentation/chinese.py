"""Chinese spellings that slip past filters: same sound, same shape, taken apart, pinyin, traditional, spaced.

Each change returns one piece for every character of the text. Characters inside terms of the profanity
lexicons are preferred; at least one character changes where the tables know one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

from models.augmentation.lexicons import Lexicons
from models.characters import HAN

HAN_LETTER = re.compile(f"[{HAN}]")
_PLACEHOLDER = re.compile(r"\[(?:URL|USER|PHONE|EMAIL)\]")
_TARGET_SHARE, _OTHER_SHARE = 0.6, 0.05
_LONGEST_TARGET = 4
_SEPARATORS = (" ", " ", " ", "*", ".", "·", "-", "_", "/", "，", "。", "|", "~", "丶")
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_EMOJI = "🤡💀🖕😂🤣🙄💩😡🔥🌚🐶👎😅🙏"
_PICTURES = {
    "马": "🐴", "妈": "🐴", "狗": "🐶", "猪": "🐷", "死": "💀", "屎": "💩", "鸡": "🐔", "鸭": "🦆",
    "牛": "🐮", "蛋": "🥚", "蛇": "🐍", "猴": "🐒", "鬼": "👻", "滚": "🎲", "刀": "🔪", "血": "🩸",
    "火": "🔥", "丑": "🤡", "龟": "🐢", "钱": "💰", "菊": "🌼", "草": "🌿", "操": "🌿", "日": "🌞",
    "吃": "🍴", "笑": "😂", "哭": "😭", "枪": "🔫", "车": "🚗", "炮": "💣",
}  # fmt: skip

Change = Callable[[str, random.Random, Lexicons], Sequence[str]]

# fmt: off
_PINYIN_ROWS = (
    "ai爱 ba八把爸吧 bai白百 bao暴保报 bei贝被背 ben笨本 bi逼比鼻必闭 bian变便 biao婊表 bing病 bu不 "
    "cai菜才 cao操草曹 chi吃 chou臭丑抽 chu出处初 chuan穿 chun蠢纯春 ci次刺 cu粗 da大打达 dan蛋 dang党当 "
    "dao刀到 de的得地 di地弟敌 die爹跌 diao屌吊 dong东动 dou都 du毒赌 e恶饿 er二儿 fa发法 fei废肥飞 "
    "fen粪分 feng疯 fu妇父 gan干敢 gao搞高 gei给 gou狗够 gua瓜 gui鬼贵龟 gun滚 guo国过 hai害还 hao好号 "
    "hei黑 hen很恨 hou猴后 hua话花 huai坏 hui回会 huo活货火 ji鸡妓几基机 jia家加 jian贱奸见 jiao叫教脚 "
    "jie姐 jing精 ju菊 kan看砍 kou口 ku哭 kuai快 la拉辣 lao老 le了 lei类泪 li里力 lian脸 liu流 luan乱 "
    "luo裸 ma妈马吗骂 mai卖买 man满蛮 mao毛猫 mei没美妹 men们 mi米 mo摸 mu母木 na那拿 nai奶 nan男难 nao脑 "
    "ni你泥 niang娘 niao尿鸟 nong农弄 nu女奴 pa怕爬 pang胖 pao炮跑 pi屁批皮 pian骗 piao嫖 qi气妻 qian钱欠 "
    "qiang枪强 qiong穷 qu去 quan全拳 ren人 ri日 rou肉 ru乳 sao骚 se色 sha傻杀沙 shang上 shao少烧 she射蛇 "
    "shen神身 sheng生 shi是屎事 shou手 shu书输 shuai帅 si死四 song送 ta他她它 tai太 tian天 tou头偷 tu土吐 "
    "tui推 wan玩完 wang王 wei为 wo我 wu无 xi洗 xia下瞎 xian现贤 xiang想 xiao小笑 xie谢 xing性 xiong胸 "
    "xue血 yan眼 yang养 yao要药 ye爷也 yi一 yin淫阴 you有 yu鱼 yue约 za杂砸 zei贼 zha渣炸 zhang长 zhe这 "
    "zhen真 zhi智知 zhong种 zhu猪 zi子 zou走揍 zui嘴最 zuo做"
)
_TRADITIONAL_PAIRS = (
    "妈媽骂罵吗嗎马馬鸡雞鸭鴨龟龜猪豬杀殺贱賤脑腦残殘废廢滚滾恶惡骗騙钱錢赔賠赌賭贼賊脸臉丑醜头頭发發圣聖"
    "这這个個们們为為么麼对對时時来來说說话話语語国國会會学學过過还還没沒样樣动動现現经經给給让讓见見听聽"
    "问問间間关關开開门門东東车車长長书書买買卖賣写寫读讀认認识識请請谢謝谁誰难難爱愛亲親欢歡乐樂气氣热熱"
    "电電网網线線视視频頻机機号號码碼图圖画畫师師医醫药藥体體疗療伤傷处處妇婦儿兒爷爺妆妝单單双雙几幾万萬"
    "亿億岁歲从從众眾后後边邊里裡进進远遠运運连連选選达達迟遲违違适適阴陰阳陽陈陳际際陆陸隐隱随隨险險鱼魚"
    "鸟鳥黄黃麦麥齐齊齿齒龙龍台臺湾灣汉漢满滿灭滅灾災点點烂爛烧燒烦煩犹猶独獨狱獄猫貓环環产產业業严嚴丽麗"
    "举舉义義习習乡鄉争爭亏虧云雲亚亞仅僅优優伟偉传傳伦倫伪偽价價侠俠侦偵债債倾傾偿償党黨兴興养養军軍农農"
    "冲衝决決况況净淨减減凤鳳凭憑击擊创創刘劉则則刚剛剑劍剧劇办辦务務劳勞势勢区區协協华華卫衛却卻厂廠历歷"
    "压壓厌厭县縣参參变變叶葉叹嘆吓嚇员員呜嗚响響哑啞唤喚喷噴团團园園围圍坏壞块塊坚堅坟墳报報场場墙牆壮壯"
    "声聲壳殼复復够夠夺奪奋奮奖獎姜薑婴嬰孙孫宁寧宝寶实實审審宫宮宽寬导導寻尋将將尘塵尝嘗层層属屬岛島币幣"
    "帅帥帐帳帮幫带帶广廣庄莊庆慶库庫应應庙廟异異弃棄张張弥彌弯彎强強归歸当當录錄彻徹忆憶忧憂怀懷态態总總"
    "恋戀恼惱悦悅悬懸惊驚惧懼惨慘惯慣愿願戏戲战戰户戶执執扩擴扫掃扬揚扰擾抚撫抛拋抢搶护護担擔拥擁择擇挂掛"
    "挤擠挥揮损損换換据據掷擲摆擺撑撐敌敵数數斗鬥断斷无無旧舊显顯晓曉暂暫术術杂雜权權条條极極构構枪槍树樹"
    "标標栏欄桥橋梦夢检檢楼樓横橫欧歐歼殲毁毀毕畢毙斃"
)
# fmt: on
PINYIN: Mapping[str, str] = {c: match[1] for match in re.finditer("([a-z]+)([^a-z ]+)", _PINYIN_ROWS) for c in match[2]}
TRADITIONAL: Mapping[str, str] = dict(zip(_TRADITIONAL_PAIRS[::2], _TRADITIONAL_PAIRS[1::2], strict=True))


def targets(text: str, lexicons: Lexicons) -> list[tuple[int, int]]:
    """Where terms of the profanity lexicons stand; a longer term wins over those that start with it."""
    found: list[tuple[int, int]] = []
    position = 0
    while position < len(text):
        for length in range(min(_LONGEST_TARGET, len(text) - position), 1, -1):
            if text[position : position + length] in lexicons.chinese_targets:
                found.append((position, position + length))
                position += length - 1
                break
        position += 1
    return found


def _pick(text: str, chance: random.Random, lexicons: Lexicons, known: Mapping[str, object]) -> list[int]:
    """Some of the positions whose character is in `known`."""
    preferred = {i for span in targets(text, lexicons) for i in range(*span)}
    able = [i for i, c in enumerate(text) if c in known]
    picked = [i for i in able if chance.random() < (_TARGET_SHARE if i in preferred else _OTHER_SHARE)]
    return picked or ([chance.choice(able)] if able else [])


def _homophone(text: str, chance: random.Random, lexicons: Lexicons) -> Sequence[str]:
    return _exchange(text, chance, lexicons, lexicons.homophones)


def _lookalike(text: str, chance: random.Random, lexicons: Lexicons) -> Sequence[str]:
    return _exchange(text, chance, lexicons, lexicons.lookalikes)


def _exchange(text: str, chance: random.Random, lexicons: Lexicons, table: Mapping[str, str]) -> Sequence[str]:
    pieces = list(text)
    for i in _pick(text, chance, lexicons, table):
        pieces[i] = chance.choice(table[pieces[i]])
    return pieces


def _replace(text: str, chance: random.Random, lexicons: Lexicons, table: Mapping[str, str]) -> list[str]:
    pieces = list(text)
    for i in _pick(text, chance, lexicons, table):
        pieces[i] = table[pieces[i]]
    return pieces


def _decompose(text: str, chance: random.Random, lexicons: Lexicons) -> Sequence[str]:
    return _replace(text, chance, lexicons, lexicons.decompositions)


def _pinyin(text: str, chance: random.Random, lexicons: Lexicons) -> Sequence[str]:
    """Syllables for one or two characters, or first letters for a whole term ("sb", "tmd")."""
    pieces = list(text)
    spelt = [span for span in targets(text, lexicons) if all(c in PINYIN for c in text[slice(*span)])]
    if spelt and chance.random() < 0.4:
        for i in range(*chance.choice(spelt)):
            pieces[i] = PINYIN[pieces[i]][0]
        return pieces
    picked = _pick(text, chance, lexicons, PINYIN)
    for i in chance.sample(picked, min(len(picked), chance.randint(1, 2))):
        pieces[i] = PINYIN[pieces[i]]
    return pieces


def _traditional(text: str, chance: random.Random, lexicons: Lexicons) -> Sequence[str]:
    """All of the text (as its writers do) or some characters."""
    if chance.random() < 0.5:
        return [TRADITIONAL.get(c, c) for c in text]
    return _replace(text, chance, lexicons, TRADITIONAL)


def _spacing(text: str, chance: random.Random, lexicons: Lexicons) -> Sequence[str]:
    """A separator between the characters of a term, of a few characters anywhere, or of the whole short text."""
    pieces = list(text)
    start, end = _stretch(text, chance, lexicons)
    separator = chance.choice(_SEPARATORS)
    for i in range(start, end - 1):
        if HAN_LETTER.match(text[i]) and HAN_LETTER.match(text[i + 1]):
            pieces[i] += separator
    return pieces


def _stretch(text: str, chance: random.Random, lexicons: Lexicons) -> tuple[int, int]:
    found = targets(text, lexicons)
    if found and chance.random() < 0.7:
        return chance.choice(found)
    if len(text) <= 12 and chance.random() < 0.3:
        return 0, len(text)
    start = chance.randrange(max(1, len(text) - 2))
    return start, min(len(text), start + chance.randint(2, 6))


def _emoji(text: str, chance: random.Random, lexicons: Lexicons) -> Sequence[str]:
    """A picture for a character, or one that is put between two."""
    if chance.random() < 0.5 and any(c in _PICTURES for c in text):
        return _replace(text, chance, lexicons, _PICTURES)
    pieces = list(text)
    picked = _pick(text, chance, lexicons, dict.fromkeys(HAN_LETTER.findall(text)))
    for i in chance.sample(picked, min(len(picked), chance.randint(1, 3))):
        pieces[i] += chance.choice(_EMOJI)
    return pieces


def _zero_width(text: str, chance: random.Random, lexicons: Lexicons) -> Sequence[str]:
    pieces = list(text)
    for i in _pick(text, chance, lexicons, dict.fromkeys(HAN_LETTER.findall(text))):
        pieces[i] += chance.choice(_ZERO_WIDTH)
    return pieces


CHANGES: Mapping[str, Change] = {
    "homophone": _homophone,
    "lookalike": _lookalike,
    "decompose": _decompose,
    "pinyin": _pinyin,
    "traditional": _traditional,
    "zh_spacing": _spacing,
    "zh_emoji": _emoji,
    "zero_width": _zero_width,
}
