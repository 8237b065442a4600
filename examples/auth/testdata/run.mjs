// Runs each script of the page against the server, in a browser or in Node, and
// reports what happened. Before Node 22 the package ws is its WebSocket.
globalThis.WebSocket ??= (await import("../../../e2e/node_modules/ws/wrapper.mjs")).WebSocket;
const inNode = typeof document === "undefined";
const base = inNode ? process.argv[2] : location.origin;
const scripts = inNode ? "../page" : "";
const ws = base.replace(/^http/, "ws");
const report = [];

const load = (name) => import(`${scripts}/${name}.mjs`);

async function post(path, headers) {
  const answer = await fetch(base + path, { method: "POST", headers });
  if (!answer.ok) throw new Error(`${path}: status ${answer.status}`);
  return answer.text();
}

const token = () => post("/token", { Authorization: "Basic " + btoa("ada:swordfish") });

// next resolves to the next message, or to the code of the end.
const next = (socket) =>
  new Promise((resolve) => {
    socket.onmessage = (event) => resolve(event.data);
    socket.onclose = (event) => resolve(event.code);
  });

async function talk(name, socket) {
  const welcome = await next(socket);
  socket.send("how do you do");
  report.push(`${name}: ${welcome} | ${await next(socket)}`);
  socket.close(1000);
  await next(socket);
}

try {
  if (!inNode) {
    const cookie = await load("cookie");
    await talk("cookie", await cookie.connect(`${ws}/chat/cookie`, "ada", "swordfish"));
  }
  for (const name of ["subprotocol", "message", "ticket"]) {
    const way = await load(name);
    await talk(name, await way.connect(`${ws}/chat/${name}`, await token()));
  }
  const message = await load("message");
  for (const [name, it] of [["wrong", "guess"], ["expired", await post("/token/expired")]]) {
    report.push(`${name} token: ${await next(message.connect(`${ws}/chat/message`, it))}`);
  }

  const { stay } = await load("stay");
  // staying has a session end as soon as it has begun, and gives a token to each attempt.
  const staying = async (name, by, ...tokens) => {
    const way = await load(by);
    let connections = 0;
    await stay(
      (fresh) => way.connect(`${ws}/chat/${by}`, fresh),
      async () => {
        if (tokens.length === 0) throw new Error("log in again");
        return tokens.shift();
      },
      (socket) => {
        connections++;
        socket.addEventListener("message", () => post("/expire"));
      },
    ).catch((error) => report.push(`${name}: ${connections} connections, then ${error}`));
  };
  await staying("stay", "message", await token(), await post("/token/expired"), await token());
  await staying("stay by ticket", "ticket", await post("/token/expired"), await token());
  await staying("shut out", "message", await token(), "guess", await token());
} catch (error) {
  report.push(`failed: ${error}`);
}
await fetch(base + "/report", { method: "POST", body: report.map((line) => line + "\n").join("") });
