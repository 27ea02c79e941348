// The questionnaire: questions in words, and the statements of the inventory; each answer is saved as it is given.

import { $, element, field, grow, scaled } from "/parts.js";
import { hurry, save, telling } from "/saving.js";
import { Statements } from "/statements.js";

const WORDS = {
  en: {
    title: (name) => (name ? `About ${name}` : "About you"),
    how: "Answer in your own words, as you would write to somebody you like; a line for each message. Leave out whatever you want.",
    count: (done, all) => `${done} of ${all}`,
    saving: "Saving…",
    saved: "Saved",
    lost: "Not saved: no connection. It is tried again.",
    locked: "Open this page with the link that Echoes shows when it starts.",
    answer: "Your answer",
    parts: ["Questions", "Statements"],
  },
  zh: {
    title: (name) => (name ? `关于${name}` : "关于你"),
    how: "用平时跟喜欢的人说话的语气来答，一行就是一条消息。不想答的可以留空。",
    count: (done, all) => `${done} / ${all}`,
    saving: "正在保存…",
    saved: "已保存",
    lost: "没有保存：连接断了，会再试。",
    locked: "请用 Echoes 启动时显示的链接打开本页。",
    answer: "你的回答",
    parts: ["问题", "句子"],
  },
};

let words = WORDS[navigator.language.startsWith("zh") ? "zh" : "en"];

function show(state, wrong = false) {
  $("state").textContent = state;
  $("state").className = wrong ? "wrong" : "";
}

function count(done, all) {
  $("done").max = all || 1;
  $("done").value = done;
  $("count").textContent = words.count(done, all);
}

class Questions {
  constructor(items, scale, counted) {
    Object.assign(this, { items, scale, counted });
  }

  get answered() {
    return this.items.filter((item) => item.answer.trim()).length;
  }

  show() {
    $("how").textContent = words.how;
    $("items").replaceChildren(...this.items.map((item) => (item.scale ? this.#scaled(item) : this.#written(item))));
    document.querySelectorAll("textarea").forEach(grow);
  }

  #keep(item, answer, atOnce) {
    item.answer = answer;
    save(`/api/answers/${encodeURIComponent(item.id)}`, { answer }, atOnce);
    this.counted();
  }

  #scaled(item) {
    return scaled(item.question, this.scale, item.answer, (chosen) => this.#keep(item, chosen, true));
  }

  #written(item) {
    const attributes = { id: `a-${item.id}`, value: item.answer, placeholder: words.answer };
    const area = field(attributes, (text) => this.#keep(item, text, false));
    area.addEventListener("blur", () => hurry(`/api/answers/${encodeURIComponent(item.id)}`));
    const label = element("label", { htmlFor: area.id, textContent: item.question });
    return element("div", { className: "item" }, label, area);
  }
}

/** Two parts of one page; the statements have an address of their own. */
function choose(parts) {
  const tabs = words.parts.map((textContent, index) =>
    element("a", { href: index ? "#statements" : "#questions", textContent }),
  );
  $("parts").replaceChildren(...tabs);
  const turn = () => {
    const at = location.hash === "#statements" ? 1 : 0;
    tabs.forEach((tab, index) => tab.setAttribute("aria-current", index === at ? "page" : "false"));
    parts[at].show();
    recount();
    scrollTo(0, 0);
  };
  const recount = () => {
    const part = parts[location.hash === "#statements" ? 1 : 0];
    count(part.answered, (part.items ?? part.statements).length);
  };
  addEventListener("hashchange", turn);
  turn();
  return recount;
}

async function open() {
  const given = /^#token=(.+)$/.exec(location.hash);
  if (given) {
    await fetch("/api/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token: decodeURIComponent(given[1]) }),
    });
    history.replaceState(null, "", location.pathname);
  }
  const reply = await fetch("/api/questions");
  if (!reply.ok) {
    $("title").textContent = "Echoes";
    $("how").textContent = reply.status === 401 ? words.locked : (await reply.json()).sentence;
    return;
  }
  const { language, name, scale, items, inventory } = await reply.json();
  document.documentElement.lang = language;
  words = WORDS[language];
  Object.assign(telling, { words, show });
  $("title").textContent = document.title = words.title(name);
  let recount = () => {};
  const counted = () => recount();
  recount = choose([new Questions(items, scale, counted), new Statements(inventory, language, name, counted)]);
  $("foot").hidden = false;
}

open();
