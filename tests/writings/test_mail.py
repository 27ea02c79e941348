"""Of a mailbox only what the person wrote is kept, and of that only their own words."""

import base64
import json

import pytest

from bot.message import Account
from bot.writing import Addressee, WritingKind
from tests.importing.conftest import telegram_chat, telegram_message
from tests.writings.conftest import MEI, SUBJECT, Shelf, mail, mailbox

OWN = "Hi Ann,\n\nthey are under the mat.\n\nMei"


def test_what_they_wrote_and_to_whom(shelf: Shelf) -> None:
    others = mail("Where are the keys? My secret is tulip.", sender="ann@example.org", to=MEI, number=2)
    cc = mail("To both of you.", f"Cc: =?utf-8?b?5bCP57qi?= <hong@example.org>, {MEI}", number=3)
    report = shelf.take(shelf.write(mailbox(mail(OWN), others, cc), "Sent"))
    assert (report.read, report.kept, report.skipped) == (3, 2, {"by somebody else": 1})
    first, second = shelf.kept
    assert (first.kind, first.text, first.title) == (WritingKind.EMAIL, OWN, "the keys")
    assert first.author == Account("email", MEI) and str(first.day) == "2023-05-06"
    assert first.at is not None and first.at.isoformat() == "2023-05-06T10:05:00+00:00"
    assert first.to == (Addressee("Ann Lee", Account("email", "ann@example.org")),)
    assert [one.name for one in second.to] == ["Ann Lee", "小红"]
    assert not any("tulip" in str(row) for row in shelf.corpus.db.execute("SELECT * FROM writings"))


def test_again_or_as_a_single_file_it_is_the_same(shelf: Shelf) -> None:
    shelf.take(shelf.write(mailbox(mail(OWN)), "Sent"))
    assert shelf.take(shelf.write(mail(OWN), "x/keys.eml")).skipped == {"already in the corpus": 1}
    assert shelf.take(shelf.write(mailbox(mail(OWN)), "All mail.mbox")).kept == 0


@pytest.mark.parametrize(
    "below",
    [
        "On Tue, 2 May 2023 at 18:05, Ann Lee\n<ann@example.org> wrote:\n> where are they?\n>> hm",
        "Am 02.05.2023 um 18:05 schrieb Ann:\n> wo sind sie?",
        "在 2023年5月2日 周二 18:05，小红 <hong@example.org> 写道：\n> 钥匙呢",
        '在 2023-05-02 18:05:00，"小红" <hong@example.org> 写道：\n\n钥匙呢',
        '------------------ 原始邮件 ------------------\n发件人: "小红";\n发送时间: 2023年5月2日\n\n钥匙呢',
        "-----Original Message-----\nFrom: Ann\nSent: Tuesday\n\nwhere are they?",
        "________________________________\nFrom: Ann Lee\nSent: Tuesday\nTo: Mei\nSubject: keys\n\nwhere are they?",
        "---------- Forwarded message ---------\nFrom: Ann\n\nwhere are they?",
        "-- \nMei Tan\nPotter\nwhere are they?",
        "Sent from my iPhone",
        "发自我的iPhone",
        "This e-mail and any attachment is confidential and intended only for where are they.",
    ],
)
def test_only_their_own_words(shelf: Shelf, below: str) -> None:
    shelf.take(shelf.write(mail(f"{OWN}\n\n{below}\n"), "a.eml"))
    assert shelf.kept[0].text == OWN


def test_an_answer_between_the_lines_stays(shelf: Shelf) -> None:
    shelf.take(shelf.write(mail("On 2 May 2023 Ann wrote:\n> where?\nunder the mat\n> when?\nnow\n"), "a.eml"))
    assert shelf.kept[0].text == "under the mat\nnow"


def test_html_and_attachments(shelf: Shelf) -> None:
    page = (
        "<html><head><style>p {}</style></head><body><p>Hi&nbsp;Ann,</p><div>they are<br>under the mat.</div>"
        '<div class="gmail_quote"><div>On 2 May Ann wrote:</div><blockquote>where?</blockquote></div></body></html>'
    )
    shelf.take(shelf.write(mail(page, kind="text/html; charset=utf-8"), "a.eml"))
    parts = (
        "--b\nContent-Type: text/plain; charset=utf-8\n\nwith a list\n--b\nContent-Type: text/plain; name=x.txt\n"
        "Content-Disposition: attachment; filename=x.txt\n\nsecret list\n--b\nContent-Type: message/rfc822\n\n"
        "From: Ann\n\npassed on\n--b--\n"
    )
    shelf.take(shelf.write(mail(parts, kind="multipart/mixed; boundary=b", number=2), "b.eml"))
    assert [one.text for one in shelf.kept] == ["Hi Ann,\n\nthey are\nunder the mat.", "with a list"]


