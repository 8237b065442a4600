// The console: joins the page to a connection and its log.

import { Connection } from "./connection.js";
import { codeMeaning, duration, number, parseHex, size, utf8Length } from "./format.js";
import { Log, preview, previewOctets } from "./log.js";

const $ = (id) => document.getElementById(id);

let connection = null;

const log = new Log($("log"), $("scroll"), (shown, total) => {
  $("empty").hidden = shown > 0;
  $("count").textContent = total > shown ? `newest ${number(shown)} of ${number(total)}` : total ? number(total) : "";
});

// Connecting

const defaultScheme = location.protocol === "https:" ? "wss:" : "ws:";
$("url").value = `${defaultScheme}//${location.host}/echo`;

/** The URL that was meant: a path, a host or an http URL will do. */
function websocketURL(text) {
  let s = text.trim();
  if (s === "") throw new Error("Enter a URL, such as wss://example.com/path.");
  if (s.startsWith("/")) s = `${defaultScheme}//${location.host}${s}`;
  else if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(s)) s = `${defaultScheme}//${s}`;
  s = s.replace(/^http/i, "ws");
  if (!URL.canParse(s)) throw new Error("This is no URL. Write it like wss://example.com/path.");
  const url = new URL(s);
  if (url.protocol !== "ws:" && url.protocol !== "wss:") throw new Error("The URL begins with ws:// or wss://.");
  url.hash = ""; // never sent, and refused by some browsers
  return url.href;
}

function connect() {
  let url;
  try {
    url = websocketURL($("url").value);
  } catch (error) {
    problem("url", error.message);
    return;
  }
  problem("url", "");
  $("url").value = url;
  const protocols = $("protocols").value.split(/[\s,]+/).filter(Boolean);
  connection = new Connection(url, protocols);
  connection.onopen = opened;
  connection.onmessage = received;
  connection.onclose = closed;
  connection.onrefuse = refused;
  show("connecting", "Connecting", url);
  log.event(`Connecting to ${url}`);
}

/** The browser itself has refused to connect. */
function refused({ name, message }) {
  const why =
    {
      SecurityError: "The browser refuses: a page served over https may connect to wss:// only.",
      SyntaxError: "The browser refuses the URL or a sub-protocol: those are words without spaces, each given once.",
    }[name] ?? message;
  connection = null;
  show("failed", "Not connected", why);
  log.event(why, true);
  problem("url", why);
}

function opened({ protocol, extensions }) {
  const agreed = [
    protocol ? `sub-protocol ${protocol}` : "no sub-protocol",
    extensions ? `extensions ${extensions}` : "no extension",
  ].join(", ");
  show("open", "Connected", agreed);
  log.event(`Connected: ${agreed}`);
  if (document.activeElement === document.body || $("connect").contains(document.activeElement)) {
    shownField().focus();
  }
}

function closed({ code, reason, wasClean, opened }) {
  connection = null;
  if (!opened) {
    const or = $("protocols").value.trim() ? ", or agreed to no sub-protocol" : "";
    const text = `The server cannot be reached or refused${or}: browsers do not tell a page. Their developer tools may.`;
    show("failed", "Connection failed", text);
    log.event(`Connection failed. ${text}`, true);
    return;
  }
  const text = `${code} (${codeMeaning(code)})${reason ? `, “${reason}”` : ""}, ${wasClean ? "clean" : "not clean"}`;
  show(wasClean ? "closed" : "failed", wasClean ? "Closed" : "Connection lost", text);
  log.event(`${wasClean ? "Closed" : "Lost"}: ${text}`, !wasClean);
}

$("connect").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!connection) connect();
  else end(connection.isOpen ? 1000 : undefined);
});

// State

function show(state, name, detail) {
  const open = state === "open";
  const busy = state === "connecting" || state === "closing";
  $("state").dataset.state = state;
  $("state-name").textContent = name;
  $("state-detail").textContent = detail;
  $("url").disabled = $("protocols").disabled = open || busy;
  $("toggle").textContent = open ? "Disconnect" : state === "connecting" ? "Cancel" : "Connect";
  $("toggle").classList.toggle("primary", !open && !busy);
  $("toggle").disabled = state === "closing";
  $("send-button").disabled = $("close-button").disabled = !open;
  facts();
  say(`${name}. ${detail}`);
}

let counted = null; // the last connection: its figures stay when it has ended

