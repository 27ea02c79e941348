"""Two more invented people, written after the rules were made, and looked at once: see docs/results.md."""

from tests.people.crowd import Crowd, Group, Somebody

ENGLISH_AGAIN = Crowd(
    {"telegram": "600100", "whatsapp": "14155550100", "slack": "U0JONAH", "sms": "+14155550100"},
    "Jonah Fisher",
    "America/New_York",
    (
        Somebody("sms:+14155550111", "Mom", "mom", "parent", """
            they: Call me when you land
            me: landed mom, all good
            they: Thank God. Eat something
            me: mom i ate on the plane
            they: That is not food"""),
        Somebody("whatsapp:14155550111", "Ruth F", "mom", "parent", """
            they: Is this thing on
            me: yes mom
            they: Your aunt put it on my phone
            me: welcome to whatsapp mom""", times=3, day=40),
        Somebody("whatsapp:14155550112", "Grandpa Abe", "abe", "elder", """
            they: They moved my chair again.
            me: Hi Grandpa, who moved it?
            they: The nurse with the hair.
            me: I will talk to her, Grandpa. See you on Sunday."""),
        Somebody("telegram:600113", "Dana", "dana", "partner", """
            they: did you feed the dog
            me: fed, walked, adored
            they: marry me again
            me: any time honey
            they: pick up milk? love you
            me: love you more, honey""", times=14, hour=23),
        Somebody("slack:U0PRIS", "Priscilla Wong", "pris", "colleague", """
            they: The deploy is blocked, can you review my pull request?
            me: Looking now. The migration test fails on staging
            they: Fixed. Standup in five
            me: On my way. I will move the ticket to the next sprint""", times=6, hour=15),
        Somebody("telegram:600114", "Priscilla Wong", "pris", "colleague", """
            they: office is closed tomorrow, storm
            me: thanks for the heads up
            they: laptop home tonight""", times=3, day=30, hour=15),
        Somebody("slack:U0BOSS", "Gerald Stone", "gerald", "colleague", """
            they: Numbers by noon please.
            me: Yes boss, the report is nearly done
            they: And the client deck.
            me: Will do, boss""", hour=15),
        Somebody("telegram:600115", "Marcus Hill", "marcus", "friend", """
            they: dude the line for tacos is insane
            me: worth it dude
            they: bro they ran out of salsa
            me: lmao we riot
            they: save yourself""", times=15),
        Somebody("whatsapp:14155550116", "Marcus", "marcus-plumber", "acquaintance", """
            they: Can come by at 4 for the sink
            me: Perfect, thank you
            they: Will need the water off""", times=3, hour=16),
        Somebody("telegram:600117", "Ellie Fisher", "ellie", "sibling", """
            they: mom is asking about thanksgiving
            me: tell mom i'm bringing the pie
            they: last time it was soup
            me: it was a rustic pie
            they: dad still talks about it
            me: dad loved it""", times=9),
        Somebody("whatsapp:14155550118", "Aunt Carol", "carol", "relative", """
            they: The photos from the lake are here
            me: Hi Aunt Carol, they are wonderful
            they: You look like your father at that age""", times=3),
        Somebody("telegram:600119", "Nico", "nico-lab", "classmate", """
            they: did you do the problem set
            me: half of it. the midterm is going to hurt
            they: study group in the library at eight?
            me: yes, bring the lecture notes
            they: office hours were useless""", times=6),
        Somebody("whatsapp:14155550120", "Nico", "nico-cousin", "relative", """
            they: yo cuz, game on sunday?
            me: in, cuz
            they: i got the wings""", times=4),
        Somebody("telegram:600121", "Chris Evans", "chris-one", "friend", """
            they: board games friday
            me: yesss omg
            they: no monopoly this time
            me: haha coward""", times=11),
        Somebody("sms:+14155550122", "Chris Evans", "chris-two", "acquaintance", """
            they: Hi this is Chris from the dealership, your car is ready
            me: Great, thanks, I will come by at five""", times=3),
        Somebody("sms:+14155550123", "Dr. Novak Dental", "novak", "acquaintance", """
            they: Reminder: cleaning on Tuesday at 8:30. Reply C to confirm
            me: C""", times=3),
    ),
    (
        Group("whatsapp:fishers", "Fisher family", """
            whatsapp:14155550118: Lake in July?
            me: count me in, Aunt Carol
            whatsapp:14155550111: I will make the list
            me: thanks mom
            whatsapp:14155550112: What list
            me: the packing list, Grandpa"""),
        Group("telegram:games", "Game night", """
            telegram:600121: who hosts
            telegram:600115: not me
            telegram:600119: my place"""),
    ),
)  # fmt: skip

