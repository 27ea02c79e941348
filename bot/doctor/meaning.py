"""Whether what was said before can be found by its meaning, where the owner wants that."""

from collections.abc import Callable, Iterator

from bot.checks import Check, bad, good, note
from bot.config import Config
from bot.errors import EchoesError
from bot.lora import find_lora
from bot.memory.meaning import Meaning, open_meaning
from bot.memory.trained import doubt, remembers
from bot.workspace import Workspace


def examine_meaning(workspace: Workspace, config: Config, progress: Callable[[str], None]) -> Iterator[Check]:
    """Loads the encoder, for only that tells whether it can be: without it the avatar would run, and not train."""
    name, meaning = "encoder", None
    if config.memory is not None:
        if not config.conversation.remember:
            yield note(name, "memory.encoder is not used: conversation.remember is off")
            return
        progress(f"loading {config.memory.encoder}")
        try:
            meaning = open_meaning(config.memory)
        except EchoesError as error:
            yield bad(name, error)
            return
    if meaning is not None:
        yield good(name, f"{meaning.encoder.name} can be loaded")
        meaning.close()
    yield from _as_trained(workspace, config, meaning)


def _as_trained(workspace: Workspace, config: Config, meaning: Meaning | None) -> Iterator[Check]:
    try:
        lora = find_lora(workspace.loras, config.model.lora)
    except EchoesError:
        return  # told already
    if remembers(lora) and (odd := doubt(lora, meaning.encoder if meaning else None)):
        yield note("encoder", odd)
