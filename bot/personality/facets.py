"""The five domains and thirty facets of the IPIP-NEO-120: their names and their norms.

Norms: Kajonius and Johnson, "Assessing the Structure of the Five Factor Model of Personality (IPIP-NEO-120) in the
Public Domain", Europe's Journal of Psychology 15(2), 2019, table A1: 320,128 people in the USA who took it online, most
of them young. They are no sample of the world, and not one of China.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trait:
    """A domain (`N`) or a facet of it (`N1`). mean, sd: of the sum of a facet's four answers, from 4 to 20.

    Those of a domain are of the mean of its six facets. name: by language.
    """

    code: str
    name: Mapping[str, str]
    mean: float
    sd: float

    @property
    def domain(self) -> str:
        """The letter of the domain."""
        return self.code[0]


def _trait(code: str, english: str, chinese: str, mean: float, sd: float) -> Trait:
    return Trait(code, {"en": english, "zh": chinese}, mean, sd)


DOMAINS = (
    _trait("N", "Neuroticism", "神经质", 11.10, 2.66),
    _trait("E", "Extraversion", "外向性", 13.69, 2.36),
    _trait("O", "Openness", "开放性", 13.71, 2.06),
    _trait("A", "Agreeableness", "宜人性", 14.87, 2.01),
    _trait("C", "Conscientiousness", "尽责性", 14.95, 2.34),
)

FACETS = (
    _trait("N1", "Anxiety", "焦虑", 12.07, 3.77),
    _trait("E1", "Friendliness", "友善", 14.48, 3.60),
    _trait("O1", "Imagination", "想象力", 14.60, 3.41),
    _trait("A1", "Trust", "信任", 13.43, 3.54),
    _trait("C1", "Self-efficacy", "胜任感", 16.32, 2.40),
    _trait("N2", "Anger", "愤怒", 11.51, 4.11),
    _trait("E2", "Gregariousness", "合群", 12.36, 4.02),
    _trait("O2", "Artistic interests", "审美", 14.67, 3.58),
    _trait("A2", "Morality", "坦诚", 16.63, 2.88),
    _trait("C2", "Orderliness", "条理", 13.23, 4.31),
    _trait("N3", "Depression", "抑郁", 9.35, 3.87),
    _trait("E3", "Assertiveness", "果断", 14.56, 3.43),
    _trait("O3", "Emotionality", "情感丰富", 15.20, 3.01),
    _trait("A3", "Altruism", "利他", 16.72, 2.56),
    _trait("C3", "Dutifulness", "守信", 16.32, 2.57),
    _trait("N4", "Self-consciousness", "拘谨", 11.69, 3.64),
    _trait("E4", "Activity level", "活跃", 12.84, 3.15),
    _trait("O4", "Adventurousness", "尝新", 12.28, 3.26),
    _trait("A4", "Cooperation", "随和", 15.10, 3.49),
    _trait("C4", "Achievement-striving", "上进", 16.06, 3.09),
    _trait("N5", "Immoderation", "放纵", 11.94, 3.44),
    _trait("E5", "Excitement-seeking", "寻求刺激", 12.52, 3.32),
    _trait("O5", "Intellect", "好思", 14.50, 3.55),
    _trait("A5", "Modesty", "谦逊", 12.34, 3.35),
    _trait("C5", "Self-discipline", "自律", 14.07, 3.16),
    _trait("N6", "Vulnerability", "脆弱", 10.07, 3.63),
    _trait("E6", "Cheerfulness", "开朗", 15.35, 3.20),
    _trait("O6", "Liberalism", "开明", 11.03, 3.67),
    _trait("A6", "Sympathy", "同情", 15.03, 3.10),
    _trait("C6", "Cautiousness", "谨慎", 13.68, 4.09),
)
"""In the order in which the statements ask for them."""
