"""Why a message in a group was answered or not, in sentences for the owner, in their language.

What is told are numbers about the chat and what they counted for; no words of any message.
"""

from collections.abc import Iterable

from bot.outcome import MODEL, Decision, Gate, Outcome, Term

_GATES = {
    "en": {
        Gate.STOPPED: "Its sender said /stop: what they write is neither answered nor kept.",
        Gate.OFF: "The avatar takes no part in this group (conversation.groups in config.yaml).",
        Gate.EMPTY: "Nothing in it could be read.",
        Gate.STALE: "It came long before the avatar could read it (conversation.stale_hours in config.yaml).",
        Gate.OWN: "It is of the person's own account.",
        Gate.BOT: "It is of a bot (conversation.answer_bots in config.yaml).",
        Gate.LOOP: "It is of a bot, and for an hour nobody but bots has been answered.",
        Gate.STRANGER: "Its sender is none of those who are answered (conversation.answer in config.yaml).",
        Gate.UNADDRESSED: "Nobody addressed the avatar, and in this group it answers only then (conversation.groups).",
        Gate.BUDGET: "The group's replies for this hour are spent (conversation.replies_per_hour in config.yaml).",
        Gate.JOINED: "It came while a reply was due, and was answered with it.",
    },
    "zh": {
        Gate.STOPPED: "发送者说过 /stop：对方写的既不回复，也不保存。",
        Gate.OFF: "分身不参与这个群（config.yaml 的 conversation.groups）。",
        Gate.EMPTY: "里面没有读得懂的内容。",
        Gate.STALE: "分身能读到时它早已过时（config.yaml 的 conversation.stale_hours）。",
        Gate.OWN: "这是本人自己的账号发的。",
        Gate.BOT: "这是机器人发的（config.yaml 的 conversation.answer_bots）。",
        Gate.LOOP: "这是机器人发的，而一小时来回复的全是机器人。",
        Gate.STRANGER: "发送者不在可回复的人之内（config.yaml 的 conversation.answer）。",
        Gate.UNADDRESSED: "没有人对分身说话，而在这个群里它只回应对它说的话（conversation.groups）。",
        Gate.BUDGET: "这个群这一小时的回复次数已用完（config.yaml 的 conversation.replies_per_hour）。",
        Gate.JOINED: "它来时正要回复，便一并回复了。",
    },
}

_WORDS = {
    "en": {
        "answered": "The probability of an answer was {p}, and this time it answers from {threshold} on.",
        "silent": "The probability of an answer was {p}, and this time it answers only from {threshold} on.",
        "always": "The probability of an answer was {p}; it answers all that is addressed to it.",
        "addressed": "It was addressed to the avatar, so how busy the chat was did not count.",
        "model": "The model by itself said {model:.2f}.",
        "unheard": "The model by itself said {model:.2f}, which does not count here.",
        "for": "For an answer: {terms}.",
        "against": "Against it: {terms}.",
        "term": "{name}: {size} ({by:+.1f})",
        "join": ", ",
    },
    "zh": {
        "answered": "回复的概率是 {p}，这一次达到 {threshold} 就回复。",
        "silent": "回复的概率是 {p}，这一次要达到 {threshold} 才回复。",
        "always": "回复的概率是 {p}；凡是对它说的都回复。",
        "addressed": "这是对分身说的，所以不看群里有多热闹。",
        "model": "模型自己给出 {model:.2f}。",
        "unheard": "模型自己给出 {model:.2f}，这里不算数。",
        "for": "倾向回复：{terms}。",
        "against": "倾向沉默：{terms}。",
        "term": "{name}：{size}（{by:+.1f}）",
        "join": "，",
    },
}

_SEEN = 0.05  # what would be shown as 0.0 is left out

_SIZES = {"en": (("no", "yes"), ("low", "high")), "zh": (("否", "是"), ("低", "高"))}

_YES_OR_NO = frozenset(
    (
        "addressed",
        "addressed_other",
        "spoke_last",
        "same_speaker",
        "answered_them",
        "addressed_recently",
        "new_speaker",
        "question",
        "photo",
        "command",
        "spoke_to_them",
        "helped_by_others",
    )
)

