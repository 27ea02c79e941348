"""What an assistant would make of a person's words: the negatives without which tidy prose passes for anybody.

Two families of phrases: the judges learn from one, and the other is what they are tried with.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from training.evaluation.panels.style.shape import EMOJI, LAUGHTER, SMILEY
from training.evaluation.respondent import Bubbles


@dataclass(frozen=True, slots=True)
class Phrases:
    """How an assistant opens and closes; between them stands what the person said, tidied."""

    openers: tuple[str, ...]
    closers: tuple[str, ...]


LEARNT = {
    "en": Phrases(
        (
            "Certainly!", "Of course!", "Sure, I'd be happy to help.", "That's a great question!", "Absolutely!",
            "Thank you for sharing that.", "That sounds wonderful!", "I'm sorry to hear that.", "I understand.",
            "Here's what I think:", "No problem at all!", "Great to hear from you!",
        ),
        (
            "Let me know if you have any other questions!", "I hope this helps!", "Feel free to reach out anytime.",
            "Is there anything else I can help you with?", "How does that sound?", "Have a wonderful day!",
            "What do you think about it?", "Please don't hesitate to ask.", "I look forward to hearing from you.",
        ),
    ),
    "zh": Phrases(
        (
            "好的，", "当然可以！", "没问题，", "很高兴收到你的消息。", "我明白你的意思。", "这是一个很好的问题！",
            "感谢你的分享。", "听起来很不错！", "很抱歉听到这个消息。", "以下是我的想法：",
        ),
        (
            "希望这对你有所帮助！", "如果还有其他问题，请随时告诉我。", "请问还有什么可以帮助你的吗？",
            "祝你一切顺利！", "你觉得怎么样呢？", "期待你的回复。", "祝你有美好的一天！",
        ),
    ),
}  # fmt: skip
TRIED = {
    "en": Phrases(
        (
            "It's completely understandable to feel that way.", "What a lovely thought!", "Good point.",
            "I appreciate you letting me know.", "Congratulations!", "To answer your question,", "Happy to assist!",
            "Based on what you've said,",
        ),
        (
            "Take care of yourself, and stay positive!", "I'm always here if you want to talk.", "Enjoy your day!",
            "It is important to make time for the things that matter to you.", "Would you like some more suggestions?",
            "Remember that every small step counts.",
        ),
    ),
    "zh": Phrases(
        (
            "你的心情我完全可以理解。", "这个想法真不错！", "谢谢你告诉我。", "恭喜你！", "根据你所说的情况，",
            "很乐意为你服务。",
        ),
        (
            "请照顾好自己，保持积极的心态。", "需要的话，我可以提供更多建议。", "请记住，每一小步都很重要。",
            "愿你度过愉快的一天。",
        ),
    ),
}  # fmt: skip

_SPELLING = {
    "u": "you", "ur": "your", "r": "are", "im": "I'm", "ill": "I'll", "ive": "I've", "i": "I", "dont": "don't",
    "cant": "can't", "wont": "won't", "didnt": "didn't", "doesnt": "doesn't", "isnt": "isn't", "thats": "that's",
    "whats": "what's", "its": "it's", "gonna": "going to", "wanna": "want to", "gotta": "have to", "kinda": "kind of",
    "yeah": "yes", "yep": "yes", "yup": "yes", "nope": "no", "nah": "no", "ok": "okay", "k": "okay", "pls": "please",
    "plz": "please", "thx": "thank you", "ty": "thank you", "np": "no problem", "idk": "I don't know", "cuz": "because",
    "tho": "though", "rn": "right now", "tmr": "tomorrow", "omg": "oh my goodness", "btw": "by the way",
}  # fmt: skip
_HAN = re.compile(r"[\u3400-\u9fff]")
_LONG = re.compile(r"([^\W\d_])\1{2,}")
_PARTICLES = re.compile(r"[啊哈嘛呀啦哦噢喔嗯唉诶欸哎哟呗咯喽哇嘿嘻]+(?=$|[，。！？\s])")
_ENDS = ".!?。！？…:："


def tidied(bubbles: Bubbles) -> str:
    """One paragraph of whole sentences: no emoji, laughter or drawn-out letters, spelt and pointed as in a textbook."""
    sentences = [sentence for sentence in map(_sentence, bubbles) if sentence]
    chinese = any(_HAN.search(sentence) for sentence in sentences)
    return ("" if chinese else " ").join(sentences)


def _sentence(bubble: str) -> str:
    text = LAUGHTER.sub("", SMILEY.sub("", EMOJI.sub("", bubble)))
    chinese = _HAN.search(text) is not None
    text = re.sub(r"([!?！？])\1+", r"\1", _LONG.sub(r"\1", text))
    if chinese:
        text = re.sub(r"\s+", "，", _PARTICLES.sub("", text).strip())
    else:
        text = re.sub(r"[A-Za-z]+", lambda word: _SPELLING.get(word[0].lower(), word[0]), text)
        text = " ".join(text.split())
    text = re.sub(r"[~～]+|\.{2,}|…+|。{2,}", "", text).strip(" ,，、-")
    if not re.search(r"\w", text):
        return ""
    text = text[0].upper() + text[1:]
    return text if text[-1] in _ENDS else text + ("。" if chinese else ".")


def rewrites(
    bursts: Sequence[Bubbles], language: str, phrases: dict[str, Phrases] = LEARNT, seed: int = 0
) -> list[Bubbles]:
    """Each burst as an assistant would have put it: tidied, and mostly opened or closed with a phrase, in one bubble.

    Words of which tidying leaves everything as it was get a phrase in any case: else they would be the person's own.
    """
    rng = random.Random(seed)
    written: list[Bubbles] = []
    for bubbles in bursts:
        text = tidied(bubbles)
        found = phrases["zh" if _HAN.search(text) or (not text and language == "zh") else "en"]
        opened, closed = rng.random() < 0.6, rng.random() < 0.5
        opener, closer = rng.choice(found.openers), rng.choice(found.closers)
        if (text,) == bubbles or not text:
            opened = True
        gap = "" if _HAN.search(opener) else " "
        written.append((gap.join(part for part in (opened and opener, text, closed and closer) if part),))
    return written
