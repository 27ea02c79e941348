// Where one writes: text that grows, photos that are seen before they are sent.

import { make } from "/view.js";
import { words } from "/words.js";

const TYPING_EVERY = 3000; // milliseconds between two words of it to the server
const READY = ["image/jpeg", "image/png", "image/webp", "image/gif"];

export class Composer {
  // `send({text, photos, reply})` is called with what is written; photos are {file, url}, `reply` is the id of the line
  // that it answers. `typing()`: every few seconds of it.
  constructor(form, limits, send, typing) {
    Object.assign(this, { form, limits, send, typing, photos: [], answered: null, drafts: new Map(), place: null, told: 0 });
    this.text = form.querySelector("#text");
    this.files = form.querySelector("#files");
    this.previews = form.querySelector("#previews");
    this.alert = form.querySelector("#notice");
    this.quoted = form.querySelector("#quoted");
    this.files.setAttribute("aria-label", words.attach);
    form.querySelector("#attach").title = words.attach;
    const button = form.querySelector("#send");
    button.title = words.send;
    button.setAttribute("aria-label", words.send);

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("keydown", (event) => {
      // While a Chinese input method is composing, Enter chooses a word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.submit();
    });
    this.text.addEventListener("input", () => {
      this.changed();
      this.types();
    });
    this.files.addEventListener("change", () => {
      this.add([...this.files.files]);
      this.files.value = "";
    });
    this.text.addEventListener("paste", (event) => {
      const pasted = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
      if (!pasted.length) return;
      event.preventDefault();
      this.add(pasted);
    });
    for (const kind of ["dragover", "drop"]) {
      document.addEventListener(kind, (event) => {
        event.preventDefault(); // else a photo dropped beside the field would replace the page
        if (kind === "drop") this.add([...event.dataTransfer.files]);
      });
    }
    this.changed();
  }

  open(place) {
    // Each chat keeps what was begun in it.
    const { photos, answered } = this;
    if (this.place !== null) this.drafts.set(this.place, { text: this.text.value, photos, answered });
    const draft = this.drafts.get(place) || { text: "", photos: [], answered: null };
    this.place = place;
    this.text.value = draft.text;
    Object.assign(this, { photos: draft.photos, answered: draft.answered });
    this.say("");
    this.changed();
  }

  answer(line) {
    // What is written next answers this line: {id, name, text}, or null for none.
    this.answered = line;
    this.changed();
    this.text.focus();
  }

  types() {
    if (!this.text.value.trim() || Date.now() - this.told < TYPING_EVERY) return;
    this.told = Date.now();
    this.typing();
  }

  invite(sentence) {
    this.text.placeholder = sentence;
    this.text.setAttribute("aria-label", sentence);
  }

  async add(files) {
    for (const file of files) {
      if (this.photos.length >= this.limits.photos) return this.say(words.errors.many(this.limits));
      if (file.size > this.limits.megabytes * 1024 * 1024) {
        this.say(words.errors.large(this.limits));
        continue;
      }
      const photo = await shown(file);
      if (photo === null) {
        this.say(words.errors.photo(this.limits));
        continue;
      }
      this.photos.push({ file: photo, url: URL.createObjectURL(photo) });
      this.changed();
    }
    if (matchMedia("(pointer: fine)").matches) this.text.focus();
  }

  submit() {
    const text = this.text.value.trim();
    if (!text && !this.photos.length) return;
    if ([...text].length > this.limits.text) return this.say(words.errors.long(this.limits));
    const { photos, answered } = this;
    Object.assign(this, { photos: [], answered: null });
    this.text.value = "";
    this.told = 0;
    this.say("");
    this.changed();
    this.text.focus();
    this.send({ text, photos, reply: answered ? answered.id : null });
  }

  say(sentence) {
    this.alert.textContent = sentence;
    this.alert.hidden = !sentence;
  }

  changed() {
    this.previews.replaceChildren(...this.photos.map((photo) => this.preview(photo)));
    this.previews.hidden = !this.photos.length;
    this.quoted.replaceChildren(...(this.answered ? this.quotation(this.answered) : []));
    this.quoted.hidden = !this.answered;
    this.form.classList.toggle("ready", Boolean(this.text.value.trim() || this.photos.length));
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight}px`;
  }

  quotation({ name, text }) {
    const label = { type: "button", "aria-label": words.noAnswer, title: words.noAnswer, onclick: () => this.answer(null) };
    return [make("span", {}, make("b", {}, words.answering(name)), ` ${text}`), make("button", label, "×")];
  }

  preview(photo) {
    const remove = () => {
      URL.revokeObjectURL(photo.url);
      this.photos = this.photos.filter((other) => other !== photo);
      this.changed();
      this.text.focus();
    };
    const label = { type: "button", "aria-label": words.removePhoto, title: words.removePhoto, onclick: remove };
    return make("span", {}, make("img", { src: photo.url, alt: photo.file.name || "" }), make("button", label, "×"));
  }
}

async function shown(file) {
  // The photo, or null for what this browser cannot show. What only it can read, such as HEIC, goes out as JPEG.
  try {
    const bitmap = await createImageBitmap(file);
    if (READY.includes(file.type)) {
      bitmap.close();
      return file;
    }
    const canvas = make("canvas", { width: bitmap.width, height: bitmap.height });
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    return await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  } catch {
    return null;
  }
}
