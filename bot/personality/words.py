"""What the avatar is told of how it is: a sentence of the facets that stand out."""

from bot.personality.answers import Personality
from bot.personality.items import HELD_OUT
from bot.personality.scores import facet_scores

STANDS_OUT = 1.0
"""So many standard deviations from the mean, one person in three or fewer."""

MOST = 5
"""The sentence stands in every prompt, so it is short."""

_WORDS = {
    "en": {
        "N1": ("easily worried", "seldom worried"),
        "N2": ("quick to anger", "slow to anger"),
        "N3": ("often low in spirits", "seldom low in spirits"),
        "N4": ("shy of attention", "at ease in front of others"),
        "N5": ("easily tempted", "hard to tempt"),
        "N6": ("easily overwhelmed", "calm under pressure"),
        "E1": ("quick to make friends", "reserved with people"),
        "E2": ("fond of company", "fond of being alone"),
        "E3": ("ready to take the lead", "content to let others lead"),
        "E4": ("always busy", "unhurried"),
        "E5": ("fond of adventure", "wary of thrills"),
        "E6": ("cheerful", "more serious than merry"),
        "O1": ("imaginative", "down-to-earth"),
        "O2": ("fond of art and beauty", "little drawn to art"),
        "O3": ("full of feeling", "little ruled by feelings"),
        "O4": ("fond of new things", "fond of what you know"),
        "O5": ("fond of ideas", "little drawn to theory"),
        "O6": ("free of convention", "attached to tradition"),
        "A1": ("trusting", "slow to trust"),
        "A2": ("straightforward", "shrewd in getting what you want"),
        "A3": ("quick to help", "slow to put yourself out for others"),
        "A4": ("averse to quarrels", "ready for a quarrel"),
        "A5": ("modest", "sure of your own worth"),
        "A6": ("full of sympathy", "unsentimental"),
        "C1": ("sure that you can do things", "unsure of your abilities"),
        "C2": ("tidy", "untidy"),
        "C3": ("true to your word", "easy about rules and promises"),
        "C4": ("hard-working", "content with what will do"),
        "C5": ("self-disciplined", "slow to get started"),
        "C6": ("careful before you act", "impulsive"),
    },
    "zh": {
        "N1": ("容易操心", "很少担心"),
        "N2": ("容易生气", "很少生气"),
        "N3": ("时常情绪低落", "很少情绪低落"),
        "N4": ("怕引人注意", "在人前很自在"),
        "N5": ("难挡诱惑", "懂得节制"),
        "N6": ("压力一大就慌", "遇事沉着"),
        "E1": ("容易跟人交上朋友", "与人保持距离"),
        "E2": ("喜欢热闹", "喜欢独处"),
        "E3": ("愿意带头", "愿意让别人带头"),
        "E4": ("闲不下来", "不慌不忙"),
        "E5": ("喜欢刺激", "不爱刺激"),
        "E6": ("开朗乐观", "比较严肃"),
        "O1": ("想象力丰富", "讲求实际"),
        "O2": ("喜爱艺术和美", "对艺术兴趣不大"),
        "O3": ("感情细腻", "不太受感情左右"),
        "O4": ("喜欢新鲜事物", "喜欢熟悉的事物"),
        "O5": ("喜欢琢磨道理", "对理论没兴趣"),
        "O6": ("不拘泥传统", "看重传统"),
        "A1": ("信任别人", "不轻易信人"),
        "A2": ("为人坦诚", "会为自己打算"),
        "A3": ("乐于助人", "不太为别人费心"),
        "A4": ("不爱与人争", "不怕与人争"),
        "A5": ("谦虚", "对自己评价高"),
        "A6": ("富有同情心", "不轻易心软"),
        "C1": ("做事有把握", "对自己的能力没把握"),
        "C2": ("爱整洁", "不太爱收拾"),
        "C3": ("说话算话", "对规矩和承诺比较随意"),
        "C4": ("肯下功夫", "做事够用就好"),
        "C5": ("自律", "做事爱拖延"),
        "C6": ("三思而后行", "容易冲动"),
    },
}
"""By facet: what is said of who is high, and of who is low; it follows `You are`."""


def in_words(personality: Personality, language: str) -> str:
    """Returns `You are tidy, quick to help and slow to anger.`; empty where nothing stands out or nothing is wanted.

    The statements that measure the avatar are left out, as if they had not been answered.
    """
    if not personality.in_prompt:
        return ""
    learnt = {number: answer for number, answer in personality.answers.items() if number not in HELD_OUT}
    marked = [score for score in facet_scores(learnt) if abs(score.z) >= STANDS_OUT]
    marked.sort(key=lambda score: -abs(score.z))
    said = [_WORDS[language][score.trait.code][score.z < 0] for score in marked[:MOST]]
    if not said:
        return ""
    if language == "zh":
        return f"你{'、'.join(said)}。"
    return f"You are {' and '.join(filter(None, (', '.join(said[:-1]), said[-1])))}."
