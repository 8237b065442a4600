// The browser keeps the cookie, hides it from scripts, and sends it by itself.
export async function connect(url, user, password) {
  const answer = await fetch("/login", {
    method: "POST",
    body: new URLSearchParams({ user, password }),
  });
  if (!answer.ok) throw new Error(`login: status ${answer.status}`);
  return new WebSocket(url);
}
