"""Findings by phrases: complete lists, places, apostrophes, and a time in proportion to the text."""

from pathlib import Path
from typing import Any

import pytest

from models.complaint import Assertion, BodyParts, PhraseFinder, load_catalogue, read_numbers
from models.complaint.phrases import Phrases
from tests.support.processor import processor_s


def found(text: str) -> set[str]:
    return {one.finding for one in PhraseFinder.load().find(text)}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a nosebleed that won't stop", {"nosebleed", "severe_bleeding"}),
        ("伤口流血不止", {"bleeding", "severe_bleeding"}),
        ("vomiting blood", {"vomiting", "vomiting_blood"}),
        ("sudden left-sided weakness", {"fatigue", "one_sided_weakness", "sudden_onset"}),
    ],
)
def test_no_finding_hides_another(text: str, names: set[str]) -> None:
    assert found(text) >= names


@pytest.mark.parametrize("apostrophe", ["'", "", "’", "‘", "ʼ", "＇", "`", "´", "′"])
def test_apostrophes_are_read_as_people_type_them(apostrophe: str) -> None:
    text = f"İ she can{apostrophe}t speak; i don{apostrophe}t have a cough; it won{apostrophe}t stop bleeding"

    places = {one.finding: text[one.start : one.end] for one in PhraseFinder.load().find(text)}

    assert places["speech_disturbed"] == f"can{apostrophe}t speak"
    assert places["severe_bleeding"] == f"won{apostrophe}t stop bleeding"


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("unresponsive to the antibiotic", "unresponsive"),
        ("can't breathe through my nose", "severe_breathing_difficulty"),
        ("swimming backstroke", "stroke"),
        ("passed out flyers", "fainting"),
        ("a stabbing pain", "penetrating_wound"),
        ("killing myself laughing", "suicidal_thoughts"),
        ("想死你了", "suicidal_thoughts"),
        ("皮试无反应", "unresponsive"),
        ("其中风疹最多", "stroke"),
        ("追剧笑得喘不过气", "severe_breathing_difficulty"),
        ("我都想死啦哈哈", "suicidal_thoughts"),
        ("老师怕食物中毒", "poison"),
        ("walks with a limp", "floppy"),
        ("a baby tooth came out", "birth_imminent"),
        ("自己用酒精擦过", "intoxicated"),
        ("骑车压到石子", "crush_injury"),
        ("工作忙得喘不过气", "severe_breathing_difficulty"),
        ("老板催得喘不过气", "breathlessness"),
        ("热得想死", "suicidal_thoughts"),
        ("a limp when walking", "floppy"),
        ("limping when he walks", "floppy"),
        ("food poisoning", "poison"),
        ("学习心肺复苏", "no_pulse"),
        ("hard to breathe through my nose", "breathlessness"),
        ("鼻塞，呼吸不畅", "breathlessness"),
        ("spotting between periods", "vaginal_bleeding"),
        ("eyelids are swollen", "mouth_swelling"),
        ("信封压在书本下", "crush_injury"),
        ("眼角往上吊", "hanging"),
        ("护士来给他上吊瓶", "hanging"),
        ("冲老师直翻白眼", "seizure"),
        ("手指头磕破了", "head_injury"),
        ("骨头疼", "headache"),
        ("小两口子吵架", "wound"),
        ("吃火锅烧心", "burn"),
        ("一松手疼", "limb_pain"),
        ("腿弯里痒", "fracture"),
        ("绝经后老是一阵发热", "fever"),
        ("被老板气得快吐血", "vomiting_blood"),
        ("嘴唇发青，是桑葚汁，一洗就干净", "blue_skin"),
        ("拔牙打了麻醉，嘴歪着喝水漏", "face_droop"),
        ("怕熬夜猝死", "no_pulse"),
    ],
)
def test_words_that_mean_something_else(text: str, finding: str) -> None:
    assert finding not in found(text)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("胸口像石头压得喘不过气", "severe_breathing_difficulty"),
        ("走几步就累得喘不上气", "severe_breathing_difficulty"),
        ("走几步就累得喘", "breathlessness"),
        ("活着好累想死", "suicidal_thoughts"),
        ("每天都烦得想死", "suicidal_thoughts"),
        ("冷漠的世界，我想死", "suicidal_thoughts"),
        ("车祸，车压到石头里的腿", "crush_injury"),
        ("大货车把人压到车里", "crush_injury"),
        ("limp since this morning", "floppy"),
        ("went limp in my arms", "floppy"),
        ("limp on arrival", "floppy"),
        ("the limp baby in her arms", "floppy"),
        ("food poisoning from wild mushrooms", "poison"),
        ("蘑菇食物中毒", "poison"),
        ("肉毒食物中毒", "poison"),
        ("学游泳时心肺复苏救回来", "no_pulse"),
        ("tongue is swollen", "mouth_swelling"),
        ("口底肿", "mouth_swelling"),
        ("腿压在机器下", "crush_injury"),
        ("从房梁上吊下来", "hanging"),
        ("突然翻白眼", "seizure"),
        ("石头砸到头", "head_injury"),
        ("老头头疼", "headache"),
        ("胳膊弯了", "fracture"),
        ("火锅打翻烫了腿", "burn"),
        ("被儿子气得吐血一碗", "vomiting_blood"),
        ("嘴唇发青，擦不掉", "blue_skin"),
        ("拔牙后三天嘴歪了", "face_droop"),
        ("老人突然猝死", "no_pulse"),
        ("脸、脖子都烧了", "severe_burn"),
    ],
)
def test_and_words_that_mean_it(text: str, finding: str) -> None:
    assert finding in found(text)


