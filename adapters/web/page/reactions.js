// What was put on a message: shown at its foot, and chosen from a few.

import { make, replace } from "/view.js";
import { together, words } from "/words.js";

export function wear(line, put, nameOf, mine, react) {
  // Shows at the foot of a line's element what was put on it. `mine` is who would react now; null where nobody can.
  const holder = line.querySelector(".put");
  if (!put.length && !holder.hasChildNodes()) return;
  const had = holder.contains(document.activeElement);
  const emoji = [...new Set(put.map((one) => one.emoji))];
  replace(holder, emoji.map((sign) => chip(sign, put.filter((one) => one.emoji === sign), nameOf, mine, react)));
  if (had && !holder.contains(document.activeElement)) line.querySelector(".react")?.focus(); // it was taken back
}

function chip(emoji, put, nameOf, mine, react) {
  const names = put.map(nameOf);
  const about = { title: together(names), "aria-label": words.putBy(emoji, together(names)) };
  const shown = [emoji, put.length > 1 ? make("small", {}, String(put.length)) : null];
  if (mine === null) return make("span", { role: "img", ...about }, ...shown);
  const own = put.some((one) => one.sender === mine);
  const tap = () => react(own ? "" : emoji);
  return make("button", { type: "button", value: emoji, ...about, "aria-pressed": String(own), onclick: tap }, ...shown);
}

export class Picker {
  // A row of emoji above a message.
  constructor(dialog, offered) {
    Object.assign(this, { dialog, offered });
    dialog.setAttribute("aria-label", words.react);
    dialog.addEventListener("click", () => dialog.close()); // beside it, or on one of them
  }

  open(beside, chosen, react) {
    // `chosen` is what is there already: a second tap takes it back.
    const button = (emoji) => {
      const pressed = String(emoji === chosen);
      const tap = () => react(emoji === chosen ? "" : emoji);
      return make("button", { type: "button", value: emoji, "aria-pressed": pressed, onclick: tap }, emoji);
    };
    this.dialog.replaceChildren(...this.offered.map(button));
    this.dialog.showModal();
    this.place(beside.getBoundingClientRect());
  }

  place(target) {
    const { width, height } = this.dialog.getBoundingClientRect();
    const above = target.top - height - 8;
    const left = Math.min(target.left, document.documentElement.clientWidth - width - 8);
    this.dialog.style.top = `${above > 8 ? above : target.bottom + 8}px`;
    this.dialog.style.left = `${Math.max(8, left)}px`;
  }
}
