"""Ordinary clauses, and a few that are none, for posts that read like posts. Words alone look like abuse or spam to a
model: it takes one in six texts of `load.words` for clean."""

ENGLISH = tuple(
    """
    the bus was late again this morning
    does anyone know a good dentist near the station
    we are painting the kitchen on saturday
    thank you all for the lovely birthday wishes
    I finally finished the book you lent me
    the new bakery on the corner has great bread
    my sister is visiting us next week
    the meeting was moved to three in the afternoon
    it rained the whole weekend so we stayed at home
    our team won the match in the last minute
    the recipe needs a bit more salt in my opinion
    I left my umbrella in your car yesterday
    the museum is free on the first sunday of the month
    can somebody recommend a quiet place to study
    the children had a great time at the lake
    I am learning to play the guitar at the moment
    the update fixed the problem with the camera
    please bring your own cup to the picnic
    the train to the coast takes about two hours
    our garden is full of tomatoes this year
    I agree with most of what you wrote
    the second season was better than the first
    see you at the library around noon
    the doctor said that I should drink more water
    """.strip().split("\n    ")
)
CHINESE = tuple(
    """
    今天早上的公交车又晚点了
    有人知道附近哪家面馆好吃吗
    周末我们打算去公园散步
    谢谢大家的生日祝福
    你借给我的书我终于看完了
    楼下新开的面包店很不错
    我妹妹下周来看我们
    会议改到下午三点了
    下了一整天的雨所以我们没出门
    昨天的比赛最后一分钟赢了
    这个菜再放一点盐会更好
    我把雨伞忘在你车上了
    博物馆每个月第一个星期天免费开放
    孩子们在湖边玩得很开心
    我最近在学弹吉他
    更新以后相机的问题解决了
    去海边的火车大概要两个小时
    今年院子里的西红柿长得很好
    你写的大部分我都同意
    第二季比第一季好看
    中午在图书馆门口见
    医生说我应该多喝水
    """.strip().split("\n    ")
)
ENGLISH_UNCLEAN = (
    "you are an idiot and everybody knows it",
    "shut up you stupid piece of trash",
    "click the link and win a free phone today",
    "I hate you and I hope you lose everything",
)
CHINESE_UNCLEAN = (
    "你就是个笨蛋没人喜欢你",
    "滚开吧你这个垃圾",
    "点击链接免费领取手机大奖",
    "你们这种人真恶心",
)
