"""How ages are written: patterns whose groups are numbers and units.

`n` and `unit`, then `n2` and `unit2`; years where no unit is told. `half` adds half a unit; `decade` is somebody's
eighties; `half_a_year`, `a_year` and `a_day` have no number.
"""

from __future__ import annotations

import re
from typing import Final

from models.complaint.whose import KIN_EN, KIN_ZH

DECADES: Final = {
    word: 20 + 10 * at
    for at, word in enumerate(
        ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
    )
}
_N: Final = r"\d{1,3}(?:\.\d)?(?![\d.]\d)"
_HALF: Final = r"(?P<half>½|\s?and a half)?"
_UNIT: Final = r"(?:hours?|hrs?|days?|weeks?|wks?|months?|mths?|mos?|years?|yrs?|[dwmy])"
_TERM: Final = (
    rf"(?<![a-z0-9.])(?P<n>{_N}){_HALF}(?:ish)?[\s-]*(?P<unit>{_UNIT})"
    rf"(?:[\s,-]*(?:and )?(?P<n2>\d{{1,2}})[\s-]*(?P<unit2>{_UNIT}))?"
)
_OLD: Final = r"[\s/-]{0,2}(?:olds?|of age|o(?![a-z])|(?<=[a-z])o(?=[mf](?![a-z])))"
_SEX: Final = r"(?:f|m|male|female|woman|man|boy|girl)"
_BABY_EN: Final = r"(?:baby|bub|lo|infant|newborn|neonate|toddler|twins)(?: boy| girl)?"
THING: Final = (
    r"(?:[a-z]+ )?(?:scar|wound|cut|burn|injur|fracture|bruise|bite|tattoo|piercing|car|truck|bike|house|hip|knee"
    r"|shoulder|replacement|implant|stent|pacemaker|filling|crown|ulcer|incision|stitches|graft|phone|prescription|food|milk)"
)
_BABY_ZH: Final = "宝宝|婴儿|新生儿|男婴|女婴|男宝|女宝|娃娃?|孩子|男孩|女孩|宝贝|儿子|女儿|患儿|小儿|小孩|女童|男童"
_ENDS: Final = r"(?=\s*(?:$|[,.;)。，；）\n]|and |with |has |but |yesterday|today|now))"
_NZH: Final = r"(?P<n>\d{1,3}(?:\.\d)?)"
_MORE: Final = r"(?:[零又余多]?(?P<n2>\d{1,2})\s*个?(?P<unit2>月|天)|(?P<half>半))?"

