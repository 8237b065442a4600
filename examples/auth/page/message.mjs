// Whatever else there is to send waits for the token to be sent.
export function connect(url, token) {
  const socket = new WebSocket(url);
  socket.addEventListener("open", () => socket.send(JSON.stringify({ token })));
  return socket;
}
