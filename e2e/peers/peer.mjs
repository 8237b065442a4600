// The npm package ws as a peer: node peer.mjs serve, which prints where and ends
// with its input; node peer.mjs drive SUITE AGENT WORKERS, which plays all cases.
import { createRequire } from "node:module";
import { WebSocket, WebSocketServer } from "ws";

const options = { perMessageDeflate: true, maxPayload: 32 << 20, maxFragments: 1 << 17, maxPendingAutoPongs: 1 << 10 };

function echo(ws) {
  ws.on("error", () => {}); // it closes by itself
  ws.on("message", (data, isBinary) => ws.send(data, { binary: isBinary }));
}

const ended = (ws) => new Promise((resolve) => ws.on("close", resolve));

async function ask(url) {
  const ws = new WebSocket(url, options);
  const answer = new Promise((resolve, reject) => ws.on("message", resolve).on("error", reject));
  const text = String(await answer);
  await ended(ws);
  return text;
}

async function play(url) {
  const ws = new WebSocket(url, { ...options, handshakeTimeout: 10_000 });
  const timer = setTimeout(() => ws.terminate(), 120_000);
  echo(ws);
  await ended(ws);
  clearTimeout(timer);
}

async function drive(suite, agent, workers) {
  const count = Number(await ask(`${suite}/getCaseCount`));
  let next = 1;
  const worker = async () => {
    while (next <= count) await play(`${suite}/runCase?case=${next++}&agent=${encodeURIComponent(agent)}`);
  };
  await Promise.all(Array.from({ length: workers }, worker));
  await play(`${suite}/updateReports?agent=${encodeURIComponent(agent)}`);
}

const [mode, suite, agent, workers] = process.argv.slice(2);
if (mode === "drive") {
  await drive(suite, agent, Number(workers));
  process.exit();
}
const server = new WebSocketServer({ ...options, host: "127.0.0.1", port: 0 });
server.on("connection", echo);
server.on("listening", () => {
  const { version } = createRequire(import.meta.url)("ws/package.json");
  console.log(JSON.stringify({ url: `ws://127.0.0.1:${server.address().port}/`, version: `${version}, Node ${process.versions.node}` }));
});
process.stdin.resume().on("end", () => process.exit());
