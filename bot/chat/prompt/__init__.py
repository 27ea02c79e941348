"""The one prompt: rendered here for training, serving and evaluation alike."""

from bot.chat.prompt.codec import Codec, PhotoGeometry
from bot.chat.prompt.fingerprint import Fingerprint
from bot.chat.prompt.render import AvatarTurn, PhotoSpan, Prompt, render

__all__ = ["AvatarTurn", "Codec", "Fingerprint", "PhotoGeometry", "PhotoSpan", "Prompt", "render"]
