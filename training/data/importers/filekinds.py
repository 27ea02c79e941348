"""Tells what a file is by the ending of its name, where an export says no more."""

_KINDS = {
    **dict.fromkeys(("jpg", "jpeg", "png", "webp", "heic", "bmp", "tif", "tiff", "gif"), "photo"),
    **dict.fromkeys(("mp4", "mov", "3gp", "mkv", "webm", "avi", "m4v"), "video"),
    **dict.fromkeys(("opus", "ogg", "aac", "amr", "silk", "slk"), "voice"),
    **dict.fromkeys(("m4a", "mp3", "wav", "flac"), "audio"),
    "vcf": "contact",
}


PLAYING = ("video", "animation", "voice")
"""Kinds of files that are heard, or looked at frame by frame."""


def kind_of_file(name: str) -> str:
    """Returns photo or the placeholder for a file; "file" for what is none of the known kinds."""
    return _KINDS.get(name.rpartition(".")[2].lower(), "file")
