// The npm package ws as a peer: node peer.mjs CERT KEY. It serves ws and wss and
// prints their URLs as a line of JSON. A URL's query holds the steps to play on
// the connection and its name. A line {id, url, steps} on standard input has it
// connect. For each connection that has ended it prints {id, seen}. It ends with
// its input.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createInterface } from "node:readline";
import { WebSocket, WebSocketServer } from "ws";

const [cert, key] = process.argv.slice(2).map((name) => readFileSync(name));
const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

/** Inbox keeps what a WebSocket receives until it is asked for. */
class Inbox {
  #kept = { open: [], message: [], pong: [], closed: [] };
  #wake = () => {};

  constructor(ws) {
    ws.on("open", () => this.#put("open", true));
    ws.on("message", (data, isBinary) => this.#put("message", { type: isBinary ? "binary" : "text", data }));
    ws.on("pong", (data) => this.#put("pong", data));
    ws.on("close", (code, reason) => this.#put("closed", { code, reason: reason.toString() }));
    ws.on("error", (error) => this.#put("closed", { error }));
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

const payload = (step) => Buffer.concat(Array(step.times || 1).fill(Buffer.from(step.hex, "hex")));

async function play(ws, steps) {
  const inbox = new Inbox(ws);
  const seen = [];
  let closing = false;

  const receive = async () => {
    const { type, data } = await inbox.next("message");
    const sha256 = createHash("sha256").update(data).digest("hex");
    seen.push({ saw: "message", type, ...(data.length && { size: data.length }), sha256 });
  };
  const ping = async (data) => {
    ws.ping(data);
    const hex = (await inbox.next("pong")).toString("hex");
    seen.push({ saw: "pong", ...(hex && { hex }) });
  };
  const send = async (step) => {
    const data = payload(step);
    const frames = step.frames || 1;
    for (let i = 0; i < frames; i++) {
      const piece = data.subarray((data.length * i) / frames, (data.length * (i + 1)) / frames);
      ws.send(piece, { binary: step.type === "binary", fin: i === frames - 1 });
      if (i === 0 && step.ping) await ping(Buffer.from("between"));
    }
  };
  const echo = async () => {
    for (;;) {
      const { type, data } = await inbox.next("message");
      ws.send(data, { binary: type === "binary" });
    }
  };

  try {
    if (ws.readyState === WebSocket.CONNECTING) await inbox.next("open");
    for (const step of steps) {
      if (step.do === "send") await send(step);
      else if (step.do === "receive") await receive();
      else if (step.do === "echo") await echo();
      else if (step.do === "ping") await ping(payload(step));
      else if (step.do === "close") {
        closing = true;
        ws.close(step.code === 1005 ? undefined : step.code, step.reason);
        break;
      } else if (step.do === "drop") ws.terminate();
      else throw new Error(`unknown step ${step.do}`);
    }
    for (;;) await receive(); // until the end
  } catch (end) {
    if (end.code === 1006) seen.push({ saw: "ended" });
    else if (end.code === undefined) seen.push({ saw: "error", text: String(end.error ?? end) });
    else if (closing) seen.push({ saw: "answered", code: end.code });
    else seen.push({ saw: "closed", code: end.code, ...(end.reason && { reason: end.reason }) });
  }
  return seen;
}

function serve(server, scheme) {
  new WebSocketServer({ server }).on("connection", async (ws, request) => {
    const query = new URL(request.url, "http://localhost").searchParams;
    print({ id: query.get("id"), seen: await play(ws, JSON.parse(query.get("steps"))) });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(`${scheme}://127.0.0.1:${server.address().port}/`));
  });
}

print({
  ws: await serve(http.createServer(), "ws"),
  wss: await serve(https.createServer({ cert, key }), "wss"),
});
for await (const line of createInterface({ input: process.stdin })) {
  const { id, url, steps } = JSON.parse(line);
  play(new WebSocket(url, { ca: cert }), steps).then((seen) => print({ id, seen }));
}
process.exit();
