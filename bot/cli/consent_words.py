"""The words of `echoes consent`, in the languages of the people who are asked."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "about": (
            "An avatar answers in a real person's voice. This records who agreed to that, and it is shown to nobody\n"
            "else. Ask these questions together with the person, or with whoever may decide for them.\n"
            "The record can be withdrawn at any time with `echoes consent withdraw`."
        ),
        "by": "Who agrees (name)",
        "role": "In what role: 1 the person themself, 2 guardian, 3 executor, 4 next of kin",
        "training": "May a model be trained on their messages? (y/n)",
        "running": "May the avatar then talk with people? (y/n)",
        "platforms": "On which platforms: all, or some of {platforms}",
        "disclosure": "Everybody it talks with is first told that it is an AI and not the person. Agreed? (y/n)",
        "voice": (
            "May it also answer with voice messages, in a synthetic voice that is marked as such? Which one (its name "
            "in config.yaml; empty: none)"
        ),
        "until": "Until which day (YYYY-MM-DD)",
        "note": "Anything agreed beyond that (may stay empty)",
        "confirm": "Is this what was agreed? (y/n)",
        "again": "That was not understood; please once more.",
        "past": "That day is over; please once more.",
        "refused": "Nothing was written.",
        "written": "Written to {path}.",
        "withdraw": "Withdraw this, for good? (y/n)",
        "withdrawn": "Withdrawn: nothing more is trained or run. An avatar that is running stops within a minute.",
        "nobody": "Nobody has agreed to this avatar yet: record it with `echoes consent`.",
        "label_by": "agreed",
        "label_to": "to",
        "label_platforms": "platforms",
        "label_voice": "in the voice",
        "label_disclosure": "contacts are told",
        "label_given": "given",
        "label_until": "until",
        "label_note": "note",
        "label_withdrawn": "withdrawn",
        "yes": "yes",
        "no": "no",
        "all": "all",
        "nothing": "nothing",
        "use_training": "training",
        "use_running": "running",
        "use_voice": "answering in a synthetic voice",
        "role_self": "the person themself",
        "role_guardian": "guardian",
        "role_executor": "executor",
        "role_next-of-kin": "next of kin",
    },
    "zh": {
        "about": (
            "分身会用一个真实的人的口吻回复别人。这里记录谁同意了这件事，不会给其他人看。\n"
            "请和本人一起回答这些问题，或者和有权替本人决定的人一起。\n"
            "随时可以用 `echoes consent withdraw` 撤回。"
        ),
        "by": "谁同意（姓名）",
        "role": "以什么身份：1 本人，2 监护人，3 遗嘱执行人，4 近亲属",
        "training": "可以用本人的聊天记录训练模型吗？（y/n）",
        "running": "之后可以让分身和别人聊天吗？（y/n）",
        "platforms": "在哪些平台：all（全部），或者 {platforms} 中的几个",
        "disclosure": "和它聊天的每个人都会先被告知：这是人工智能，不是本人。同意吗？（y/n）",
        "voice": "可以用标明为合成的声音发语音回复吗？用哪个声音（config.yaml 中的名称；留空表示不可以）",
        "until": "到哪一天为止（YYYY-MM-DD）",
        "note": "还约定了什么（可以留空）",
        "confirm": "约定的就是这些吗？（y/n）",
        "again": "没有看懂，请再答一次。",
        "past": "这一天已经过去了，请再答一次。",
        "refused": "什么也没有写入。",
        "written": "已写入 {path}。",
        "withdraw": "确定永久撤回吗？（y/n）",
        "withdrawn": "已撤回：不会再训练或运行。正在运行的分身会在一分钟内停止。",
        "nobody": "还没有人同意这个分身：请运行 `echoes consent` 记录。",
        "label_by": "同意人",
        "label_to": "用途",
        "label_platforms": "平台",
        "label_voice": "声音",
        "label_disclosure": "告知联系人",
        "label_given": "同意时间",
        "label_until": "截止",
        "label_note": "备注",
        "label_withdrawn": "撤回时间",
        "yes": "是",
        "no": "否",
        "all": "全部",
        "nothing": "无",
        "use_training": "训练",
        "use_running": "运行",
        "use_voice": "用合成声音回复",
        "role_self": "本人",
        "role_guardian": "监护人",
        "role_executor": "遗嘱执行人",
        "role_next-of-kin": "近亲属",
    },
}
