"""What is asked of somebody, and where the answers stand: the questionnaire, and the statements of the inventory."""

from dataclasses import dataclass
from pathlib import Path

from bot.files import read_utf8
from bot.personality.answers import By, Personality, load_personality, save_personality
from bot.questionnaire import Answer, read_items
from training.data.candidates import language_of
from training.data.filling_in import fill_in


@dataclass(frozen=True, slots=True)
class Form:
    """questionnaire, personality: the two files. name: of the person, as far as it is known.

    Each answer is written as it is given. Whatever reads a file raises ConfigError where it is wrong.
    """

    questionnaire: Path
    personality: Path
    name: str

    def items(self) -> tuple[Answer, ...]:
        """The questionnaire's items, also those without an answer."""
        return read_items(read_utf8(self.questionnaire), str(self.questionnaire))

    def language(self) -> str:
        """That of the questionnaire, in which the statements are asked, too."""
        return language_of(item.question for item in self.items())

    def answer(self, id_: str, text: str) -> None:
        """Writes the answer to an item; an empty one takes it back."""
        fill_in(self.questionnaire, {id_: text})

    def given(self) -> Personality:
        """What is answered of the inventory."""
        return load_personality(self.personality)

    def state(self, number: int, answer: int | None, words: str, by: By) -> None:
        """Writes the answer to a statement, from 1 to 5, and the words to it; None takes both back."""
        save_personality(self.personality, self.given().answered(number, answer, words, by))
