"""The words of `echoes personality`, in the languages of the people who read it."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "answered": "{done} of {all} statements are answered, {by}.",
        "nothing": "None of the statements is answered yet: `echoes questionnaire` asks them.",
        "by_self": "by the person themself",
        "by_other": "by somebody who knew them",
        "by_both": "partly by the person, partly by somebody who knew them",
        "head": "domain and facet / score / possible / beside others",
        "low": "low",
        "average": "average",
        "high": "high",
        "type": (
            "Approximately {type}, derived from four of the five domains (X: average); not an MBTI result.\n"
            "People do not come in types: the numbers above say more."
        ),
        "no_type": "No four letters: they need every facet of four domains, and three answers to each.",
        "norms": (
            "Beside others: 320,128 people in the USA who took the IPIP-NEO-120 online (Kajonius and Johnson 2019);\n"
            "average is within half a standard deviation of their mean. A facet is told from three answers on."
        ),
        "told": "In the prompt: {said}",
        "off": "Not in the prompt (--in-prompt on would add: {said})",
        "plain": "In the prompt: nothing, for nothing stands out by a whole standard deviation.",
        "kept": "{kept} statements, one of a facet, are neither learnt nor told: `echoes evaluate` measures by them.",
    },
    "zh": {
        "answered": "{all} 句里答了 {done} 句，{by}。",
        "nothing": "这些句子还一句都没答：用 `echoes questionnaire` 来答。",
        "by_self": "由本人回答",
        "by_other": "由认识本人的人回答",
        "by_both": "一部分由本人、一部分由认识本人的人回答",
        "head": "维度与侧面 / 得分 / 范围 / 与他人相比",
        "low": "偏低",
        "average": "一般",
        "high": "偏高",
        "type": (
            "大约是 {type}：由五个维度中的四个推出（X：一般），不是 MBTI 的结果。\n"
            "人并不分成几种类型，上面的数字说得更多。"
        ),
        "no_type": "没有四个字母：需要四个维度的每个侧面都有分数，每个侧面至少答三句。",
        "norms": (
            "与他人相比：美国 320128 位在网上做过 IPIP-NEO-120 的人（Kajonius 与 Johnson，2019），没有中国的常模；\n"
            "离平均数不到半个标准差算一般。一个侧面答满三句才有分数。中文句子是我们自己的翻译，未经验证。"
        ),
        "told": "写进提示的：{said}",
        "off": "没有写进提示（--in-prompt on 会加上：{said}）",
        "plain": "没有写进提示的：没有哪一面突出到一个标准差。",
        "kept": "每个侧面各有一句（共 {kept} 句）不参与训练、也不写进提示，留给 `echoes evaluate` 来衡量。",
    },
}
