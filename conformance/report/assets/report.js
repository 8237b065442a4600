"use strict";
(() => {
const $ = (selector, under = document) => under.querySelector(selector);
const all = (selector, under = document) => [...under.querySelectorAll(selector)];

/* element("p.note", {title: "x"}, child, "text", ...) */
function element(kind, attributes, ...children) {
  const [name, ...classes] = kind.split(".");
  const e = document.createElement(name);
  if (classes.length) e.className = classes.join(" ");
  for (const key in attributes) e.setAttribute(key, attributes[key]);
  e.append(...children);
  return e;
}

/* The data is read when the first log is opened. */
let parsed;
const data = () => parsed ??= JSON.parse($("#data").textContent);
const text = (i) => data().strings[i];

const table = $("#table");
const rows = all("tr[data-id]", table);
const agents = all("thead th bdi", table).map((e) => e.textContent);
const rowOf = new Map(rows.map((r) => [r.dataset.id, r]));

/* Light and dark: the system's choice, or the other after the button was pressed. */
const theme = $("#theme");
const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
/* storage calls f with what outlasts the page; pages opened from a file may have none. */
function storage(f) {
  try { return f(localStorage); } catch { return null; }
}
function showTheme() {
  const other = isDark() ? "Light" : "Dark";
  theme.textContent = other;
  theme.setAttribute("aria-label", other + " colours");
}
const kept = storage((s) => s.getItem("duplex-report-theme"));
if (kept === "light" || kept === "dark") root.dataset.theme = kept;
theme.hidden = false;
theme.addEventListener("click", () => {
  const dark = !isDark();
  if (dark === system.matches) delete root.dataset.theme; else root.dataset.theme = dark ? "dark" : "light";
  storage((s) => root.dataset.theme ? s.setItem("duplex-report-theme", root.dataset.theme) : s.removeItem("duplex-report-theme"));
  showTheme();
});
system.addEventListener("change", showTheme);
showTheme();

/* Filters. */
const filters = $("#filters");
filters.hidden = false;
const shows = {
  all: () => true,
  imperfect: (r) => r.className !== "",
  failed: (r) => r.classList.contains("fail") || r.classList.contains("shut"),
  lax: (r) => r.classList.contains("lax"),
};
const searchable = new Map(rows.map((r) => [r, $("th", r).textContent.toLowerCase()]));
function filter() {
  const shown = shows[filters.elements.show.value];
  const words = $("#search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let n = 0;
  for (const body of table.tBodies) {
    const group = body.rows[0].textContent.toLowerCase();
    let some = false;
    for (const r of body.rows) {
      if (!r.dataset.id) continue;
      const fits = shown(r) && words.every((w) => /^[\d.]+$/.test(w) ? r.dataset.id.startsWith(w) : searchable.get(r).includes(w) || group.includes(w));
      r.hidden = !fits;
      if (fits) { some = true; n++; }
    }
    body.hidden = !some;
  }
  $("#shown").textContent = n === rows.length ? `${n} cases` : `${n} of ${rows.length} cases`;
  $("#nothing").hidden = n > 0;
  const current = $("button[tabindex='0']", table);
  if (!current?.closest("tr:not([hidden])")) makeCurrent(firstButton());
}
filters.addEventListener("input", filter);
filters.addEventListener("submit", (e) => e.preventDefault());
$("#reset").addEventListener("click", () => { filters.reset(); filter(); $("#search").focus(); });

/* The table is one stop of the tabulator; arrows move inside of it. */
const visible = () => rows.filter((r) => !r.hidden);
const firstButton = () => visible().map((r) => $("button", r)).find(Boolean);
const buttonAt = (row, column) => $("button", row.cells[column]);
function makeCurrent(button) {
  const was = $("button[tabindex='0']", table);
  if (was) was.tabIndex = -1;
  if (button) button.tabIndex = 0;
}
for (const r of rows) {
  for (const b of all("button", r)) {
    b.type = "button";
    b.tabIndex = -1;
    b.setAttribute("aria-label", `${$("span", b).textContent}: case ${r.dataset.id}, ${agents[b.parentElement.cellIndex - 1]}`);
  }
}
makeCurrent(firstButton());
table.addEventListener("focusin", (e) => { if (e.target.tagName === "BUTTON") makeCurrent(e.target); });
table.addEventListener("keydown", (e) => {
  const button = e.target.closest("button");
  if (!button || e.ctrlKey || e.metaKey || e.altKey) return;
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-12, 0], PageDown: [12, 0], Home: [-1e6, 0], End: [1e6, 0] };
  const step = steps[e.key];
  if (!step) return;
  e.preventDefault();
  move(button, ...step)?.focus();
});
/* move returns the button so many rows and columns away, past cells that are empty. */
function move(button, down, right) {
  const list = visible();
  let column = button.parentElement.cellIndex;
  let at = list.indexOf(button.closest("tr"));
  if (right) {
    while ((column += right) >= 1 && column <= agents.length) if (buttonAt(list[at], column)) return buttonAt(list[at], column);
    return null;
  }
  const step = Math.sign(down);
  at = Math.min(Math.max(at + down, 0), list.length - 1);
  for (; at >= 0 && at < list.length; at += step) if (buttonAt(list[at], column)) return buttonAt(list[at], column);
  return null;
}

/* The log of a cell, at #NUMBER/AGENT. */
const dialog = $("#log");
let open = null; // {id, agent}
table.addEventListener("click", (e) => {
  const button = e.target.closest("button");
  if (button) show(button.closest("tr").dataset.id, button.parentElement.cellIndex - 1);
});
function show(id, agent) {
  const result = data().runs[agent]?.results[id];
  if (!result) return;
  open = { id, agent };
  history.replaceState(null, "", `#${id}/${encodeURIComponent(agents[agent])}`);
  const [title, group] = data().cases[id];
  $("#log-group").textContent = text(group);
  $("#log-title").replaceChildren(element("span.number", {}, id), " " + text(title));
  $("#log-agents").replaceChildren(...tabs(id, agent));
  $("#log-body").replaceChildren(...facts(id, agent, result), ...wire(result));
  $("#log-body").scrollTop = 0;
  const at = buttonOf(id, agent);
  $("#previous").disabled = !at || move(at, -1, 0) === at;
  $("#next").disabled = !at || move(at, 1, 0) === at;
  if (!dialog.open) dialog.showModal();
}
const buttonOf = (id, agent) => { const r = rowOf.get(id); return r && buttonAt(r, agent + 1); };

/* tabs are the other agents in the same case. */
function tabs(id, agent) {
  if (agents.length < 2) return [element("bdi", {}, agents[agent])];
  const list = [];
  agents.forEach((name, i) => {
    const cell = buttonOf(id, i);
    if (!cell) return;
    const tab = element("button." + cell.className, { type: "button", "aria-pressed": String(i === agent) },
      element("i", { "aria-hidden": "true" }, $("i", cell).textContent), " ", element("bdi", {}, name),
      element("span.sr-only", {}, ": " + $("span", cell).textContent));
    tab.addEventListener("click", () => { show(id, i); $("#log-agents [aria-pressed=true]")?.focus(); });
    list.push(tab);
  });
  return list;
}
function step(down) {
  const at = buttonOf(open.id, open.agent);
  const to = at && move(at, down, 0);
  if (to) show(to.closest("tr").dataset.id, open.agent);
}
$("#previous").addEventListener("click", () => step(-1));
$("#next").addEventListener("click", () => step(1));
$("#close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
dialog.addEventListener("close", () => {
  history.replaceState(null, "", location.pathname + location.search);
  const button = open && buttonOf(open.id, open.agent);
  open = null;
  if (button && !button.closest("tr").hidden) button.focus();
});

const codes = { 0: "none", 1000: "normal", 1001: "going away", 1002: "protocol error", 1003: "unsupported data", 1005: "no code", 1006: "abnormal",
  1007: "invalid data", 1008: "policy", 1009: "too big", 1010: "extension missing", 1011: "internal error", 1012: "restart", 1013: "try again later", 1014: "bad gateway", 1015: "TLS failed" };
const named = (code) => codes[code] ? (code ? `${code} (${codes[code]})` : codes[code]) : String(code);

/* facts is what is known of a case and its result, above its log. */
function facts(id, agent, [verdict, closing, reason, peerCode, suiteCode, took]) {
  const [, , section, why, expect] = data().cases[id].map(text);
  const cell = buttonOf(id, agent);
  const badge = element("p.verdict", {}, element("span.mark." + (cell?.className || "none"), {}, verdict));
  if (closing !== "OK" && closing !== "INFORMATIONAL") badge.append(" ", element("span.mark.shut", {}, "close: " + closing));
  const list = element("dl", {});
  const add = (term, ...content) => { if (content[0]) list.append(element("div", {}, element("dt", {}, term), element("dd", {}, ...content))); };
  add("Found", text(reason));
  add("Expected", expect && "The peer " + expect + ".");
  add("Why", why);
  if (section.startsWith("https://")) add("Section", element("a", { href: section, rel: "noreferrer", target: "_blank" }, section.replace("https://www.rfc-editor.org/rfc/rfc", "RFC ").replace("#section-", " § ")));
  add("Close codes", `peer ${named(peerCode)}, suite ${named(suiteCode)}`);
  add("Took", time(took).trim());
  if (data().runs[agent].command) add("Run again", element("code", {}, data().runs[agent].command + id));
  return [badge, list];
}

const time = (us) => us < 1e6 ? `${(us / 1e3).toFixed(3)} ms` : `${(us / 1e6).toFixed(3)} s`;

/* wire is the log, both ways. */
function wire([, , , , , , entries, missing, at]) {
  const list = element("ol.wire", { id: "wire" });
  entries.forEach((e, i) => {
    if (missing && i === at) list.append(gap(missing));
    list.append(e[1] < 0 ? note(e) : frame(e));
  });
  if (missing && at >= entries.length) list.append(gap(missing));
  const form = element("form.views", {}, element("h3", {}, "On the wire"));
  for (const [value, label] of [["auto", "As it suits"], ["text", "Text"], ["hex", "Hex"]]) {
    const input = element("input", { type: "radio", name: "view", value });
    input.checked = value === view;
    form.append(element("label", {}, input, " " + label));
  }
  form.addEventListener("change", () => {
    view = form.elements.view.value;
    for (const p of all(".payload", list)) p.replaceWith(payload(...p.source));
  });
  const copy = element("button.button", { type: "button" }, "Copy");
  copy.addEventListener("click", () => navigator.clipboard?.writeText(plain(list)).then(() => { copy.textContent = "Copied"; }, () => { copy.textContent = "Not allowed"; }));
  if (navigator.clipboard) form.append(copy);
  return [form, list];
}
let view = "auto";
const plain = (list) => [$("#log-title").textContent, ...all("li", list).map((li) => li.innerText.replace(/\s*\n\s*/g, "\n  "))].join("\n");
const gap = (n) => element("li.gap", {}, `${n} more ${n === 1 ? "entry" : "entries"} between; the JSON report has those that were kept`);

function entry(kind, us, from, ...content) {
  const who = from ? "peer" : "suite";
  return element(`li.${kind}.${who}`, {}, element("div.about", {}, element("time", {}, time(us)), " ", element("b", {}, from ? "peer →" : "suite →"), " ", ...content));
}
function note([us, from, ...lines]) {
  const said = lines.map(text);
  if (said.length === 1) return entry("note", us, from === -2, element("span", {}, said[0]));
  const e = entry("note", us, from === -2, element("span", {}, "opening handshake"));
  e.append(element("pre", {}, said.join("\n")));
  return e;
}

const opcodes = { 0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong" };
function frame([us, bits, data64, length]) {
  const op = bits >> 6, rsv = bits >> 3 & 7;
  const bytes = Uint8Array.from(atob(text(data64)), (c) => c.charCodeAt(0));
  const size = length ?? bytes.length;
  const e = entry("frame", us, bits & 1,
    element("strong", {}, opcodes[op] ?? `opcode ${op}`), " ",
    element("span", {}, `${size.toLocaleString("en")} ${size === 1 ? "octet" : "octets"}`));
  const tag = (s, bad) => e.firstChild.append(" ", element(bad ? "em" : "small", {}, s));
  if (!(bits & 2)) tag("not final");
  if (bits & 4) tag("masked");
  [4, 2, 1].forEach((bit, i) => { if (rsv & bit) tag("RSV" + (i + 1), true); });
  if (op === 8 && bytes.length >= 2) tag(named(bytes[0] << 8 | bytes[1]));
  if (bytes.length) e.append(payload(bytes, op, rsv & 4, size));
  return e;
}

/* payload shows octets as text, with what is none as escapes, or as a dump. */
function payload(bytes, op, packed, size) {
  const body = op === 8 && view === "auto" ? bytes.subarray(Math.min(2, bytes.length)) : bytes;
  const pieces = characters(body);
  const escapes = pieces.filter((p) => p.escape && !p.tail).length;
  const asText = view === "text" || view === "auto" && !packed && (op === 1 || op === 8 || escapes * 8 <= pieces.length);
  const e = element("pre.payload" + (asText ? "" : ".hex"), {});
  if (asText) e.append(...spans(pieces)); else e.append(dump(bytes));
  if (size > bytes.length) e.append(element("span.more", {}, `${asText ? " " : "\n"}… ${(size - bytes.length).toLocaleString("en")} more`));
  if (!body.length && asText && !(size > bytes.length)) e.hidden = true;
  e.source = [bytes, op, packed, size];
  return e;
}
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
function characters(bytes) {
  const list = [];
  for (let i = 0; i < bytes.length;) {
    const b = bytes[i];
    const n = b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
    let c = null;
    try { c = decoder.decode(bytes.subarray(i, i + n)); } catch { /* no UTF-8 */ }
    if (c === null) {
      list.push({ escape: true, tail: i + n > bytes.length, text: "\\x" + hex(b) });
      i++;
    } else {
      const shown = c === "\n" || c === "\t" || /^[^\p{C}\p{Zl}\p{Zp}]$/u.test(c);
      list.push(shown ? { text: c } : { escape: true, text: b < 0x80 ? "\\x" + hex(b) : "\\u{" + c.codePointAt(0).toString(16) + "}" });
      i += n;
    }
  }
  return list;
}
function spans(pieces) {
  const list = [];
  for (const p of pieces) {
    const last = list.at(-1);
    if (p.escape) list.push(element("span.escape", {}, p.text));
    else if (typeof last === "string") list[list.length - 1] += p.text;
    else list.push(p.text);
  }
  return list;
}
const hex = (b) => b.toString(16).padStart(2, "0");
function dump(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const line = [...bytes.subarray(at, at + 16)];
    const octets = line.map(hex).join(" ").padEnd(Math.min(bytes.length, 16) * 3 - 1);
    lines.push(`${at.toString(16).padStart(4, "0")}  ${octets}  ${line.map((b) => b >= 32 && b < 127 ? String.fromCharCode(b) : "·").join("")}`);
  }
  return lines.join("\n");
}

/* A link from outside, or from the list of faults. */
function follow() {
  const [, id, agent] = location.hash.match(/^#([\d.]+)\/(.*)$/) ?? [];
  if (!id) return;
  let name = agent;
  try { name = decodeURIComponent(agent); } catch { /* as it stands */ }
  show(id, Math.max(0, agents.indexOf(name)));
}
addEventListener("hashchange", follow);
addEventListener("beforeprint", () => all("details").forEach((d) => { d.open = true; }));
follow();
})();
