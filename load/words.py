"""Everyday words, the commonest first, rude and commercial ones among them; complaints of patients."""


def _words(lines: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in lines.split())


ENGLISH = _words(
    """
the a to and i you it is that of in my for on was with this have so but me not be just at they we your all
are what when do out up get like can time now know one go from there good day really about people got would
think back see some how no or will has more an here day work home too then love never want last new right
over still after even today night week make need going thing well down off way because much who where why
been said him her them going come take look little long great first life man old year school house friend
game phone money food water street train music movie video weather morning evening weekend tomorrow
yesterday somebody anything nothing something everyone already again always maybe probably actually honestly
seriously finally exactly please sorry thanks hello stupid awful terrible boring wonderful beautiful
ridiculous idiot garbage trash hate liar cheap free click win offer discount subscribe
"""
)
CHINESE = _words(
    """
的 了 我 是 你 不 在 他 我们 这 有 就 也 都 说 很 要 去 好 看 没有 什么 自己 今天 时候 现在 知道 觉得 真的
可以 因为 所以 但是 如果 还是 已经 一个 这个 那个 怎么 为什么 大家 朋友 孩子 老师 学校 工作 公司 回家 吃饭
睡觉 天气 电影 音乐 手机 电脑 游戏 城市 火车 飞机 明天 昨天 早上 晚上 周末 高兴 难过 生气 喜欢 讨厌 便宜
免费 点击 中奖 优惠 笨蛋 垃圾 骗子 恶心 无聊 漂亮 厉害 可能 一定 其实 终于 马上 谢谢 对不起 再见 希望 需要
开始 结束 问题 办法 世界 生活 时间 地方 东西 事情
"""
)
COMPLAINTS = _words(
    """
fever cough headache nausea vomiting dizziness fatigue rash itching swelling cramps diarrhea chills
chest_pain back_pain sore_throat shortness_of_breath joint_pain stomach_pain blurred_vision palpitations
numbness
"""
)
CHINESE_COMPLAINTS = _words(
    """
发烧 咳嗽 头痛 恶心 呕吐 头晕 乏力 皮疹 腹痛 腹泻 胸闷 胸痛 心慌 喉咙痛 关节痛 麻木 出汗
"""
)
