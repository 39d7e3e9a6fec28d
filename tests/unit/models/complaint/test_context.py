"""How far a "no", a "history of" or an "as a child" reaches, and that it reaches over nothing it does not know."""

import pytest

from models.complaint import Assertion, PhraseFinder

COUNTING = (Assertion.PRESENT, Assertion.POSSIBLE)


def named(text: str) -> list[str]:
    return [one.finding for one in PhraseFinder.load().find(text) if one.assertion in COUNTING]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("no inhaler can't breathe", "severe_breathing_difficulty"),
        ("hasn't eaten collapsed in the shower", "fainting"),
        ("didn't tell anyone took 30 paracetamol", "overdose"),
        ("nil meds overdose of 30 paracetamol", "overdose"),
        ("doesn't speak english chest pain", "chest_pain"),
        ("not been taking his epilepsy meds seizure this morning", "seizure"),
        ("doesn't get headaches normally thunderclap headache", "sudden_severe_headache"),
        ("doesn't get headaches worst headache of her life", "sudden_severe_headache"),
        ("无明显诱因突发胸痛", "chest_pain"),
        ("无诱因出现呕血", "vomiting_blood"),
        ("无外伤睾丸剧痛", "testicular_pain"),
        ("想不开吃了五十片安眠药", "overdose"),
        ("受不了想跳楼", "suicidal_thoughts"),
        ("熬不下去想自杀", "suicidal_thoughts"),
        ("没多久就抽搐了", "seizure"),
        ("不发烧抽搐", "seizure"),
        ("没看住误服洁厕灵", "poison"),
        ("不懂事喝了消毒水", "poison"),
    ],
)
def test_what_a_denial_stands_before_is_what_it_denies(text: str, finding: str) -> None:
    """Written without the comma that people leave out, what follows is no part of it."""
    assert finding in named(text)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("h/o AF, slurred speech and facial droop", "face_droop"),
        ("previous MI, crushing chest pain", "chest_pain"),
        ("hx of peptic ulcer, vomiting blood", "vomiting_blood"),
        ("history of migraine - can't move her left arm", "one_sided_weakness"),
        ("family history of diabetes, collapsed", "fainting"),
        ("used to smoke, coughing up blood", "coughing_blood"),
        ("had a stent 3 years ago, crushing chest pain", "chest_pain"),
        ("denies allergies, crushing chest pain", "chest_pain"),
        ("既往高血压史，偏瘫", "one_sided_weakness"),
        ("既往癫痫，抽搐不止", "seizure"),
        ("既往抑郁症，割腕", "self_harm"),
        ("曾有脑梗，左侧肢体无力", "one_sided_weakness"),
        ("糖尿病史10年，意识不清", "drowsy"),
        ("去年做过搭桥，胸口压榨样疼痛", "chest_pain"),
        ("否认高血压、糖尿病史，胸痛大汗", "chest_pain"),
    ],
)
def test_behind_a_history_stands_what_somebody_comes_for(text: str, finding: str) -> None:
    assert finding in named(text)


@pytest.mark.parametrize(
    "text",
    [
        "PMH: MI, stroke, seizures.",
        "PMH - epilepsy, seizures, stroke.",
        "family history of strokes, seizures.",
        "history of seizures, overdoses, self harm.",
        "as a child I had seizures and fits",
        "既往脑梗、癫痫。",
        "否认胸痛、胸闷、气促。",
        "否认胸痛，抽搐。",
    ],
)
def test_and_a_list_of_conditions_is_a_history(text: str) -> None:
    assert not {"stroke", "seizure", "self_harm", "overdose", "chest_pain", "breathlessness"}.intersection(named(text))


