"""Words of address, in English and Chinese: what people call each other, and what that says of them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

_SURE, _HINT = 1.0, 0.4  # a hint is a word that others use, too

_ENGLISH: Mapping[str, tuple[str, str]] = {  # sure ones, hints
    "parent": ("mum mummy mom mommy mama mamma dad daddy papa mother father mumsy", "ma pa pops"),
    "elder": (
        "grandma gran granny grandmother nan nana nanna grandpa grandad granddad grandfather gramps oma opa",
        "sir madam ma'am",
    ),
    "relative": ("aunt auntie aunty uncle cousin cuz", ""),
    "sibling": ("sis sister brother", "bro bruv"),
    "partner": ("babe babes hubby wifey", "baby honey darling sweetheart love my-love sweetie"),
    "child": ("son daughter my-girl my-boy kiddo", ""),
    "teacher": ("prof professor teacher", "dr doctor sir miss"),
    "colleague": ("boss", "dr doctor chief"),
    "friend": ("", "mate dude bestie buddy pal girl bro bruv"),
}
_CHINESE: Mapping[str, tuple[str, str]] = {
    "parent": ("妈 妈妈 老妈 妈咪 阿妈 母亲 爸 爸爸 老爸 爸比 阿爸 父亲 老爹 爹 娘", ""),
    "elder": ("奶奶 外婆 姥姥 阿嬷 嫲嫲 爷爷 外公 姥爷 阿公 祖母 祖父", "阿姨 叔叔 伯伯"),
    "relative": (
        "姑姑 姑妈 小姑 姑父 姑丈 姨妈 小姨 大姨 二姨 姨夫 舅舅 大舅 小舅 舅妈 伯父 大伯 二伯 伯母 婶婶 小叔 "
        "堂哥 堂姐 堂弟 堂妹 表哥 表姐 表弟 表妹 嫂子 姐夫",
        "",
    ),
    "sibling": ("老姐 老哥 老弟 老妹 大姐 二姐 大哥 二哥", "姐 姐姐 哥 哥哥 弟弟 妹妹"),
    "partner": ("老公 老婆 媳妇 媳妇儿", "亲爱的 宝贝 宝宝 宝 猪猪"),
    "child": ("儿子 女儿 闺女 乖女 乖儿 崽崽 丫头", ""),
    "teacher": ("老师 教授 导师", ""),
    "colleague": ("老板 领导 经理 主任 主管", "师傅"),
    "classmate": ("学长 学姐 学弟 学妹 师兄 师姐 师弟 师妹 同学 班长", ""),
    "friend": ("哥们 闺蜜 死党", "兄弟 姐妹 哥们儿"),
}
_TITLES: Mapping[str, Mapping[str, float]] = {  # after a Chinese surname
    "老师": {"teacher": _SURE},
    "教授": {"teacher": _SURE},
    "总": {"colleague": _SURE},
    "经理": {"colleague": _SURE},
    "主任": {"colleague": _SURE},
    "主编": {"colleague": _SURE},
    "工": {"colleague": _SURE},
    "姐": {"colleague": _HINT, "friend": _HINT / 2},
    "哥": {"colleague": _HINT, "friend": _HINT / 2},
    "阿姨": {"elder": _SURE},
    "叔": {"elder": _SURE},
    "叔叔": {"elder": _SURE},
    "伯伯": {"elder": _SURE},
    "奶奶": {"elder": _SURE},
    "爷爷": {"elder": _SURE},
    "同学": {"classmate": _SURE},
    "学长": {"classmate": _SURE},
    "学姐": {"classmate": _SURE},
    "师兄": {"classmate": _SURE},
    "师姐": {"classmate": _SURE},
}
INVERSE: Mapping[str, str] = {"parent": "child", "child": "parent", "teacher": "student", "elder": "relative"}
"""Who somebody is that calls you so: your mum is who calls you daughter. What is not here is the same both ways."""

_ONE_WORD = {  # to the word that all of them are taken for
    "mum": "mum mummy mom mommy mama mamma mother mumsy",
    "dad": "dad daddy papa father",
    "妈": "妈 妈妈 老妈 妈咪 阿妈 母亲",
    "爸": "爸 爸爸 老爸 爸比 阿爸 父亲",
    "grandma": "gran granny grandmother nan nana nanna",
    "grandpa": "grandad granddad grandfather gramps",
    "aunt": "auntie aunty",
    "professor": "prof",
    "dr": "doctor",
}
_SAME = {word: one for one, words in _ONE_WORD.items() for word in words.split()}
ONLY_ONE = frozenset({"mum", "dad", "妈", "爸"})
"""Words for whom most people have but one."""

_POLITELY = {"teacher": _HINT, "colleague": _HINT, "elder": _HINT / 2}
_HONORIFICS: Mapping[str, Mapping[str, float]] = dict.fromkeys(("mr", "mrs", "ms", "miss"), _POLITELY)
_NAMED = "uncle|aunt|auntie|aunty|cousin|dr|doctor|prof|professor|grandma|grandpa|gran|nan|nana|mr|mrs|ms|miss"
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
    "金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)

_GREETING = (
    r"dear|hi+|hey+|hello|hiya|good morning|morning|good night|good evening|night|night night|thanks|thank you|"
    r"thank you so much|thank you very much|thx|ty|love you|love u|miss you|bye|happy birthday|yes|no|ok|okay|sorry|oh|"
    r"well done|merry christmas"
)
_AFTER = r"can|could|do|did|are|is it|will|would|where|what|when|how|why|have|i|i'm|im|it's|please|pls"
_END = r"[ ]*[.!?…~xX)💛❤♥️🥲😘😊\s]*$"


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _all(table: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for relationship, (sure, hints) in table.items():
        for words, weight in ((sure, _SURE), (hints, _HINT)):
            for word in words.split():
                found.setdefault(word.replace("-", " "), {})[relationship] = weight
    return found


_WORDS = _all(_ENGLISH) | _all(_CHINESE)
_KIN = _alternatives(word for word in _WORDS if word.isascii())
_TERM = rf"(?P<term>(?:(?i:{_NAMED})|(?i:mr|mrs|ms|dr|prof)\.) [A-Z][a-z]+|(?i:{_KIN})\b)"
_EN = (
    re.compile(rf"^(?i:(?:{_GREETING})\b[, ]+)?(?i:my )?{_TERM}(?=[,.!?:…]|\s*$| (?i:{_AFTER})\b)"),
    re.compile(rf"(?:[,!.?] |\b(?i:{_GREETING}) )(?i:my )?{_TERM}(?={_END})"),
    re.compile(rf", (?i:my )?{_TERM}(?=[,.!?])"),
)
_CHINESE_TERM = (
    rf"(?P<term>(?:小|老|阿)?[{_SURNAMES}](?:{_alternatives(_TITLES)})|"
    rf"{_alternatives(word for word in _WORDS if not word.isascii())})"
)
_ZH = (
    re.compile(
        r"^(?:亲爱的|我的|好的?|嗯+|谢谢|多谢|感谢|早安?|晚安|您好|你好|喂|收到|对不起|祝|hi |hello |[～~，, ])*"
        rf"{_CHINESE_TERM}"
        r"(?=[，,！!。～~？?：:、… ]|$|早(?![知就])|好|晚安|新年|生日|节日|辛苦|您|你|我)"
    ),
    re.compile(
        rf"(?:谢谢|多谢|感谢|好的|辛苦了|再见|拜拜|晚安|早安|爱你|想你|麻烦|[，,。！!])(?:亲爱的|我的)?{_CHINESE_TERM}"
        r"(?=[。！!～~… ❤🌹]*$|关心|了[。！!～~]*$)"
    ),
)
_OWN = (
    re.compile(rf"\b(?i:love|hugs|kisses|from|yours),? (?i:your )?{_TERM}(?={_END})"),
    re.compile(rf"\b(?i:i'm|i am|im) (?i:your )(?i:big |little |old |older |favourite )*{_TERM}"),
    re.compile(rf"我是你(?:的|亲)?{_CHINESE_TERM}"),
)
_SHARED_KIN = re.compile(
    r"(?i)(?:^|\b(?:tell|told|ask|asked|and|but|with|at|for|to|miss|visit|visiting|call|called|see|saw|if|when|that) )"
    r"(?:mum|mom|dad|mummy|mommy|daddy|grandma|grandpa|gran|nan|granddad)(?:'s)?\b(?! [A-Z])"
    r"|(?<![我你他她的家您们咱])(?:爸妈|妈妈?|爸爸?|奶奶|爷爷|外婆|外公|姥姥)(?=说|让|在|又|今天|昨天|身体|生病|生日|叫|问|做)"
    r"|咱(?:妈|爸|家)"
)
_HANZI = re.compile(r"[\u3400-\u9fff]")
ADDRESSES = frozenset({word.split()[-1] for word in (*_WORDS, *_NAMED.split("|"))} | set(_TITLES))
"""Words of which a message that calls somebody something has at least one."""


def called(text: str) -> str | None:
    """Returns what the reader of a message is called in it, if anything; not whom it merely speaks of."""
    return _first(_ZH if _HANZI.search(text) else _EN, text)


def calls_self(text: str) -> str | None:
    """Returns what the writer of a message is to its reader by their own words: `Love, Mum`, `我是你姐`."""
    return _first(_OWN, text)


def in_name(name: str) -> str | None:
    """Returns the word of address that a display name begins with or is: `Mum 💛`, `王老师`, `Dr. Agatha Brandt`."""
    plain = " ".join("".join(one if one.isalnum() or one in ".'" else " " for one in name).split())
    if _HANZI.search(plain):
        match = re.match(rf"{_CHINESE_TERM}(?: |$)", plain)
        return _word(match["term"]) if match else None
    match = re.match(rf"(?i:my )?{_TERM}", plain)
    named = match is not None and " " in match["term"]
    return _word(match["term"]) if match and (named or match.end() == len(plain)) else None


def speaks_of_shared_kin(text: str) -> bool:
    """Whether a message speaks of a parent or grandparent as only their family does: `don't tell mum`, not `my mum`."""
    return bool(_SHARED_KIN.search(text)) and not called(text)


def says(word: str) -> Mapping[str, float]:
    """Returns the relationships that a word of address is used in, each from 0 to 1."""
    if word in _WORDS:
        return _WORDS[word]
    head = word.partition(" ")[0]
    if head in _HONORIFICS or head in _WORDS:
        return _HONORIFICS.get(head) or _WORDS[head]
    title = next((title for title in sorted(_TITLES, key=len, reverse=True) if word.endswith(title)), "")
    return _TITLES.get(title, {})


def holds_a_name(word: str) -> bool:
    """Whether a word of address holds somebody's name, as `uncle bern` and `周姐` do."""
    return word not in _WORDS


def _first(patterns: Sequence[re.Pattern[str]], text: str) -> str | None:
    for line in text.splitlines():
        for pattern in patterns:
            if match := pattern.search(line.strip()):
                return _word(match["term"])
    return None


@cache
def _word(found: str) -> str:
    """One spelling of a word of address."""
    folded = unicodedata.normalize("NFKC", found).casefold().replace(".", "")
    head, blank, rest = folded.partition(" ")
    return _SAME.get(folded) or f"{_SAME.get(head, head)}{blank}{rest}"
