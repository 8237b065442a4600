// The list of what was sent and received, bounded in length and detail.

import { clock, duration, hexDump, number, size } from "./format.js";

const mostEntries = 500;
const mostShown = 2048; // characters or octets of a message

// How close to the end the list counts as being followed.
const followWithin = 48;

const ways = {
  sent: { arrow: "↑", name: "sent" },
  received: { arrow: "↓", name: "received" },
  event: { arrow: "·", name: "event" },
};

/** The part of a message that is shown: all that is kept of it. */
export function preview(data) {
  if (typeof data === "string") return data.slice(0, mostShown);
  return new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength).slice(0, mostShown);
}

export const previewOctets = mostShown;

/**
 * Log shows entries in batches, once a frame: a flood costs no more than the
 * eye can see.
 */
export class Log {
  #list;
  #scroller;
  #onchange;
  #queue = [];
  #scheduled = false;
  #total = 0;
  #follows = true; // the end of the list is in sight, and stays there

  /** onchange(shown, total) is called when the list has changed. */
  constructor(list, scroller, onchange) {
    this.#list = list;
    this.#scroller = scroller;
    this.#onchange = onchange;
    document.addEventListener("visibilitychange", () => this.#schedule());
    scroller.addEventListener("scroll", () => {
      this.#follows = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < followWithin;
    });
    new ResizeObserver(() => this.#follow()).observe(scroller);
  }

  /** A message: way is "sent" or "received"; part comes from preview(). */
  message(way, part, octets, when, roundTrip) {
    this.#add({ way, part, octets, when, roundTrip });
  }

  /** Something that happened to the connection. */
  event(text, bad = false) {
    this.#add({ way: "event", text, bad, when: new Date() });
  }

  clear() {
    this.#queue = [];
    this.#total = 0;
    this.#list.replaceChildren();
    this.#onchange(0, 0);
  }

  #add(entry) {
    this.#total++;
    this.#queue.push(entry);
    if (this.#queue.length > mostEntries) this.#queue.shift();
    this.#schedule();
  }

  #schedule() {
    // A hidden page gets no frames; the queue is bounded meanwhile.
    if (this.#scheduled || document.hidden || this.#queue.length === 0) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  #draw() {
    this.#list.append(...this.#queue.map(item));
    this.#queue = [];
    while (this.#list.childElementCount > mostEntries) this.#list.firstElementChild.remove();
    this.#onchange(this.#list.childElementCount, this.#total);
    this.#follow();
  }

  #follow() {
    if (this.#follows) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }
}

function item(entry) {
  const li = element("li", entry.way);
  if (entry.bad) li.classList.add("bad");
  const time = element("time", "", clock(entry.when));
  time.dateTime = entry.when.toISOString();
  const way = element("span", "way", ways[entry.way].arrow);
  way.setAttribute("aria-hidden", "true");
  const content = element("div", "content");
  content.append(...(entry.way === "event" ? [element("p", "body", entry.text)] : message(entry)));
  li.append(time, way, content);
  return li;
}

function message({ way, part, octets, roundTrip }) {
  const isText = typeof part === "string";
  const about = element("div", "about");
  about.append(element("b", "", `${ways[way].name} ${isText ? "text" : "binary"}`), element("span", "", size(octets)));
  if (roundTrip !== undefined) about.append(element("span", "", `round trip ${duration(roundTrip)}`));
  const parts = [about];
  if (octets === 0) {
    parts.push(element("p", "more", "empty"));
  } else {
    parts.push(element("pre", isText ? "body" : "body hexdump", isText ? part : hexDump(part)));
  }
  if (part.length === mostShown && octets > mostShown) {
    parts.push(element("p", "more", `the first ${number(mostShown)} of ${number(octets)} octets`));
  }
  return parts;
}

function element(name, className, text) {
  const e = document.createElement(name);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}
