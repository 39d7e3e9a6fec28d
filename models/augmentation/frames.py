"""Sentences that go around a hateful one: most report or condemn it, some agree with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

UNKNOWN: Final = float("nan")

REPORTING: Final[Mapping[str, tuple[tuple[str, float], ...]]] = {
    "en": (
        ("It is wrong to say “{}”.", 0),
        ("“{}” That is what she wrote, and she lost her seat on the council for it.", 0),
        ("My comment was removed for saying “{}” and I am told that I may appeal.", UNKNOWN),
        ("The moderators deleted a post that read “{}” and blocked its author.", 0),
        ("He testified that the men had shouted “{}” before they broke the window.", 0),
        ("I reported the account that posted “{}”. It sickens me.", UNKNOWN),
        ("Whoever writes “{}” should be ashamed.", UNKNOWN),
        ("In the play the landlord says “{}”, and the audience goes silent.", 0),
        ("“{}” is the sort of sentence that our school does not tolerate.", 0),
        ("Someone sprayed “{}” on our gate. The neighbours helped us to scrub it off.", 0),
        ("Please, never repeat lines like “{}” in front of the children or anywhere else.", 0),
        ("Reading “{}” under the article broke my heart. Stop spreading hatred.", UNKNOWN),
        ("The study lists “{}” as an example of hate speech (table 3).", 0),
        ("A stranger said to me: “{}”. I was shaking all the way home.", 0),
    ),
    "zh": (
        ("说“{}”是不对的。", 0),
        ("我的评论因为写了“{}”被删了，想申诉。", UNKNOWN),
        ("管理员删掉了“{}”这条留言，并封了号。", 0),
        ("有人在我家门口写“{}”，邻居们帮我一起擦掉了。", 0),
        ("“{}”这种话，谁说谁丢人。", UNKNOWN),
        ("小说里的反派说：“{}”，主角当场反驳了他。", 0),
        ("我举报了那个发“{}”的账号，看着太难受了。", UNKNOWN),
        ("论文把“{}”列为仇恨言论的例子。", 0),
        ("请不要再转发“{}”这样的句子，这是歧视。", 0),
        ("今天有个陌生人对我说“{}”，我一路发抖。", 0),
    ),
}
"""(frame, toxicity of the whole)."""

AGREEING: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "My uncle always said “{}”, and he was right.",
        "“{}” Couldn't have put it better, share this everywhere.",
        "I will say it as often as I like: “{}”",
        "They deleted it, so here it is again: “{}”",
        "Finally someone with the courage to write “{}”.",
    ),
    "zh": (
        "我爷爷常说“{}”，说得太对了。",
        "“{}”，说出了我的心里话，大家都转起来。",
        "删我评论也没用，我再说一遍：“{}”",
        "总算有人敢说“{}”了，支持！",
    ),
}