def test_every_finding_is_found_by_what_it_is_called_or_said() -> None:
    """A phrase that can never match is a slip of the pen: what is looked up at its beginning has to lead to it."""
    catalogue = load_catalogue()

    assert len(catalogue) >= 150
    for key, one in catalogue.items():
        names = found(one.name.en.lower()) | found(one.name.zh)
        said = [phrase for phrase in (*one.en, *one.zh) if not set("(|[*#.+?!{") & set(phrase)]
        assert key in names or any(key in found(phrase) for phrase in said), key


@pytest.mark.parametrize(
    "piece",
    [
        *("no ", "a", "胸", "chest pain ", "not any any ", "没有", "stroke-", "pain in the ", "left side weak arm "),
        *("no cough, ", "denies cough, fever and ", "没有咳嗽、", "stroke in 2015 ", "中风史", "cough: no ", "是不"),
        *("不痛", "笑得喘", "嘴不歪", "一二三四五", "37", "年", "两年前"),
    ],
)
def test_a_long_text_takes_a_time_in_proportion(piece: str) -> None:
    text = piece * (20_000 // len(piece))

    taken = processor_s(lambda: PhraseFinder.load().find(text), 4.0)

    assert taken < 4.0, "about 0.1 s is usual; a quadratic pattern takes minutes"


@pytest.mark.parametrize("piece", ["不痛", "没有", "嘴不歪", "lips are not blue "])
def test_a_denied_word_is_looked_behind_only_so_often(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []
    find = Phrases.find

    def counted(self: Phrases, plain: str) -> Any:
        searched.append(plain)
        return find(self, plain)

    monkeypatch.setattr(Phrases, "find", counted)

    PhraseFinder.load().find(piece * 1_000)

    assert len(searched) <= 70


def test_what_is_behind_the_last_of_them_is_still_found() -> None:
    assert Assertion.PRESENT in {one.assertion for one in PhraseFinder.load().find("嘴不歪，" * 70 + "嘴歪")}


def test_body_parts_are_named_once_in_the_order_of_the_text() -> None:
    parts = BodyParts.load()

    assert parts.find("knee, chest and both knees") == ["joint", "chest"]
    assert parts.find("胸口疼，膝盖疼") == ["chest", "joint"]
    assert parts.find("nothing") == []


def test_a_catalogue_that_says_nothing_of_a_finding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "findings.toml"
    path.write_text('[cough]\nname = { en = "cough", zh = "咳嗽" }\nkind = "symptom"\nen = []\nzh = ["咳"]\n', "utf-8")

    with pytest.raises(ValueError, match="cough"):
        load_catalogue(path)


def test_traditional_characters_are_read_as_simplified_ones() -> None:
    text = "頭痛，發燒，沒有嘔吐"

    assert {(one.finding, one.assertion.value) for one in PhraseFinder.load().find(text)} == {
        ("headache", "present"),
        ("fever", "present"),
        ("vomiting", "absent"),
    }


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("breathing fine", "breathlessness"),
        ("afebrile", "fever"),
        ("not sick", "vomiting"),
        ("feeds well", "not_feeding"),
        ("呼吸没事", "breathlessness"),
        ("不烧", "fever"),
        ("手脚有力", "one_sided_weakness"),
        ("口水咽得下", "drooling"),
        ("喘气也还平稳", "breathlessness"),
        ("吃虾起了包，喘气一直没事", "breathlessness"),
        ("人挺好，喘气没啥问题", "breathlessness"),
    ],
)
def test_what_is_well_is_no_finding_and_said_to_be_absent(text: str, finding: str) -> None:
    assert [one.assertion for one in PhraseFinder.load().find(text) if one.finding == finding] == [Assertion.ABSENT]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("no longer alert", "drowsy"),
        ("not alert and pale", "drowsy"),
        ("he can't swallow his own saliva", "drooling"),
        ("不能平躺", "breathlessness"),
        ("孩子没精神好几天", "drowsy"),
        ("她不能平躺", "breathlessness"),
        ("baby moves less than usual", "fewer_fetal_movements"),
        ("swallows water badly", "trouble_swallowing"),
        ("drinks not well", "not_feeding"),
        ("喘气好累", "breathlessness"),
        ("咳完就不喘气了", "breathlessness"),
        ("喘气没变好", "breathlessness"),
        ("喘气正常不了", "breathlessness"),
        ("有没有喘", "breathlessness"),
    ],
)
def test_what_is_not_well_is_not_said_to_be_absent(text: str, finding: str) -> None:
    assert Assertion.ABSENT not in {one.assertion for one in PhraseFinder.load().find(text) if one.finding == finding}


