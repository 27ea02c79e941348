"""Two invented people and everybody they write with, on several platforms: whom to know again, and whom to confuse.

Each contact has a person behind them and a relationship; contacts of one person are to be found, others are not.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_START = datetime(2024, 1, 8, 12, 30, tzinfo=UTC)  # a Monday


@dataclass(frozen=True, slots=True)
class Somebody:
    """A private chat with the subject. person: equal for accounts of one person. lines: `me: …` or `they: …`.

    The lines are said again `times` times, every third day at `hour`, beginning `day` days after the first.
    """

    account: str
    name: str
    person: str
    relationship: str
    lines: str
    times: int = 4
    day: int = 0
    hour: int = 19


@dataclass(frozen=True, slots=True)
class Group:
    """lines: `me: …` or `account: …`."""

    key: str
    title: str
    lines: str
    times: int = 3
    day: int = 1


@dataclass(frozen=True, slots=True)
class Crowd:
    subject: dict[str, str]  # id by platform
    name: str
    zone: str
    contacts: tuple[Somebody, ...]
    groups: tuple[Group, ...]

    def write(self, folder: Path) -> None:
        """Writes every chat as a ChatLab file."""
        for one in self.contacts:
            platform, native = one.account.split(":", 1)
            names = {native: one.name, self.subject[platform]: self.name}
            senders = {"me": self.subject[platform], "they": native}
            meta = {"name": one.name, "platform": platform, "type": "private", "ownerId": self.subject[platform]}
            self._file(folder, one.account, meta, names, senders, one.lines, one.times, one.day, one.hour)
        called = {one.account: one.name for one in self.contacts}
        for group in self.groups:
            platform, native = group.key.split(":", 1)
            members = {line.split(": ", 1)[0].strip() for line in group.lines.strip().splitlines()} - {"me"}
            senders = {"me": self.subject[platform]} | {who: who.partition(":")[2] or who for who in members}
            names = {senders[who]: called.get(who, who) for who in members} | {self.subject[platform]: self.name}
            meta = {"name": group.title, "platform": platform, "type": "group", "groupId": native}
            self._file(folder, group.key, meta, names, senders, group.lines, group.times, group.day, 18)

    def _file(
        self,
        folder: Path,
        key: str,
        meta: dict[str, str],
        names: dict[str, str],
        senders: dict[str, str],
        lines: str,
        times: int,
        day: int,
        hour: int,
    ) -> None:
        messages = []
        for again in range(times):
            at = _START.replace(hour=hour) + timedelta(days=day + 3 * again)
            for line in lines.strip().splitlines():
                who, text = line.strip().split(": ", 1)
                at += timedelta(seconds=70)
                sender = senders[who]
                messages.append(
                    {
                        "sender": sender,
                        "accountName": names[sender],
                        "timestamp": int(at.timestamp()),
                        "type": 0,
                        "content": text,
                    }
                )
        members = [{"platformId": native, "accountName": name} for native, name in names.items()]
        document = {"chatlab": {"version": "0.0.2"}, "meta": meta, "members": members, "messages": messages}
        path = folder / f"{key.replace(':', '-').replace('+', '')}.json"
        path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")


ENGLISH = Crowd(
    {"telegram": "700100", "whatsapp": "447700900100", "imessage": "lena@example.com", "discord": "l", "slack": "U1"},
    "Lena Marsh",
    "Europe/London",
    (
        Somebody("whatsapp:+447700900111", "Mama 💕", "mama", "parent", """
            they: Have you eaten something warm today?
            me: yes mama, lentils again
            they: Good girl. Wear the thick coat tomorrow
            me: I will, mama. Did the parcel come?
            they: It did, thank you my darling
            me: night mama x"""),
        Somebody("imessage:+44 7700 900111", "", "mama", "parent", """
            they: Testing the new phone. Is this green or blue
            me: blue! well done
            they: Your father wants one now too"""),
        Somebody("telegram:700102", "Dad", "dad", "parent", """
            they: Gutters done. Only fell off once
            me: dad!! be careful
            they: It was a small fall
            me: thanks dad, very calming""", day=2),
        Somebody("whatsapp:447700900112", "Richard Marsh", "dad", "parent", """
            they: Anybody seen my glasses
            me: on your head, dad
            they: So they are
            me: love you dad""", times=3),
        Somebody("whatsapp:447700900113", "Nana Joan", "nana", "elder", """
            they: Thank you for the lovely card dear
            me: Hello Nana, I am so glad it arrived. How is your knee?
            they: Creaking along. Come and see me soon
            me: I will, Nana. Love, Lena"""),
        Somebody("telegram:700104", "Oliver Grant", "oliver", "partner", """
            they: home by seven babe
            me: ok babe, i'm making the pie
            they: i love you
            me: love you too
            they: miss you already
            me: you left ten minutes ago babe""", times=12, hour=22),
        Somebody("discord:ollie_g", "Oliver Grant", "oliver", "partner", """
            they: joining voice in 5
            me: ok babe
            they: bring snacks""", times=5, hour=22),
        Somebody("telegram:700105", "Tom Baker", "tom-friend", "friend", """
            they: are you watching this game
            me: lol no
            they: unbelievable, they did it again
            me: haha you say that every week!!
            they: because they do it every week
            me: omg fine, come over""", times=16, hour=21),
        Somebody("slack:U0TOM", "Tom Baker", "tom-work", "colleague", """
            they: Morning. Is the client report ready for the ten o'clock meeting?
            me: Good morning, Tom. Yes, the report is in the project folder. Kind regards, Lena
            they: The budget line on page two needs another look
            me: Understood. I will correct the budget before the meeting.
            they: Thanks
            me: You are welcome.""", times=5, hour=10),
        Somebody("whatsapp:447700900115", "Priya", "priya-yoga", "friend", """
            they: yoga tonight?
            me: yess
            they: bring the purple mat!!
            me: haha it has a name you know""", times=12),
        Somebody("telegram:700116", "Priya", "priya-flat", "acquaintance", """
            they: Hi, is the room still available?
            me: Hi! It is, do you want to come and see it?
            they: Saturday would work""", times=4),
        Somebody("telegram:700117", "Prof. Hartmann", "hartmann", "teacher", """
            they: Your chapter three reads well. The references need work
            me: Dear Professor Hartmann, thank you very much. I will revise the references of the thesis this week.
            they: Bring a printed copy to the seminar
            me: Certainly, Professor. Kind regards, Lena""", hour=15),
        Somebody("slack:U0MIKE", "Mike Donovan", "mike", "colleague", """
            they: Can you take the client call at three? I have the budget meeting
            me: yes, can do
            they: The invoice went out
            me: Thank you, I have updated the schedule""", times=7, hour=11),
        Somebody("whatsapp:447700900118", "Mike D", "mike", "colleague", """
            they: Train delayed, can you start the meeting without me
            me: of course, slides are up""", times=3, hour=9),
        Somebody("whatsapp:447700900119", "Jess 🌻", "jess", "sibling", """
            they: sis did mum call you
            me: no?? what did you tell mum
            they: nothing!! dad told her
            me: jess i swear
            they: love you sis
            me: ask mum about the cake u traitor""", times=8),
        Somebody("whatsapp:447700900120", "Uncle Pete", "pete", "relative", """
            they: Got two tickets for the county show if you want them
            me: Hi Uncle Pete, yes please, we would love to come
            they: Bring wellies""", times=3),
        Somebody("telegram:700121", "Ben Carter", "ben", "classmate", """
            they: did you finish the statistics assignment
            me: nearly, question four is evil
            they: the lecture slides do not help at all
            me: u want to go to the library before the exam
            they: yes, after class
            me: okok""", times=5),
        Somebody("whatsapp:447700900122", "Steve (landlord)", "steve", "acquaintance", """
            they: Boiler man comes Thursday between 8 and 12
            me: Thank you, I will be in
            they: He has keys""", times=3),
        Somebody("whatsapp:447700900123", "Aoife K", "aoife", "student", """
            they: Miss, is it page 40 or 41 for homework?
            me: Page 41, Aoife, and only the odd numbers.
            they: Thank you miss
            me: Good luck with the exam on Friday
            they: Miss can I bring a calculator
            me: You can""", times=4, hour=17),
        Somebody("whatsapp:447700900124", "Alice's Mum", "alices-mum", "acquaintance", """
            they: Can Alice stay until six on Tuesday?
            me: Of course, no problem at all
            they: You are a star. Mum taxi at six sharp""", times=3),
        Somebody("telegram:700125", "Sam Lee", "sam-one", "friend", """
            they: climbing on friday?
            me: yess
            they: i'll drive""", times=9),
        Somebody("telegram:700126", "Sam Lee", "sam-two", "acquaintance", """
            they: hi it's the other Sam from climbing
            me: hi other sam""", times=2),
        Somebody("whatsapp:447700900127", "Dr Patel Surgery", "patel", "acquaintance", """
            they: Your appointment is on Monday at 9:10.
            me: Thank you, I will be there.""", times=3),
    ),
    (
        Group("whatsapp:fam", "Marsh mellows", """
            whatsapp:+447700900111: Sunday lunch at one
            me: yes mama
            whatsapp:447700900112: What is for pudding
            me: dad, you know it is crumble
            whatsapp:447700900119: i call the corner piece
            whatsapp:447700900120: I will bring custard
            me: thank you Uncle Pete!"""),
        Group("telegram:climb", "Wall people", """
            telegram:700125: who is in for friday
            me: me
            telegram:700126: me too
            telegram:700121: after the exam yes
            telegram:700105: only if we get chips"""),
        Group("slack:office", "project-lunch", """
            slack:U0MIKE: lunch at noon?
            slack:U0TOM: after the client call
            me: yes please"""),
        Group("whatsapp:pitch", "Pitch day", """
            whatsapp:447700900118: I have the projector
            slack:U0TOM: cables?
            me: in my bag"""),
    ),
)  # fmt: skip

