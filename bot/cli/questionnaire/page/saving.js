// Saves what is answered: when the writer pauses, and again until it arrives. An older answer never follows a newer one.

const PAUSE = 600; // milliseconds without a key, after which an answer is saved
const AGAIN = 3000;

const waiting = new Map(); // the timers of what is not saved yet, by path
const sending = new Set();
const bodies = new Map();

/** words: what to say. show: told a state, and whether it is a bad one. */
export const telling = { words: {}, show: () => {} };

/** Saves a body at a path, after a pause or at once. */
export function save(path, body, atOnce = false) {
  bodies.set(path, body);
  later(path, atOnce ? 0 : PAUSE);
}

/** Saves at once what waits. */
export function hurry(path) {
  if (waiting.has(path)) later(path, 0);
}

function later(path, pause) {
  clearTimeout(waiting.get(path));
  waiting.set(path, setTimeout(() => send(path), pause));
}

async function send(path) {
  if (sending.has(path)) return later(path, PAUSE);
  const { words, show } = telling;
  waiting.delete(path);
  sending.add(path);
  show(words.saving);
  try {
    const reply = await fetch(path, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(bodies.get(path)),
    });
    if (reply.ok) {
      if (!waiting.size && sending.size === 1) show(words.saved);
    } else {
      show(reply.status === 401 ? words.locked : (await reply.json()).sentence, true);
    }
  } catch {
    show(words.lost, true);
    if (!waiting.has(path)) later(path, AGAIN);
  } finally {
    sending.delete(path);
  }
}

addEventListener("beforeunload", (event) => (waiting.size || sending.size) && event.preventDefault());