CHINESE_AGAIN = Crowd(
    {"wechat": "wxid_xiaodong88", "qq": "990100", "telegram": "990200"},
    "何晓东",
    "Asia/Shanghai",
    (
        Somebody("wechat:wxid_muqin01", "母上大人", "mama", "parent", """
            they: 东东，降温了
            me: 知道了妈
            they: 秋裤穿上
            me: 妈我都三十了
            they: 三十也得穿"""),
        Somebody("wechat:wxid_waigong2", "外公", "waigong", "elder", """
            they: 橘子收到没有
            me: 收到了外公，特别甜
            they: 明年还寄
            me: 谢谢外公，您注意身体"""),
        Somebody("wechat:wxid_xifu003", "媳妇儿❤", "wife", "partner", """
            they: 老公带瓶酱油
            me: 好的老婆
            they: 要生抽
            me: 老婆还要别的不
            they: 想你
            me: 也想你""", times=12),
        Somebody("qq:990103", "孙佳", "wife", "partner", """
            they: 文件传你了老公
            me: 收到老婆
            they: 晚上早点回""", times=3),
        Somebody("wechat:wxid_chenzong4", "陈总", "chen", "colleague", """
            they: 项目进度发群里
            me: 好的陈总
            they: 客户下周来
            me: 收到陈总，会议室我订好""", hour=3),
        Somebody("wechat:wxid_xiaoliu05", "刘思远", "siyuan", "colleague", """
            they: 需求又改了
            me: 又改？排期顶不住啊
            they: 下午开会说
            me: 行，我把方案带上
            they: 上线推迟一周""", times=6, hour=7),
        Somebody("telegram:990205", "Siyuan 刘思远", "siyuan", "colleague", """
            they: 出差这边只能用这个
            me: 好，报表发你了
            they: 谢了""", times=3, day=20, hour=7),
        Somebody("wechat:wxid_laozhou06", "老周", "zhou", "friend", """
            they: 今晚球赛看不看
            me: 必须看哈哈哈
            they: 老地方撸串
            me: 哈哈走起
            they: 你请""", times=14),
        Somebody("qq:990106", "老周", "zhou-game", "acquaintance", """
            they: 收装备吗
            me: 什么价
            they: 二百""", times=3),
        Somebody("wechat:wxid_banzhang7", "班长吴倩", "wuqian", "classmate", """
            they: 毕业十年聚会报名了
            me: 班长我报名
            they: 老师都请了
            me: 班长辛苦""", times=4),
        Somebody("wechat:wxid_didi0008", "何晓北", "xiaobei", "sibling", """
            they: 哥，借我点钱
            me: 又干嘛
            they: 哥，别告诉妈
            me: 妈早知道了
            they: 哥你最好了
            me: 下不为例""", times=6),
        Somebody("wechat:wxid_xuesheng9", "高一(3)班 林小宇", "linxiaoyu", "student", """
            they: 何老师，作业是第几页
            me: 第三十二页，单数题
            they: 谢谢老师
            me: 考试加油
            they: 老师我还有一题不会
            me: 明天课间来问""", times=4),
        Somebody("wechat:wxid_jiuma010", "大舅妈", "jiuma", "relative", """
            they: 粽子寄了
            me: 谢谢舅妈
            they: 给你妈也带几个
            me: 好的舅妈""", times=3),
        Somebody("wechat:wxid_kuaidi11", "快递小王", "courier", "acquaintance", """
            they: 放门口了
            me: 好的谢谢
            they: 不客气""", times=3),
        Somebody("wechat:wxid_lijing12", "李静", "lijing-hr", "colleague", """
            they: 合同麻烦签下字
            me: 收到，下班前给您
            they: 加班单也补一下
            me: 好的，请问交到哪个部门""", times=4, hour=6),
        Somebody("qq:990112", "李静", "lijing-school", "classmate", """
            they: 宿舍合照你有吗
            me: 有哈哈哈哈太丑了
            they: 毕业照也发我
            me: 哈哈等我翻翻""", times=5),
    ),
    (
        Group("wechat:hejia@chatroom", "何家大院", """
            wechat:wxid_muqin01: 初二都来吃饭
            me: 好嘞妈
            wechat:wxid_waigong2: 我带橘子
            me: 外公您别扛
            wechat:wxid_jiuma010: 我包饺子
            wechat:wxid_didi0008: 我负责吃"""),
        Group("wechat:xiangmu@chatroom", "二期项目组", """
            wechat:wxid_chenzong4: 周报今天交
            wechat:wxid_xiaoliu05: 收到
            wechat:wxid_lijing12: 收到
            me: 收到陈总"""),
    ),
)  # fmt: skip
