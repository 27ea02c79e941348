"""The web chat: the owner's own window to try the avatar, as any contact or as a stranger."""

from adapters.web.adapter import WebAdapter

__all__ = ["WebAdapter"]
