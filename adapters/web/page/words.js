// Everything the page says, in English and Chinese.

const english = {
  opening: "Opening…",
  noSession: "Open the web chat with the link that Echoes shows when it starts. It ends in #token=…",
  wrongToken: "This link does not fit (any more). Use the one that Echoes shows when it starts.",
  unreachable: "Echoes does not answer. This page tries again by itself.",
  hint: "Talk to the avatar as…",
  find: "Find a person",
  privately: "In private",
  together: "In a group",
  stranger: "Stranger",
  strangerHint: (avatar) => `${avatar} does not know them`,
  nothing: "Nothing said yet",
  groupHint: "Speak as several people",
  asPrivate: (name, relationship) => `AI avatar · here you are ${name} (${relationship})`,
  asStranger: "AI avatar · here you are a stranger",
  asGroup: (avatar, count) => `${avatar} (AI avatar) and ${count} people`,
  emptyPrivate: (avatar, name) => `You are ${name} here. Say something to ${avatar}.`,
  emptyStranger: (avatar) => `${avatar} does not know you here. Whether strangers are answered is set in config.yaml.`,
  emptyGroup: (avatar) => `Speak as one person, then as another. ${avatar} joins in, or stays silent.`,
  starters: ["What are you doing this weekend?", "Did you eat yet?", "I miss you. How are you?"],
  reconnecting: "Reconnecting…",
  back: "Back to the list",
  log: "Conversation",
  chats: "Chats",
  speakAs: "Speak as",
  write: "Message",
  writeAs: (name) => `Message as ${name}`,
  photoOnly: "Photo",
  answer: "Reply",
  answering: (name) => `Reply to ${name}:`,
  noAnswer: "Do not reply to it",
  react: "React",
  putBy: (emoji, names) => `${emoji} from ${names}`,
  send: "Send",
  attach: "Add photos",
  removePhoto: "Remove this photo",
  photo: (name) => `Photo from ${name}`,
  enlarge: "Show larger",
  close: "Close",
  typing: (name) => `${name} is typing`,
  newer: "New messages",
  unread: (count) => `${count} unread`,
  sending: "Sending…",
  failed: "Not sent.",
  retry: "Try again",
  discard: "Discard",
  answered: "answered",
  silent: "stayed silent",
  often: (number) => ` · would answer ${number} of 100 such messages`,
  why: "Why?",
  today: "Today",
  yesterday: "Yesterday",
  errors: {
    long: (limits) => `A message can have at most ${limits.text} characters. Send it in parts.`,
    many: (limits) => `A message can have at most ${limits.photos} photos.`,
    large: (limits) => `This photo is too large. At most ${limits.megabytes} MB can be sent.`,
    photo: (limits) =>
      `This file is no photo that can be shown. Send JPEG, PNG or GIF of at most ${limits.megapixels} megapixels, ` +
      `or WebP of at most ${limits.webp}.`,
    gone: () => "A photo is no longer there. Choose it again.",
    erased: () => "This message is not there any more.",
    unknown: () => "This person is not in people.yaml any more. Load the page again.",
    later: () => "Echoes cannot take messages at the moment.",
    network: () => "Echoes cannot be reached.",
    session: () => english.noSession,
  },
};

const chinese = {
  opening: "正在打开…",
  noSession: "请用 Echoes 启动时显示的链接打开本页，链接以 #token=… 结尾。",
  wrongToken: "这个链接无效或已失效，请用 Echoes 启动时显示的链接。",
  unreachable: "连不上 Echoes，本页会自动重试。",
  hint: "选择以谁的身份聊天",
  find: "找人",
  privately: "私聊",
  together: "群聊",
  stranger: "陌生人",
  strangerHint: (avatar) => `${avatar}不认识的人`,
  nothing: "还没有说过话",
  groupHint: "可以轮流扮演几个人",
  asPrivate: (name, relationship) => `AI 分身 · 你现在是${name}（${relationship}）`,
  asStranger: "AI 分身 · 你现在是陌生人",
  asGroup: (avatar, count) => `${avatar}（AI 分身）和另外 ${count} 人`,
  emptyPrivate: (avatar, name) => `在这里你是${name}。对${avatar}说点什么吧。`,
  emptyStranger: (avatar) => `在这里${avatar}不认识你。是否回复陌生人，由 config.yaml 决定。`,
  emptyGroup: (avatar) => `先以一个人的身份说话，再换另一个人。${avatar}会接话，也可能不说话。`,
  starters: ["这周末你打算做什么？", "吃饭了没？", "想你了，最近怎么样？"],
  reconnecting: "正在重新连接…",
  back: "返回列表",
  log: "对话",
  chats: "聊天列表",
  speakAs: "以谁的身份说话",
  write: "发消息",
  writeAs: (name) => `以${name}的身份发消息`,
  photoOnly: "[照片]",
  answer: "回复",
  answering: (name) => `回复${name}：`,
  noAnswer: "不回复这条",
  react: "回应",
  putBy: (emoji, names) => `${names}回应了${emoji}`,
  send: "发送",
  attach: "添加照片",
  removePhoto: "移除这张照片",
  photo: (name) => `${name}发的照片`,
  enlarge: "查看大图",
  close: "关闭",
  typing: (name) => `${name}正在输入`,
  newer: "有新消息",
  unread: (count) => `${count} 条未读`,
  sending: "发送中…",
  failed: "没有发出。",
  retry: "重试",
  discard: "删除",
  answered: "回复了",
  silent: "没有说话",
  often: (number) => ` · 这样的消息 100 条里会回复 ${number} 条`,
  why: "为什么？",
  today: "今天",
  yesterday: "昨天",
  errors: {
    long: (limits) => `一条消息最多 ${limits.text} 个字，请分几条发。`,
    many: (limits) => `一条消息最多 ${limits.photos} 张照片。`,
    large: (limits) => `照片太大了，最多 ${limits.megabytes} MB。`,
    photo: (limits) => `这个文件不是可以显示的照片，请发送不超过 ${limits.megapixels} 百万像素的 JPEG、PNG 或 GIF，或不超过 ${limits.webp} 百万像素的 WebP。`,
    gone: () => "照片已经不在了，请重新选择。",
    erased: () => "这条消息已经不在了。",
    unknown: () => "people.yaml 里已经没有这个人，请刷新页面。",
    later: () => "Echoes 暂时不能接收消息。",
    network: () => "连不上 Echoes。",
    session: () => chinese.noSession,
  },
};

export const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
export const words = language === "zh" ? chinese : english;

// Questions to begin with, in the language of who is asked, as far as the name tells.
export const starters = (avatar) => (/\p{Script=Han}/u.test(avatar) ? chinese : english).starters;

const locale = language === "zh" ? navigator.language : navigator.language || "en";
const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const date = new Intl.DateTimeFormat(locale, { weekday: "long", month: "long", day: "numeric" });

const list = new Intl.ListFormat(locale);

export const timeOf = (at) => clock.format(at);
export const together = (names) => list.format(names);

export function dayOf(at) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  if (at >= midnight) return words.today;
  return at >= midnight - 86400000 ? words.yesterday : date.format(at);
}
