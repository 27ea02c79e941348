// From a line to what is seen. Text from people goes in as text only.

import { wear } from "/reactions.js";
import { dayOf, language, timeOf, words } from "/words.js";

const TOGETHER = 5 * 60 * 1000; // bubbles of one sender closer than this stand together

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

export function face(name, tint) {
  // The first letter, in the person's colour.
  const circle = make("span", { class: `face tint${tint}`, "aria-hidden": "true" });
  circle.textContent = initial(name);
  return circle;
}

export const initial = (name) => [...name][0] || "?";

export class Conversation {
  // The elements of one chat's lines; one that looks the same stays the same element.
  constructor(actions) {
    Object.assign(this, { actions, kept: new Map() });
  }

  elements(lines, { group, mine, put, nameOf, tintOf }) {
    // `mine` is whose reactions are put now, `put` what was put on a line, by its id.
    const kept = this.kept;
    const opening = kept.size === 0;
    this.kept = new Map();
    const keep = (key, look, build) => {
      const before = kept.get(key);
      const element = before && before.look === look ? before.element : build(!before && !opening);
      this.kept.set(key, { look, element });
      return element;
    };
    const byId = new Map(lines.map((line) => [line.id, line]));
    return lines.flatMap((line, index) => {
      const before = lines[index - 1];
      const answered = line.reply ? byId.get(line.reply) : undefined;
      const who = { group, name: nameOf(line), tint: tintOf(line.sender) };
      const quote = answered ? { name: nameOf(answered), text: head(answered) } : null;
      const here = { ...who, quote, first: !joined(before, line), last: !joined(line, lines[index + 1]) };
      const look = JSON.stringify([line.text, line.photos, line.state, line.why, line.decision, here]);
      const element = keep(line.mark, look, (fresh) => bubble(line, { ...here, ...this.actions, fresh }));
      const own = line.sender === mine || !line.id;
      element.classList.toggle("own", own);
      wear(element, put(line.id), nameOf, own ? null : mine, (emoji) => this.actions.put(line, emoji));
      const date = dayOf(line.at);
      if (before && dayOf(before.at) === date) return [element];
      return [keep(`day ${line.mark}`, date, () => make("p", { class: "day" }, make("span", {}, date))), element];
    });
  }
}

function joined(one, other) {
  if (!one || !other || dayOf(one.at) !== dayOf(other.at)) return false;
  return one.sender === other.sender && other.at - one.at < TOGETHER;
}

export const head = (line) => (line.text || words.photoOnly).replace(/\s+/g, " ").slice(0, 80);

function bubble(line, { group, name, tint, quote, first, last, fresh, show, again, discard, answer, react }) {
  const theirs = line.sender === null;
  const classes = ["line", theirs ? "avatar" : "person", first && "first", last && "last", fresh && "fresh", line.state];
  const element = make("article", { class: classes.filter(Boolean).join(" "), "data-mark": line.mark });
  if (first && (group || theirs)) element.append(face(name, tint));
  const body = make("div", { class: "body" });
  if (first && group) body.append(make("b", { class: `name tint${tint}` }, name));
  else body.append(make("span", { class: "unseen" }, `${name}: `));
  if (quote) body.append(make("p", { class: "quote" }, make("b", {}, quote.name), ` ${quote.text}`));
  if (line.photos.length) body.append(photos(line, name, show));
  if (line.text) body.append(make("div", { class: `text${isEmoji(line.text) ? " emoji" : ""}` }, line.text));
  if (line.id) {
    const action = (kind, said, sign, act) =>
      make("button", { type: "button", class: kind, title: said, "aria-label": said, onclick: act }, sign);
    const reply = action("answer", words.answer, "↩", () => answer(line));
    const choose = action("react", words.react, "☺\uFE0E", () => react(line, body));
    body.append(make("div", { class: "actions" }, reply, choose));
  }
  element.append(body, make("p", { class: "put" }));
  const foot = make("footer");
  if (line.state === "failed") {
    foot.append(
      make("span", { class: "why" }, `${words.failed} ${line.why || ""}`.trim()),
      make("button", { type: "button", onclick: () => again(line) }, words.retry),
      make("button", { type: "button", onclick: () => discard(line) }, words.discard),
    );
  } else if (line.state === "sending") {
    foot.append(words.sending);
  } else if (last) {
    foot.append(make("time", { datetime: new Date(line.at).toISOString() }, timeOf(line.at)));
  }
  if (line.decision) foot.append(decision(line.decision));
  if (foot.childNodes.length) element.append(foot);
  return element;
}

function decision({ often, answered, why }) {
  // What became of it; a tap shows why.
  const said = `${answered ? words.answered : words.silent}${often === null ? "" : words.often(Math.round(100 * often))}`;
  const reasons = why[language] || [];
  if (!reasons.length) return make("span", { class: "decision" }, said);
  const paragraphs = reasons.map((sentence) => make("p", {}, sentence));
  return make("details", { class: "decision" }, make("summary", { title: words.why }, said), ...paragraphs);
}

function photos(line, name, show) {
  const grid = make("div", { class: `photos n${Math.min(line.photos.length, 4)}` });
  for (const photo of line.photos) {
    const url = photo.url || `/api/photos/${photo}`;
    const image = make("img", { src: url, alt: words.photo(name), loading: "lazy", decoding: "async" });
    grid.append(make("button", { type: "button", title: words.enlarge, onclick: () => show(url, image.alt) }, image));
  }
  return grid;
}

function isEmoji(text) {
  return /^(\p{Extended_Pictographic}[\u{1F3FB}-\u{1F3FF}]?[\uFE0F\u200D]*){1,3}$/u.test(text);
}

export function typing(name) {
  const dots = make("div", { class: "body dots", role: "img", "aria-label": words.typing(name) });
  dots.append(make("i"), make("i"), make("i"));
  return make("article", { class: "line avatar first last typing" }, face(name, 0), dots);
}

export function replace(holder, elements) {
  // Only where something changed; the link or button that has the keyboard's focus keeps it.
  const fresh = make("div", {}, ...elements);
  if (holder.innerHTML === fresh.innerHTML) return;
  const key = (element) => element.getAttribute("href") || element.getAttribute("value");
  const focused = holder.contains(document.activeElement) ? key(document.activeElement) : null;
  holder.replaceChildren(...elements);
  if (focused !== null) [...holder.querySelectorAll("a, button")].find((one) => key(one) === focused)?.focus();
}
