// A browser's WebSocket as a peer, in a page: play(id, url, steps) connects and
// plays, as peer.mjs does. What has been seen then stands in seen, by id. A page
// has no pings and no fragments.
"use strict";

const seen = {};

const octetsOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (digits) => parseInt(digits, 16));
const hexOf = (octets) => Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");
const sha256 = async (octets) => new Uint8Array(await crypto.subtle.digest("SHA-256", octets));

/** Returns octets that do not get shorter: the SHA-256 of "0", of "1", and so on. */
async function noise(n) {
  for (; noise.blocks.length * 32 < n; ) noise.blocks.push(await sha256(new TextEncoder().encode(String(noise.blocks.length))));
  const all = new Uint8Array(Math.ceil(n / 32) * 32);
  for (let i = 0; i * 32 < n; i++) all.set(noise.blocks[i], i * 32);
  return all.subarray(0, n);
}
noise.blocks = [];

async function payload(step) {
  const once = octetsOf(step.hex ?? "");
  const times = step.times || 1;
  const more = await noise(step.noise || 0);
  const all = new Uint8Array(once.length * times + more.length);
  for (let i = 0; i < times; i++) all.set(once, i * once.length);
  all.set(more, once.length * times);
  return all;
}

/** Inbox keeps what a WebSocket receives until it is asked for. */
class Inbox {
  #kept = { open: [], message: [], closed: [] };
  #wake = () => {};

  constructor(ws) {
    ws.onopen = () => this.#put("open", true);
    ws.onmessage = ({ data }) => this.#put("message", data);
    ws.onclose = ({ code, reason }) => this.#put("closed", { code, reason });
  }

  #put(kind, value) {
    this.#kept[kind].push(value);
    this.#wake();
  }

  /** Returns the next value of a kind, or throws how the connection has ended. */
  async next(kind) {
    for (;;) {
      if (this.#kept[kind].length) return this.#kept[kind].shift();
      if (this.#kept.closed.length) throw this.#kept.closed[0];
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }
}

async function play(id, url, steps) {
  const ws = new WebSocket(url);
  ws.binaryType = "arraybuffer";
  const inbox = new Inbox(ws);
  const sights = [];
  let closing = false;

  const receive = async () => {
    const data = await inbox.next("message");
    const isText = typeof data === "string";
    const octets = isText ? new TextEncoder().encode(data) : new Uint8Array(data);
    sights.push({
      saw: "message",
      type: isText ? "text" : "binary",
      ...(octets.length && { size: octets.length }),
      sha256: hexOf(await sha256(octets)),
    });
  };

  try {
    await inbox.next("open");
    for (const step of steps) {
      if (step.do === "send") {
        const octets = await payload(step);
        ws.send(step.type === "text" ? new TextDecoder().decode(octets) : octets);
      } else if (step.do === "receive") await receive();
      else if (step.do === "echo") for (;;) ws.send(await inbox.next("message"));
      else if (step.do === "close") {
        closing = true;
        ws.close(step.code, step.reason);
        break;
      } else throw new Error(`unknown step ${step.do}`);
    }
    for (;;) await receive(); // until the end
  } catch (end) {
    if (end.code === 1006) sights.push({ saw: "ended" });
    else if (end.code === undefined) sights.push({ saw: "error", text: String(end) });
    else if (closing) sights.push({ saw: "answered", code: end.code });
    else sights.push({ saw: "closed", code: end.code, ...(end.reason && { reason: end.reason }) });
  }
  seen[id] = sights;
}
