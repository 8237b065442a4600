// stay connects again and again, each time with a fresh token, until either
// side closes with 1000 or the server shuts out. freshToken throws when the user
// has to log in anew; connect may fail.
export async function stay(connect, freshToken, use) {
  for (let delay = 500; ; delay = Math.min(2 * delay, 30_000)) {
    const token = await freshToken();
    const socket = await Promise.resolve(token).then(connect).catch(() => null); // no ticket, say
    if (socket) {
      socket.addEventListener("message", () => (delay = 500));
      const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
      use(socket);
      const { code, reason } = await closed;
      if (code === 1000) return;
      if (code === 3003) throw new Error(reason); // trying again would not help
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * delay));
  }
}
