"""What the Telegram stand-in answers to each method, in the real server's words."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from telegram.constants import ReactionEmoji

from tests.standins.telegram_world import Group, Json, Stored, World, entities, utf16

TEXT_LIMIT = 4096
FILE_LIMIT = 20 * 1024 * 1024
_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content"
    " and reply markup of the message"
)


class ApiError(Exception):
    """An answer with "ok": false."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.parameters = parameters

    def json(self) -> Json:
        answer: Json = {"ok": False, "error_code": self.code, "description": str(self)}
        return answer | ({"parameters": self.parameters} if self.parameters else {})


@dataclass(frozen=True, slots=True)
class Sent:
    """One message of the bot, as it was when it was sent. `at`: seconds of time.monotonic. to: what it replies to."""

    chat_id: int
    message_id: int
    text: str
    thread: int | None
    at: float
    to: int | None = None


class BotApi:
    """The methods that need no waiting. Parameters come as text, as from a form; unknown ones are refused."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sent: list[Sent] = []
        self.edits: list[Sent] = []  # edits that changed a text
        self.actions: list[tuple[int, str]] = []  # chat and what the bot showed itself doing
        self.webhook_url = ""
        self._methods: dict[str, tuple[Callable[[Mapping[str, str]], object], frozenset[str]]] = {
            "getme": (self._get_me, frozenset()),
            "getwebhookinfo": (self._get_webhook_info, frozenset()),
            "deletewebhook": (self._delete_webhook, frozenset({"drop_pending_updates"})),
            "sendmessage": (
                self._send_message,
                frozenset({"chat_id", "text", "message_thread_id", "reply_parameters"}),
            ),
            "sendsticker": (self._send_sticker, frozenset({"chat_id", "sticker", "message_thread_id"})),
            "sendvoice": (
                self._send_voice,
                frozenset({"chat_id", "voice", "caption", "duration", "message_thread_id"}),
            ),
            "setmessagereaction": (
                self._set_message_reaction,
                frozenset({"chat_id", "message_id", "reaction", "is_big"}),
            ),
            "getstickerset": (self._get_sticker_set, frozenset({"name"})),
            "sendchataction": (self._send_chat_action, frozenset({"chat_id", "action", "message_thread_id"})),
            "editmessagetext": (self._edit_message_text, frozenset({"chat_id", "message_id", "text"})),
            "editmessagereplymarkup": (self._take_buttons_off, frozenset({"chat_id", "message_id"})),
            "getfile": (self._get_file, frozenset({"file_id"})),
        }

    def answer(self, method: str, params: Mapping[str, str]) -> object:
        if method not in self._methods:
            raise ApiError(404, "Not Found: method not found")
        call, allowed = self._methods[method]
        if unknown := sorted(set(params) - allowed):
            raise ApiError(400, f"Bad Request: the stand-in does not know {', '.join(unknown)} of {method}")
        return call(params)

    def _get_me(self, _: Mapping[str, str]) -> object:
        return self.world.bot

    def _get_webhook_info(self, _: Mapping[str, str]) -> object:
        return {"url": self.webhook_url, "has_custom_certificate": False, "pending_update_count": 0}

    def _delete_webhook(self, _: Mapping[str, str]) -> object:
        self.webhook_url = ""
        return True

    def _send_message(self, params: Mapping[str, str]) -> object:
        chat_id = self._writable(params)
        text = self._text(params)
        thread = self._thread(params, chat_id)
        to = self._replied(params, chat_id)
        message = self.world.write(
            chat_id,
            self._self(),
            own=True,
            text=text,
            entities=entities(text),
            message_thread_id=thread,
            is_topic_message=True if thread else None,
            reply_to_message=self.world.messages[chat_id, to].json if to else None,
        )
        self.sent.append(Sent(chat_id, message["message_id"], text, thread, time.monotonic(), to))
        return message

    def _send_sticker(self, params: Mapping[str, str]) -> object:
        """By the id of a known sticker, or as an uploaded file, of which the parameter holds the name."""
        chat_id = self._writable(params)
        thread = self._thread(params, chat_id)
        if chat_id in self.world.no_stickers:
            raise ApiError(400, "Bad Request: not enough rights to send stickers to the chat")
        known = [one for stickers in self.world.sticker_sets.values() for one in stickers]
        sticker = next((one for one in known if one["file_id"] == params["sticker"]), None)
        if sticker is None and not params["sticker"].endswith(".webp"):
            raise ApiError(400, "Bad Request: wrong file identifier/HTTP URL specified")
        sticker = sticker or self.world.sticker(b"", "", animated=False)
        message = self.world.write(
            chat_id, self._self(), own=True, sticker=sticker, message_thread_id=thread,
            is_topic_message=True if thread else None,
        )  # fmt: skip
        shown = f"[sticker {sticker['emoji'] or params['sticker']}]"
        self.sent.append(Sent(chat_id, message["message_id"], shown, thread, time.monotonic()))
        return message

    def _send_voice(self, params: Mapping[str, str]) -> object:
        """An uploaded file, of which the parameter holds the name."""
        chat_id = self._writable(params)
        thread = self._thread(params, chat_id)
        if chat_id in self.world.no_voices:
            raise ApiError(400, "Bad Request: VOICE_MESSAGES_FORBIDDEN")
        if not params["voice"].endswith((".ogg", ".oga")):
            raise ApiError(400, "Bad Request: wrong file identifier/HTTP URL specified")
        seconds = int(params["duration"])
        file = {"file_id": "AwAC1", "file_unique_id": "AwAC1", "duration": seconds}
        message = self.world.write(
            chat_id, self._self(), own=True, voice=file, caption=params.get("caption"), message_thread_id=thread,
            is_topic_message=True if thread else None,
        )  # fmt: skip
        shown = f"[voice 0:{seconds:02}] {params.get('caption', '')}"
        self.sent.append(Sent(chat_id, message["message_id"], shown, thread, time.monotonic()))
        return message

    def _set_message_reaction(self, params: Mapping[str, str]) -> object:
        """A bot may have one emoji on a message, of those that are free for all."""
        chat_id = self._writable(params)
        number = int(params["message_id"])
        given = json.loads(params.get("reaction", "[]"))
        if (chat_id, number) not in self.world.messages:
            raise ApiError(400, "Bad Request: message to react not found")
        if len(given) > 1:
            raise ApiError(400, "Bad Request: REACTIONS_TOO_MANY")
        free = {one.value for one in ReactionEmoji}
        emoji = [str(one["emoji"]) for one in given if one.get("type") == "emoji"]
        if chat_id in self.world.no_reactions or len(emoji) < len(given) or not free.issuperset(emoji):
            raise ApiError(400, "Bad Request: REACTION_INVALID")
        self.world.reactions[chat_id, number, int(self.world.bot["id"])] = emoji
        return True

    def _get_sticker_set(self, params: Mapping[str, str]) -> object:
        stickers = self.world.sticker_sets.get(params["name"])
        if stickers is None:
            raise ApiError(400, "Bad Request: STICKERSET_INVALID")
        return {"name": params["name"], "title": "A set", "sticker_type": "regular", "stickers": stickers}

    def _send_chat_action(self, params: Mapping[str, str]) -> object:
        chat_id = self._writable(params)
        if params.get("action") not in {"typing", "upload_photo", "record_voice", "choose_sticker"}:
            raise ApiError(400, "Bad Request: wrong parameter action in request")
        self.actions.append((chat_id, params["action"]))
        return True

    def _edit_message_text(self, params: Mapping[str, str]) -> object:
        chat_id = self._chat(params)
        text = self._text(params)
        stored = self._editable(chat_id, params)
        if stored.text == text:
            raise ApiError(400, f"Bad Request: {_SAME}")
        stored.json = {**stored.json, "text": text, "entities": entities(text), "edit_date": int(time.time())}
        self.edits.append(Sent(chat_id, stored.json["message_id"], text, None, time.monotonic()))
        return stored.json

    def _take_buttons_off(self, params: Mapping[str, str]) -> object:
        """No message of the bot has any."""
        self._editable(self._chat(params), params)
        raise ApiError(400, f"Bad Request: {_SAME}")

    def _editable(self, chat_id: int, params: Mapping[str, str]) -> Stored:
        try:
            stored = self.world.messages.get((chat_id, int(params.get("message_id", ""))))
        except ValueError:
            raise ApiError(400, "Bad Request: message identifier is not specified") from None
        if stored is None:
            raise ApiError(400, "Bad Request: message to edit not found")
        if not stored.own:
            raise ApiError(400, "Bad Request: message can't be edited")
        return stored

    def _get_file(self, params: Mapping[str, str]) -> object:
        file = self.world.files.get(params.get("file_id", ""))
        if file is None:
            raise ApiError(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if file.claimed > FILE_LIMIT:
            raise ApiError(400, "Bad Request: file is too big")
        return {**file.json(), "file_path": file.path}

    # -- what the methods have in common --------------------------------------------------------------------------

    def _self(self) -> Json:
        return {key: self.world.bot[key] for key in ("id", "is_bot", "first_name", "username")}

    def _chat(self, params: Mapping[str, str]) -> int:
        try:
            chat_id = int(params.get("chat_id", ""))
        except ValueError:
            raise ApiError(400, "Bad Request: chat_id is empty") from None
        group = self.world.groups.get(chat_id)
        if group and group.moved_to:
            description = "Bad Request: group chat was upgraded to a supergroup chat"
            raise ApiError(400, description, migrate_to_chat_id=group.moved_to)
        if group is None and chat_id not in self.world.started:
            raise ApiError(400, "Bad Request: chat not found")
        return chat_id

    def _writable(self, params: Mapping[str, str]) -> int:
        chat_id = self._chat(params)
        group = self.world.groups.get(chat_id)
        if group and not group.bot_in:
            raise ApiError(403, f"Forbidden: bot was kicked from the {group.kind} chat")
        if chat_id in self.world.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        return chat_id

    def _text(self, params: Mapping[str, str]) -> str:
        text = params.get("text", "").strip()
        if not text:
            raise ApiError(400, "Bad Request: message text is empty")
        if utf16(text) > TEXT_LIMIT:
            raise ApiError(400, "Bad Request: message is too long")
        return text

    def _replied(self, params: Mapping[str, str], chat_id: int) -> int | None:
        given = json.loads(params.get("reply_parameters", "{}"))
        if unknown := sorted(set(given) - {"message_id", "allow_sending_without_reply"}):
            raise ApiError(400, f"Bad Request: the stand-in does not know {', '.join(unknown)} of reply_parameters")
        if not given or (chat_id, given["message_id"]) in self.world.messages:
            return int(given["message_id"]) if given else None
        if given.get("allow_sending_without_reply"):
            return None
        raise ApiError(400, "Bad Request: message to be replied not found")

    def _thread(self, params: Mapping[str, str], chat_id: int) -> int | None:
        if "message_thread_id" not in params:
            return None
        group = self.world.groups.get(chat_id)
        if not isinstance(group, Group) or not group.forum:
            raise ApiError(400, "Bad Request: message thread not found")
        return int(params["message_thread_id"])


def string_list(value: str) -> list[str]:
    parsed = json.loads(value)
    if not isinstance(parsed, list) or not all(isinstance(one, str) for one in parsed):
        raise ApiError(400, "Bad Request: can't parse the list of strings")
    return parsed
