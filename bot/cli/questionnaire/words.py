"""What `echoes questionnaire --terminal` says, in the languages of the people who are asked."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "questions": (
            "The questions. Answer in your own words, as you would write to somebody you like: a line is an answer.\n"
            "Enter alone leaves one out for now, b goes back, q stops. Each answer is saved as it is given."
        ),
        "statements_self": (
            "The statements. Say how well each describes you as you generally are now, not as you would like to be."
        ),
        "statements_other": (
            "The statements. Answer as {name} would have answered, not as you saw them or would have liked them to be."
        ),
        "them": "the person",
        "own_self": "what you would say to it",
        "own_other": "what {name} would say to it",
        "keys": (
            "{scale}\n"
            "Type the number; behind it, if you like, {own}: that is learnt.\n"
            "Enter alone skips one, b goes back, q stops; begin again at any time, and it goes on where you were."
        ),
        "one_to": "Please type a number from 1 to {top}.",
        "stopped": "Stopped. What was answered is saved; `echoes questionnaire --terminal` goes on.",
        "all": "All are answered.",
        "left": "{left} are left open; they are asked again next time.",
        "count": "{done} of {all} questions and {stated} of {statements} statements are answered.",
    },
    "zh": {
        "questions": (
            "先是问题。用平时跟喜欢的人说话的语气来答，一行就是一个回答。\n"
            "直接回车先空着，b 回上一题，q 停下。每个回答都会立刻保存。"
        ),
        "statements_self": "下面是一些句子。按你现在平时的样子，看每一句有多符合你，不是按你希望的样子。",
        "statements_other": "下面是一些句子。请按{name}自己会怎么回答来答，而不是按你眼中的、或你希望的样子。",
        "them": "本人",
        "own_self": "你自己会怎么说",
        "own_other": "{name}自己会怎么说",
        "keys": (
            "{scale}\n"
            "输入数字；愿意的话，在后面接着写{own}（会用来训练）。\n"
            "直接回车跳过，b 回上一句，q 停下；随时可以再来，会从停下的地方继续。"
        ),
        "one_to": "请输入 1 到 {top} 的数字。",
        "stopped": "已停下。回答过的都保存了；用 `echoes questionnaire --terminal` 继续。",
        "all": "都答完了。",
        "left": "还有 {left} 个空着，下次会再问。",
        "count": "已回答 {done} / {all} 个问题，{stated} / {statements} 个句子。",
    },
}
