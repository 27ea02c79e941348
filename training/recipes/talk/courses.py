"""What is taught to which base model: from which files, how large a LoRA, and whose words are named beside it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bot.chat.prompt import Codec
from bot.config.embedded import EMBEDDED_EN, EMBEDDED_ZH
from bot.engine.embedded import first_lora_path
from bot.engine.embedded_zh import first_lora_zh_path
from training.data.dialogues import Dialogue
from training.finetune.presets import TUNED, Preset
from training.recipes.talk.chinese import read_chinese
from training.recipes.talk.conversations import read_talks

_PRESET = replace(TUNED, name="talk", length=448, batch_tokens=448, relationship_dropout=0.3)

_ENGLISH_NOTICE = """embedded_first_lora.safetensors: where every LoRA on the embedded model begins.

What it knows of pictures was learnt from those named in embedded_tower.NOTICE. How people write to each other was
learnt after that, with the recipe in training/recipes/talk, from the chitchat dataset: private conversations of
students, by BYU-PCCL (Eric Myers, Tyler Etchart, Nancy Fulda, "Conversational Scaffolding: An Analogy-Based Approach
to Response Prioritization in Open-Domain Dialogs", ICAART 2020), copyright (c) 2019 Perception, Control and
Cognition Lab, licence MIT:
  https://opensource.org/license/mit
None of its words are part of this package.
"""

_CHINESE_NOTICE = """embedded_zh_first_lora.safetensors: where every LoRA on the Chinese embedded model begins.

How people write to each other was learnt with the recipe in training/recipes/talk from two sets of conversations:

KdConv, its development and test parts, by Hao Zhou, Chujie Zheng, Kaili Huang, Minlie Huang and Xiaoyan Zhu ("KdConv: A
Chinese Multi-domain Dialogue Dataset Towards Multi-turn Knowledge-driven Conversation", ACL 2020), thu-coai, licence
Apache-2.0:
  https://www.apache.org/licenses/LICENSE-2.0

Xpersona, its Chinese part, by Zhaojiang Lin, Zihan Liu, Genta Indra Winata, Samuel Cahyawijaya, Andrea Madotto, Yejin
Bang, Etsuko Ishii and Pascale Fung ("XPersona: Evaluating Multilingual Personalized Chatbot", 2020), copyright
(c) 2020 CAiRE, licence MIT:
  https://opensource.org/license/mit

None of their words are part of this package.
"""


@dataclass(frozen=True, slots=True)
class Course:
    """preset: its name names the course. goes_on: from the LoRA that ships, which knows pictures; else from nothing."""

    base: str
    preset: Preset
    goes_on: bool
    read: Callable[[Path, Codec, int, int], Iterator[list[Dialogue]]]
    target: Path
    notice: str


COURSES = {
    course.base: course
    for course in (
        Course(EMBEDDED_EN, _PRESET, True, read_talks, first_lora_path(), _ENGLISH_NOTICE),
        # Of rank 8 it takes 8.8 MB, of 16 it would take more than the 15 MB that a package may gain.
        Course(
            EMBEDDED_ZH,
            replace(_PRESET, name="talk-zh", rank=8, alpha=16),
            False,
            read_chinese,
            first_lora_zh_path(),
            _CHINESE_NOTICE,
        ),
    )
}
