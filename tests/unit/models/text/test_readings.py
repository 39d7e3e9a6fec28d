"""A text with a doubtful disguise is read both ways, any other one in one way only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import normalise, readings
from tests.support.originals import original_span

PARTS = (
    "fu ck", "mo ron", "stuipd", "idiiot", "fvck", "a55", "s**t", "c@nt", "st-upid", "ass.hat", "脑can", "傻。。。逼",
    "傻b", "KILL YOURSELF", "iDiOt", "ïdïöt", "k\u0308", "&#102;", "&amp;", "<b>", "</p>", '<a href="', '">', "<!--",
    "-->", "🇫", "🇺🇨🇰", "ᶠᵘᶜᵏ", "аss", "κ", "мир", "id🤡iot", "k i l l", "sh1t", "f*ck", "x.com", "@bob", "[URL]",
    "%20", "%E4%BD%A0", r"\u4f60", r"\ud83d",
    "> ", "RT @bob: ", "“", "”", "'", "(", ")", "**", "_", "1. ", "Emma: ", "Go Home Please Now ",
    "\ud800", "\u200b", "\t", " ", "a", "I", ".", "-", "*", "好", "媽", "😂",
)  # fmt: skip
TRICKY = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)


@given(st.one_of(st.text(), TRICKY))
def test_every_reading_is_clean_and_knows_its_way_back(text: str) -> None:
    found = readings(text)
    assert 1 <= len(found) <= 2
    for one in found:
        offsets = list(one.offsets)
        assert len(offsets) == len(one.text)
        assert offsets == sorted(offsets)
        assert all(0 <= offset < len(text) for offset in offsets)
        assert normalise(one.text).text == one.text


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("you are a stuipd man", "you are a stupid man"),
        ("what an idiiot!", "what an idiot!"),
        ("Fvck off, btch", "Fuck off, bitch"),
        ("phuck you, dik", "fuck you, dick"),
        ("oh fu ck you", "oh fuck you"),
        ("what a mo ron", "what a moron"),
        ("go st-upid, ass.hat", "go stupid, asshat"),
        ("you piece of s**t", "you piece of shit"),
        ("you c@nt", "you cunt"),
        ("kiss my a55", "kiss my ass"),
        ("YOU ARE A FOOL", "you are a fool"),
        ("You Better Watch Your Back, Don't You", "you better watch your back, don't you"),
        ("“You are fools.”", "You are fools."),
        ("'You aren't a man'", "You aren't a man"),
        ("‘You aren’t „nice“’", "You aren’t „nice“"),
        ("**You are fools**", "You are fools"),
        ("(- 1. Emma: you fools)", "you fools"),
        ("RT @bob: you fools", "you fools"),
        ("# you\n", "you"),
        ("> you fools", "you fools"),
        (">> 你们全是骗子", "你们全是骗子"),
        ("「穆斯林全是恐怖分子」", "穆斯林全是恐怖分子"),
        ("小王：他是「好」人", "他是「好」人"),
        ("NASA Sees Black Holes of Many Kinds", "NASA sees black holes of many kinds"),
        ("脑cán玩意儿", "脑残玩意儿"),
        ("你就是个傻B", "你就是个傻逼"),
        ("cao你妈，腦can", "草你妈，腦残"),
        ("傻。。。逼，傻、逼", "傻逼，傻逼"),
        ("加v信", "加微信"),
        ("穆斯 林全 是恐 怖分 子，滚出 去", "穆斯林全是恐怖分子，滚出去"),
        ("黑、人、笨", "黑人笨"),
        ("要买油、盐、酱、醋", "要买油、盐酱醋"),
        ("东→南→西→北", "东南西北"),
    ],
)
def test_a_doubtful_disguise_is_undone_in_the_second_reading(text: str, second: str) -> None:
    found = readings(text)
    assert [one.text for one in found] == [normalise(text).text, second]


@pytest.mark.parametrize(
    "text",
    [
        "The Lord of the Rings", "Thank You, New York", "Maria Fernandez and Thomas Nguyen of Lima, Peru",
        "Better Watch Your Back, said Emma Black",
        "Microsoft Word和Google Docs都能写文字，前者要花钱买，后者不用，我两个都用过，觉得前者好一些，也快一些",
        # quoted, and answered
        '"All of you are fools." No, we are not.', "“You are fools” and “you are liars”, they said", "(a) and (b)",
        "'Tis the fools' day and the liars'", "“傻子”", "「穆斯林」和「犹太人」", "What he said: go home", "[URL]",
        "10:30 - 11:00", "“他们全是骗子。”这话不对。”", "他说：“他们全是骗子。”",
        "Niger lies north of Nigeria", "Our landlord Mr. Shitole and Ms. Lozer met Nishit", "Welcome Shital and Klit",
        "can't it be? won't it? l'ano, tämä it",
        "CRP, HRT and the SPLC", "cnt += 1", "Gilbert de Clare", "anno scorso nella casa della mia amica",
        "our dragon left its lair for carp", "the beta is out, please assess it",
        "plan b and vitamin c for the Model s hit", "pen is mightier", "I saw it so many times at the co-op",
        "the self-harm and check-in forms, and/or both", "T-shirt, e-mail, x-ray, son-in-law, U-Bahn",
        "The Galaxy A55 and the Model Y", "obj.kill = kill.get(x.name)", "os.path.join(self.name, other.name)",
        "iPhone, McDonald, LaTeX, YouTube, GitHub, WhatsApp, PhDs, eBay and CEOs", "getUserId(MyClass, otherThing)",
        "H2O, CO2, C6H12O6, NaCl, mRNA and pH 7.4", "v1.2.3 costs $1,299.00 or 5€ at 10:30", "f(x) = a*b + c^2 [m/s]",
        "AT&T, R&D, H&M, C# and F#", "NATO, the U.S.A., e.g. the F.B.I.", "a < b && c > d, List<String>, <file>",
        "Ça coûte très cher à l'âge mûr, même là", "Über schöne Männer für Köln", "bạn cần hàng thật không",
        "café naïve résumé", "m̀bà àti ọ́jọ́", "Привет, как дела", "Ο Σωκράτης και ο Πλάτων",
        "我在B站看T恤，用iPhone拍K歌", "我去，死活不肯。想去。死心吧", "微信、支付宝都行", "今天，他妈妈来了",
        "今天 天气 很 好啊", "我🌸你",
        "昨天 下了 一场大雨 路上 全是水 我们 都 没 出门",
        "1st 2nd 4am 90s day2 h1n1 mp3", "wait...what, and so on... ok", "5 * 3 * 2 = 30",
        "fit for 3-D, 4-H and X-Men",
    ],
)  # fmt: skip
def test_ordinary_text_is_read_in_one_way_and_as_it_stands(text: str) -> None:
    assert [one.text for one in readings(text)] == [text]


@pytest.mark.parametrize("text", ["> You are fools\nNo, we are not.", "RT @bob: go home\n \nWhat a thing to say!"])
def test_a_quoted_line_with_an_answer_below_is_read_as_it_stands(text: str) -> None:
    assert [one.text for one in readings(text)] == [normalise(text).text]


def test_what_is_sure_needs_no_second_reading() -> None:
    assert [one.text for one in readings("you f.u.c.k.i.n.g &#105;diot")] == ["you fucking idiot"]


def test_a_text_full_of_slips_or_gaps_is_mended_in_the_first_reading() -> None:
    assert readings("tehy aer realy goood freinds, siad thier mohter")[0].text.startswith("they")
    assert readings("th ey ar e re ally go od frie nds, sa id th eir mot her")[0].text.endswith("said their mother")


@pytest.mark.parametrize(
    ("text", "meant", "behind"),
    [
        ("you stuipd man", "stupid", "stuipd"),
        ("oh fu ck it", "fuck", "fu ck"),
        ("a btch, ok", "bitch", "btch"),
        ("you idiott.", "idiot", "idiott"),
        ("my a55!", "ass", "a55"),
        ("RT @bob: “you go”", "you go", "you go"),
        ("这个脑cán货", "脑残", "脑cán"),
        ("是shabi逼。", "逼", "逼"),
        ("是shǎ逼。", "傻逼", "shǎ逼"),
    ],
)
def test_spans_reach_what_was_guessed(text: str, meant: str, behind: str) -> None:
    guess = readings(text)[-1]
    start = guess.text.index(meant)
    assert text[slice(*original_span(guess, start, start + len(meant)))] == behind
