// The questionnaire: each answer is saved when the writer pauses, and again until it arrives.

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
  },
};
const PAUSE = 600; // milliseconds without a key, after which an answer is saved
const AGAIN = 3000;

const $ = (id) => document.getElementById(id);
let words = WORDS[navigator.language.startsWith("zh") ? "zh" : "en"];
const answers = new Map(); // as they stand on the page
const waiting = new Map(); // the timers of what is not saved yet, by id
const sending = new Set();

function element(name, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

function show(state, wrong = false) {
  $("state").textContent = state;
  $("state").className = wrong ? "wrong" : "";
}

function count() {
  const done = [...answers.values()].filter((answer) => answer.trim()).length;
  $("done").max = answers.size || 1;
  $("done").value = done;
  $("count").textContent = words.count(done, answers.size);
}

function changed(id, answer, pause) {
  answers.set(id, answer);
  count();
  later(id, pause);
}

function later(id, pause) {
  clearTimeout(waiting.get(id));
  waiting.set(id, setTimeout(() => save(id), pause));
}

async function save(id) {
  if (sending.has(id)) return later(id, PAUSE); // so that an older answer never arrives after a newer one
  const answer = answers.get(id);
  waiting.delete(id);
  sending.add(id);
  show(words.saving);
  try {
    const reply = await fetch(`/api/answers/${encodeURIComponent(id)}`, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ answer }),
    });
    if (reply.ok) {
      if (!waiting.size && sending.size === 1) show(words.saved);
    } else {
      show(reply.status === 401 ? words.locked : (await reply.json()).sentence, true);
    }
  } catch {
    show(words.lost, true);
    if (!waiting.has(id)) later(id, AGAIN);
  } finally {
    sending.delete(id);
  }
}

function grow(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

function written(item) {
  const area = element("textarea", { id: `a-${item.id}`, value: item.answer, rows: 1, placeholder: words.answer });
  area.addEventListener("input", () => {
    grow(area);
    changed(item.id, area.value, PAUSE);
  });
  area.addEventListener("blur", () => waiting.has(item.id) && later(item.id, 0));
  const label = element("label", { htmlFor: area.id, textContent: item.question });
  return element("div", { className: "item" }, label, area);
}

function scaled(item, scale) {
  const meaning = element("p", { className: "meaning" });
  const steps = scale.map((text, index) => {
    const step = element("button", { type: "button", textContent: String(index + 1), title: text });
    step.setAttribute("aria-label", `${index + 1}: ${text}`);
    step.addEventListener("click", () => choose(answers.get(item.id) === step.textContent ? "" : step.textContent));
    return step;
  });
  const tell = (chosen) => {
    for (const step of steps) step.setAttribute("aria-pressed", String(step.textContent === chosen));
    const shown = chosen ? [scale[chosen - 1]] : [scale[0], scale.at(-1)];
    meaning.replaceChildren(...shown.map((text) => element("span", { textContent: text })));
  };
  const choose = (chosen) => {
    tell(chosen);
    changed(item.id, chosen, 0);
  };
  tell(item.answer);
  const legend = element("legend", { textContent: item.question });
  return element("fieldset", { className: "item" }, legend, element("div", { className: "steps" }, ...steps), meaning);
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
  const { language, name, scale, items } = await reply.json();
  document.documentElement.lang = language;
  words = WORDS[language];
  $("title").textContent = document.title = words.title(name);
  $("how").textContent = words.how;
  for (const item of items) answers.set(item.id, item.answer);
  $("items").replaceChildren(...items.map((item) => (item.scale ? scaled(item, scale) : written(item))));
  document.querySelectorAll("textarea").forEach(grow);
  $("foot").hidden = false;
  count();
}

addEventListener("beforeunload", (event) => (waiting.size || sending.size) && event.preventDefault());
open();