CHINESE = Crowd(
    {"wechat": "wxid_zhixia2020", "qq": "880100", "telegram": "800100"},
    "知夏",
    "Asia/Shanghai",
    (
        Somebody("wechat:wxid_mama0001", "妈妈", "mama", "parent", """
            they: 吃饭了没
            me: 吃了妈，今天加班
            they: 别太晚
            me: 知道了妈妈
            they: 周末回来不
            me: 妈，我周六到""", hour=12),
        Somebody("qq:880101", "平安是福", "mama", "parent", """
            they: 女儿，看这个养生文章
            me: 妈，你少看这些
            they: 转给你爸了
            me: 谢谢妈""", times=3, hour=12),
        Somebody("wechat:wxid_laoba0002", "老爸", "dad", "parent", """
            they: 车我修好了
            me: 谢谢老爸
            they: 下次轻点踩
            me: 好的老爸""", hour=12),
        Somebody("wechat:wxid_nainai03", "奶奶", "nainai", "elder", """
            they: 乖孙女，天冷了
            me: 奶奶，您也多穿点
            they: 给你寄了腊肉
            me: 谢谢奶奶，您别累着""", hour=12),
        Somebody("wechat:wxid_wanglaoshi", "王老师", "wang", "teacher", """
            they: 论文第二章再改一下
            me: 好的王老师，我今晚改完发您
            they: 参考文献格式注意
            me: 收到，谢谢王老师""", hour=8),
        Somebody("wechat:wxid_lizong05", "李总", "li", "colleague", """
            they: 方案客户看了，下午开会
            me: 收到李总，材料我准备好了
            they: 预算那页再核一遍
            me: 好的李总，下班前发您""", times=5, hour=3),
        Somebody("wechat:wxid_zhangwei6", "张伟", "zhangwei-work", "colleague", """
            they: 报表发我一下，客户在催
            me: 收到，已发您邮箱
            they: 合同排期也更新下
            me: 好的，下班前更新，请查收
            they: 辛苦
            me: 不辛苦""", times=5, hour=6),
        Somebody("qq:880106", "张伟", "zhangwei-school", "classmate", """
            they: 同学聚会你去不去
            me: 哈哈去啊
            they: 班长说定在二十号
            me: 毕业五年了都
            they: 老师也来
            me: 哈哈哈哈紧张""", times=5),
        Somebody("wechat:wxid_yiming07", "赵一鸣", "yiming", "partner", """
            they: 宝贝下班了吗
            me: 刚下班老公
            they: 想你了
            me: 我也想你
            they: 爱你
            me: 爱你老公""", times=10, hour=14),
        Somebody("telegram:800107", "赵一鸣 Yiming", "yiming", "partner", """
            they: 这个号出差用
            me: 好的老公
            they: 酒店到了宝贝""", times=3, hour=14),
        Somebody("wechat:wxid_xiaoyu08", "小雨", "xiaoyu-friend", "friend", """
            they: 奶茶喝不喝
            me: 喝！！哈哈哈
            they: 三分糖？
            me: 笑死 你还记得""", times=14, hour=7),
        Somebody("qq:880108", "小雨", "xiaoyu-game", "acquaintance", """
            they: 晚上打本吗
            me: 打
            they: 缺个奶""", times=3, hour=13),
        Somebody("wechat:wxid_linke009", "林可", "linke", "classmate", """
            they: 选课系统开了
            me: 谢谢学姐！
            they: 别选周五早上的课
            me: 学姐，导师你推荐谁
            they: 我导师人不错
            me: 好的学姐""", hour=12),
        Somebody("wechat:wxid_biaojie10", "表姐", "biaojie", "relative", """
            they: 外婆八十大寿你几号到
            me: 表姐，我五号到
            they: 我去车站接你
            me: 谢谢表姐""", times=3, hour=12),
        Somebody("wechat:wxid_meimei11", "知秋", "zhiqiu", "sibling", """
            they: 姐，妈说你不接电话
            me: 在开会呢
            they: 姐你周末回不回
            me: 回，你跟妈说一声
            they: 姐，爸今天又做鱼了
            me: 哈哈给我留着""", times=6, hour=12),
        Somebody("wechat:wxid_fangdong12", "房东阿姨", "landlady", "acquaintance", """
            they: 水电费发你了
            me: 好的阿姨，马上转
            they: 不急""", times=3, hour=4),
        Somebody("wechat:wxid_doudou13", "豆豆妈妈", "doudou", "acquaintance", """
            they: 明天亲子活动几点
            me: 九点，在操场
            they: 谢谢""", times=3, hour=4),
        Somebody("wechat:wxid_chenshifu", "陈师傅 修空调", "chen", "acquaintance", """
            they: 下午三点到
            me: 好的师傅
            they: 楼下了""", times=3, hour=6),
        Somebody("qq:880114", "刘洋", "liuyang-one", "classmate", """
            they: 作业借我看看
            me: 自己写哈哈
            they: 求你了 考试请你吃饭""", times=5),
        Somebody("qq:880115", "刘洋", "liuyang-two", "classmate", """
            they: 你好，我是隔壁班刘洋
            me: 你好，考试资料在群里
            they: 谢谢同学""", times=2),
    ),
    (
        Group("wechat:family@chatroom", "相亲相爱一家人", """
            wechat:wxid_mama0001: 国庆都回来
            me: 好的妈
            wechat:wxid_laoba0002: 我买菜
            me: 老爸，我要吃鱼
            wechat:wxid_nainai03: 都回来都回来
            wechat:wxid_meimei11: 我也要吃鱼
            wechat:wxid_biaojie10: 我带酒"""),
        Group("qq:班级群", "三班永远在一起", """
            qq:880114: 照片发群里了
            qq:880115: 收到
            qq:880106: 我胖了
            me: 哈哈哈哈"""),
    ),
)  # fmt: skip
