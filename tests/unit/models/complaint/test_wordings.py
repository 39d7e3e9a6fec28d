"""Complaints as strangers write them: words in another sense, dangers that never were, and dangers in other words."""

import pytest

from models.complaint import Assertion, PhraseFinder, load_catalogue


def counts(text: str, finding: str) -> bool:
    said = {one.assertion for one in PhraseFinder.load().find(text) if one.finding == finding}
    return not said.isdisjoint({Assertion.PRESENT, Assertion.POSSIBLE})


@pytest.mark.parametrize(
    ("text", "finding", "is_there"),
    [
        ("the optician cannot see him before Monday", "vision_loss", False),
        ("I can't see why I need this blood test", "vision_loss", False),
        ("I can't see my hand in front of my face", "vision_loss", True),
        ("I cannot see the television any more", "vision_loss", True),
        ("my shoulder has seized up after the gym", "seizure", False),
        ("seized the chance to ask about my acne", "seizure", False),
        ("he seized up and started shaking all over", "seizure", True),
        ("by a stroke of pure luck I only grazed my knee", "stroke", False),
        ("cut my thumb washing up the knife in the sink", "penetrating_wound", False),
        ("he has a knife in his back", "penetrating_wound", True),
        ("the knife went in about two inches", "penetrating_wound", True),
        ("the smoke came from burned dinner", "burn", False),
        ("he has stopped breathing so hard now", "not_breathing", False),
        ("he has stopped breathing", "not_breathing", True),
        ("no pulse in her right ankle", "no_pulse", False),
        ("no pulse in her right ankle", "cold_limb", True),
        ("cannot find a pulse", "no_pulse", True),
        ("cannot find a pulse in his wrist", "no_pulse", True),
        ("crushing pressure on my chest", "crush_injury", False),
        ("a beam crushed his chest", "crush_injury", True),
        ("pain started two days back in my elbow", "back_pain", False),
        ("severe pain in my back", "back_pain", True),
        ("hurt myself playing netball", "suicidal_thoughts", False),
        ("I want to hurt myself", "suicidal_thoughts", True),
        ("overdosed on netflix this weekend", "overdose", False),
        ("overdosed on paracetamol this weekend", "overdose", True),
        ("their dog had a fit and scratched her", "seizure", False),
        ("the dog bit her, then she had a fit", "seizure", True),
        ("公司组织红十字讲座，学心肺复苏", "no_pulse", False),
        ("家属正在做心肺复苏", "no_pulse", True),
        ("论文改到吐血", "vomiting_blood", False),
        ("熬夜到三点，吐血一大口", "vomiting_blood", True),
    ],
)
def test_an_everyday_word_is_no_danger(text: str, finding: str, is_there: bool) -> None:
    assert counts(text, finding) is is_there


@pytest.mark.parametrize(
    ("text", "finding", "is_there"),
    [
        ("petrified that I will catch meningitis one day", "stiff_neck", False),
        ("worried she will have another seizure", "seizure_ongoing", False),
        ("scared I could have a heart attack like my brother", "chest_pain", False),
        ("worried I might have sepsis, fever and shaking", "sepsis", True),
        ("worried I have a blood clot", "one_calf_painful", True),
        ("nearly had a fit when I heard the price", "seizure", False),
        ("I nearly had a seizure this morning", "seizure", True),
        ("thought he had swallowed bleach but the cap was still sealed", "poison", False),
        ("thought she had a stroke but her arm is still weak", "stroke", True),
    ],
)
def test_what_is_dreaded_or_only_nearly_was_does_not_count(text: str, finding: str, is_there: bool) -> None:
    assert counts(text, finding) is is_there


@pytest.mark.parametrize(
    ("text", "finding", "is_there"),
    [
        ("nothing in the way of breathlessness, chest pain or fainting", "fainting", False),
        ("none of the following: chest pain, sweating, collapse", "fainting", False),
        ("Breathless? Not at all. Chest pain? Never.", "breathlessness", False),
        ("Seizures? Nope, never. Sore toe.", "seizure", False),
        ("Chest pain? No, more of a pressure", "chest_pain", True),
        ("she is not going to kill herself, just tired", "suicidal_thoughts", False),
        ("I wouldn't ever hurt myself", "suicidal_thoughts", False),
        ("I'm going to kill myself", "suicidal_thoughts", True),
        ("I can't promise I won't hurt myself", "suicidal_thoughts", True),
        ("not sure that I won't kill myself", "suicidal_thoughts", True),
        ("I don't trust myself not to end my life", "suicidal_thoughts", True),
        ("why wouldn't I kill myself", "suicidal_thoughts", True),
    ],
)
def test_a_denial_in_other_words_is_one_and_a_doubt_is_none(text: str, finding: str, is_there: bool) -> None:
    assert counts(text, finding) is is_there


