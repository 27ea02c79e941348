"""Golden files pin the prompt, token by token. `ECHOES_GOLDEN=write pytest tests/prompt` writes them anew.

Where one changes, every LoRA trained before reads something else: raise RENDERER with it.
"""

import hashlib
import os
from pathlib import Path

import pytest
from tokenizers import pre_tokenizers

from bot.chat.prompt import Codec, Prompt, render
from bot.chat.prompt.render import RENDERER
from bot.media import MediaStore
from tests.prompt.scenes import CONVERSATIONS

GOLDEN = Path(__file__).with_name("golden")


def byte_of_letter() -> dict[str, int]:
    """The byte that each letter of a byte-level vocabulary stands for (the table that GPT-2 made)."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    table = {chr(byte): byte for byte in plain} | {chr(256 + number): byte for number, byte in enumerate(others)}
    assert table.keys() == set(pre_tokenizers.ByteLevel.alphabet())
    return table


def shown(codec: Codec, prompt: Prompt) -> str:
    """One token after the other between bars, what is learnt after », a photo's places counted."""
    table, learnt = byte_of_letter(), prompt.loss_mask()
    photos = {photo.start: photo for photo in prompt.photos}
    control = set(codec.control.values())
    digest = hashlib.sha256(repr(prompt.ids).encode()).hexdigest()
    lines = [f"renderer {RENDERER}, {len(prompt.ids)} ids, sha256 of their list {digest}", "│"]
    position = 0
    while position < len(prompt.ids):
        token = prompt.ids[position]
        name = codec.tokenizer.id_to_token(token) or ""
        if position in photos:
            photo = photos[position]
            text, position = f"{name} × {photo.end - photo.start} of {photo.grid}", photo.end
        else:
            position += 1
            if token in control:
                text = f"{{{name}}}"
            else:
                raw = bytes(table[letter] for letter in name)
                try:
                    text = raw.decode()
                except UnicodeDecodeError:
                    text = f"‹{raw.hex()}›"
        mark = "»" if learnt[position - 1] else ""
        lines[-1] += mark + text.replace("\n", "⏎").replace("\u2028", "⤶") + "│"
        if "\n" in text:
            lines.append("│")
    return "\n".join(line for line in lines if line != "│") + "\n"


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_prompt_is_what_it_was(name: str, codec: Codec, media: MediaStore) -> None:
    conversation = CONVERSATIONS[name](media)
    prompt = render(conversation.scene, conversation.turns, codec, open_turn=conversation.open_turn)
    path, now = GOLDEN / f"{name}.txt", shown(codec, prompt)
    if os.environ.get("ECHOES_GOLDEN") == "write":
        path.write_text(now, "utf-8")
    assert now == path.read_text("utf-8"), "the prompt has changed: if that is meant, raise RENDERER and write it anew"
