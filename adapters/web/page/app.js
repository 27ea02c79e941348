// The page: which chat is open, what was said in it, and what is on its way.

import { Composer } from "/composer.js";
import { paintList } from "/list.js";
import { Stream, decoded, nonce, openSession, sendMessage, sendPhoto, sendReaction, tellTyping } from "/net.js";
import { Picker } from "/reactions.js";
import { called, chats, isGroup, nameOf, person, state, tintOf } from "/state.js";
import { Conversation, face, head, initial, make, replace, typing } from "/view.js";
import { language, starters, words } from "/words.js";

const TYPING_FADES = 6500; // milliseconds
const MANY_LISTED = 12; // more people than this can be searched
const MANY_SPEAKERS = 8; // more than this are a menu
const at = (id) => document.getElementById(id);

let composer = null;
let picker = null;
let sending = Promise.resolve();
let conversation = null;

dress();
start();

async function start() {
  let session = "none";
  try {
    session = await openSession();
  } catch {
    say(words.unreachable);
    setTimeout(start, 3000);
    return;
  }
  if (session !== "open") return say(session === "wrong" ? words.wrongToken : words.noSession);
  const place = () => ({ since: state.last, erasures: state.room ? state.room.erasures : 0 });
  new Stream(place, heard, connection).connect();
}

function say(sentence) {
  at("gate-text").textContent = sentence;
  at("gate").hidden = false;
  at("app").hidden = true;
}

function dress() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  say(words.opening);
  at("side-hint").textContent = words.hint;
  at("back").setAttribute("aria-label", words.back);
  at("log").setAttribute("aria-label", words.log);
  at("side").setAttribute("aria-label", words.chats);
  at("speakers").querySelector("legend").textContent = words.speakAs;
  at("newer").querySelector("span").textContent = words.newer;
  at("close").setAttribute("aria-label", words.close);
  // Back to the list where one came from there; else, as after a reload, the list takes this place in the history.
  at("back").onclick = () => (state.fromList ? history.back() : location.replace("#list"));
  at("newer").onclick = () => toEnd(true);
  at("close").onclick = () => at("large").close();
  at("large").onclick = () => at("large").close();
  at("log").onscroll = () => nearEnd() && (at("newer").hidden = true);
  at("find").placeholder = words.find;
  at("find").setAttribute("aria-label", words.find);
  at("find").oninput = () => paintList(at("chats"), sought());
  addEventListener("hashchange", route);
  addEventListener("focus", () => read(state.chat));
  const viewport = window.visualViewport;
  const fit = () => {
    // Where the keyboard covers the page instead of resizing it, the page makes itself smaller.
    const wasNear = nearEnd();
    document.documentElement.style.setProperty("--height", `${viewport.height}px`);
    document.documentElement.style.setProperty("--offset", `${viewport.offsetTop}px`);
    if (wasNear) toEnd(false);
  };
  if (viewport && matchMedia("(pointer: coarse)").matches) {
    viewport.addEventListener("resize", fit);
    viewport.addEventListener("scroll", fit);
  }
}

// -- what the server says ---------------------------------------------------------------------------------------------

function heard(event) {
  if (event.type === "hello") hello(event);
  else if (event.type === "lines") event.lines.forEach(keep);
  else if (event.type === "line") arrived(event.line);
  else if (event.type === "typing") types(event.chat);
  else if (event.type === "reactions") state.put.set(event.line, event.put);
  else if (event.type === "decision" && state.lines.has(event.id)) state.lines.get(event.id).decision = event.decision;
  paint();
}

function hello(room) {
  if (room.anew) {
    state.lines.clear();
    state.last = 0;
    conversation = null;
  }
  state.room = room;
  state.put.clear();
  for (const one of room.put) state.put.set(one.line, [...putOn(one.line), one]);
  picker ||= new Picker(at("picker"), room.reactions);
  if (!composer) composer = new Composer(at("composer"), room.limits, send, () => tellTyping(state.chat, speaker()));
  at("side-title").textContent = room.avatar;
  if (!room.people.some((one) => one.id === state.speaker)) state.speaker = room.people[0].id;
  at("gate").hidden = true;
  at("app").hidden = false;
  at("find").hidden = room.people.length <= MANY_LISTED;
  if (room.anew || !chats().some((chat) => chat.id === state.chat)) route();
}

