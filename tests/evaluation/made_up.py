"""A report with made-up numbers of a likely size, in both languages: to test how reports are shown, and to look at.

`python -m tests.evaluation.made_up FOLDER` writes the pages.
"""

import math
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure as Drawing
from PIL import Image

from bot.errors import DataError
from training.data.splits import Split
from training.evaluation import figures
from training.evaluation.limits import FULL
from training.evaluation.panel import Example, Figure, Kind, Metric, Panel, Row, Target
from training.evaluation.report import Header, Period, Report, to_html
from training.statistics import Value

Numbers = dict[str, tuple[float, ...]]
NASTY = "<script>alert('x')</script> & \"quotes\""


def report(language: str = "en", *, against: bool = False, nasty: bool = False) -> Report:
    """nasty: names and words that try to break out of the page."""
    made = _Maker(language, against, nasty)
    header = Header(
        NASTY if nasty else made.tell("Nora Winter", "林小满"),
        language,
        datetime(2026, 11, 22, 18, 30, tzinfo=UTC),
        "0.2.0",
        "echoes-embedded-135m",
        "tuned",
        "paper" if against else None,
        (
            Period(Split.TRAIN, 47, date(2025, 9, 1), date(2025, 12, 3), 1810),
            Period(Split.VALIDATION, 16, date(2025, 12, 4), date(2026, 1, 2), 590),
            Period(Split.TEST, 16, date(2026, 1, 3), date(2026, 2, 1), 612),
        ),
        FULL,
        training={made.tell("Preset", "预设"): "tuned", made.tell("Learnt", "学了"): "412,000 tokens"},
    )
    panels = (made.style(), made.likelihood(), made.context(), made.memory(), made.decision(), made.personality())
    return Report(header, panels, 1013.0)


def open_photo(digest: str) -> Image.Image:
    if digest != "f00d":
        raise DataError("The photo is missing.")
    y, x = np.mgrid[0:480, 0:640]
    soup = ((x - 320) ** 2 + (y - 240) ** 2) < 180**2
    return Image.fromarray(np.where(soup[..., None], [214, 140, 60], [236, 232, 224]).astype(np.uint8))


def _value(numbers: tuple[float, ...]) -> Value:
    return Value(*numbers)


