"""What a reply's tokens show: which of them nobody would see, and text in whole characters. No torch here."""

from bot.chat.prompt import Codec
from bot.letters import visible

PATIENCE = 16  # tokens past max_tokens, where so far nothing would be seen

_BROKEN = "\ufffd"


def blank_tokens(codec: Codec) -> frozenset[int]:
    """Finds the tokens that alone show nothing, such as control tokens, in the whole vocabulary: keep the answer."""
    known = codec.tokenizer.get_vocab_size(with_added_tokens=True)
    texts = codec.tokenizer.decode_batch([[token] for token in range(known)], skip_special_tokens=False)
    unseen = {token for token, text in enumerate(texts) if not visible(text)}
    return frozenset(unseen | codec.banned | {codec.end_of_turn})


class TextStream:
    """Turns tokens into text as they come, in whole characters; a character that stays incomplete is dropped."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._pending: list[int] = []
        self._sent = 0

    def add(self, token: int) -> str:
        """Returns the text that this token completes: often just its own."""
        self._pending.append(token)
        text = self._codec.decode(self._pending)
        complete = text.rstrip(_BROKEN)
        piece = complete[self._sent :]
        self._sent = len(complete)
        if complete == text:
            self._pending.clear()
            self._sent = 0
        return piece.replace(_BROKEN, "")
