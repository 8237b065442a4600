// A worker that holds one WebSocket. It runs beside the page, so that what it
// measures is not the time that the page takes to draw.
//
// It is told {open: {url, protocols}}, then {send: data} and {close: {code,
// reason}}. It tells {refused: {name, message}} or {opened: {protocol,
// extensions}}, then {message: {data, octets, roundTrip, when}}, and at last
// {closed: {code, reason, wasClean}}.

// More messages than this that wait for an answer are not timed.
const mostWaiting = 10_000;

const encoder = new TextEncoder();
const waiting = []; // when messages were sent that nothing has answered yet
let socket;

onmessage = ({ data: { open, send, close } }) => {
  if (open) connect(open);
  else if (close) socket.close(close.code, close.reason);
  else if (socket.readyState === WebSocket.OPEN) {
    if (waiting.length < mostWaiting) waiting.push(performance.now());
    socket.send(send);
  }
};

function connect({ url, protocols }) {
  try {
    socket = new WebSocket(url, protocols);
  } catch ({ name, message }) {
    postMessage({ refused: { name, message } });
    return;
  }
  socket.binaryType = "arraybuffer";
  socket.onopen = () => postMessage({ opened: { protocol: socket.protocol, extensions: socket.extensions } });
  socket.onclose = ({ code, reason, wasClean }) => postMessage({ closed: { code, reason, wasClean } });
  socket.onmessage = ({ data }) => {
    const roundTrip = waiting.length ? performance.now() - waiting.shift() : undefined;
    const isText = typeof data === "string";
    const octets = isText ? encoder.encode(data).length : data.byteLength;
    postMessage({ message: { data, octets, roundTrip, when: Date.now() } }, isText ? [] : [data]);
  };
}
