"""What WhatsApp itself writes into a message, in the phone's language: files, what was left out, deleted or edited."""

import re
from dataclasses import dataclass

from training.data.importers.base import CALL, EMPTY, RECALLED, SERVICE
from training.data.importers.filekinds import PLAYING, kind_of_file
from training.data.importers.whatsapp_dates import MARKS

OWN = "\u200e"
"""An iPhone marks with it what the app wrote, and not the sender."""

_UNSEEN = str.maketrans("", "", MARKS.replace("\u200f", ""))  # that one people type, in Arabic and Hebrew

_OMITTED = re.compile(
    r"omit|omis|omes|omess|esclus|inclus|ocult|revelad|eliminati|absent|ausente|manqu|retir[ée]|exclu|"
    r"ausgeschlossen|weggelassen|ausgelassen|weggelaten|utel[äa]|udelad|jätetty|pomini|vynech|izpuščen|izostavlj|"
    r"elhagy|hiányzó|εξαίρεση|без медиа|пропущ|отсутств|опущ|не включ|dahil edilmedi|atlan|çıkarıldı|"
    r"disertakan|disingkirkan|"
    r"bỏ qua|استبعاد|الوسائط|הושמט|נכלל|के बिना|वगळ|忽略|省略|略過|略过|略去|除外|含まれ|なし|除く|제외|생략",
    re.IGNORECASE,
)
_IN_ANGLES = re.compile(r"[<＜][^<>]{3,60}[>＞]")
_EDITED = re.compile(
    r"<[^<>]{3,60}?(?:edited|bearbeitet|edit[óao]|modifi|bewerkt|измен|отредакт|düzenlendi|编辑|編輯|編集|수정|edytowan|"
    r"redigera|redigert)[^<>]{0,30}>\s*\Z",
    re.IGNORECASE,
)
_DELETED = re.compile(
    r"(?:this message was deleted(?: by admin .*)?|you deleted this message(?: as admin)?|message deleted|"
    r"diese nachricht wurde (?:von admin .* )?gelöscht|(?:du hast|sie haben) diese nachricht gelöscht|"
    r"(?:se eliminó este|este) mensaje(?: fue eliminado)?|mensaje eliminado|eliminaste este mensaje|"
    r"ce message a été supprimé|vous avez supprimé ce message|message supprimé|"
    r"questo messaggio è stato eliminato|hai eliminato questo messaggio|messaggio eliminato|"
    r"(?:esta )?mensagem (?:foi )?(?:apagada|eliminada)|você apagou esta mensagem|(?:tu )?eliminaste esta mensagem|"
    r"dit bericht is verwijderd|(?:u|je) hebt dit bericht verwijderd|bericht verwijderd|"
    r"(?:данное |это )?сообщение удалено|вы удалили (?:данное|это) сообщение|"
    r"bu mesaj silindi|bu mesajı sildiniz|mesaj silindi|"
    r"[此这該该][条條則则]?(?:消息|信息|訊息|讯息)已(?:被)?[删刪]除|[你您](?:已)?[删刪]除了?[此这這][条條則则]?(?:消息|信息|訊息|讯息)|"
    r"(?:このメッセージは|メッセージが)削除されました|(?:あなたは)?(?:この)?メッセージを(?:削除しました|取り消しました)|"
    r"삭제된 메시지입니다|이 메시지는 삭제되었습니다|(?:이 )?메시지를 삭제했습니다)[.。]?",
    re.IGNORECASE,
)
_ATTACHED = re.compile(r"<[^<>:：]{2,30}\s?[:：]\s?(?P<file>[^<>/\\\n]+\.\w{2,5})>\s*\Z")
_FILE_ATTACHED = re.compile(
    r"(?P<file>[^/\\\n]+\.\w{2,5})\s[(（](?P<told>[^()（）\n]{2,30})[)）]"
)  # IMG-20240101-WA0001.jpg (file attached)
_NAME = re.compile(r"[^/\\\n]+\.\w{2,5}")
_OF_WHATSAPP = re.compile(r"(?:IMG|VID|PTT|AUD|STK|DOC|GIF)-\d{8}-WA\d+\.", re.IGNORECASE)
_TOLD_ATTACHED = re.compile(
    r"attach|angehängt|anhang|adjunt|joint|allegat|anexad|bijge|bijlage|добавлен|прикреп|влож|ekli|ekle|附件|附加|添付|첨부|"
    r"załącz|bifoga|vedhæft|vedlagt",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?:[^:\n]{2,30}: )?https://maps\.google\.com/\?q=\S+|[^:\n]{2,80}: .{0,200}https://foursquare\.com/\S+"
)
_LIVE = re.compile(
    r"live location shared|live-standort wird geteilt|ubicación en tiempo real compartida|"
    r"localisation en direct partagée|posizione in tempo reale condivisa|localização em tempo real compartilhada|"
    r"live locatie gedeeld|실시간 위치 공유됨|已分享实时位置|已分享即時位置",
    re.IGNORECASE,
)
_POLL = re.compile(
    r"(?:poll|umfrage|encuesta|sondage|sondaggio|enquete|sondagem|peiling|опрос|anket|投票|アンケート|투표):\n(?P<asked>[^\n]+)",
    re.IGNORECASE,
)
_CALLS = re.compile(
    r"\bcall\b|anruf|llamada|appel\b|chiamata|ligação|chamada|oproep|звон|arama|通话|通話|语音来电|전화|통화|着信",
    re.IGNORECASE,
)
_KIND_OF_WORD = tuple(
    (kind, re.compile(words, re.IGNORECASE))
    for kind, words in (
        (
            "sticker",
            r"sticker|figurinha|pegatina|autocollant|adesivo|стикер|çıkartma|贴图|貼圖|贴纸|ステッカー|スタンプ|스티커",
        ),
        ("animation", r"\bgif\b|動圖|动图"),
        (
            "photo",
            r"image|bild|imagen|immagine|imagem|foto|afbeelding|изображени|фото|görüntü|resim|图|圖|照片|画像|写真|"
            r"사진|이미지",
        ),
        ("video", r"v[ií]d[eé]o|видео|影片|视频|動画|ビデオ|동영상|비디오"),
        ("voice", r"voice|sprachnachricht|vocal|\bvoz\b|spraakbericht|голосов|sesli|语音|語音|音声|음성"),
        ("audio", r"[aá]udio|аудио|\bses\b|音频|音訊|オーディオ|오디오"),
        ("contact", r"contac?t|kontakt|biglietto|cartão|контакт|kişi|联系人|名片|聯絡人|連絡先|연락처"),
        (
            "file",
            r"document|dokument|ficheiro|fichier|archivo|документ|belge|文档|文件|ドキュメント|書類|문서",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says, with its photos, its placeholder and what plays, as in ReadMessage."""

    text: str = ""
    photos: tuple[str, ...] = ()
    placeholder: str | None = None
    plays: str = ""


def visible(text: str) -> str:
    """Returns a text without the marks that turn the direction of writing."""
    return text.translate(_UNSEEN).strip()


def said(written: str) -> Said | str:
    """Returns what a message says, or the reason for which it is skipped."""
    by_app = written.lstrip(" \n").startswith(OWN)
    text = _EDITED.sub("", visible(written)).rstrip()
    if _DELETED.fullmatch(text):
        return RECALLED
    if text in ("", "null"):  # Android writes "null" for what can be seen once
        return EMPTY
    if (attached := _attached(text)) is not None:
        return attached
    first, _, more = text.partition("\n")
    if _left_out(first, by_app):
        return Said("" if _NAME.fullmatch(more.strip()) else more.strip(), (), _kind_of_words(first))
    if _PLACE.fullmatch(text) or _LIVE.fullmatch(text):
        return Said(placeholder="location")
    if (poll := _POLL.match(text)) is not None:
        return Said(poll["asked"].strip(), (), "poll")
    if by_app and not text.startswith("@"):  # with which a mention begins
        a_notice = ". " in text or "。" in text  # such as that messages and calls are encrypted
        return CALL if _CALLS.search(text) and not a_notice else SERVICE
    return Said(text)


def _left_out(line: str, by_app: bool) -> bool:
    """Says whether a line stands for what the export was made without: in angle brackets, or by the app itself."""
    if by_app and len(line) <= 200 and _OMITTED.search(line[-40:]):
        return True
    return _IN_ANGLES.fullmatch(line) is not None and _OMITTED.search(line) is not None


def _attached(text: str) -> Said | None:
    """Returns a message with a file beside the chat."""
    inside = _ATTACHED.search(text)
    if inside is not None:
        caption = text[: inside.start()].strip()
        return _with_file(inside["file"].strip(), "" if " • " in caption else caption)
    first, _, caption = text.partition("\n")
    beside = _FILE_ATTACHED.fullmatch(first)
    if beside is None or not (_OF_WHATSAPP.match(beside["file"]) or _TOLD_ATTACHED.search(beside["told"])):
        return None
    return _with_file(beside["file"], caption.strip())


def _with_file(name: str, caption: str) -> Said:
    stem, _, ending = name.rpartition(".")
    caption = "" if caption == name else caption
    kind = kind_of_file(name)
    upper = stem.upper()
    if ending.lower() == "webp" and ("STK" in upper or "STICKER" in upper):
        return Said(caption, (name,), "sticker")
    if kind == "photo":
        return Said(caption, (name,))
    if kind == "video" and "GIF" in upper:
        kind = "animation"
    if kind == "contact":
        return Said(stem, (), kind)
    return Said(caption, (), kind, name if kind in PLAYING else "")


def _kind_of_words(line: str) -> str:
    """Returns the kind of what was left out. Android mostly says no more than that it was a file with media."""
    kind = next((kind for kind, words in _KIND_OF_WORD if words.search(line)), "unknown")
    return "unknown" if kind == "file" and _IN_ANGLES.fullmatch(line) else kind