@pytest.mark.parametrize(
    ("text", "finding", "is_there"),
    [
        ("sepsis from a kidney infection last year, wants travel jabs", "sepsis", False),
        ("anaphylaxis to wasps in 2015, needs a new pen", "anaphylaxis", False),
        ("back pain from a fall last year", "back_pain", True),
        ("chest pain after the operation last month", "chest_pain", True),
        ("dog bite scar itches", "animal_bite", False),
        ("scar from a stab wound aches in the cold", "penetrating_wound", False),
        ("a stab wound, he is scared", "penetrating_wound", True),
        ("Her nan had a stroke, she has come about a mole", "stroke", False),
        ("His mother-in-law had a heart attack, he wants his cholesterol checked", "chest_pain", False),
        ("our granny had a seizure last week, I'm here for my ears", "seizure", False),
        ("our granny had a seizure an hour ago", "seizure", True),
    ],
)
def test_what_is_over_or_a_relatives_does_not_count(text: str, finding: str, is_there: bool) -> None:
    assert counts(text, finding) is is_there


@pytest.mark.parametrize(
    ("text", "finding", "is_there"),
    [
        ("her belly's rigid", "rigid_abdomen", True),
        ("his neck's stiff", "stiff_neck", True),
        ("his neck's not stiff", "stiff_neck", False),
        ("my sight's gone in the left eye", "vision_loss", True),
        ("oven cleaner (very strong) in his eye", "chemical_in_eye", True),
        ("chest pain (none) in the arm", "heart_pattern_pain", False),
        ("she has been fitting for 27 mins", "seizure_ongoing", True),
        ("his seizure lasted forty minutes", "seizure_ongoing", True),
        ("convulsing for about half an hour now", "seizure_ongoing", True),
        ("had a seizure 20 minutes ago", "seizure_ongoing", False),
        ("a seizure lasting 10 seconds", "seizure_ongoing", False),
        ("vomited roughly a mugful of fresh blood", "vomiting_blood", True),
        ("been sick with about half a pint of blood", "vomiting_blood", True),
        ("threw up, and a bit of blood on the tissue when wiping", "vomiting_blood", False),
        ("had my baby on Monday", "postpartum", True),
        ("five weeks after having her first baby", "postpartum", True),
        ("had my baby checked on Monday", "postpartum", False),
        ("says her son was replaced by an impostor", "psychosis", True),
        ("baby turned purple after the feed", "blue_skin", True),
        ("my toe went purple after I stubbed it", "blue_skin", False),
        ("she went purple with rage", "blue_skin", False),
        ("when she breathes in there is a harsh whistle", "stridor", True),
        ("he swallowed one of these tiny watch batteries", "battery_or_magnet", True),
        ("sees rainbow rings around street lamps", "blurred_vision", True),
        ("leg shorter and turned out", "fracture", True),
        ("picked mushrooms in the forest and fried them", "poison", True),
        ("mushroom soup from the shop", "poison", False),
        ("a slippery rope coming out, waters broke", "cord_prolapse", True),
        ("stopped sweating during the run", "sweating", False),
        ("stopped shivering a while ago", "rigors", False),
        ("cannot feel the toilet roll any more", "saddle_numbness", True),
        ("冲床把三根手指头压掉了", "amputation", True),
        ("手上的皮压掉一点", "amputation", False),
        ("numb round my back passage", "saddle_numbness", True),
        ("破水了，下面掉出来一截滑溜溜的像肠子一样的东西", "cord_prolapse", True),
        ("娃把老鼠药当糖吃了", "poison", True),
        ("cant finish a sentenc", "cannot_speak_in_sentences", True),
    ],
)
def test_a_danger_in_other_words_is_one(text: str, finding: str, is_there: bool) -> None:
    assert counts(text, finding) is is_there


@pytest.mark.parametrize(("lang", "denial"), [("zh", "没有"), ("zh", "无"), ("en", "no ")])
def test_a_denied_finding_is_no_other_one(lang: str, denial: str) -> None:
    """没有糖尿病 holds 没有尿, and "no pulse deficit" a "no pulse"."""
    finder = PhraseFinder.load()
    notation = set("()[]|.?{}\\^$*#+")
    names = [said for one in load_catalogue().values() for said in getattr(one, lang) if notation.isdisjoint(said)]
    assert len(names) > 200
    for name in names:
        alone = {one.finding for one in finder.find(name)}
        denied = {one.finding for one in finder.find(denial + name) if one.assertion is Assertion.PRESENT}
        assert denied <= alone, denial + name