function facts() {
  counted = connection ?? counted;
  if (!counted) return;
  for (const way of ["sent", "received"]) {
    const total = document.createElement("small");
    total.textContent = size(counted[way].octets);
    $(way).replaceChildren(`${number(counted[way].messages)} `, total);
  }
  const { count, sum, last } = counted.roundTrips;
  $("rtt").textContent = count ? duration(last) : "–";
  $("rtt-average").textContent = count ? duration(sum / count) : "–";
}

let factsDue = false;

/** Shows the figures with the next frame. */
function factsSoon() {
  if (factsDue) return;
  factsDue = true;
  requestAnimationFrame(() => {
    factsDue = false;
    facts();
  });
}

/** Tells those who listen to the page; messages at most once a second. */
function say(text) {
  $("live").textContent = text;
}

let unsaid = 0;
function sayReceived() {
  if (unsaid++ > 0) return;
  setTimeout(() => {
    say(unsaid === 1 ? "A message was received." : `${unsaid} messages were received.`);
    unsaid = 0;
  }, 1000);
}

/** Shows what is wrong with a field, or that nothing is. */
function problem(id, text) {
  const place = { url: "url-problem", code: "close-problem", reason: "close-problem" }[id] ?? "send-problem";
  $(place).textContent = text;
  if (text) {
    $(id).setAttribute("aria-invalid", "true");
    $(id).focus();
  } else {
    $(id).removeAttribute("aria-invalid");
  }
}

// Messages

function received({ data, octets, roundTrip, when }) {
  log.message("received", preview(data), octets, new Date(when), roundTrip);
  factsSoon();
  sayReceived();
}

const kind = () => $("send").elements.kind.value;
const shownField = () => $(kind());

function chooseKind() {
  for (const field of $("send").querySelectorAll("[data-kind]")) field.hidden = field.dataset.kind !== kind();
  problemGone("send-problem");
}

function problemGone(place) {
  $(place).textContent = "";
  for (const field of document.querySelectorAll(`[aria-describedby~="${place}"]`)) field.removeAttribute("aria-invalid");
}

async function send() {
  problemGone("send-problem");
  if (!connection?.isOpen) {
    problem(kind(), "Not connected.");
    return;
  }
  switch (kind()) {
    case "text":
      sendNow($("text").value, utf8Length($("text").value));
      break;
    case "hex":
      try {
        const octets = parseHex($("hex").value);
        sendNow(octets, octets.length);
      } catch (error) {
        return problem("hex", error.message);
      }
      break;
    case "file":
      return sendFile($("file").files[0]);
  }
  // What is typed next takes its place; Enter sends it again.
  if (document.activeElement === shownField()) shownField().select();
}

function sendNow(data, octets, part = preview(data)) {
  connection.send(data, octets);
  log.message("sent", part, octets, new Date());
  factsSoon();
}

/** The browser reads the file while it sends; only what is shown is read here. */
async function sendFile(file) {
  if (!file) return problem("file", "Choose a file.");
  try {
    const part = new Uint8Array(await file.slice(0, previewOctets).arrayBuffer());
    if (connection?.isOpen) sendNow(file, file.size, part);
  } catch {
    problem("file", "The file cannot be read.");
  }
}

$("send").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
$("send").addEventListener("change", (event) => {
  if (event.target.name === "kind") chooseKind();
});
for (const id of ["text", "hex"]) {
  $(id).addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
}

// Closing

function end(code, reason) {
  show("closing", "Closing", "Waiting for the other side.");
  connection.close(code, reason);
}

$("close").addEventListener("submit", (event) => {
  event.preventDefault();
  problemGone("close-problem");
  if (!connection?.isOpen) return;
  const code = Number($("code").value.trim());
  if (!(code === 1000 || (Number.isInteger(code) && code >= 3000 && code <= 4999))) {
    return problem("code", "Write 1000, or a number from 3000 to 4999.");
  }
  const reason = $("reason").value;
  const octets = utf8Length(reason);
  if (octets > 123) return problem("reason", `The reason takes ${octets} octets; at most 123 fit.`);
  log.event(`Closing with ${code}${reason ? `, “${reason}”` : ""}`);
  end(code, reason);
});

$("clear").addEventListener("click", () => {
  log.clear();
  say("Messages cleared.");
});

chooseKind(); // browsers keep the choice when a page is loaded anew
