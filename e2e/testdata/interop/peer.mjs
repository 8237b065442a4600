// The npm package ws as a peer: node peer.mjs CERT KEY. It serves ws and wss and
// prints their URLs as a line of JSON. A URL's query holds the steps to play on
// the connection, packed by zlib, its name, and the parameters of
// permessage-deflate if they are not to be the default. A line {id, url, steps,
// deflate} on standard input has it connect. For each connection that has ended
// it prints {id, seen}. It ends with its input.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createInterface } from "node:readline";
import { inflateSync } from "node:zlib";
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

/** Returns octets that do not get shorter: the SHA-256 of "0", of "1", and so on. */
function noise(n) {
  const blocks = [];
  for (let i = 0; i * 32 < n; i++) blocks.push(createHash("sha256").update(String(i)).digest());
  return Buffer.concat(blocks).subarray(0, n);
}

const payload = (step) => Buffer.concat([...Array(step.times || 1).fill(Buffer.from(step.hex ?? "", "hex")), noise(step.noise || 0)]);

/** Turns the parameters of a part into the option of ws. Undefined is its default. */
const deflateOption = (params) =>
  params && {
    serverNoContextTakeover: params.serverNoTakeover,
    clientNoContextTakeover: params.clientNoTakeover,
    serverMaxWindowBits: params.serverBits,
    clientMaxWindowBits: params.clientBits,
  };

/** Returns what has been agreed on, as this side sees it. */
function agreement(ws) {
  const params = ws._extensions["permessage-deflate"]?.params; // it tells its users the name alone
  if (!params) return "none";
  const server = `${params.server_no_context_takeover ? "no takeover" : "takeover"} ${params.server_max_window_bits ?? 15}`;
  const client = `${params.client_no_context_takeover ? "no takeover" : "takeover"} ${params.client_max_window_bits ?? 15}`;
  return ws._isServer ? `send ${server}, receive ${client}` : `send ${client}, receive ${server}`;
}

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
      ws.send(piece, { binary: step.type === "binary", fin: i === frames - 1, ...(step.raw && { compress: false }) });
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
      else if (step.do === "deflate") seen.push({ saw: "deflate", text: agreement(ws) });
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
  server.on("upgrade", (request, socket, head) => {
    const query = new URL(request.url, "http://localhost").searchParams;
    const perMessageDeflate = deflateOption(JSON.parse(query.get("deflate")));
    const accepting = new WebSocketServer({ noServer: true, ...(perMessageDeflate && { perMessageDeflate }) });
    accepting.handleUpgrade(request, socket, head, async (ws) => {
      print({ id: query.get("id"), seen: await play(ws, JSON.parse(inflateSync(Buffer.from(query.get("steps"), "base64")))) });
    });
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
  const { id, url, steps, deflate } = JSON.parse(line);
  const perMessageDeflate = deflateOption(deflate);
  const ws = new WebSocket(url, { ca: cert, ...(perMessageDeflate && { perMessageDeflate }) });
  play(ws, steps).then((seen) => print({ id, seen }));
}
process.exit();