@pytest.mark.parametrize(
    ("text", "finding", "is_there"),
    [
        ("no blood in the urine", "dehydration", False),
        ("no pain passing urine", "dehydration", False),
        ("no muscle tears", "dehydration", False),
        ("no urine for twelve hours", "dehydration", True),
        ("not passing any urine", "dehydration", True),
        ("no tears when crying", "dehydration", True),
        ("没有尿急尿痛", "dehydration", False),
        ("尿没问题", "dehydration", False),
        ("从昨晚到现在没尿", "dehydration", True),
        ("一天都没湿尿布", "dehydration", True),
        ("尿不湿是干的", "dehydration", True),
        ("no pulse abnormalities", "no_pulse", False),
        ("没有心跳加速", "no_pulse", False),
        ("没有脉搏了", "no_pulse", True),
        ("no response needed, just my prescription", "unresponsive", False),
        ("无意识障碍", "unresponsive", False),
        ("皮疹用药没反应", "unresponsive", False),
        ("喊他没反应", "unresponsive", True),
        ("用药后孩子没反应", "unresponsive", True),
        ("老人无意识丧失大小便失禁", "unresponsive", True),
        ("人没心跳骤停了", "no_pulse", True),
        ("not a drop of urine", "dehydration", True),
        ("10小时没尿布湿了", "dehydration", True),
        ("他好像触电了", "electric_shock", True),
        ("Looks like I was hit by a car, I'm bleeding", "major_mechanism", True),
        ("it looks like I've been stabbed", "penetrating_wound", True),
        ("他好像被车撞了一样躺着", "major_mechanism", True),
        ("肛门下面掉出来像肠子一样的东西", "cord_prolapse", False),
        ("拉了两天水管", "diarrhoea", False),
        ("老头摔了一跤，手腕疼", "head_injury", False),
        ("八十出头摔了一跤", "head_injury", False),
        ("老头摔到头", "head_injury", True),
        ("两天前头摔破了", "head_injury", True),
        ("老头痛，夜里头痛", "headache", True),
        ("aching all over like I was hit by a truck", "major_mechanism", False),
        ("浑身酸，像被车撞了一样", "major_mechanism", False),
        ("像是被车撞了，躺在路边", "major_mechanism", True),
        ("I feel dizzy, I was run over by a bus", "major_mechanism", True),
        ("cramps feel like being stabbed", "penetrating_wound", False),
        ("he was stabbed, feels like dying", "penetrating_wound", True),
        ("感觉像触电一样手麻", "electric_shock", False),
        ("修灯触电了", "electric_shock", True),
    ],
)
def test_a_part_of_a_word_or_a_likeness_is_no_danger(text: str, finding: str, is_there: bool) -> None:
    assert counts(text, finding) is is_there


@pytest.mark.parametrize(
    ("text", "finding", "is_there"),
    [
        ("our yoga instructor fainted", "fainting", True),
        ("the first aid instructor told us about fainting", "fainting", False),
        ("his drill bit went through his neck, spurting blood", "severe_bleeding", True),
        ("in our fire drill the mannequin stopped breathing", "not_breathing", False),
        ("I'm an actor, chest pain for two hours", "chest_pain", True),
        ("quiz question: chest pain and sweating, which diagnosis?", "chest_pain", False),
        ("quiz night, chest pain", "chest_pain", True),
        ("听完健康讲座走出来就嘴歪", "face_droop", True),
        ("讲座讲了嘴歪的事", "face_droop", False),
        ("参加知识竞赛时抽搐", "seizure", True),
        ("知识竞赛题目是抽搐怎么急救", "seizure", False),
        ("我写小说的，今早呕血一盆", "vomiting_blood", True),
        ("this is not a drill, he is not breathing", "not_breathing", True),
        ("novel coronavirus, can't breathe", "severe_breathing_difficulty", True),
        ("演练时假装昏迷", "unresponsive", False),
        ("讲座后半段讲了抽搐怎么急救", "seizure", False),
        ("the instructor told us about cardiac arrest", "no_pulse", False),
        ("first aid workshop: what to do when somebody is not breathing", "not_breathing", False),
        ("an actor in the play pretends to have a stroke", "stroke", False),
    ],
)
def test_who_teaches_plays_or_listens_can_fall_ill(text: str, finding: str, is_there: bool) -> None:
    assert counts(text, finding) is is_there
