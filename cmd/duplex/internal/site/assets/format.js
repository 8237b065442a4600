// How octets, durations and codes are written, and read.

const encoder = new TextEncoder();

/** The octets of text in UTF-8, which is what goes over the wire. */
export function utf8Length(text) {
  return encoder.encode(text).length;
}

const count = new Intl.NumberFormat("en");

export function number(n) {
  return count.format(n);
}

export function size(octets) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let n = octets;
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)}\u00a0${units[unit]}`;
}

export function duration(ms) {
  const digits = ms < 10 ? 2 : ms < 100 ? 1 : 0;
  return ms < 10_000 ? `${ms.toFixed(digits)}\u00a0ms` : `${(ms / 1000).toFixed(1)}\u00a0s`;
}

/** The time of day to the millisecond, without a date. */
export function clock(date) {
  const two = (n) => String(n).padStart(2, "0");
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

/** Reads hex digits; throws an Error that says what is wrong. */
export function parseHex(text) {
  const digits = text.replace(/0x/gi, "").replace(/[\s,:;]/g, "");
  const wrong = digits.match(/[^0-9a-f]/iu);
  if (wrong) throw new Error(`“${wrong[0]}” is no hex digit.`);
  if (digits.length % 2) throw new Error("There is an odd number of digits: each octet takes two.");
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** Octets in rows of sixteen: offset, hex, and the characters of ASCII. */
export function hexDump(octets) {
  const rows = [];
  for (let at = 0; at < octets.length; at += 16) {
    const row = octets.subarray(at, at + 16);
    const hex = Array.from(row, (b) => b.toString(16).padStart(2, "0"));
    const left = hex.slice(0, 8).join(" ");
    const right = hex.slice(8).join(" ");
    const text = Array.from(row, (b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : "·")).join("");
    rows.push(`${at.toString(16).padStart(4, "0")}  ${left.padEnd(23)}  ${right.padEnd(23)}  ${text}`);
  }
  return rows.join("\n");
}

const codes = {
  1000: "normal closure",
  1001: "going away",
  1002: "protocol error",
  1003: "unsupported data",
  1005: "no code was sent",
  1006: "no closing handshake",
  1007: "invalid payload",
  1008: "policy violation",
  1009: "message too big",
  1010: "extension missing",
  1011: "internal error",
  1012: "service restart",
  1013: "try again later",
  1014: "bad gateway",
  1015: "TLS failure",
};

/** What a close code means. */
export function codeMeaning(code) {
  if (codes[code]) return codes[code];
  if (code >= 3000 && code < 4000) return "registered by a library";
  if (code >= 4000 && code < 5000) return "the application's own";
  return "not assigned";
}
