// Runs each script of the page against the server, in a browser or in Node, and
// reports what happened.
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
  report.push(`wrong token: ${await next(message.connect(`${ws}/chat/message`, "guess"))}`);

  const { stay } = await load("stay");
  let left = 2;
  let connections = 0;
  await stay(
    (fresh) => message.connect(`${ws}/chat/message`, fresh),
    () => {
      if (left-- === 0) throw new Error("log in again");
      return post("/token/short");
    },
    () => connections++,
  ).catch((error) => report.push(`stay: ${connections} connections, then ${error}`));
} catch (error) {
  report.push(`failed: ${error}`);
}
await fetch(base + "/report", { method: "POST", body: report.map((line) => line + "\n").join("") });