@pytest.mark.parametrize(
    "text",
    [
        "no recent chest pain",
        "not having any more chest pain",
        "no signs of any sweating",
        "has never had a seizure",
        "no pleuritic chest pain",
        "no thoughts of killing himself",
        "not currently suicidal",
        "no cough fever chest pain",
        "no recent foreign travel or chest pain",
        "没有明显的胸痛",
        "没有出现过抽搐",
        "没想过自杀",
        "无发热咳嗽胸痛",
        "没有感觉到胸痛",
    ],
)
def test_and_words_that_only_say_how_do_not_end_it(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("no chest pain or sweating", []),
        ("no chest pain, sweating", ["sweating"]),
        ("no chest pain, sweating or cough", []),
        ("no chest pain and sweating", ["sweating"]),
        ("no chest pain but sweating", ["sweating"]),
        ("no chest pain or sweating, cough", ["cough"]),
        ("no chills, back pain or cough", []),
        ("no appetite, back pain or cough", ["poor_appetite", "back_pain", "cough"]),
        ("no time for a cough", ["cough"]),
        ("denies chest pain, sweating and cough.", []),
        ("denies chest pain, sweating.", []),
        ("denies chest pain, cough since monday", ["cough"]),
        ("denies chest pain, sweating, palpitations, cough since monday", ["cough"]),
        ("否认胸痛、胸闷、心慌，咳嗽两天", ["cough"]),
        ("denies chest pain, collapsed.", ["fainting"]),
        ("denies fever or can't breathe", ["severe_breathing_difficulty"]),
        ("does not have a cough or any fever", []),
        ("doesn't have a fever or cough, has a rash", ["rash"]),
        ("neither fever nor cough", []),
        ("not without fever", ["fever"]),
        ("I can't say I have no fever", ["fever"]),
        ("never had a headache this bad", ["headache"]),
        ("no headache until today", ["headache"]),
        ("no cough relief", ["cough"]),
        ("no\ncough", ["cough"]),
        ("no fever\ncough", ["cough"]),
        ("没有发热、咳嗽、皮疹", []),
        ("没有发热、咳嗽三天", ["cough"]),
        ("没有发热，咳嗽", ["cough"]),
        ("没有发热、出现咳嗽", ["cough"]),
        ("没有发热但是咳嗽", ["cough"]),
        ("没有发热不过咳嗽", ["cough"]),
        ("没有发热或咳嗽等症状", []),
        ("没有胃口、咳嗽", ["poor_appetite", "cough"]),
        ("不发热，不咳嗽", []),
        ("不发热、咳嗽", ["cough"]),
        ("不是不咳嗽", ["cough"]),
        ("有没有咳嗽", ["cough"]),
        ("没有缓解的头痛", ["headache"]),
        ("没有头痛缓解", ["headache"]),
    ],
)
def test_a_denial_reaches_over_lists_and_no_further(text: str, names: list[str]) -> None:
    assert named(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cough: none", []),
        ("cough: no fever: no", []),
        ("cough: no. fever: yes", ["fever"]),
        ("cough: no relief", ["cough"]),
        ("cough - no better", ["cough"]),
        ("cough (-), fever (+)", ["fever"]),
        ("relief of the cough: none", ["cough"]),
        ("any relief from the cough? no", ["cough"]),
        ("any cough? no", []),
        ("any cough? no, a barking noise", ["cough"]),
        ("fever: no cough: yes", ["cough"]),
        ("咳嗽：无，发热：有", ["fever"]),
        ("咳嗽（－）", []),
        ("有咳嗽吗？没有。", []),
        ("咳嗽无好转", ["cough"]),
        ("咳嗽没有好转", ["cough"]),
    ],
)
def test_an_answer_denies_what_stands_before_it(text: str, names: list[str]) -> None:
    assert named(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("seizures as a child", []),
        ("seizures as a child, none since", []),
        ("seizures since this morning", ["seizure"]),
        ("a seizure in 2014", []),
        ("a seizure in 2014 and again today", ["seizure"]),
        ("a seizure 20 minutes ago", ["seizure"]),
        ("my father had a stroke at 70", []),
        ("my father had a stroke", ["stroke"]),
        ("my father is having a stroke", ["stroke"]),
        ("died of a stroke", []),
        ("nearly died of a stroke", ["stroke"]),
        ("family history of stroke or seizures", []),
        ("gives a history of seizures", ["seizure"]),
        ("3 year old seizure", ["seizure"]),
        ("afraid of having a stroke", []),
        ("afraid I am having a stroke", ["stroke"]),
        ("afraid of suicide", ["suicidal_thoughts"]),
        ("我爸中风过", []),
        ("我爸中风了", ["stroke"]),
        ("刚才昏迷过", ["unresponsive"]),
        ("三年前抽搐过", []),
        ("三年前抽搐过，现在又抽了", ["seizure"]),
        ("半小时以前抽搐", ["seizure"]),
        ("现病史：抽搐", ["seizure"]),
        ("既往史：抽搐", []),
        ("怕得中风", []),
        ("怕是中风", ["stroke"]),
        ("my friend has epilepsy", []),
        ("my friend has collapsed", ["fainting"]),
        ("his twin has a cough", []),
        ("my cat has diabetes", []),
        ("my cat scratched me, fever", ["animal_bite", "fever"]),
        ("单位食堂有人拉肚子", []),
        ("家里有人晕倒了", ["fainting"]),
        ("我和同事都头晕", ["dizziness"]),
    ],
)
def test_the_past_and_others_are_left_out_where_that_is_sure(text: str, names: list[str]) -> None:
    assert named(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a urine infection in May, letter please", []),
        ("headache in May and again today", ["headache"]),
        ("fever since May", ["fever"]),
        ("bitten by a dog two months ago", []),
        ("spinal injury years ago", []),
        ("jaundice at birth", []),
        ("jaundice since birth", ["jaundice"]),
        ("broken finger healed", []),
        ("a hernia repaired in June", []),
        ("pupils fixed, unresponsive", ["unresponsive"]),
        ("the angina has been gone since the holiday", []),
        ("chest pain gone since noon", ["chest_pain"]),
        ("chest pain, gone an hour ago", ["chest_pain"]),
        ("the headache has gone on for days", ["headache"]),
        ("headache, vision gone", ["headache", "vision_loss"]),
        ("chest pain, gone grey", ["chest_pain", "blue_skin"]),
        ("a face droop, all resolved this morning", ["face_droop"]),
        ("咳嗽都好了", []),
        ("咳嗽好了吗", ["cough"]),
        ("胸痛是去年的事", []),
        ("上周咳嗽，现在没事了", []),
        ("上周咳嗽，越来越重", ["cough"]),
        ("上个月开始咳嗽", ["cough"]),
        ("两个月前抽搐过", []),
        ("两个月前头痛，一直没好", ["headache"]),
        ("去年咳嗽，现在没感觉", []),
        ("去年咳嗽，现在又咳嗽", ["cough", "cough"]),
        ("以前爱流鼻血，现在没有", []),
        ("去年咳嗽，现在没有反应", ["cough", "unresponsive"]),
    ],
)
def test_what_ended_is_over_unless_its_sentence_speaks_of_now(text: str, names: list[str]) -> None:
    assert sorted(named(text)) == sorted(names)