function keep(line) {
  state.lines.set(line.id, line);
  state.last = Math.max(state.last, line.id);
  state.pending.filter((other) => other.mark === line.mark).forEach(settle);
}

function settle(line) {
  // It has arrived, or was given up.
  state.pending = state.pending.filter((other) => other !== line);
  for (const photo of line.photos) URL.revokeObjectURL(photo.url);
}

function arrived(line) {
  const known = state.lines.has(line.id);
  keep(line);
  if (line.sender === null) stopTyping(line.chat);
  if (known || (line.chat === state.chat && seen())) return;
  if (line.sender === null) state.unread.set(line.chat, (state.unread.get(line.chat) || 0) + 1);
}

function types(chat) {
  stopTyping(chat);
  state.typing.set(chat, setTimeout(() => { stopTyping(chat); paint(); }, TYPING_FADES));
}

function stopTyping(chat) {
  clearTimeout(state.typing.get(chat));
  state.typing.delete(chat);
}

function connection(now) {
  if (now === "locked") return say(words.noSession);
  at("state").textContent = now === "open" ? "" : words.reconnecting;
}

// -- sending: one after another, so that they arrive in order ---------------------------------------------------------

const speaker = () => (isGroup() ? state.speaker : state.chat);

function send({ text, photos, reply = null }) {
  const sender = speaker();
  const number = nonce();
  const line = { chat: state.chat, sender, text, photos, reply, nonce: number, mark: `${sender}/${number}`, at: Date.now() };
  state.pending.push(line);
  deliver(line);
  toEnd(true);
}

function deliver(line) {
  Object.assign(line, { state: "sending", why: "" });
  paint();
  sending = sending.then(() => attempt(line));
}

async function attempt(line) {
  for (const photo of line.photos) {
    if (photo.name) continue;
    const answer = await sendPhoto(photo.file);
    if (answer.error) return failed(line, answer);
    photo.name = answer.name;
  }
  const { chat, sender, text, reply, nonce } = line;
  const answer = await sendMessage({ chat, sender, text, reply, nonce, photos: line.photos.map((photo) => photo.name) });
  if (answer.error) failed(line, answer);
}

function failed(line, answer) {
  if (!state.pending.includes(line)) return; // it had arrived all the same
  const sentence = words.errors[answer.error];
  if (answer.error === "gone") line.photos.forEach((photo) => delete photo.name);
  Object.assign(line, { state: "failed", why: sentence ? sentence(state.room.limits) : answer.sentence || "" });
  paint();
}

function react(line, bubble) {
  const own = putOn(line.id).find((one) => one.sender === speaker());
  picker.open(bubble, own?.emoji, (emoji) => put(line, emoji));
}

const putOn = (id) => state.put.get(id) || [];

async function put(line, emoji) {
  // Shown when the server says so; an empty emoji takes back what was there.
  const answer = await sendReaction({ chat: line.chat, sender: speaker(), line: line.id, emoji });
  const sentence = words.errors[answer.error];
  composer.say(sentence ? sentence(state.room.limits) : answer.sentence || "");
}

function answer(line) {
  composer.answer({ id: line.id, name: nameOf(line), text: head(line) });
}

function discard(line) {
  settle(line);
  paint();
}

// -- which chat is open -----------------------------------------------------------------------------------------------

