// The wire: the session, the stream of what happens, and what is sent. Nothing here touches the page.

export async function openSession() {
  // "open", "wrong" or "none"; once the token was answered to, it leaves the address bar and the browser's history.
  const given = /^#token=(.+)$/.exec(location.hash);
  if (given) {
    const answer = await post("/api/session", JSON.stringify({ token: decoded(given[1]) }));
    history.replaceState(null, "", location.pathname);
    return answer.ok ? "open" : "wrong";
  }
  const answer = await fetch("/api/session");
  return answer.ok ? "open" : "none";
}

export function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export class Stream {
  // Connects again after every break, sooner when the page is looked at, and catches up from `place()`.
  constructor(place, heard, changed) {
    Object.assign(this, { place, heard, changed, wait: 500, timer: 0, socket: null });
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => document.hidden || this.now());
  }

  connect() {
    const { since, erasures } = this.place();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/stream?since=${since}&erasures=${erasures}`);
    this.socket = socket;
    socket.onmessage = (message) => {
      this.wait = 500;
      this.changed("open");
      this.heard(JSON.parse(message.data));
    };
    socket.onclose = async () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.changed("broken");
      const answer = await fetch("/api/session").catch(() => null);
      if (answer && answer.status === 401) return this.changed("locked");
      this.timer = setTimeout(() => this.connect(), this.wait);
      this.wait = Math.min(this.wait * 2, 8000);
    };
  }

  now() {
    if (this.socket) return;
    clearTimeout(this.timer);
    this.connect();
  }
}

export async function sendMessage(message) {
  return answered(post("/api/messages", JSON.stringify(message)));
}

export async function sendReaction(reaction) {
  return answered(post("/api/reactions", JSON.stringify(reaction)));
}

export function tellTyping(chat, sender) {
  post("/api/typing", JSON.stringify({ chat, sender })).catch(() => null); // nobody misses it
}

export async function sendPhoto(file) {
  return answered(post("/api/photos", file, "application/octet-stream"));
}

function post(path, body, type = "application/json") {
  return fetch(path, { method: "POST", body, headers: { "Content-Type": type } });
}

async function answered(request) {
  // The answer's JSON, or {error: a code, sentence}
  try {
    const answer = await request;
    const body = await answer.json().catch(() => ({}));
    return answer.ok ? body : { error: body.error || "later", sentence: body.sentence };
  } catch {
    return { error: "network" };
  }
}

export function nonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