def test_chinese_words_reach_english_findings() -> None:
    assert named("没有chest pain，有 cough") == ["cough"]


@pytest.mark.parametrize(
    ("text", "finding", "assertion"),
    [
        ("no chest pain", "chest_pain", Assertion.ABSENT),
        ("possible stroke", "stroke", Assertion.POSSIBLE),
        ("可能是中风", "stroke", Assertion.POSSIBLE),
        ("history of seizures", "seizure", Assertion.PAST),
        ("小时候抽搐过", "seizure", Assertion.PAST),
        ("her mother had a stroke", "stroke", Assertion.OTHER),
        ("epilepsy runs in the family", "epilepsy", Assertion.OTHER),
        ("家族史：中风", "stroke", Assertion.OTHER),
        ("what if I get a fever", "fever", Assertion.HYPOTHETICAL),
        ("return if vomiting", "vomiting", Assertion.HYPOTHETICAL),
        ("a stroke prevention leaflet", "stroke", Assertion.HYPOTHETICAL),
        ("预防中风", "stroke", Assertion.HYPOTHETICAL),
        ("the drill: a man with a seizure", "seizure", Assertion.HYPOTHETICAL),
        ("急救演练，我扮演昏迷的病人", "unresponsive", Assertion.HYPOTHETICAL),
        ("overdose in 2021", "overdose", Assertion.PAST),
        ("三凹征无 咳嗽", "laboured_breathing", Assertion.ABSENT),
        ("history of diabetes", "diabetes", Assertion.PRESENT),
        ("afraid of killing myself", "suicidal_thoughts", Assertion.PRESENT),
    ],
)
def test_how_a_finding_is_meant(text: str, finding: str, assertion: Assertion) -> None:
    assert {one.assertion for one in PhraseFinder.load().find(text) if one.finding == finding} == {assertion}