class _Maker:
    def __init__(self, language: str, against: bool, nasty: bool) -> None:
        self.language, self.with_against, self.nasty = language, against, nasty

    def tell(self, en: str, zh: str) -> str:
        return zh if self.language == "zh" else en

    def rows(self, numbers: dict[Kind, Numbers], notes: dict[Kind, str] | None = None) -> tuple[Row, ...]:
        notes = notes or {}
        names = {
            Kind.AVATAR: NASTY if self.nasty else self.tell("Avatar", "分身"),
            Kind.AGAINST: "paper",
            Kind.CEILING: self.tell("Nora, held out", "小满本人"),
            Kind.FLOOR: self.tell("Mei", "老周"),
            Kind.BASE: self.tell("Base model", "基础模型"),
            Kind.SHUFFLED: self.tell("Shuffled labels", "打乱标签"),
            Kind.DEGENERATE: self.tell("One stock reply", "固定回复"),
            Kind.BASELINE: self.tell("Logistic regression", "逻辑回归"),
        }
        return tuple(
            Row(
                kind, names[kind], {key: _value(one) for key, one in numbers.get(kind, {}).items()}, notes.get(kind, "")
            )
            for kind in Kind
            if (kind is not Kind.AGAINST or self.with_against) and (kind in numbers or kind in notes)
        )

    def style(self) -> Panel:
        metrics = (
            Metric("fidelity", self.tell("Style fidelity", "风格保真度"), Target(low=70), digits=0),
            Metric("excess", self.tell("Two-sample excess", "可分辨度增量"), Target(high=0.05)),
            Metric("profile", self.tell("Distance of habits", "习惯距离"), Target(high=1.5)),
            Metric("copied", self.tell("Copied from training", "照抄训练数据"), Target(high=0.09), "%", 3),
            Metric("entropy", self.tell("Entropy of replies", "回答的熵"), digits=1),
        )
        numbers: dict[Kind, Numbers] = {
            Kind.AVATAR: {
                "fidelity": (74, 66, 82),
                "excess": (0.083, 0.05, 0.12),
                "profile": (1.31, 1.1, 1.6),
                "copied": (0.061, 0.03, 0.09),
                "entropy": (8.4,),
            },
            Kind.AGAINST: {
                "fidelity": (41, 30, 53),
                "excess": (0.16, 0.12, 0.2),
                "profile": (2.2, 1.9, 2.7),
                "copied": (0.02, 0.01, 0.04),
                "entropy": (7.1,),
            },
            Kind.CEILING: {
                "fidelity": (100, 91, 109),
                "excess": (0.0, -0.03, 0.03),
                "profile": (1.0, 0.8, 1.2),
                "copied": (0.045, 0.03, 0.06),
                "entropy": (8.6,),
            },
            Kind.FLOOR: {"fidelity": (0, -9, 8), "excess": (0.21, 0.18, 0.24), "profile": (3.9, 3.1, 4.6)},
            Kind.BASE: {"fidelity": (-31, -44, -20), "excess": (0.24, 0.22, 0.26), "profile": (5.2, 4.6, 6.0)},
            Kind.SHUFFLED: {"fidelity": (3, -25, 31)},
            Kind.DEGENERATE: {
                "fidelity": (-480, -510, -440),
                "excess": (0.31, 0.30, 0.32),
                "profile": (14, 12, 16),
                "copied": (1.0,),
                "entropy": (0.0,),
            },
        }
        return Panel(
            "style",
            "A",
            self.tell("Voice", "说话方式"),
            self.tell(
                "Two judges learnt to tell the person from others on days of their own. 100 is the person, 0 the "
                "person most like them.",
                "两个评判器在另外的日子里学会了区分本人和旁人。100 是本人，0 是最像的旁人。",
            ),
            metrics,
            self.rows(
                numbers, {Kind.SHUFFLED: self.tell("Judges trained on mixed-up labels.", "评判器用打乱的标签训练。")}
            ),
            figures=(
                Figure(
                    self.tell("Length of a message", "消息长度"),
                    self.lengths(),
                    self.tell("Closer is better.", "越近越好。"),
                ),
                Figure(self.tell("A broad one", "宽的"), self.lengths(8)),
            ),
            examples=self.examples(),
            findings=(
                self.tell(
                    "It writes like Nora in form: short, lower case, two bubbles at a time.",
                    "它写得像小满：短句、语气词多、一次两条。",
                ),
                self.tell("It asks back half as often as she does.", "它反问的次数只有她的一半。"),
                self.tell("It never sends a link.", "它从不发链接。"),
            ),
            differences={"fidelity": Value(33, 21, 44), "excess": Value(-0.077, -0.11, -0.04)}
            if self.with_against
            else {},
        )

    def lengths(self, width: float = 4.8) -> str:
        rng = np.random.default_rng(0)

        def paint(figure: Drawing) -> None:
            places = figures.axes(figure, self.tell("characters", "字符数"), self.tell("share", "占比"))
            bins = np.linspace(0, 80, 21)
            for colour, name, mean in (
                (figures.REAL, self.tell("Nora", "小满"), 22),
                (figures.AVATAR, self.tell("Avatar", "分身"), 25),
                (figures.BASE, self.tell("Base model", "基础模型"), 45),
            ):
                share, _ = np.histogram(rng.gamma(4, mean / 4, 2000), bins, density=True)
                places.step(bins[:-1], share, where="post", color=colour, label=name, linewidth=1.8)
            figures.legend(places)

        return figures.draw(paint, width)

    def examples(self) -> tuple[Example, ...]:
        real, avatar, base = (
            self.tell(en, zh)
            for en, zh in (("Nora, held out", "小满本人"), ("Avatar", "分身"), ("Base model", "基础模型"))
        )
        said = self.tell("Mei: are you coming tonight? Tom is cooking", "老周：今晚来吗？阿彤做饭")
        photo = self.tell("Mei: look what he made", "老周：看他做的")
        return (
            Example(
                (NASTY if self.nasty else said,),
                {
                    real: (self.tell("yes!!", "来！！"), self.tell("bringing the cake", "我带蛋糕哈")),
                    avatar: (NASTY,)
                    if self.nasty
                    else (self.tell("haha yes", "哈哈来"), self.tell("what's he making", "他做啥呢")),
                    base: (
                        self.tell(
                            "Yes, I would be happy to join you for dinner this evening. Thank you for the invitation!",
                            "好的，我很高兴今晚能和你们共进晚餐。感谢您的邀请！",
                        ),
                    ),
                },
                note=self.tell("Private, with a friend.", "私聊，朋友。"),
            ),
            Example(
                (photo,),
                {real: (self.tell("omg soup", "哇是汤"),), avatar: (self.tell("that soup", "这汤"),), base: ()},
                ("f00d", "1057"),
            ),
            *(Example((said,), {real: ("ok",), avatar: ("ok",), base: ("Okay.",)}) for _ in range(3)),
        )

    def likelihood(self) -> Panel:
        return Panel(
            "likelihood",
            "B",
            self.tell("Foreseeing their words", "预测本人的话"),
            self.tell(
                "How well the avatar foresees what the person really wrote, and picks the true reply out of ten.",
                "分身能多好地预料本人真正写下的话，能否从十个回答里认出真的那个。",
            ),
            (
                Metric(
                    "lower",
                    self.tell("Bits per character below the base", "每字符比特低于基础模型"),
                    Target(low=0.15),
                    "%",
                    3,
                ),
                Metric("r1", self.tell("True reply found", "认出真回答"), None, "%"),
            ),
            self.rows(
                {
                    Kind.AVATAR: {"lower": (0.158, 0.146, 0.167), "r1": (0.31, 0.24, 0.39)},
                    Kind.AGAINST: {"lower": (0.041, 0.03, 0.052), "r1": (0.19, 0.13, 0.26)},
                    Kind.BASE: {"lower": (0.0,), "r1": (0.17, 0.11, 0.24)},
                    Kind.SHUFFLED: {"r1": (0.1, 0.06, 0.15)},
                },
                {
                    Kind.CEILING: self.tell("It is what the others are asked about.", "其他各行问的就是它。"),
                    Kind.FLOOR: self.tell("Has no probabilities.", "没有概率可言。"),
                    Kind.DEGENERATE: self.tell("Has no probabilities.", "没有概率可言。"),
                },
            ),
            findings=(
                self.tell(
                    "It foresees Nora's words 16 % better than the untrained model.",
                    "它比未训练的模型更能预料小满的话，好 16%。",
                ),
            ),
        )

    def context(self) -> Panel:
        return Panel(
            "context",
            "C",
            self.tell("To each their own", "对谁怎么说"),
            self.tell("Is the real reply likelier under the right relationship?", "真回答在正确的关系下是否更可能？"),
            (
                Metric(
                    "relationship_wins",
                    self.tell("Wins under the right relationship", "正确关系下的胜率"),
                    Target(low=0.6),
                    "%",
                ),
            ),
            self.rows(
                {
                    Kind.AVATAR: {"relationship_wins": (0.57, 0.49, 0.65)},
                    Kind.BASE: {"relationship_wins": (0.51, 0.43, 0.59)},
                    Kind.SHUFFLED: {"relationship_wins": (0.5, 0.5, 0.5)},
                },
                {Kind.CEILING: self.tell("A person has no likelihoods.", "人没有似然。")},
            ),
            findings=(
                self.tell("It hardly speaks differently to friends and elders.", "它对朋友和长辈说话几乎没有区别。"),
            ),
        )

    def memory(self) -> Panel:
        return Panel(
            "memory",
            "D",
            self.tell("Memory", "记忆"),
            self.tell(
                "What it knows, what it makes up, and what it tells whom.", "它知道什么，编造什么，又把什么告诉了谁。"
            ),
            (Metric("leaks", self.tell("Secrets told to others", "说给别人的秘密"), Target(high=0), digits=0),),
            not_measurable=self.tell(
                "There is one contact only: nothing could leak to another.", "只有一个联系人：无从泄露给别人。"
            ),
        )

    def decision(self) -> Panel:
        return Panel(
            "decision",
            "E",
            self.tell("When to answer", "何时开口"),
            self.tell("In groups: does it speak where the person spoke?", "在群里：本人开口时，它是否开口？"),
            (
                Metric(
                    "gain", self.tell("AUROC above the logistic", "高于逻辑回归的 AUROC"), Target(low=0.05), digits=3
                ),
                Metric("ece", self.tell("Calibration error", "校准误差"), Target(high=0.05), digits=3),
                Metric("rate", self.tell("Speaks as often", "开口频率比"), Target(0.8, 1.25)),
            ),
            self.rows(
                {
                    Kind.AVATAR: {
                        "gain": (0.052, 0.021, 0.081),
                        "ece": (0.021, 0.01, 0.04),
                        "rate": (0.96, 0.68, 1.33),
                    },
                    Kind.BASE: {"gain": (-0.04, -0.08, 0.0), "ece": (0.31, 0.29, 0.33), "rate": (3.83, 3.4, 4.1)},
                    Kind.BASELINE: {"gain": (0.0,), "ece": (0.016, 0.01, 0.03), "rate": (0.94, 0.63, 1.34)},
                    Kind.DEGENERATE: {
                        "gain": (-0.3, -0.33, -0.26),
                        "ece": (0.9, 0.89, 0.91),
                        "rate": (10.7, 9.0, 12.8),
                    },
                }
            ),
            findings=(
                self.tell(
                    "It speaks as often as Nora does, and mostly where she does.",
                    "它开口的次数和小满一样，多半也在同样的地方。",
                ),
            ),
        )

    def personality(self) -> Panel:
        return Panel(
            "personality",
            "F",
            self.tell("Personality", "性格"),
            self.tell("Its answers to a questionnaire beside theirs.", "它和本人对同一问卷的回答。"),
            (Metric("r", self.tell("Agreement r", "一致性 r"), Target(low=0.5)),),
            self.rows({Kind.AVATAR: {"r": (math.nan,)}}),
            not_measurable=self.tell(
                "5 of 12 questions were answered, and at least 8 are needed.", "12 题只答了 5 题，至少需要 8 题。"
            ),
        )


def main(folder: Path) -> None:
    for language in ("en", "zh"):
        for against in (False, True):
            page = to_html(report(language, against=against), open_photo)
            (folder / f"{language}{'-against' if against else ''}.html").write_text(page, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
