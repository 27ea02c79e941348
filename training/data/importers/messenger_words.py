"""What Messenger and Instagram write in a sender's name, in the language of the account, and nobody typed."""

import re

from training.data.importers.base import REACTION, RECALLED, SERVICE

_LONGEST = 160
_EMOJI = re.compile("[\u203c-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]")
_MESSAGE = re.compile(
    r"message|nachricht|mensaje|messaggio|mensagem|bericht|сообщени|mesaj|消息|訊息|讯息|メッセージ|메시지",
    re.IGNORECASE,
)
_REACTED = re.compile(
    r"react|reagi|réagi|reageer|reaccion|отреагир|ifade|回应|回應|反應|反应|心情|リアクション|공감|반응", re.IGNORECASE
)
_LIKED = re.compile(
    r"(?:liked a message|hat eine nachricht mit „?gefällt mir“? markiert|gefällt eine nachricht|"
    r"(?:le gustó|indicó que le gusta) (?:un|tu) mensaje|a aimé un message|"
    r"ha messo (?:[\"“]?mi piace[\"”]?|like) a un messaggio|curtiu uma mensagem|gostou de uma mensagem|"
    r"vindt een bericht leuk|(?:понравилось|нравится) (?:ваше )?сообщение|bir mesajı beğendi|"
    r"赞了一?[条則]消息|對一則訊息按讚|メッセージに「?いいね!?」?しました|메시지를 좋아합니다)[.。!]?",
    re.IGNORECASE,
)
_UNSENT = re.compile(
    r"(?:.{1,60} )?(?:unsent a message|hat eine nachricht zurückgerufen|anuló el envío de un mensaje|"
    r"a retiré un message|ha annullato l'invio di un messaggio|cancelou o envio de uma mensagem|撤回了一[条則]消息|"
    r"已收回訊息|メッセージの送信を取り消しました|메시지를 취소했습니다)[.。]?",
    re.IGNORECASE,
)
_ATTACHMENT = re.compile(
    r"attachment|anhang|adjunto|pièce jointe|allegato|anexo|bijlage|вложение|\bek\b|附件|添付|첨부", re.IGNORECASE
)
_DID = re.compile(
    r"(?:sent an attachment|named the (?:group|chat)|(?:added|removed) .{1,60} (?:to|from) the (?:group|chat)|"
    r"left the (?:group|chat|conversation)|joined the (?:call|chat|group|video chat)|"
    r"started an? (?:audio|video|group|call|voice)|changed the (?:group|chat|theme)|set (?:the|your|his|her|their) "
    r"(?:own )?nickname|created the (?:group|chat|poll)|turned (?:on|off) |missed an? (?:audio|video|voice|call)|"
    r"pinned a message|voted for |waved (?:at|to) |called (?:you|the group)\b|are now connected|can now message)"
)


def mended(value: object) -> str:
    """Returns a text whose UTF-8 these apps took for Latin-1; any other text as it is."""
    text = value if isinstance(value, str) else ""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def not_typed(text: str, sender: str) -> str | None:
    """Returns the reason for which a text is skipped that the app wrote; None for what the sender typed."""
    if len(text) > _LONGEST or "\n" in text:
        return None
    if _LIKED.fullmatch(text) or (_EMOJI.search(text) and _REACTED.search(text) and _MESSAGE.search(text)):
        return REACTION
    if _UNSENT.fullmatch(text):
        return RECALLED
    rest = _after_name(text, sender)
    return SERVICE if rest is not None and not _ATTACHMENT.search(rest) else None


def stands_for_attachment(text: str, sender: str) -> bool:
    """Says whether a text only tells that something was sent: "Ann sent an attachment."."""
    return len(text) <= _LONGEST and _after_name(text, sender) is not None and _ATTACHMENT.search(text) is not None


def _after_name(text: str, sender: str) -> str | None:
    """Returns what follows the sender's own name, with which nobody begins a message; None if it is not there.

    A name of one word may begin a sentence of its bearer: of Will and of May the verb must be the app's, too.
    """
    for name in (sender, sender.partition(" ")[0], "You"):
        rest = text.removeprefix(name)
        if not name or rest == text or (name.isascii() and rest[:1].isalnum()):
            continue
        sure = name == sender and (" " in name or not name.isascii())
        sent = name != "You" and text[-1] in ".。" and _ATTACHMENT.search(rest)
        if sure or sent or _DID.match(rest.lstrip()):
            return rest
    return None
