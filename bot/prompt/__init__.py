"""The one prompt: rendered here for training, serving and evaluation alike."""

from bot.prompt.codec import Codec, PhotoGeometry
from bot.prompt.fingerprint import Fingerprint
from bot.prompt.render import AvatarTurn, PhotoSpan, Prompt, render

__all__ = ["AvatarTurn", "Codec", "Fingerprint", "PhotoGeometry", "PhotoSpan", "Prompt", "render"]