@pytest.mark.parametrize(
    ("text", "fevers"),
    [("39度2，流鼻涕", ["39度2"]), ("unconcious, temp 38.6", ["temp 38.6"]), ("temp 37.2", []), ("发烧39度", ["发烧"])],
)
def test_a_temperature_in_degrees_is_a_fever(text: str, fevers: list[str]) -> None:
    found = PhraseFinder.load().find(text, read_numbers(text).readings.values())

    assert [text[one.start : one.end] for one in found if one.finding == "fever"] == fevers


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("羊水破了，摸到一根会跳的带子", "cord_prolapse"),
        ("离预产期还有两周", "pregnancy"),
        ("家属正在做心脏按压", "no_pulse"),
        ("监护仪显示室颤", "no_pulse"),
        ("面罩接不上，捏着皮球囊", "not_breathing"),
        ("抽起来到现在快半小时，还没停下", "seizure_ongoing"),
        ("两眼往上吊，叫不应", "seizure"),
        ("吃年糕吃着吃着，手掐着脖子", "choking"),
        ("喘得一句话也说不全", "cannot_speak_in_sentences"),
        ("右侧瞳孔散大", "unresponsive"),
        ("底下哗哗流血", "vaginal_bleeding"),
        ("剖腹产第五天", "postpartum"),
        ("竹竿碰到高压线", "electric_shock"),
        ("遥控器的纽扣电池找不到了", "battery_or_magnet"),
        ("山上捡的菌子，中午炒了吃", "poison"),
        ("嘴皮有点乌", "blue_skin"),
        ("赌气把一整盒阿普唑仑吞了", "overdose"),
        ("脑子里有个声音让他把娃推下楼", "violent"),
        ("左眼像拉了窗帘", "vision_loss"),
        ("降压药吃了，舌头胖了一圈", "mouth_swelling"),
        ("头痛得厉害，这辈子没这么痛过", "sudden_severe_headache"),
        ("右边手冇力", "one_sided_weakness"),
        ("唞唔到气", "severe_breathing_difficulty"),
        ("讲嘢含糊", "speech_disturbed"),
        ("兄口痛", "chest_pain"),
        ("喘不过起", "severe_breathing_difficulty"),
    ],
)
def test_what_people_call_it_in_chinese_and_as_it_is_misheard(text: str, finding: str) -> None:
    assert finding in found(text)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("流鼻血，按压十分钟止住", "no_pulse"),
        ("单位组织学按压和除颤", "no_pulse"),
        ("装了除颤器三年", "no_pulse"),
        ("备孕半年", "pregnancy"),
        ("小腿抽筋抽了两分钟", "seizure"),
        ("睡着了，孩子没踢被子", "fewer_fetal_movements"),
        ("吃了整盒巧克力", "overdose"),
        ("超市买的蘑菇汤", "poison"),
        ("散瞳后瞳孔还散大", "unresponsive"),
        ("椎间盘疝", "groin_lump"),
        ("激素药膏停了", "steroid_dependent"),
        ("腿抽血还没停", "seizure_ongoing"),
    ],
)
def test_and_what_is_only_like_it(text: str, finding: str) -> None:
    assert finding not in found(text)
