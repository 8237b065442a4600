// A ticket is good for one connection, so each attempt gets its own.
export async function connect(url, token) {
  const answer = await fetch(new URL("/ticket", url.replace(/^ws/, "http")), {
    method: "POST",
    headers: { Authorization: "Bearer " + token },
  });
  if (!answer.ok) throw new Error(`ticket: status ${answer.status}`);
  const ticket = await answer.text();
  return new WebSocket(url + "?ticket=" + encodeURIComponent(ticket));
}