@pytest.mark.parametrize(
    ("text", "assertion"),
    [
        ("my father had a stroke. I have a sore throat", Assertion.OTHER),
        ("my father had a stroke. He is not talking. I have called you", Assertion.PRESENT),
        ("my father had a stroke this morning. I have called you", Assertion.PRESENT),
    ],
)
def test_a_relative_is_the_patient_unless_the_writer_comes_for_himself(text: str, assertion: Assertion) -> None:
    assert {one.assertion for one in PhraseFinder.load().find(text) if one.finding == "stroke"} == {assertion}


def test_a_word_reaches_only_so_far() -> None:
    far = "no " + "very " * 8 + "bad cough"

    assert named(far) == ["cough"]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("her lips are not blue", "blue_skin"),
        ("the neck isn't stiff", "stiff_neck"),
        ("my head doesn't hurt", "headache"),
        ("his speech isn't garbled", "speech_disturbed"),
        ("chest no pain", "chest_pain"),
        ("嘴不歪", "face_droop"),
        ("心也不慌", "palpitations"),
        ("手没有麻", "numbness"),
        ("胸口不明显疼", "chest_pain"),
    ],
)
def test_a_word_inside_of_a_finding_denies_it(text: str, finding: str) -> None:
    assert {one.assertion for one in PhraseFinder.load().find(text) if one.finding == finding} == {Assertion.ABSENT}


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("my chest doesn't stop hurting", "chest_pain"),
        ("he never stops coughing", "cough"),
        ("lips aren't pink, lips are blue", "blue_skin"),
        ("head pain, not in the neck", "headache"),
        ("胸口不停地疼", "chest_pain"),
        ("头一直疼，手不麻", "headache"),
        ("孩子不小心喝了洁厕灵", "poison"),
        ("孩子也不小心喝了洁厕灵", "poison"),
        ("不小心吞了纽扣电池", "battery_or_magnet"),
        ("全身不由自主抽搐", "seizure"),
        ("手脚不时抽搐", "seizure"),
        ("嘴角明显不对称歪斜", "face_droop"),
        ("胸口不间断地疼", "chest_pain"),
        ("胸口不明原因剧痛", "chest_pain"),
        ("嘴唇不太正常地发紫", "blue_skin"),
        ("脸没来由地肿", "face_swelling"),
    ],
)
def test_and_one_that_belongs_to_another_word_does_not(text: str, finding: str) -> None:
    assert finding in named(text)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("nil syncope", "fainting"),
        ("没有不想活的念头", "suicidal_thoughts"),
        ("我哥脑出血在外地ICU，来开证明", "stroke"),
        ("公公是咯血治好的", "coughing_blood"),
        ("脑梗六年，来开药", "stroke"),
        ("学校讲误服农药怎么办，让家长签字", "poison"),
        ("if my child ever swallowed a battery, what then", "battery_or_magnet"),
        ("I was in hospital with sepsis in January", "sepsis"),
    ],
)
def test_what_is_denied_over_taught_or_somebody_elses_does_not_count(text: str, finding: str) -> None:
    said = {one.assertion for one in PhraseFinder.load().find(text) if one.finding == finding}

    assert said
    assert not said & set(COUNTING)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("我哥突然脑出血，要住院吗", "stroke"),
        ("我爸脑出血要住院", "stroke"),
        ("脑梗三小时", "stroke"),
        ("老师讲他抽搐了", "seizure"),
        ("训练时晕倒", "fainting"),
        ("咯血，要去医院治好", "coughing_blood"),
        ("他说不想活了", "suicidal_thoughts"),
        ("怕是不是要中风", "stroke"),
        ("嘴歪，担心是不是中风", "face_droop"),
        ("担心是不是中风，手麻", "numbness"),
        ("担心会中风，手麻", "numbness"),
        ("worried about having a stroke, left arm numb", "numbness"),
        ("he was admitted with chest pain and sweating", "chest_pain"),
        ("was admitted with seizures an hour ago", "seizure"),
        ("我爸瘫了，说不出话", "speech_disturbed"),
        ("我爸中风进icu了怎么办", "stroke"),
        ("我爸胸痛进医院了，医生让问", "chest_pain"),
        ("我妹割腕住了院", "self_harm"),
        ("医院讲是心梗，怎么办", "chest_pain"),
        ("看新闻说流感，孩子抽搐", "seizure"),
        ("培训时胸痛", "chest_pain"),
        ("老师讲孩子抽搐了怎么办", "seizure"),
        ("学校讲预防知识，孩子抽搐", "seizure"),
        ("说明书上说会过敏，现在喉咙肿", "throat_swelling"),
        ("if he swallowed a battery he has to be seen now, he says he did", "battery_or_magnet"),
    ],
)
def test_and_what_is_there_still_does(text: str, finding: str) -> None:
    assert finding in named(text)