function route() {
  if (!state.room) return;
  const wanted = decoded((/^#chat=(.+)$/.exec(location.hash) || [])[1] || "");
  const known = chats().some((chat) => chat.id === wanted);
  if (known && !at("app").classList.contains("open")) state.fromList = state.chat !== null;
  at("app").classList.toggle("open", known);
  open(known ? wanted : chats()[0].id);
}

function open(chat) {
  if (chat !== state.chat) {
    state.chat = chat;
    conversation = null;
    at("log").replaceChildren();
    composer.open(chat);
    if (matchMedia("(pointer: fine)").matches) composer.text.focus();
  }
  read(chat);
  paint();
  toEnd(false);
}

function seen() {
  // On a phone, either the list or the conversation is seen.
  return document.hasFocus() && (at("app").classList.contains("open") || matchMedia("(min-width: 760px)").matches);
}

function read(chat) {
  if (seen() && state.unread.delete(chat)) paint();
}

// -- painting ---------------------------------------------------------------------------------------------------------

function paint() {
  if (!state.room || state.chat === null) return;
  paintList(at("chats"), sought());
  paintTop();
  paintSpeakers();
  paintLog();
  const unread = [...state.unread.values()].reduce((sum, count) => sum + count, 0);
  document.title = (unread ? `(${unread}) ` : "") + state.room.avatar;
}

const sought = () => at("find").value.trim().toLowerCase();

function paintTop() {
  const { avatar, group, people } = state.room;
  const one = person(state.chat);
  at("title").textContent = isGroup() ? group.title : avatar;
  at("face").textContent = initial(isGroup() ? group.title : avatar);
  at("face").className = `face tint${isGroup() ? tintOf(group.id) : 0}`;
  if (isGroup()) at("subtitle").textContent = words.asGroup(avatar, people.length);
  else if (one.stranger) at("subtitle").textContent = words.asStranger;
  else at("subtitle").textContent = words.asPrivate(one.name, one.relationship[language]);
}

function paintSpeakers() {
  at("speakers").hidden = !isGroup();
  composer.invite(isGroup() ? words.writeAs(called(person(state.speaker))) : words.write);
  if (!isGroup()) return;
  const choose = (id) => {
    state.speaker = id;
    paint();
    if (matchMedia("(pointer: fine)").matches) composer.text.focus();
  };
  const holder = at("speakers").lastElementChild;
  if (state.room.people.length > MANY_SPEAKERS) {
    const options = state.room.people.map((one) => make("option", { value: one.id }, called(one)));
    const label = { "aria-label": words.speakAs, onchange: (event) => choose(event.target.value) };
    replace(holder, [make("select", label, ...options)]);
    holder.querySelector("select").value = state.speaker;
    return;
  }
  const choices = state.room.people.map((one) => {
    const radio = { type: "radio", name: "speaker", value: one.id, onchange: () => choose(one.id) };
    return make("label", {}, make("input", radio), face(called(one), tintOf(one.id)), called(one));
  });
  replace(holder, choices);
  for (const radio of holder.querySelectorAll("input")) radio.checked = radio.value === state.speaker;
}

function paintLog() {
  const log = at("log");
  const wasNear = nearEnd();
  const lines = [...state.lines.values()].filter((line) => line.chat === state.chat).sort((a, b) => a.id - b.id);
  lines.push(...state.pending.filter((line) => line.chat === state.chat));
  conversation ||= new Conversation({ show: enlarge, again: deliver, discard, answer, react, put });
  const wanted = conversation.elements(lines, { group: isGroup(), mine: speaker(), put: putOn, nameOf, tintOf });
  if (state.typing.has(state.chat)) wanted.push(log.querySelector(".typing") || typing(state.room.avatar));
  if (!wanted.length) wanted.push((conversation.nothing ||= nothingYet())); // the same, so that a focused button stays
  wanted.forEach((element, index) => {
    if (log.children[index] !== element) log.insertBefore(element, log.children[index] || null);
  });
  while (log.children.length > wanted.length) log.lastElementChild.remove();
  if (wasNear) toEnd(false);
  else if (lines.some((line) => line.sender === null) && state.unread.get(state.chat)) at("newer").hidden = false;
}

function nothingYet() {
  const { avatar } = state.room;
  const one = person(state.chat);
  if (isGroup()) return make("p", { class: "empty" }, words.emptyGroup(avatar));
  const said = one.stranger ? words.emptyStranger(avatar) : words.emptyPrivate(avatar, one.name);
  const ask = (text) => make("button", { type: "button", onclick: () => composer.send({ text, photos: [] }) }, text);
  return make("div", { class: "empty" }, make("p", {}, said), make("p", { class: "starters" }, ...starters(avatar).map(ask)));
}

function enlarge(url, name) {
  const image = at("large").querySelector("img");
  image.src = url;
  image.alt = name;
  at("large").showModal();
}

function nearEnd() {
  const log = at("log");
  return log.scrollHeight - log.scrollTop - log.clientHeight < 120;
}

function toEnd(smooth) {
  at("newer").hidden = true;
  const log = at("log");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  requestAnimationFrame(() => log.scrollTo({ top: log.scrollHeight, behavior: smooth && !still ? "smooth" : "auto" }));
}
