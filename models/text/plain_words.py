"""The words that a disguised spelling may be undone to: nothing else is joined, unstretched or read as leet."""

from __future__ import annotations

from pathlib import Path

_HIDDEN = """
anal anus arse arsehole ass asses asshat asshole assholes asswipe attack bastard bastards beaner beat behead
bigot bimbo bitch bitches bitching bitchy bitcoin blowjob bollocks bomb boner boob boobs bugger bullshit burn
butthole casino cheap chink clit clown clowns cnmb cocaine cock cockroach cocks cocksucker coon coward cowards
crackhead crap creampie creep creeps cretin crypto cum cumming cunt cunts damn dead death destroy dick dickhead
dickheads dicks die dies dildo dimwit dipshit discount disgusting douche douchebag dumb dumbass dumbfuck dumbo
dyke execute fag faggot faggots fags fatass fatso filth filthy fool foolish fools freak freaks fuck fucked
fucker fuckers fuckface fuckhead fuckin fucking fucks fucktard gambling gangbang garbage goddamn gook gtfo
halfwit handjob hang hate hated hater haters hates heroin hooker horny horseshit hurt hypocrite idiot idiotic
idiots imbecile jackass jerkoff jizz kike kikes kill killed killer killing kills kunt kys liar loser losers
lottery lunatic masturbate meth milf moron moronic morons motherfucker motherfuckers motherfucking murder
murdered nazi nazis negro nigga niggas nigger niggers nmsl nude nudes nympho orgasm orgy overdose paki parasite
parasites pathetic pedo pedophile penis pig pigs piss pissed porn porno prick pricks prize prostitute psycho
pussies pussy queer racist raghead rape raped rapist rats retard retarded retards savage savages scum scumbag
sex sexy shemale shit shithead shithole shits shitty shoot skank slag slaughter slut sluts slutty spic spunk
stab stfu strangle stupid stupidity subhuman suicidal suicide telegram terrorist terrorists threat threaten tit
tits titties tmd towelhead traitor traitors tranny trash trashy turd twat twats ugly useless vagina vermin
viagra vulva wank wanker wankers weed weirdo wetback whatsapp whore whores winner wop worthless wtf xxx
"""

_SHORT = """
a i r u am an as at be by do go he if im in is it me my no of on or so to up ur us we
"""

_HAN_HIDDEN = """
傻逼 傻比 傻屄 煞笔 沙比 傻子 傻瓜 傻狗 傻缺 傻叉 操你 草你 艹你 日你 干你 操你妈 草泥马 去你妈
你妈的 他妈的 他妈 妈的 妈逼 尼玛 你妈逼 滚蛋 滚开 滚出去 去死 找死 该死 死全家 全家死 贱人 贱货
贱婢 婊子 妓女 娼妓 垃圾 废物 白痴 智障 脑残 弱智 蠢货 蠢猪 蠢驴 笨蛋 笨猪 混蛋 王八 王八蛋
畜生 杂种 狗屎 狗屁 狗日 狗东西 母狗 舔狗 走狗 疯狗 死妈 没妈 杂碎 败类 人渣 渣男 渣女 屌丝
屌毛 鸡巴 鸡吧 黑鬼 白皮猪 倭寇 鬼子 支那 绿教 阿三 棒子 蛮子 娘炮 变态 流氓 骚货 骚逼 荡妇
淫荡 淫贱 恶心 臭逼 装逼 逼样 杀你 杀了你 弄死 打死 砍死 捅死 杀人 自杀 割腕 跳楼 强奸 轮奸
迷奸 做爱 约炮 嫖娼 卖淫 色情 裸聊 裸照 口交 肛交 自慰 阴道 阴茎 奶子 情色 援交 毒品 冰毒 大麻
赌博 赌场 博彩 彩票 微信 加微 加我 兼职 刷单 贷款 代开 发票 办证 诈骗 代孕 枪支 炸弹 炸药
"""