# Each with what has to stand in a text for it, which is quick to see.
ENGLISH: Final = tuple(
    (needed, re.compile(pattern))
    for needed, pattern in (
        ("o", rf"(?<!at ){_TERM}{_OLD}(?! {THING})"),
        ("old", r"(?<![a-z0-9.])(?P<n>\d{1,2})(?P<unit>/12|/52|/7)\s?old"),
        (
            "",
            rf"(?<![a-z0-9.])(?P<n>\d{{1,2}})\s?(?P<unit>mo|month|wk|week|d|day|yr|year|y)s?[\s-]{{1,2}}(?={_SEX}(?![a-z]))",
        ),
        (
            "age",
            r"(?<![a-z])(?<!at )(?<!at the )(?<!school )age[ds]?(?:/sex)?[\s:]{1,2}(?P<n>\d{1,3})"
            r"(?:\s*(?P<unit>day|week|month|year)s?)?(?![\d/.]\d)",
        ),
        ("born ", r"(?<!not )(?<!n't )(?<![a-z])born (?P<a_day>yesterday|today|this morning|last night)(?![a-z])"),
        (
            "er",
            r"(?<!ex )(?<!ex-)(?<!i'm a )(?<!i am a )(?<![a-z0-9.])(?P<n>\d|1[0-2])[\s-]*(?P<unit>day|week|month)er"
            r"(?![a-z])(?![^.]{0,60}(?:bleed|pregnan|abort|miscarr))",
        ),
        (
            "turn",
            r"(?<![a-z])(?:s?he|baby|(?:my|our) (?:son|daughter|boy|girl|baby)) (?:has )?(?:just )?turn(?:s|ed) "
            r"(?P<n>\d{1,2}) (?P<unit>day|week|month)s?(?![a-z])(?! ago| later| back)",
        ),
        ("born", r"(?<![a-z])born (?P<n>\d{1,3}) (?P<unit>hour|day|week|month)s? ago"),
        ("d", r"(?<![a-z])(?P<unit>d)(?:(?:ay ?)?(?=\d+ of life)|ay of life |ol ?)(?P<n>\d{1,2})(?![\d.])"),
        ("", rf"(?:^|[:;(])\s*(?P<n>\d{{1,3}})\s?/?\s?(?:yo?)?\s?{_SEX}(?=[\s,;:.]|$)"),
        ("", rf"(?:^|[:;,(])\s*{_SEX}[\s,/]{{1,2}}(?P<n>\d{{1,3}}){_ENDS}"),
        (
            "",
            rf"(?<![a-z])(?:i'm|i am|(?:he|she|pt|patient) is|he's|she's|turned)(?: only| just| nearly| almost| about)?"
            rf" (?P<n>\d{{1,3}}){_ENDS}",
        ),
        ("", rf"(?:(?<![a-z])(?:my|our) |^)(?:{KIN_EN})[\s,(]+(?:is |was )?(?P<n>\d{{1,3}})(?=\s*(?:[,)]|and |$))"),
        ("", rf"(?<![a-z]){_BABY_EN}[\s,:(]+(?:(?:is|are|now|just|only|about) )*{_TERM}{_ENDS}"),
        (
            "in ",
            rf"(?<![a-z])in (?:his|her|their|my) (?:early |mid |late )?(?P<decade>{'|'.join(DECADES)}|\d0'?s)(?![a-z])",
        ),
        ("-something", rf"(?<![\d.])(?P<n>\d0)-something (?={_SEX}|year)"),
    )
)
CHINESE: Final = tuple(
    (needed, re.compile(pattern))
    for needed, pattern in (
        (
            "",
            rf"(?:出生|生后|生下来?|下生|[日周月]龄)(?:后|了|才|刚|第|[:：])*\s*{_NZH}\+?\s*个?(?P<unit>小时|天|日|周|月)",
        ),
        ("岁", rf"(?<![\d.]){_NZH}\s*[多来余几]?\s*周?(?P<unit>岁){_MORE}(?![时看]|那年|以前|就|孩子的量)"),
        ("半岁", r"(?P<half_a_year>半)岁"),
        ("周岁", r"(?P<a_year>满周岁|周岁(?=[宝男女娃婴]))"),
        (
            "",
            rf"(?<![\d.年]){_NZH}\s*个?(?:[多余]|(?P<half>半))?(?P<unit>月|天|日|周)(?:[零又](?P<n2>\d{{1,2}})(?P<unit2>天))?"
            rf"(?:半|多)?(?:大(?![出量便汗家约概哭小])|龄|的?小?(?:{_BABY_ZH}))",
        ),
        (
            "",
            rf"(?:{_BABY_ZH})(?:[,，]?[男女][,，])?[,，：:现在才刚满快 ]{{0,3}}{_NZH}\+?\s*个?[多半]?(?P<unit>月|周)余?"
            rf"(?:零(?P<n2>\d{{1,2}})(?P<unit2>天))?(?![前后来])",
        ),
        ("", rf"(?:{_BABY_ZH})[,，：:现在才刚满快 ]{{0,3}}{_NZH}\s*(?P<unit>天|日)(?=了?(?:[,，。；;]|$))"),
        (
            "月",
            rf"^\s*{_NZH}\s*个?(?P<unit>月)(?=[,，][^。；;我孕]{{0,60}}(?:囟门|尿不湿|吃奶|吐奶|辅食))",
        ),
        ("年龄", rf"年龄[:：\s]*{_NZH}(?![\d.个天周月])"),
        ("", rf"(?:^|[,，:：;；。\s者])[男女]性?[,，/\s]{{1,2}}{_NZH}(?=\s*(?:[,，。；;\s]|$|y))"),
        ("", rf"(?:今年|年近|近){_NZH}(?=\s*(?:[,，。；;了]|$))"),
        ("", rf"(?:患者|{KIN_ZH})\s*{_NZH}(?:了|y(?![a-z]))"),
        ("", rf"(?<![\d.]){_NZH}(?:(?P<unit>旬)|出头)"),
    )
)
MAY_HAVE_AGES: Final = re.compile(
    r"岁|龄|月|[天日周]|出生|生后|[男女]|今年|年近|旬|出头|(?<![a-z])(?:age|born|dol|day of|in (?:his|her|my|their) )"
    r"|born|turn|\d[ -]?(?:day|week|month)er|生下|下生"
    r"|old|\do(?![a-z])|of life|of age|-something|(?:i'm|i am|is|he's|turned) \d|\d\s?(?:[mywd]o|y(?![a-z]))"
    r"|\d了|/12|/52"
    rf"|(?<![a-z]){_SEX}(?![a-z])|(?:baby|bub|lo|infant|newborn|neonate|toddler|twins|(?:my|our) (?:{KIN_EN}))[ ,:(]"
    rf"|^(?:{KIN_EN})[ ,(]"
)
