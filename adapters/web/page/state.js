// What the page knows, and what follows from it.

import { words } from "/words.js";

export const state = {
  room: null, // what the server said hello with
  lines: new Map(), // by id
  put: new Map(), // by id of a line: the reactions to it, {line, sender, emoji}
  pending: [], // not yet confirmed, in the order of sending
  chat: null,
  speaker: null, // in the group
  unread: new Map(), // by chat
  typing: new Map(), // by chat: the timer that ends it
  last: 0,
  fromList: false,
};

export function chats() {
  const { people, group } = state.room;
  return [...people.map((person) => ({ id: person.id, person })), { id: group.id, title: group.title }];
}

export const isGroup = (chat = state.chat) => chat === state.room.group.id;
export const person = (id) => state.room.people.find((one) => one.id === id);
export const tintOf = (id) => (id === null ? 0 : 1 + (Math.max(0, chats().findIndex((chat) => chat.id === id)) % 6));
export const called = (one) => (one.stranger ? words.stranger : one.name);

export function nameOf(line) {
  if (line.sender === null) return state.room.avatar;
  const one = person(line.sender);
  return one ? called(one) : line.name;
}

export function lastOf(chat) {
  // What was said last there, in a line.
  const last = [...state.lines.values()].filter((line) => line.chat === chat).reduce((a, b) => (b.id > a.id ? b : a), { id: 0 });
  if (!last.id) return "";
  return `${isGroup(chat) ? `${nameOf(last)}: ` : ""}${last.text || words.photoOnly}`.replace(/\s+/g, " ").slice(0, 80);
}
