// The inventory: 120 statements, ten on a page, each answered from 1 to 5; who likes, adds their own words.

import { $, element, field, grow, scaled } from "/parts.js";
import { hurry, save } from "/saving.js";

const A_PAGE = 10;

const WORDS = {
  en: {
    who: (name) => [name ? `I am ${name}` : "It is about me", name ? `I knew ${name}` : "I knew them"],
    how: {
      self: "How well does each describe you as you generally are now, not as you would like to be?",
      other: (name) => `Answer as ${name || "they"} would have answered, not as you saw them or would have liked them to be.`,
    },
    words: { self: "In your own words, if you like", other: (name) => `In ${name ? `${name}'s` : "their"} own words, if you like` },
    page: (number, all) => `Page ${number} of ${all}`,
    back: "Back",
    on: "Next",
    open: "To the next one left open",
    done: "All are answered. “echoes personality” tells what comes of it.",
  },
  zh: {
    who: (name) => [name ? `我就是${name}` : "说的是我自己", name ? `我认识${name}` : "我认识这个人"],
    how: {
      self: "按你现在平时的样子，看每一句有多符合你，不是按你希望的样子。",
      other: (name) => `请按${name || "本人"}自己会怎么回答来答，不是按你眼中的、或你希望的样子。`,
    },
    words: { self: "愿意的话，用自己的话说说", other: (name) => `愿意的话，写下${name || "本人"}自己会怎么说` },
    page: (number, all) => `第 ${number} 页，共 ${all} 页`,
    back: "上一页",
    on: "下一页",
    open: "去下一句没答的",
    done: "都答完了。用 “echoes personality” 看结果。",
  },
};

const say = (words, name) => (typeof words === "function" ? words(name) : words);

/** Shows them. counted: called when an answer has changed. */
export class Statements {
  constructor({ by, scale, statements }, language, name, counted) {
    Object.assign(this, { scale, statements, name, counted, by: by === "other" ? "other" : "self" });
    this.words = WORDS[language];
    this.all = Math.ceil(statements.length / A_PAGE);
    this.page = Math.floor(Math.max(0, this.#open(0)) / A_PAGE);
  }

  get answered() {
    return this.statements.filter((one) => one.answer).length;
  }

  show() {
    $("how").textContent = say(this.words.how[this.by], this.name);
    const start = this.page * A_PAGE;
    const cards = this.statements.slice(start, start + A_PAGE).map((one) => this.#card(one));
    $("items").replaceChildren(this.#who(), ...cards, this.#turning());
    document.querySelectorAll("textarea").forEach(grow);
  }

  #open(start) {
    return this.statements.findIndex((one, place) => place >= start && !one.answer);
  }

  #turn(page, place = 0) {
    this.page = page;
    this.show();
    scrollTo(0, 0);
    document.querySelectorAll("fieldset.item")[place]?.querySelector("button").focus();
  }

  #who() {
    const choices = ["self", "other"].map((by, index) => {
      const box = element("input", { type: "radio", name: "by", value: by, checked: by === this.by });
      box.addEventListener("change", () => {
        this.by = by;
        this.show();
      });
      return element("label", {}, box, this.words.who(this.name)[index]);
    });
    return element("div", { className: "who" }, ...choices);
  }

  #card(one) {
    const path = `/api/statements/${one.number}`;
    const keep = (atOnce) => save(path, { answer: one.answer, words: one.answer ? one.words : "", by: this.by }, atOnce);
    const own = field({ value: one.words, placeholder: say(this.words.words[this.by], this.name) }, (text) => {
      one.words = text;
      keep(false);
    });
    own.setAttribute("aria-label", own.placeholder);
    own.addEventListener("blur", () => hurry(path));
    const wanted = () => one.learnt && ["1", "5"].includes(one.answer);
    const card = scaled(`${one.number}. ${one.text}`, this.scale, one.answer, (chosen) => {
      if (chosen !== one.answer) one.words = own.value = "";
      one.answer = chosen;
      own.hidden = !wanted();
      keep(true);
      this.counted();
      this.#tell();
    });
    own.hidden = !wanted() && !one.words;
    card.append(own);
    return card;
  }

  #turning() {
    const button = (text, hidden, act) => {
      const made = element("button", { type: "button", textContent: text, hidden });
      made.addEventListener("click", act);
      return made;
    };
    const last = this.page === this.all - 1;
    const turning = element(
      "nav",
      {},
      button(this.words.back, this.page === 0, () => this.#turn(this.page - 1)),
      element("span", { textContent: this.words.page(this.page + 1, this.all) }),
      button(this.words.on, last, () => this.#turn(this.page + 1)),
    );
    this.ending = element("p", { className: "ending" });
    this.jump = button(this.words.open, true, () => {
      const open = this.#open(0);
      this.#turn(Math.floor(open / A_PAGE), open % A_PAGE);
    });
    this.#tell();
    return element("div", { className: "turning" }, turning, this.jump, this.ending);
  }

  /** What is left: an end, or the way to what was passed over. */
  #tell() {
    const open = this.#open(0);
    this.ending.textContent = open < 0 ? this.words.done : "";
    this.jump.hidden = open < 0 || Math.floor(open / A_PAGE) === this.page || this.page < this.all - 1;
  }
}
