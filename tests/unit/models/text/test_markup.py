"""HTML in a post is read as a browser would show it, a whole text of escapes as what they stand for, with the way back
to the original.
"""

from __future__ import annotations

import pytest

from models.text import normalise
from tests.support.originals import original_span


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("&#102;&#117;&#99;&#107; you, &#108;oser", "fuck you, loser"),
        ("&#x6d;&#x6F;&#x72;on", "moron"),
        ("&#x66&#x75&#99&#107 it", "fuck it"),
        ("&#20667;&#36924;，滚", "傻逼，滚"),
        ("f&zwj;uck f&shy;u&#8203;ck", "fuck fuck"),
        ("Tom &amp; Jerry &lt;3 &copy; &eacute;", "Tom & Jerry <3 © é"),
        ("&amp;#105;diot &amp;amp;#105;diot", "idiot idiot"),
        ("&amp;lt;b&amp;gt;idiot&lt;/b&gt;", "idiot"),
        ("no&nbsp;&nbsp;way", "no way"),
        ("&#xD800;&#0;", "\ufffd\ufffd"),
        ("see &#104;ttp://a.example/b", "see [URL]"),
        ("<p>You are a <b>worth</b>less <i>idiot</i></p>", "You are a worthless idiot"),
        ("f<b></b>u<!-- no -->ck", "fuck"),
        ("one<br/>two<br>three</p><p>four", "one two three four"),
        ("<div class=\"kill-switch\"><SPAN style='a>b'>Lovely</SPAN></div>", "Lovely"),
        (r"\u4f60\u597d\uff0c you \ud83d\ude00", "你好， you 😀"),
        (r"\u4f60\u597d\ud83d", "你好\ufffd"),
        ("%E4%BD%A0%E5%A5%BD ok", "你好 ok"),
        ("You%20are%20an%20idiot!%0Acaf%C3%A9", "You are an idiot! café"),
        ('<a href="http://x.example/a">click</a> now', "[URL] click now"),
    ],
)
def test_shown(text: str, shown: str) -> None:
    assert normalise(text).text == shown


@pytest.mark.parametrize(
    "text",
    [
        "100%25", "50%ad 30%be 20%de", "%E4%BD", "D:\\uabcd", r"in Python \u4f60\u597d stands for two characters",
        "%20%30%40 is what is off, a", "%ff%fe%fd",
        "AT&T, R&D and Q&A", "if (a < b && c > d) { b = &c; }", "a <b and c> d", "List<String> and <file>", "x <3 y",
        "?a=1&copy=2&reg=3", "&nosuchname; & so on", "vector<int> v", "<3 <- -> <=",
    ],
)  # fmt: skip
def test_what_is_no_markup_stays(text: str) -> None:
    assert normalise(text).text == text


@pytest.mark.parametrize(
    ("text", "shown", "behind"),
    [
        ("an%20idiot%2C%20no", "idiot", "idiot"),
        (r"\u50bb\u903c\uff0c", "傻逼，", r"\u50bb\u903c\uff0c"),
        ("caf%C3%A9%20and%20tea%20ok", "café", "caf%C3%A9"),
        ("oh &#102;&#117;&#99;&#107;, no", "fuck", "&#102;&#117;&#99;&#107;"),
        ("oh fuc&#107;!", "fuck", "fuc&#107;"),
        ("oh &#102uck!", "fuck", "&#102uck"),
        ("oh f<b></b>uck<br>", "fuck", "f<b></b>uck"),
        ("&#20667;&#36924;，滚", "傻逼", "&#20667;&#36924;"),
        ("a &amp;#105;diot.", "idiot", "&amp;#105;diot"),
    ],
)
def test_spans_reach_what_was_written(text: str, shown: str, behind: str) -> None:
    clean = normalise(text)
    start = clean.text.index(shown)
    assert text[slice(*original_span(clean, start, start + len(shown)))] == behind
