// One WebSocket connection and what is known of it.

/**
 * Connection has its WebSocket in a worker. It calls onopen({protocol,
 * extensions}), onmessage({data, octets, roundTrip, when}) and, last,
 * onclose({code, reason, wasClean, opened}); or instead of all of them
 * onrefuse({name, message}), with what the constructor of WebSocket threw.
 *
 * Browsers cannot ping. A round trip is the time from a message that was sent
 * to the one that came back in its place: the first answers the first. Where
 * not every message is answered by one the figure means nothing.
 */
export class Connection {
  #worker = new Worker(new URL("socket.js", import.meta.url), { type: "module" });
  #opened = false;

  isOpen = false;
  sent = { messages: 0, octets: 0 };
  received = { messages: 0, octets: 0 };
  roundTrips = { count: 0, sum: 0, last: 0 };

  constructor(url, protocols) {
    this.#worker.onmessage = ({ data }) => this.#told(data);
    this.#worker.postMessage({ open: { url, protocols } });
  }

  /** Sends a string, a typed array or a Blob of so many octets. */
  send(data, octets) {
    this.#worker.postMessage({ send: data });
    this.sent.messages++;
    this.sent.octets += octets;
  }

  /** Begins the closing handshake, or gives up connecting. */
  close(code, reason) {
    this.isOpen = false;
    this.#worker.postMessage({ close: { code, reason } });
  }

  #told({ refused, opened, message, closed }) {
    if (opened) {
      this.isOpen = this.#opened = true;
      this.onopen(opened);
    } else if (message) {
      this.#count(message);
      this.onmessage(message);
    } else {
      this.isOpen = false;
      this.#worker.terminate();
      if (refused) this.onrefuse(refused);
      else this.onclose({ ...closed, opened: this.#opened });
    }
  }

  #count({ octets, roundTrip }) {
    this.received.messages++;
    this.received.octets += octets;
    if (roundTrip === undefined) return;
    this.roundTrips.count++;
    this.roundTrips.sum += roundTrip;
    this.roundTrips.last = roundTrip;
  }
}
