// The server agrees to chat.v1, and only reads the other.
export function connect(url, token) {
  return new WebSocket(url, ["chat.v1", "bearer." + token]);
}
