"""What many tests share: a browser, a tokenizer of plain bytes, small pictures, a LoRA's folder, rows of a corpus."""

import io
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from bot.chat.decision import Calibration
from bot.chat.prompt import Codec, Fingerprint, PhotoGeometry
from bot.chat.prompt.codec import CONTROL
from bot.media import MediaStore
from bot.message import Message
from bot.store.attachments import to_json
from bot.store.corpus import Corpus
from bot.workspace import private_dir

BROWSER = os.environ.get(
    "ECHOES_TEST_BROWSER",
    next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""),
)
"""The Chromium that pages are tried in: the one named, or else the one found; empty where there is none."""


def byte_tokenizer() -> Tokenizer:
    """One token a byte, and the control tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: number for number, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in CONTROL])
    return tokenizer


def byte_codec(media: MediaStore) -> Codec:
    geometry = PhotoGeometry(patch=14, merge=2, min_pixels=56 * 56, max_pixels=112 * 112)
    return Codec(byte_tokenizer(), geometry, media.size)


def picture(colour: str = "red", size: tuple[int, int] = (64, 48)) -> bytes:
    """A PNG of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def lora_folder(folder: Path, fingerprint: Fingerprint | None = None, threshold: float = 0.5) -> Path:
    """The files of a LoRA that are looked at before it is loaded, whole; weights that do nothing, of one matrix of the
    embedded model. Without a fingerprint it fits no model."""
    private_dir(folder)
    matrix = "base_model.model.model.language_model.layers.0.self_attn.q_proj"
    down, up = np.zeros((8, 576), np.float32), np.zeros((576, 8), np.float32)
    save_file({f"{matrix}.lora_A.weight": down, f"{matrix}.lora_B.weight": up}, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text('{"r": 8}', "utf-8")
    Calibration(threshold=threshold).save(folder)
    (fingerprint or Fingerprint(0, "", "", 0, 0, 0, 0, (), {})).save(folder)
    return folder


def refs(message: Message) -> tuple[str, ...]:
    """What a platform is asked for to have the message's pictures."""
    return tuple(one.ref for one in message.attachments if one.ref)


def kind(message: Message) -> str:
    """The kind of what a message brings that is no picture, or one nobody can see; empty where there is none."""
    playing = ("voice", "video", "animation")
    return next((one.kind for one in message.attachments if one.kind in playing or not (one.ref or one.digest)), "")


def sender_of(message: Message) -> str:
    """The id of the account that sent it; empty for the avatar's own."""
    return message.sender.id if message.sender else ""


def put(corpus: Corpus, messages: list[Message]) -> None:
    """Into the corpus, row by row as an import leaves them."""
    chat = messages[0].chat
    with corpus.transaction() as db:
        db.execute(
            "INSERT OR IGNORE INTO sources (id, name, format, imported_at, resolution_ms, kept, truncated)"
            " VALUES (1, 'export', 'made up', 0, 1000, 0, 0)",
        )
        place = db.execute(
            "INSERT INTO chats (platform, native_id, kind, title) VALUES (?, ?, ?, ?)",
            (chat.platform, chat.id, chat.kind, chat.title),
        ).lastrowid
        rows: dict[str, int] = {}
        for message in messages:
            assert message.sender is not None
            sent_ms = round(message.sent_at.timestamp() * 1000)
            who = (message.sender.platform, message.sender.id)
            db.execute(
                "INSERT OR IGNORE INTO senders (platform, native_id, is_bot) VALUES (?, ?, ?)",
                (*who, message.from_bot),
            )
            (sender,) = db.execute("SELECT id FROM senders WHERE platform = ? AND native_id = ?", who).fetchone()
            db.execute("INSERT OR IGNORE INTO names (sender, name) VALUES (?, ?)", (sender, message.sender_name))
            (name,) = db.execute(
                "SELECT id FROM names WHERE sender = ? AND name = ?", (sender, message.sender_name)
            ).fetchone()
            if message.reaction:
                db.execute(
                    "INSERT INTO reactions (chat, message, sender, name, emoji, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
                    (place, rows[message.reply_to or ""], sender, name, message.reaction, sent_ms),
                )
                continue
            cursor = db.execute(
                "INSERT INTO messages (chat, sender, name, sent_ms, position, text, attachments, forwarded, reply_to,"
                " source) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 1)",
                (
                    place,
                    sender,
                    name,
                    sent_ms,
                    int(message.id),
                    message.text,
                    to_json([replace(one, ref="") for one in message.attachments]),
                    rows.get(message.reply_to or ""),
                ),
            )
            rows[message.id] = cursor.lastrowid or 0
