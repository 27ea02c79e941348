"""The 120 statements of the IPIP-NEO-120, in the published order and with the published key.

Johnson, "Measuring thirty facets of the Five Factor Model with a 120-item public domain inventory", Journal of Research
in Personality 51, 2014. The statements are of the International Personality Item Pool (ipip.ori.org), which is in the
public domain. The Chinese ones are a translation of our own, which was not validated.
"""

from dataclasses import dataclass

from bot.personality.facets import FACETS, Trait

SCALE = {
    "en": (
        "very inaccurate",
        "moderately inaccurate",
        "neither accurate nor inaccurate",
        "moderately accurate",
        "very accurate",
    ),
    "zh": ("完全不符合", "不太符合", "一半一半", "比较符合", "完全符合"),
}
"""What the answers from 1 to 5 mean."""

_LINES = (
    ("+", "Worry about things.", "我常为各种事情操心。"),
    ("+", "Make friends easily.", "我很容易交到朋友。"),
    ("+", "Have a vivid imagination.", "我的想象力很丰富。"),
    ("+", "Trust others.", "我信任别人。"),
    ("+", "Complete tasks successfully.", "我能把事情办成。"),
    ("+", "Get angry easily.", "我容易生气。"),
    ("+", "Love large parties.", "我喜欢人多热闹的聚会。"),
    ("+", "Believe in the importance of art.", "我觉得艺术很重要。"),
    ("-", "Use others for my own ends.", "我会利用别人来达到自己的目的。"),
    ("+", "Like to tidy up.", "我喜欢收拾东西。"),
    ("+", "Often feel blue.", "我常常心情低落。"),
    ("+", "Take charge.", "遇到事情，我会站出来做主。"),
    ("+", "Experience my emotions intensely.", "我的情绪来得很强烈。"),
    ("+", "Love to help others.", "我很乐意帮助别人。"),
    ("+", "Keep my promises.", "我说话算话。"),
    ("+", "Find it difficult to approach others.", "我觉得主动接近别人很难。"),
    ("+", "Am always busy.", "我总是很忙。"),
    ("+", "Prefer variety to routine.", "比起一成不变，我更喜欢多些变化。"),
    ("-", "Love a good fight.", "我喜欢跟人痛痛快快地吵一架。"),
    ("+", "Work hard.", "我做事很卖力。"),
    ("+", "Go on binges.", "我吃喝玩乐会一下子过了头，停不下来。"),
    ("+", "Love excitement.", "我喜欢刺激。"),
    ("+", "Love to read challenging material.", "我喜欢读有难度的东西。"),
    ("-", "Believe that I am better than others.", "我觉得自己比别人强。"),
    ("+", "Am always prepared.", "我总是提前准备好。"),
    ("+", "Panic easily.", "我容易慌。"),
    ("+", "Radiate joy.", "我身上总带着一股高兴劲儿。"),
    ("+", "Tend to vote for liberal political candidates.", "如果投票，我多半会选主张自由开放的候选人。"),
    ("+", "Sympathize with the homeless.", "我同情无家可归的人。"),
    ("-", "Jump into things without thinking.", "我常常没想清楚就动手了。"),
    ("+", "Fear for the worst.", "我总担心最坏的情况会发生。"),
    ("+", "Feel comfortable around people.", "跟人在一起，我觉得自在。"),
    ("+", "Enjoy wild flights of fantasy.", "我喜欢天马行空地幻想。"),
    ("+", "Believe that others have good intentions.", "我相信别人是出于好意。"),
    ("+", "Excel in what I do.", "我做的事情都做得很出色。"),
    ("+", "Get irritated easily.", "我容易烦躁。"),
    ("+", "Talk to a lot of different people at parties.", "聚会时我会跟各种各样的人聊天。"),
    ("+", "See beauty in things that others might not notice.", "我能看到别人注意不到的美。"),
    ("-", "Cheat to get ahead.", "为了占先，我会耍手段。"),
    ("-", "Often forget to put things back in their proper place.", "我用完东西常常忘了放回原处。"),
    ("+", "Dislike myself.", "我不喜欢我自己。"),
    ("+", "Try to lead others.", "我会试着带领别人。"),
    ("+", "Feel others' emotions.", "别人的情绪，我能感同身受。"),
    ("+", "Am concerned about others.", "我关心别人。"),
    ("+", "Tell the truth.", "我说实话。"),
    ("+", "Am afraid to draw attention to myself.", "我怕引起别人的注意。"),
    ("+", "Am always on the go.", "我总在忙活，闲不下来。"),
    ("-", "Prefer to stick with things that I know.", "我更愿意守着自己熟悉的东西。"),
    ("-", "Yell at people.", "我会冲人大喊大叫。"),
    ("+", "Do more than what's expected of me.", "我会做得比别人要求的更多。"),
    ("-", "Rarely overindulge.", "我很少放纵自己。"),
    ("+", "Seek adventure.", "我喜欢去冒险。"),
    ("-", "Avoid philosophical discussions.", "别人谈人生哲理的时候，我会躲开。"),
    ("-", "Think highly of myself.", "我觉得自己很了不起。"),
    ("+", "Carry out my plans.", "我定了计划就会去做。"),
    ("+", "Become overwhelmed by events.", "事情一多，我就招架不住。"),
    ("+", "Have a lot of fun.", "我过得很开心，乐子不少。"),
    ("+", "Believe that there is no absolute right or wrong.", "我认为没有绝对的对和错。"),
    ("+", "Feel sympathy for those who are worse off than myself.", "对过得不如我的人，我会心生同情。"),
    ("-", "Make rash decisions.", "我会草率地做决定。"),
    ("+", "Am afraid of many things.", "我怕的东西很多。"),
    ("-", "Avoid contacts with others.", "我会避开跟人打交道。"),
    ("+", "Love to daydream.", "我喜欢做白日梦。"),
    ("+", "Trust what people say.", "别人说的话，我会信。"),
    ("+", "Handle tasks smoothly.", "事情到我手里都能顺顺当当。"),
    ("+", "Lose my temper.", "我会发脾气。"),
    ("-", "Prefer to be alone.", "我更喜欢一个人待着。"),
    ("-", "Do not like poetry.", "我不喜欢诗。"),
    ("-", "Take advantage of others.", "我会占别人的便宜。"),
    ("-", "Leave a mess in my room.", "我的房间总是乱糟糟的。"),
    ("+", "Am often down in the dumps.", "我常常打不起精神，闷闷不乐。"),
    ("+", "Take control of things.", "我会把局面掌握在自己手里。"),
    ("-", "Rarely notice my emotional reactions.", "我很少留意自己的情绪变化。"),
    ("-", "Am indifferent to the feelings of others.", "别人是什么感受，我不太在乎。"),
    ("-", "Break rules.", "我会破坏规矩。"),
    ("+", "Only feel comfortable with friends.", "只有跟朋友在一起，我才觉得自在。"),
    ("+", "Do a lot in my spare time.", "空闲的时候，我会做很多事。"),
    ("-", "Dislike changes.", "我不喜欢变化。"),
    ("-", "Insult people.", "我会说话侮辱人。"),
    ("-", "Do just enough work to get by.", "做事我能应付过去就行。"),
    ("-", "Easily resist temptations.", "面对诱惑，我很容易就能忍住。"),
    ("+", "Enjoy being reckless.", "我喜欢不管不顾的感觉。"),
    ("-", "Have difficulty understanding abstract ideas.", "抽象的东西，我很难弄懂。"),
    ("-", "Have a high opinion of myself.", "我对自己评价很高。"),
    ("-", "Waste my time.", "我会浪费时间。"),
    ("+", "Feel that I'm unable to deal with things.", "我觉得很多事情自己应付不来。"),
    ("+", "Love life.", "我热爱生活。"),
    ("-", "Tend to vote for conservative political candidates.", "如果投票，我多半会选主张守住传统的候选人。"),
    ("-", "Am not interested in other people's problems.", "别人的烦心事，我没兴趣知道。"),
    ("-", "Rush into things.", "我做事总是急急忙忙就开始。"),
    ("+", "Get stressed out easily.", "我容易觉得压力大。"),
    ("-", "Keep others at a distance.", "我会跟别人保持距离。"),
    ("+", "Like to get lost in thought.", "我喜欢想事情想得出神。"),
    ("-", "Distrust people.", "我不信任别人。"),
    ("+", "Know how to get things done.", "我知道怎么把事情办好。"),
    ("-", "Am not easily annoyed.", "我不容易被惹恼。"),
    ("-", "Avoid crowds.", "人多的地方，我会躲开。"),
    ("-", "Do not enjoy going to art museums.", "我不喜欢逛美术馆。"),
    ("-", "Obstruct others' plans.", "我会给别人的计划使绊子。"),
    ("-", "Leave my belongings around.", "我的东西随手乱放。"),
    ("-", "Feel comfortable with myself.", "我能坦然接受自己。"),
    ("-", "Wait for others to lead the way.", "我会等着别人带头。"),
    ("-", "Don't understand people who get emotional.", "我不理解动不动就情绪激动的人。"),
    ("-", "Take no time for others.", "我不会为别人花时间。"),
    ("-", "Break my promises.", "我会说话不算话。"),
    ("-", "Am not bothered by difficult social situations.", "场面再尴尬，我也不在意。"),
    ("-", "Like to take it easy.", "我喜欢轻轻松松、不慌不忙。"),
    ("-", "Am attached to conventional ways.", "我习惯照老规矩来。"),
    ("-", "Get back at others.", "谁惹了我，我会报复回去。"),
    ("-", "Put little time and effort into my work.", "我在做事上花的时间和力气很少。"),
    ("-", "Am able to control my cravings.", "想吃想要的时候，我管得住自己。"),
    ("+", "Act wild and crazy.", "我会疯疯癫癫地闹。"),
    ("-", "Am not interested in theoretical discussions.", "我对理论上的讨论没兴趣。"),
    ("-", "Boast about my virtues.", "我会夸耀自己的优点。"),
    ("-", "Have difficulty starting tasks.", "要动手做一件事，我总是很难开始。"),
    ("-", "Remain calm under pressure.", "压力再大，我也能保持冷静。"),
    ("+", "Look at the bright side of life.", "我会往好的一面看。"),
    ("-", "Believe that we should be tough on crime.", "我认为对犯罪应该从严处罚。"),
    ("-", "Try not to think about the needy.", "我尽量不去想那些有困难的人。"),
    ("-", "Act without thinking.", "我做事常常不经思考。"),
)  # fmt: skip
"""Keyed + or −, as published, and in Chinese."""


@dataclass(frozen=True, slots=True)
class Item:
    """number: from 1 to 120. backwards: keyed −, so that agreeing speaks against the facet."""

    number: int
    facet: Trait
    backwards: bool
    published: str
    chinese: str

    def text(self, language: str) -> str:
        """The statement as somebody says it of themselves: `I worry about things.`"""
        return self.chinese if language == "zh" else f"I {self.published[0].lower()}{self.published[1:]}"

    def keyed(self, answer: float) -> float:
        """What an answer from 1 to 5 counts for the facet, from 1 to 5; or the answer for what it counts."""
        return 6 - answer if self.backwards else answer


ITEMS = {
    number: Item(number, FACETS[(number - 1) % len(FACETS)], key == "-", published, chinese)
    for number, (key, published, chinese) in enumerate(_LINES, 1)
}
"""By number. The facets take turns: statements 1, 31, 61 and 91 are of the first."""

HELD_OUT = frozenset(1 + place + len(FACETS) * (place % 4) for place in range(len(FACETS)))
"""The statements that measure the avatar: one of each facet, its first, second, third or fourth in turn.

They are never learnt, and nothing of them is in the prompt.
"""
