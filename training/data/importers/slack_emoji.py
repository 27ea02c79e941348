"""The names that Slack has for emoji, of those that people react with. A workspace's own pictures have others."""

import re

_NAMES = {
    "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "heart": "❤️", "hearts": "♥️", "joy": "😂",
    "sob": "😭", "smile": "😄", "smiley": "😃", "grin": "😁", "grinning": "😀", "laughing": "😆",
    "rolling_on_the_floor_laughing": "🤣", "slightly_smiling_face": "🙂", "upside_down_face": "🙃",
    "wink": "😉", "blush": "😊", "heart_eyes": "😍", "kissing_heart": "😘", "thinking_face": "🤔",
    "open_mouth": "😮", "astonished": "😲", "scream": "😱", "cry": "😢", "disappointed": "😞",
    "sweat_smile": "😅", "sunglasses": "😎", "rage": "😡", "angry": "😠", "face_palm": "🤦", "shrug": "🤷",
    "see_no_evil": "🙈", "eyes": "👀", "clap": "👏", "pray": "🙏", "raised_hands": "🙌", "ok_hand": "👌",
    "wave": "👋", "muscle": "💪", "point_up": "☝️", "v": "✌️", "handshake": "🤝", "tada": "🎉", "fire": "🔥",
    "rocket": "🚀", "100": "💯", "sparkles": "✨", "star": "⭐", "star-struck": "🤩", "white_check_mark": "✅",
    "heavy_check_mark": "✔️", "x": "❌", "question": "❓", "exclamation": "❗", "bulb": "💡", "coffee": "☕",
    "beer": "🍺", "beers": "🍻", "cake": "🍰", "birthday": "🎂", "skull": "💀", "broken_heart": "💔",
    "purple_heart": "💜", "blue_heart": "💙", "green_heart": "💚", "yellow_heart": "💛", "partying_face": "🥳",
    "hugging_face": "🤗", "melting_face": "🫠", "saluting_face": "🫡",
}  # fmt: skip
_SHADES = dict(zip("23456", "🏻🏼🏽🏾🏿", strict=True))
_NAME = re.compile(r"(?P<name>[^:]+)(?:::skin-tone-(?P<shade>[2-6]))?")


def emoji_of(name: object) -> str | None:
    """Returns the emoji that Slack calls so, such as `+1::skin-tone-3`; None where it is not known."""
    found = _NAME.fullmatch(name) if isinstance(name, str) else None
    emoji = _NAMES.get(found["name"]) if found else None
    if found is None or emoji is None:
        return None
    return emoji + _SHADES[found["shade"]] if found["shade"] else emoji