@pytest.mark.parametrize(
    ("text", "counting"),
    [
        ("no longer suicidal", False),
        ("no longer breathing", True),
        ("no longer responding to us", True),
        ("had a seizure last year, none now", False),
        ("had a seizure last year, now again", True),
        ("my son's friend had a fit at school", False),
        ("what are the signs of a stroke?", False),
        ("what are the signs of a stroke? his face is drooping", True),
        ("中风有哪些前兆", False),
        ("怎么判断是不是中风", False),
        ("如果宝宝窒息了该怎么急救", False),
        ("如果再抽搐怎么办，现在还在抽搐", True),
        ("孩子抽搐了怎么办", True),
    ],
)
def test_what_has_ended_was_a_friends_or_is_a_question_does_not_count(text: str, counting: bool) -> None:
    assert bool(named(text)) is counting


@pytest.mark.parametrize(
    ("text", "finding", "is_there"),
    [
        ("my throat stings", "sting", False),
        ("stung by a wasp", "sting", True),
        ("hay fever", "fever", False),
        ("waxy ears", "shock_signs", False),
        ("his skin is grey and waxy", "shock_signs", True),
        ("overdosed on chocolate", "overdose", False),
        ("在吃避孕药", "pregnancy", False),
        ("怀孕八周", "pregnancy", True),
        ("呼之不应", "unresponsive", True),
        ("遗书都写好了", "suicidal_thoughts", True),
        ("农药被他喝了", "poison", True),
    ],
)
def test_a_word_in_another_sense_is_no_finding(text: str, finding: str, is_there: bool) -> None:
    assert (finding in named(text)) is is_there


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("看到一篇文章说手麻是脑梗，来问问", "stroke"),
        ("百度上说这是心梗", "chest_pain"),
        ("群里有人说是中风先兆，脸不歪", "stroke"),
        ("听了段直播讲癫痫发作", "seizure"),
        ("要是真的有一天心梗了", "chest_pain"),
        ("分不清心梗和胃疼有什么区别", "chest_pain"),
        ("我妈肝硬化没救过来，呕血走的，我来体检", "liver_disease"),
        ("同学猝死没了，心里难受", "no_pulse"),
        ("八年前心梗，一直挺好", "chest_pain"),
        ("五年前脑出血，一直没再犯", "stroke"),
        ("高中时抽搐过两回", "seizure"),
        ("没喊过胸闷", "chest_pain"),
        ("从没讲过头疼", "headache"),
        ("无口角歪斜", "face_droop"),
        ("无双下肢麻木", "numbness"),
        ("冇胸痛", "chest_pain"),
        ("个头唔痛", "headache"),
    ],
)
def test_talk_the_dead_and_what_is_long_well_alarm_nobody(text: str, finding: str) -> None:
    assert finding not in named(text)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("网上说像心梗，我现在胸口压着", "chest_pain"),
        ("刷视频说是脑梗，她嘴歪了", "face_droop"),
        ("文章里说胸口发紧就是心梗，我也是这样", "chest_pain"),
        ("想问心梗和胃疼怎么区分，我现在胸口压得慌", "chest_pain"),
        ("我爸心跳没了", "no_pulse"),
        ("邻居大爷脑出血没了反应", "unresponsive"),
        ("我妈胸痛，自己走了半小时", "chest_pain"),
        ("三个月前胸痛，一直没好", "chest_pain"),
        ("两年前脑梗，一直说话不清", "speech_disturbed"),
        ("从来没说过头这么疼", "headache"),
        ("唔知点解，胸痛", "chest_pain"),
    ],
)
def test_and_who_has_it_beside_such_words_has_it(text: str, finding: str) -> None:
    assert finding in named(text)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("我家金毛误食老鼠药抽了，我戴着手套", "poison"),
        ("我家狗昨晚抽搐，口吐白沫，现在我手上有点痒", "seizure"),
        ("家里的小猫刚摔下楼，吐血了", "vomiting_blood"),
        ("邻居家泰迪中毒，一直抽搐不止，问问会不会传给人", "seizure_ongoing"),
        ("狗咬断了电线，家里跳闸", "animal_bite"),
    ],
)
def test_what_an_animal_has_nobody_has(text: str, finding: str) -> None:
    assert finding not in named(text)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("我家狗咬了我，流血不止", "severe_bleeding"),
        ("我家猫抽搐，我被它抓伤流血", "bleeding"),
        ("我家狗绊了我一下，摔断了腿", "fall"),
        ("遛我家狗的时候突然胸痛", "chest_pain"),
        ("我家狗死了，我不想活了", "suicidal_thoughts"),
        ("我家狗宝发烧抽搐", "seizure"),
        ("狗咬了孩子的手", "animal_bite"),
        ("宠物猫咬食指，两个浅印", "animal_bite"),
        ("家里的狗狗咬伤手臂，伤口流血", "animal_bite"),
        ("我家猫吃的老鼠药，孩子也误食了老鼠药", "poison"),
        ("牵着我家金毛突然倒地", "fainting"),
    ],
)
def test_and_what_a_person_beside_it_has_is_his(text: str, finding: str) -> None:
    assert finding in named(text)


