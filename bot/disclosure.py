"""What the avatar says of itself: fixed texts from outside the model, in the contact's language."""

from bot.era import era_in_words
from bot.persona import Persona

VOICE_MARK = "🔊 AI voice · 合成语音"
"""Stands with every voice message of the avatar's."""

_CHINESE_FROM = 0.3  # share of a text's letters; a Chinese sentence may well name things in Latin letters

_TEXTS = {
    "en": {
        "era": " I write as {name} did in {era}.",
        "introduction": (
            "Before we talk: I am not {name}. I am an AI that imitates how {name} writes, made with permission from "
            "{name}'s own messages, and what I say may be wrong. Our messages are stored so that I can answer. "
            "Send /stop and I stop answering you, /start to go on, /forget and I delete what you wrote to me."
        ),
        "late": "(I was switched off for a while, so this answer comes late.)",
        "rested": "(I keep quiet hours, so this answer comes late.)",
        "stopped": "I will not answer you any more. Send /start to go on, /forget to delete what you wrote.",
        "started": "I am listening again. Send /stop at any time and I stop answering you.",
        "forgotten": "Done: I have deleted what you wrote to me.",
        "began": (
            "(I am the AI that imitates {name}, and write first now and then, as {name} did. "
            "Answer “stop” and I will not do it again.)"
        ),
        "began_on": (
            "(I am the AI that imitates {name}, and write first today: {what}. "
            "Answer “stop” and I will not do it again.)"
        ),
        "left_alone": "I will not write first any more. I still answer you; send /start and I may write first again.",
    },
    "zh": {
        "era": "我模仿的是{era}时的{name}。",
        "introduction": (
            "先说明一下：我不是{name}本人，而是一个模仿{name}说话方式的人工智能，经许可用{name}自己的聊天记录制作，"
            "说的话可能有错。为了能够回复，我们的消息会被保存。"
            "发送 /stop 我就不再回复你，发送 /start 继续，发送 /forget 我就删除你发给我的内容。"
        ),
        "late": "（我刚才离线了一段时间，所以回复晚了。）",
        "rested": "（我有固定的免打扰时段，所以回复晚了。）",
        "stopped": "我不会再回复你了。想继续就发送 /start，想删除你发过的内容就发送 /forget。",
        "started": "我又在了。随时发送 /stop，我就不再回复你。",
        "forgotten": "好了：你发给我的内容已经删除。",
        "began": "（我是模仿{name}的人工智能，像{name}以前那样，偶尔会主动找你。回复“别发了”，我就不再主动发消息。）",
        "began_on": "（我是模仿{name}的人工智能，今天主动找你，因为：{what}。回复“别发了”，我就不再主动发消息。）",
        "left_alone": "我不会再主动发消息了。你写给我，我还是会回复；发送 /start，我才可能再主动找你。",
    },
}


def language_of(text: str, persona: Persona) -> str:
    """`en` or `zh`, guessed from what a contact wrote; the persona's language where that tells nothing."""
    letters = [character for character in text if character.isalpha()]
    if not letters:
        return persona.language
    chinese = sum(
        "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff" for character in letters
    )
    return "zh" if chinese / len(letters) >= _CHINESE_FROM else "en"


def introduction(persona: Persona, language: str) -> str:
    """Comes before the first reply in a chat: what the avatar is, from when, and what the contact can ask for."""
    era = _TEXTS[language]["era"].format(name=persona.name, era=era_in_words(persona.era, language))
    return _say("introduction", persona, language) + (era if persona.era else "")


def late(persona: Persona, language: str) -> str:
    """Comes before a reply to messages that waited while the avatar was not running."""
    return _say("late", persona, language)


def rested(persona: Persona, language: str) -> str:
    """Comes before a reply to messages that waited because of quiet hours."""
    return _say("rested", persona, language)


def stopped(persona: Persona, language: str) -> str:
    """The reply to /stop."""
    return _say("stopped", persona, language)


def started(persona: Persona, language: str) -> str:
    """The reply to /start."""
    return _say("started", persona, language)


def forgotten(persona: Persona, language: str) -> str:
    """The reply to /forget."""
    return _say("forgotten", persona, language)


def began(persona: Persona, language: str, occasion: str) -> str:
    """Comes before what the avatar says by itself. occasion: what day it is; empty where it is none."""
    return _say("began_on" if occasion else "began", persona, language, occasion)


def left_alone(persona: Persona, language: str) -> str:
    """The reply to whoever does not want to be written to first."""
    return _say("left_alone", persona, language)


def _say(what: str, persona: Persona, language: str, occasion: str = "") -> str:
    return _TEXTS[language][what].format(name=persona.name, what=occasion)
