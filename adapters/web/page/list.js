// The list of chats: the group, and everybody one can be in private.

import { called, chats, lastOf, state, tintOf } from "/state.js";
import { face, make, replace } from "/view.js";
import { language, words } from "/words.js";

export function paintList(holder, sought) {
  const entries = chats();
  const item = (chat, name, about, hint) => {
    const count = state.unread.get(chat.id) || 0;
    const heading = make("span", {}, make("b", {}, name), " ", make("small", {}, about));
    const link = make(
      "a",
      { href: `#chat=${encodeURIComponent(chat.id)}`, "aria-current": chat.id === state.chat ? "page" : null },
      face(name, tintOf(chat.id)),
      make("span", { class: "who" }, heading, make("small", {}, lastOf(chat.id) || hint)),
      count ? make("span", { class: "count", "aria-label": words.unread(count) }, String(count)) : null,
    );
    return make("li", {}, link);
  };
  const matches = (chat) => chat.person && called(chat.person).toLowerCase().includes(sought);
  const own = entries.filter(matches).map(({ id, person: one }) => {
    if (one.stranger) return item({ id }, called(one), "", words.strangerHint(state.room.avatar));
    return item({ id }, one.name, one.relationship[language], words.nothing);
  });
  const group = entries.at(-1);
  const list = [
    make("h2", {}, words.together),
    make("ul", {}, item(group, group.title, "", words.groupHint)),
    make("h2", {}, words.privately),
    make("ul", {}, ...own),
  ];
  replace(holder, list);
}