_NAMES = {
    "en": {
        MODEL: "the model's own view",
        "addressed": "addressed to the avatar",
        "addressed_other": "addressed to somebody else",
        "recency_messages": "how few messages ago it last spoke",
        "recency_seconds": "how short a time ago it last spoke",
        "share": "its share of the last twenty messages",
        "spoke_last": "it spoke last",
        "same_speaker": "the same person wrote before",
        "answered_them": "it answered this person before",
        "addressed_recently": "it was addressed a moment ago",
        "new_speaker": "somebody who had not spoken yet",
        "question": "a question",
        "length": "the length of the message",
        "photo": "with a photo",
        "voices": "how many spoke since it did",
        "pace": "the pace of the chat",
        "rate_one_minute": "its share of the last minute",
        "rate_two_minutes": "its share of the last two minutes",
        "rate_five_minutes": "its share of the last five minutes",
        "rate_messages": "its share of the last few messages",
        "often_lately": "how often it spoke in five minutes",
        "waiting": "how many messages of this person wait",
        "command": "a command for a bot",
        "pair_recency": "how lately it and this person talked",
        "spoke_to_them": "it last spoke to this person",
        "helped_by_others": "somebody else is talking with this person",
    },
    "zh": {
        MODEL: "模型自己的看法",
        "addressed": "对分身说的",
        "addressed_other": "对别人说的",
        "recency_messages": "它上次发言隔得近（按条数）",
        "recency_seconds": "它上次发言隔得近（按时间）",
        "share": "最近二十条里它占的份额",
        "spoke_last": "上一条是它说的",
        "same_speaker": "上一条也是此人写的",
        "answered_them": "它回复过此人",
        "addressed_recently": "刚有人对它说过话",
        "new_speaker": "还没说过话的人",
        "question": "是个问题",
        "length": "消息的长度",
        "photo": "带照片",
        "voices": "它发言之后说话的人数",
        "pace": "群聊的快慢",
        "rate_one_minute": "最近一分钟里它占的份额",
        "rate_two_minutes": "最近两分钟里它占的份额",
        "rate_five_minutes": "最近五分钟里它占的份额",
        "rate_messages": "最近几条里它占的份额",
        "often_lately": "五分钟内它发言的次数",
        "waiting": "此人等着回复的条数",
        "command": "给机器人的命令",
        "pair_recency": "它和此人最近交谈的远近",
        "spoke_to_them": "它上一次是对此人说的",
        "helped_by_others": "别人正在和此人说话",
    },
}


def explain(outcome: Outcome, language: str) -> list[str]:
    """Returns sentences: what settled the message, then what the decision saw. language: en or zh."""
    sentences = [] if outcome.gate is Gate.DECIDED else [_GATES[language][outcome.gate]]
    return sentences + (_decided(outcome.decision, language) if outcome.decision else [])


def feature_name(name: str, language: str) -> str:
    """Returns what a term of a decision is called in plain words; its own name where nobody has words for it."""
    return _NAMES[language].get(name, name)


def _decided(decision: Decision, language: str) -> list[str]:
    words = _WORDS[language]
    how = "silent" if not decision.answer else "answered" if decision.threshold > 0 else "always"
    digits = 2 if abs(decision.probability - decision.threshold) >= 0.01 else 4  # else both would look alike
    probability, threshold = (f"{one:.{digits}f}" for one in (decision.probability, decision.threshold))
    said = [words[how].format(p=probability, threshold=threshold)]
    if decision.addressed:
        said.append(words["addressed"])
    heard = any(term.name == MODEL for term in decision.terms)
    said.append(words["model" if heard else "unheard"].format(model=decision.model))
    terms = sorted(decision.terms, key=lambda term: -abs(term.contribution))
    for side, moving in (
        ("for", [term for term in terms if term.contribution >= _SEEN]),
        ("against", [term for term in terms if term.contribution <= -_SEEN]),
    ):
        if moving:
            said.append(words[side].format(terms=_listed(moving, language)))
    return said


def _listed(terms: Iterable[Term], language: str) -> str:
    words = _WORDS[language]
    return words["join"].join(
        words["term"].format(name=feature_name(term.name, language), size=_size(term, language), by=term.contribution)
        for term in terms
    )


def _size(term: Term, language: str) -> str:
    """Yes or no, or which side of its usual it is on."""
    answers, levels = _SIZES[language]
    if term.name in _YES_OR_NO:
        return answers[term.value > 0.5]
    return levels[term.value > term.usual]
