"""WhatsApp: the same talk comes out of what any phone writes, in any language and with any order of dates."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.chat.attachments import spoken
from bot.message import Account, ChatKind
from tests.importing.conftest import Desk, Write
from tests.support import kind, picture
from training.data.importers.whatsapp_dates import DateOrder, dated

ANDROID = """\
20/01/2024, 21:05 - Messages and calls are end-to-end encrypted. No one outside of this chat can read them.
20/01/2024, 21:05 - Ann Lee: are you home?
I lost my keys: all of them
20/01/2024, 21:06 - Ben: on my way
20/01/2024, 21:06 - Ben: IMG-20240120-WA0003.jpg (file attached)
look at this sky
20/01/2024, 21:07 - Ann Lee: <Media omitted>
20/01/2024, 21:08 - Ann Lee: This message was deleted
20/01/2024, 21:09 - Ben: Fine <This message was edited>
20/01/2024, 21:10 - Ann Lee: PTT-20240120-WA0004.opus (file attached)
"""
IPHONE = """\
[20.01.24, 21:05:01] Anna: \u200eNachrichten und Anrufe sind Ende-zu-Ende-verschlüsselt. Niemand kann sie lesen.
[20.01.24, 21:05:02] Anna: bist du da?
\u200e[20.01.24, 21:05:09] Ben: \u200e<Anhang: 00000003-PHOTO-2024-01-20-21-05-09.jpg>
[20.01.24, 21:06:00] Anna: \u200eSticker weggelassen
[20.01.24, 21:06:30] Anna: \u200eVerpasster Sprachanruf
[20.01.24, 21:07:00] Ben: hallo\u200e <\u200eDiese Nachricht wurde bearbeitet.>
[20.01.24, 21:08:00] Ben: \u200eDu hast diese Nachricht gelöscht.
"""


def test_a_private_chat_of_android(desk: Desk, write: Write) -> None:
    write(picture(), "export/IMG-20240120-WA0003.jpg")
    report = desk.take(write(ANDROID, "export/WhatsApp Chat with Ann Lee.txt"))
    assert (desk.chat.platform, desk.chat.native_id, desk.chat.kind) == (
        "whatsapp",
        "name:Ann Lee",
        ChatKind.PRIVATE,
    )
    assert desk.said == [
        ("Ann Lee", "are you home?\nI lost my keys: all of them"),
        ("Ben", "on my way"),
        ("Ben", "look at this sky"),
        ("Ann Lee", "<unknown>"),
        ("Ben", "Fine"),
        ("Ann Lee", "<voice>"),
    ]
    assert [len(message.digests) for message in desk.messages] == [0, 0, 1, 0, 0, 0]
    assert desk.messages[0].sent_at == datetime(2024, 1, 20, 13, 5, tzinfo=UTC)  # 21:05 in Shanghai
    assert dict(report.skipped) == {"service message": 1, "recalled": 1}


def test_a_private_chat_of_an_iphone(desk: Desk, write: Write) -> None:
    """Its file is always called _chat.txt; its first notice names the other person."""
    write(picture(), "export/00000003-PHOTO-2024-01-20-21-05-09.jpg")
    report = desk.take(write(IPHONE.replace("\n", "\r\n"), "export/_chat.txt"))
    assert (desk.chat.native_id, desk.chat.kind, desk.chat.title) == ("name:Anna", ChatKind.PRIVATE, "Anna")
    assert desk.said == [("Anna", "bist du da?"), ("Ben", "<photo>"), ("Anna", "<sticker>"), ("Ben", "hallo")]
    assert desk.messages[1].digests
    assert dict(report.skipped) == {"service message": 1, "call": 1, "recalled": 1}
    assert desk.take(write(IPHONE, "again/_chat.txt")).kept == 0


SAME_EVENING = [
    "20/01/2024, 21:05 - Ann: x",
    "1/20/24, 9:05\u202fPM - Ann: x",
    "20.01.24, 21:05 - Ann: x",
    "20-01-2024 21:05 - Ann: x",
    "20/1/2024, 9:05 p.\u00a0m. - Ann: x",
    "20/01/2024 à 21:05 - Ann: x",
    "20.1.2024 klo 21.05 - Ann: x",
    "2024/1/20 下午9:05 - Ann: x",
    "2024年1月20日 下午9:05 - Ann: x",
    "2024. 1. 20. 오후 9:05 - Ann: x",
    "2024/01/20 21:05 - Ann: x",
    "24/1/20 下午9:05 - Ann: x",
    "20/1/2567 21:05 - Ann: x",
    "٢٠/١/٢٠٢٤، ٩:٠٥ م - Ann: x",
    "[1/20/24, 9:05:00\u202fPM] Ann: x",
    "[20.01.24, 21:05:00] Ann: x",
    "[2024/1/20 下午9:05:00] Ann: x",
    "[2024/1/20 晚上9:05:00] Ann: x",
    "\u200e[20/01/2024, 21:05:00] \u202aAnn\u202c: x",
]


@pytest.mark.parametrize("line", SAME_EVENING)
def test_every_way_to_write_an_evening(desk: Desk, write: Write, line: str) -> None:
    later = line.replace("21:05", "21:06").replace("9:05", "9:06").replace("21.05", "21.06").replace("٩:٠٥", "٩:٠٦")
    desk.take(write(f"{line}\n{later.replace(': x', ': y')}\n", "_chat.txt"))
    assert [(who, words) for who, words in desk.said] == [("Ann", "x"), ("Ann", "y")]
    assert [message.sent_at for message in desk.messages] == [
        datetime(2024, 1, 20, 13, 5, tzinfo=UTC),
        datetime(2024, 1, 20, 13, 6, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (("03/04/21", "05/04/21", "13/04/21"), (2021, 4, 3)),  # no thirteenth month
        (("03/04/21", "04/13/21"), (2021, 3, 4)),
        (("12/10/21", "01/11/21", "02/11/21"), (2021, 10, 12)),  # month first would go back in time
        (("10/12/21", "11/01/21", "11/02/21"), (2021, 10, 12)),
        (("03/04/21", "04/04/21", "05/04/21"), (2021, 4, 3)),  # three days in a row, and not the fourth of each month
        (("04/03/21", "04/04/21", "04/05/21"), (2021, 4, 3)),
    ],
)
def test_the_order_of_a_date_is_found_over_the_whole_file(
    desk: Desk, write: Write, dates: tuple[str, ...], first: tuple[int, int, int]
) -> None:
    desk.take(write("".join(f"{day}, 12:00 - Ann: {day}\n" for day in dates), "_chat.txt"))
    assert desk.messages[0].sent_at == datetime(*first, 4, tzinfo=UTC)
    assert [message.text for message in desk.messages] == list(dates)


@pytest.mark.parametrize("written", ["%d/%m/%y", "%m/%d/%y", "%y/%m/%d", "%d.%m.%Y", "%m-%d-%Y", "%Y-%m-%d"])
def test_forty_days_in_any_order_are_those_forty_days(written: str) -> None:
    rng = random.Random(written)
    for _ in range(100):
        start = date(2010, 1, 1) + timedelta(days=rng.randrange(5500))
        days = [start + timedelta(days=number) for number in range(40)]
        lines = [line for day in days if (line := dated(f"{day:{written}}, 21:05 - Ann: x"))]
        order = DateOrder()
        for line in lines:
            order.note(line)
        assert [line.date_in(order.found) for line in lines] == days


def test_an_american_phone_is_known_by_its_clock(desk: Desk, write: Write) -> None:
    desk.take(write("1/2/24, 9:05 AM - Ann: x\n2/2/24, 12:05 AM - Ann: y\n", "_chat.txt"))
    assert [message.sent_at for message in desk.messages] == [
        datetime(2024, 1, 2, 1, 5, tzinfo=UTC),
        datetime(2024, 2, 1, 16, 5, tzinfo=UTC),  # five past midnight on the second
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("<Media omitted>", "unknown"),
        ("<Medien ausgeschlossen>", "unknown"),
        ("<Multimedia omitido>", "unknown"),
        ("<Médias omis>", "unknown"),
        ("<Media omessi>", "unknown"),
        ("<Mídia oculta>", "unknown"),
        ("<Media weggelaten>", "unknown"),
        ("<Без медиафайлов>", "unknown"),
        ("<Medya dahil edilmedi>", "unknown"),
        ("<Файл пропущен>", "unknown"),
        ("<省略多媒体文件>", "unknown"),
        ("<忽略多媒體檔>", "unknown"),
        ("<メディアなし>", "unknown"),
        ("<メディアは含まれていません>", "unknown"),
        ("<미디어 파일 제외됨>", "unknown"),
        ("<미디어 파일을 생략한 대화내용>", "unknown"),
        ("<pominięto multimedia>", "unknown"),
        ("<تم استبعاد الوسائط>", "unknown"),
        ("<Video message omitted>", "video"),
        ("<Media omitted>\nsong 4.mod", "unknown"),
        ("\u200eimage omitted", "photo"),
        ("\u200eBild weggelassen", "photo"),
        ("\u200eimagen omitida", "photo"),
        ("\u200eimage absente", "photo"),
        ("\u200eimmagine omessa", "photo"),
        ("\u200eimagem ocultada", "photo"),
        ("\u200eafbeelding weggelaten", "photo"),
        ("\u200e圖片已略去", "photo"),
        ("\u200evideo omitted", "video"),
        ("\u200eáudio ocultado", "audio"),
        ("\u200efigurinha omitida", "sticker"),
        ("\u200eGIF omitted", "animation"),
        ("\u200eContact card omitted", "contact"),
        ("\u200ereport.pdf • \u200e3 pages \u200edocument omitted", "file"),
        ("Ann Lee.vcf (file attached)", "contact"),
        ("DOC-20240120-WA0001.pdf (Datei angehängt)", "file"),
        ("VID-20240120-WA0001.mp4 (archivo adjunto)", "video"),
        ("STK-20240120-WA0001.webp (文件附件)", "sticker"),
        ("\u200e<attached: 00000012-AUDIO-2024-01-20-21-05-00.opus>", "voice"),
        ("\u200e<adjunto: 00000012-GIF-2024-01-20-21-05-00.mp4>", "animation"),
        ("\u200e<附件：00000012-STICKER-2024-01-20-21-05-00.webp>", "sticker"),
        ("\u200e<pièce jointe : 00000012-PHOTO-2024-01-20-21-05-00.jpg>", "photo"),
        ("location: https://maps.google.com/?q=52.5,13.4", "location"),
        (
            "\u200ePOLL:\nPizza or pasta?\n\u200eOPTION: Pizza (\u200e2 votes)\n\u200eOPTION: Pasta (\u200e0 votes)",
            "poll",
        ),
    ],
)
def test_what_is_not_words_keeps_its_place_in_every_language(
    desk: Desk, write: Write, written: str, expected: str
) -> None:
    desk.take(write(f"20/01/2024, 21:05 - Ann: {written}\n", "_chat.txt"))
    (message,) = desk.messages
    assert (kind(message), message.text) == (expected, "")


def test_a_poll_keeps_its_question(desk: Desk, write: Write) -> None:
    desk.take(
        write("[20/01/2024, 21:05:00] Ann: \u200eENCUESTA:\n¿Pizza?\n\u200eOPCIÓN: Sí (\u200e1 voto)\n", "_chat.txt")
    )
    assert spoken(desk.messages[0]) == "¿Pizza?"


@pytest.mark.parametrize(
    "written",
    [
        "You deleted this message",
        "Diese Nachricht wurde gelöscht.",
        "Se eliminó este mensaje.",
        "Ce message a été supprimé",
        "Questo messaggio è stato eliminato",
        "Você apagou esta mensagem",
        "Dit bericht is verwijderd",
        "Данное сообщение удалено",
        "Bu mesaj silindi",
        "此消息已删除",
        "你删除了这条信息",
        "このメッセージは削除されました",
        "삭제된 메시지입니다",
    ],
)
def test_what_was_deleted_is_gone_in_every_language(desk: Desk, write: Write, written: str) -> None:
    report = desk.take(write(f"20/01/2024, 21:05 - Ann: {written}\n20/01/2024, 21:06 - Ben: ok\n", "_chat.txt"))
    assert dict(report.skipped) == {"recalled": 1}


@pytest.mark.parametrize(
    "mark",
    [
        "<This message was edited>",
        "<Diese Nachricht wurde bearbeitet.>",
        "<Se editó este mensaje.>",
        "<Ce message a été modifié>",
        "<Questo messaggio è stato modificato>",
        "<Mensagem editada>",
        "<Dit bericht is bewerkt>",
        "<Сообщение изменено>",
        "<Bu mesaj düzenlendi>",
        "<此消息已编辑>",
        "<このメッセージは編集されました>",
        "<이 메시지는 수정되었습니다>",
    ],
)
def test_the_mark_of_an_edit_is_not_theirs(desk: Desk, write: Write, mark: str) -> None:
    desk.take(write(f"20/01/2024, 21:05 - Ann: at six \u200e{mark}\n", "_chat.txt"))
    assert desk.said == [("Ann", "at six")]


def test_words_of_people_that_look_like_the_apps_stay_theirs(desk: Desk, write: Write) -> None:
    words = [
        "\u200e@Ben look",
        "image omitted",
        "I <3 you > all",
        "call me",
        "this message was deleted by my cat",
        "see notes.txt (old)",
    ]
    desk.take(write("".join(f"20/01/2024, 21:05 - Ann: {one}\n" for one in words), "_chat.txt"))
    assert [message.text for message in desk.messages] == [one.lstrip("\u200e") for one in words]


GROUP = """\
[20/01/2024, 21:00:00] Trip 🏔: \u200eMessages and calls are end-to-end encrypted. Only you can read them.
[20/01/2024, 21:00:00] Ben: \u200eBen created this group
[20/01/2024, 21:05:00] Ben: who drives?
[20/01/2024, 21:05:30] \u202a+49 171 5551234\u202c: not me
[20/01/2024, 21:06:00] ~\u202fCem: \u200eCem joined using this group's invite link
[20/01/2024, 21:06:10] ~\u202fCem: me
[20/01/2024, 21:07:00] Meta AI: A car seats five.
"""


def test_a_group(desk: Desk, write: Write) -> None:
    report = desk.take(write(GROUP, "_chat.txt"))
    assert (desk.chat.kind, desk.chat.native_id, desk.chat.title) == (ChatKind.GROUP, "name:Trip 🏔", "Trip 🏔")
    assert [message.sender for message in desk.messages[:3]] == [
        Account("whatsapp", "name:Ben"),
        Account("whatsapp", "+491715551234"),
        Account("whatsapp", "name:Cem"),
    ]
    assert [message.from_bot for message in desk.messages] == [False, False, False, True]
    assert dict(report.skipped) == {"service message": 3}


@pytest.mark.parametrize(
    "notice",
    [
        'Ben created group "Trip"',
        "Ben hat die Gruppe „Trip: Alpen“ erstellt.",
        "Ben creó el grupo “Trip”",
        "Ben a créé le groupe « Trip »",
        "小明创建了群组“Trip”",
        "Ben님이 그룹을 만들었습니다",
    ],
)
def test_a_group_in_which_two_wrote_is_one(desk: Desk, write: Write, notice: str) -> None:
    text = f"20/01/2024, 21:05 - {notice}\n20/01/2024, 21:06 - Ann: hi\n20/01/2024, 21:06 - Ben: hi\n"
    desk.take(write(text, "WhatsApp Chat with Trip.txt"))
    assert (desk.chat.kind, desk.chat.title) == (ChatKind.GROUP, "Trip")


def test_two_groups_that_do_not_say_their_names_stay_two(desk: Desk, write: Write) -> None:
    for others in (("Ben", "Cem"), ("Dee", "Eli")):
        desk.take(write("".join(f"20/01/2024, 21:06 - {who}: hi\n" for who in ("Ann", *others)), "_chat.txt"))
    assert [chat.messages for chat in desk.corpus.chats()] == [3, 3]


@pytest.mark.parametrize(
    "name", ['Ann "Annie" Lee', "«Мама»", "Dr. Ann-Kathrin O’Neill (work)", "小红「家」", "+1 (555) 010-0199"]
)
def test_names_are_what_a_phone_makes_of_them(desk: Desk, write: Write, name: str) -> None:
    desk.take(write(f"20/01/2024, 21:05 - {name}: hi\n20/01/2024, 21:06 - Ben: hi\n", "_chat.txt"))
    assert [who for who, _ in desk.said] == [name, "Ben"]


BARE = "20/01/2024, 21:05 - Ann: hi\n20/01/2024, 21:06 - Ben: hi\n"


@pytest.mark.parametrize(
    ("name", "me", "other"),
    [
        ("WhatsApp Chat with Ben.txt", None, "Ben"),
        ("WhatsApp Chat - Ben/_chat.txt", None, "Ben"),
        ("Chat de WhatsApp con Ben (1).txt", None, "Ben"),
        ("Discussion WhatsApp avec Ben.txt", None, "Ben"),
        ("与Ben的WhatsApp聊天.txt", None, "Ben"),
        ("Chat WhatsApp s uživatelem Ben.txt", None, "Ben"),
        ("_chat.txt", "Ann", "Ben"),
        ("_chat.txt", "ben", "Ann"),
        ("_chat.txt", "wxid_me2024", "Ann"),  # of another app: the file says nothing, and so the alphabet does
        ("_chat.txt", None, "Ann"),
    ],
)
def test_who_the_other_person_is(desk: Desk, write: Write, name: str, me: str | None, other: str) -> None:
    desk.take(write(BARE, name), me=me)
    assert (desk.chat.native_id, desk.chat.title) == (f"name:{other}", other)


def test_the_same_chat_under_another_name_is_added_to(desk: Desk, write: Write) -> None:
    desk.take(write(BARE, "WhatsApp Chat with Ben.txt"))
    later = BARE + "21/01/2024, 09:00 - Ann: morning\n"
    assert desk.take(write(later, "other/_chat.txt")).kept == 1
    assert [text for _, text in desk.said] == ["hi", "hi", "morning"]


def test_an_export_without_media_and_one_with_them_are_one_chat(desk: Desk, write: Write) -> None:
    talk = "20/01/2024, 21:05 - Ann: {}\n20/01/2024, 21:06 - Ben: {}\n20/01/2024, 21:07 - Ben: {}\nmine\n"
    sent = ["IMG-20240120-WA0001.jpg", "PTT-20240120-WA0002.opus", "DOC-20240120-WA0003.pdf"]
    without = write(talk.format(*["<Media omitted>"] * 3), "without/_chat.txt")
    write(picture(), "with/IMG-20240120-WA0001.jpg")
    complete = write(talk.format(*(f"{name} (file attached)" for name in sent)), "with/_chat.txt")
    assert desk.take(without).kept == 3
    assert desk.take(complete).kept == 0
    assert [(kind(one), len(one.digests), one.text) for one in desk.messages] == [
        ("", 1, ""),
        ("voice", 0, ""),
        ("file", 0, "mine"),
    ]
    assert desk.take(without).kept == 0


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-20 21:05:00 - INFO: started\n",
        "2024-01-20 21:05 then - not: this\n",
        "20/01/2024\nAnn: hi\n",
        "[note] Chat history with Ann\n",
    ],
)
def test_other_texts_are_left_alone(desk: Desk, write: Write, tmp_path: Path, text: str) -> None:
    write(text, "notes/a.txt")
    report = desk.take(tmp_path / "notes")
    assert (report.other_files, report.files, report.problems) == (1, [], [])


@pytest.mark.parametrize(
    ("content", "kept", "skipped"),
    [
        (BARE.encode("utf-16"), 2, {}),
        (BARE.replace("hi", "今天好吗").encode("gb18030"), 2, {}),
        (BARE.encode() + b"31/02/2024, 10:00 - Ann: no such day\n", 2, {"no time": 1}),
        (BARE.encode() + b"01/01/1969, 10:00 - Ann: too early\n01/01/2150, 10:00 - Ann: too late\n", 2, {"no time": 2}),
        (BARE.encode() + b"20/01/2024, 21:07 - Ann: cut in ha\xe5", 3, {}),
        (BARE.encode() + b"20/01/2024, 21:07 - Ann: " + "哈".encode() * 100_000, 3, {}),
        (BARE.encode() + b"20/01/2024, 21:07 - Ann:\n20/01/2024, 21:07 - : x\n", 2, {"empty": 1, "service message": 1}),
        (BARE.encode() + b"20/01/2024, 21:07 - Ann: " + b"x " * 70_000 + b"\0\n", 3, {}),
        (BARE.encode() + b"20/01/2024, 21:07 - Ann:" + b" " * 200_000 + b"x\n", 2, {"empty": 1}),
    ],
)
def test_damage_is_a_counted_skip(desk: Desk, write: Write, content: bytes, kept: int, skipped: dict[str, int]) -> None:
    report = desk.take(write(content, "_chat.txt"))
    assert (report.kept, dict(report.skipped), report.problems) == (kept, skipped, [])