_HAN_SOUNDS = """
a 阿 ai 爱 ba 八吧巴 bai 白败 ban 办 bang 棒 ben 笨 bi 婢屄比笔逼 bian 变 biao 婊 bing 冰 bo 博 cai 彩 can 残
cao 操艹草 cha 叉 chang 场娼 chi 痴 chou 臭 chu 出畜 chun 蠢 da 大打 dai 代贷 dan 单弹蛋 dang 荡 dao 道 de 的
diao 屌 dong 东 du 毒赌 e 恶 fa 发 fei 废 feng 疯 fu 妇 gai 该 gan 干 gang 肛 ge 割 gou 狗 gua 瓜 gui 鬼
gun 滚 hei 黑 hun 混 huo 货 ji 圾妓鸡 jia 加家 jian 兼奸贱 jiao 交教 jing 茎 kai 开 kan 砍 kou 口寇 kuan 款 la
垃 le 了 lei 类 liao 聊 liu 流 lou 楼 lun 轮 luo 裸 lv 绿驴 ma 妈玛马麻 mai 卖 man 蛮 mang 氓 mao 毛 mei 没
mi 迷 mu 母 na 那 nai 奶 nan 男 nao 脑 ni 你尼泥 niang 娘 nong 弄 nv 女 pao 炮 pi 屁皮 pian 骗 piao 嫖票 pin
品 qiang 强枪 qing 情 qu 去 quan 全 que 缺 ren 人 ri 日 ruo 弱 san 三 sao 骚 se 色 sha 傻杀沙煞 sheng 生 shi
屎 shua 刷 si 丝死 sui 碎 ta 他 tai 态 tian 舔 tiao 跳 tong 捅 wan 腕 wang 王 wei 微慰 wo 倭我 wu 物 xi 西
xin 信心 yang 样 yao 药 yin 淫阴 yuan 援 yue 约 yun 孕 za 杂 zha 渣炸诈 zhang 障 zhao 找照 zheng 证 zhi 支智职
zhong 种 zhu 猪 zhuang 装 zi 子自 zou 走 zuo 做
"""

HIDDEN = frozenset(_HIDDEN.split())
"""What writers hide from filters: abuse, threats, drugs, lures. Not a list of verdicts."""

FREQUENT = tuple(Path(__file__).with_name("frequent_words.txt").read_text("ascii").split())
"""English words of three letters and more, the most frequent first: counted in training texts of tiers A and B."""

COMMON = frozenset(FREQUENT)

SHORT = frozenset(_SHORT.split())
"""Words that may stand next to longer ones in a run of spaced letters."""

HAN_SHORT = frozenset("的了是不我你他她们这那在有就都也很吗吧没要")
"""Characters that nobody lists one by one: among characters with commas between them they show sentences."""

HAN_HIDDEN = frozenset(_HAN_HIDDEN.split())
"""The same as `HIDDEN` in Chinese, two to four characters each."""

_SOUNDS = _HAN_SOUNDS.split()
HAN_SOUNDS = {character: sound for sound, same in zip(_SOUNDS[::2], _SOUNDS[1::2], strict=True) for character in same}
"""The characters of `HAN_HIDDEN` in pinyin without tones."""

TRADITIONAL = dict(
    zip(
        "媽馬腦殘殺賤貨廢驢豬滾瘋雜種敗類鷄雞綠態騷蕩噁惡樣裝強姦輪愛約賣陰莖賭場職單貸開發證詐騙槍彈藥該婦東蠻砲幹變沒絲樓瑪",
        "妈马脑残杀贱货废驴猪滚疯杂种败类鸡鸡绿态骚荡恶恶样装强奸轮爱约卖阴茎赌场职单贷开发证诈骗枪弹药该妇东蛮炮干变没丝楼玛",
        strict=True,
    )
)
"""Traditional forms of the characters of `HAN_HIDDEN`."""

WORDS = HIDDEN | COMMON
LONGEST = max(map(len, WORDS))

_SPACES = {code: " " for code in range(128) if not (chr(code).isalpha() or chr(code) in "'-")}


def lower_words(text: str) -> list[str]:
    """The words of a text for a quick look: lower case, in ASCII text without the punctuation around them."""
    lower = text.lower()
    return (lower.translate(_SPACES) if text.isascii() else lower).split()