@pytest.mark.parametrize(
    ("text", "absent", "present"),
    [
        ("抽搐、昏迷、呕吐均无", {"seizure", "unresponsive", "vomiting"}, set()),
        ("胸痛2小时，发热、咳嗽均无", {"fever", "cough"}, {"chest_pain"}),
        ("胸痛2小时，恶心、呕吐、晕厥等症状均无", {"nausea", "vomiting", "fainting"}, {"chest_pain"}),
        ("头痛和呕吐都没有", {"headache", "vomiting"}, set()),
        ("胸痛、气短、晕倒这些都没有，来开药", {"chest_pain", "breathlessness", "fainting"}, {"check_up"}),
        ("胸痛得一点力气都没有", set(), {"chest_pain"}),
        ("头晕、力气都没有", set(), {"dizziness"}),
        ("腹痛、呕吐得力气都没有", set(), {"abdominal_pain", "vomiting"}),
        ("胸痛、呕吐都没有缓解", set(), {"chest_pain", "vomiting"}),
        ("胸痛、气短，药都没有了", set(), {"chest_pain", "breathlessness"}),
        ("呼吸、心跳都没有了", set(), {"no_pulse"}),
        ("意识、呼吸、脉搏全无", set(), {"no_pulse"}),
        ("一点反应都没有", set(), {"unresponsive"}),
        ("Chest pain, fainting, none of my tablets help", set(), {"chest_pain", "fainting"}),
    ],
)
def test_a_denial_behind_a_list_is_of_all_of_it(text: str, absent: set[str], present: set[str]) -> None:
    said = {(one.finding, one.assertion) for one in PhraseFinder.load().find(text)}
    assert said == {(one, Assertion.ABSENT) for one in absent} | {(one, Assertion.PRESENT) for one in present}


@pytest.mark.parametrize(
    ("text", "finding", "assertion"),
    [
        ("not a night goes by without chest pain", "chest_pain", Assertion.PRESENT),
        ("he can't eat without choking", "choking", Assertion.PRESENT),
        ("没有一天不吐血", "vomiting_blood", Assertion.PRESENT),
        ("two months without chest pain", "chest_pain", Assertion.ABSENT),
        ("一天没吐血了", "vomiting_blood", Assertion.ABSENT),
        ("my friend says I had a stroke", "stroke", Assertion.PRESENT),
        ("a colleague said she had a seizure at her desk", "seizure", Assertion.PRESENT),
        ("邻居发现他晕倒在楼道里", "fainting", Assertion.PRESENT),
        ("同事都说我脸歪了", "face_droop", Assertion.PRESENT),
        ("my friend had a stroke, I want a check-up", "stroke", Assertion.OTHER),
        ("my friend told me her daughter had a seizure", "seizure", Assertion.OTHER),
        ("朋友说他爸得了脑梗，我来体检", "stroke", Assertion.OTHER),
        ("同事发现她老公昏迷，我来开药", "unresponsive", Assertion.OTHER),
        ("邻居发烧了，我来打疫苗", "fever", Assertion.OTHER),
    ],
)
def test_two_denials_are_none_and_who_tells_it_has_not_got_it(text: str, finding: str, assertion: Assertion) -> None:
    assert assertion in {one.assertion for one in PhraseFinder.load().find(text) if one.finding == finding}