def test_any_charset(shelf: Shelf) -> None:
    said = "钥匙在垫子下面，别找了。"
    subject = f"=?GB2312?B?{base64.b64encode('钥匙'.encode('gb18030')).decode()}?="
    for number, kind in enumerate(("gb2312", "no-such-charset", "us-ascii"), 1):
        raw = mail(said.encode("gb18030"), kind=f"text/plain; charset={kind}", number=number, subject=subject)
        shelf.take(shelf.write(raw + f" {number}".encode(), f"{number}.eml"))
    assert [one.text[: len(said)] for one in shelf.kept] == [said] * 3
    assert {one.title for one in shelf.kept} == {"钥匙"}


def test_what_is_no_letter_is_counted(shelf: Shelf) -> None:
    away = mail("I am away.", "Auto-Submitted: auto-replied", number=2)
    empty = mail("> all of it quoted", number=3)
    nobody = mail("x", sender="undisclosed", number=4)
    report = shelf.take(shelf.write(mailbox(mail(OWN), away, empty, nobody), "Sent"))
    assert report.skipped == {"automatic reply": 1, "no words of their own": 1, "no sender": 1}


def test_nobody_said_whose_they_are(shelf: Shelf) -> None:
    box = shelf.write(mailbox(mail(OWN)), "mails/Sent")
    for number in range(30):
        shelf.write(mail(OWN, number=number), f"mails/{number}.eml")
    report = shelf.take(box.parent, subject=())
    assert len(report.problems) == 1 and "--me and their address" in report.problems[0]
    assert "and 30 more files" in report.problems[0]
    shelf.write(json.dumps(telegram_chat(telegram_message(1, "hi"))), "mails/result.json")
    beside = shelf.take(box.parent, subject=())
    assert (beside.kept, beside.problems, len(beside.hints)) == (1, [], 1)
    assert shelf.take(box, subject=(), me="Mei@Example.org").kept == 1
    assert shelf.take(box, subject=(), me="ann@example.org").skipped == {"by somebody else": 1}


def test_posts_of_instagram_and_facebook(shelf: Shelf) -> None:
    broken = "schön".encode().decode("latin-1")
    one = {"media": [{"uri": "a.jpg", "creation_timestamp": 1683367500, "title": broken}]}
    two = {"media": [{"uri": "b.jpg", "creation_timestamp": 1683453900, "title": ""}] * 2, "title": "two of them",
           "creation_timestamp": 1683453900}  # fmt: skip
    bare = {"media": [{"uri": "c.jpg", "creation_timestamp": 1683453901, "title": ""}]}
    path = shelf.write(json.dumps([one, two, bare]), "content/posts_1.json")
    report = shelf.take(path, me="Mei Tan")
    assert (report.kept, report.skipped, report.files[0].format) == (2, {"no words": 1}, "Instagram posts")
    assert shelf.pages == [("2023-05-06", "schön"), ("2023-05-07", "two of them")]
    facebook = [
        {"timestamp": 1683540300, "data": [{"post": "what a day"}], "title": "Mei Tan updated her status."},
        {"timestamp": 1683540301, "data": [], "attachments": []},
    ]
    path = shelf.write(json.dumps(facebook), "posts/your_posts_1.json")
    assert "facebook account is the person's" in shelf.take(path).problems[0]
    assert shelf.take(path, me="Mei Tan").skipped == {"no words": 1}
    assert shelf.pages[-1] == ("2023-05-08", "what a day")
    assert shelf.take(path, me="Mei Tan").kept == 0


def test_moments_of_wechat(shelf: Shelf) -> None:
    def moment(number: int, who: str, words: str) -> dict[str, object]:
        return {"id": str(number), "username": who, "nickname": "x", "createTime": 1683367500 + number,
                "contentDesc": words, "type": 1, "media": [], "likes": [], "comments": []}  # fmt: skip

    posts = [moment(1, "wxid_mei", "海边"), moment(2, "wxid_ann", "别人的"), moment(3, "wxid_mei", "")]
    path = shelf.write(json.dumps({"exportTime": "x", "totalPosts": 3, "posts": posts}), "朋友圈.json")
    report = shelf.take(path)
    assert (report.files[0].format, report.kept) == ("WeFlow Moments", 1)
    assert report.skipped == {"by somebody else": 1, "no words": 1}
    assert shelf.kept[0].author in SUBJECT and shelf.pages == [("2023-05-06", "海边")]
