"""The package websockets as a peer: python3 peer.py CERT KEY. See peer.mjs."""

import asyncio
import base64
import hashlib
import json
import ssl
import sys
import urllib.parse
import zlib

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory
from websockets.frames import Close


def show(value):
    print(json.dumps(value), flush=True)


def noise(n):
    blocks = (hashlib.sha256(str(i).encode()).digest() for i in range((n + 31) // 32))
    return b"".join(blocks)[:n]


def payload(step):
    return bytes.fromhex(step.get("hex", "")) * (step.get("times") or 1) + noise(step.get("noise", 0))


def parameters(deflate, client):
    return {
        "server_no_context_takeover": deflate.get("serverNoTakeover", False),
        "client_no_context_takeover": deflate.get("clientNoTakeover", False),
        "server_max_window_bits": deflate.get("serverBits"),
        "client_max_window_bits": deflate.get("clientBits", True if client else None),
    }


def agreement(ws):
    if not ws.extensions:
        return "none"
    agreed = ws.extensions[0]
    send = "no takeover" if agreed.local_no_context_takeover else "takeover"
    receive = "no takeover" if agreed.remote_no_context_takeover else "takeover"
    return f"send {send} {agreed.local_max_window_bits}, receive {receive} {agreed.remote_max_window_bits}"


def octets(message):
    return message if isinstance(message, bytes) else message.encode()


class Player:
    def __init__(self, ws):
        self.ws = ws
        self.seen = []
        self.closing = False

    async def send(self, step):
        data, count = payload(step), step.get("frames") or 1
        if step["type"] == "text":
            data = data.decode()
        if count == 1:
            await self.ws.send(data)
        else:
            await self.ws.send(self.pieces(data, count, step.get("ping")))

    async def pieces(self, data, count, ping):
        for i in range(count):
            yield data[len(data) * i // count : len(data) * (i + 1) // count]
            if i == 0 and ping:
                await self.ping(b"between")

    async def receive(self):
        message = await self.ws.recv()
        kind, data = "binary" if isinstance(message, bytes) else "text", octets(message)
        sight = {"saw": "message", "type": kind, "sha256": hashlib.sha256(data).hexdigest()}
        self.seen.append(sight | ({"size": len(data)} if data else {}))

    async def ping(self, data):
        await (await self.ws.ping(data))  # it compares the payload
        self.seen.append({"saw": "pong"} | ({"hex": data.hex()} if data else {}))

    async def echo(self):
        while True:
            await self.ws.send(await self.ws.recv())

    async def close(self, code, reason):
        self.closing = True
        if code == 1005:  # close() always sends a code
            await self.ws.write_close_frame(Close(code, reason), b"")
        await self.ws.close(code, reason)

    async def play(self, steps):
        try:
            for step in steps:
                if step["do"] == "send":
                    await self.send(step)
                elif step["do"] == "receive":
                    await self.receive()
                elif step["do"] == "echo":
                    await self.echo()
                elif step["do"] == "deflate":
                    self.seen.append({"saw": "deflate", "text": agreement(self.ws)})
                elif step["do"] == "ping":
                    await self.ping(payload(step))
                elif step["do"] == "close":
                    await self.close(step["code"], step.get("reason", ""))
                elif step["do"] == "drop":
                    self.ws.transport.abort()
                else:
                    raise ValueError(f"unknown step {step['do']}")
            while True:  # until the end
                await self.receive()
        except websockets.ConnectionClosed as end:
            await self.ws.wait_closed()
            frame = end.rcvd
            if frame is None:
                self.seen.append({"saw": "ended"})
            elif self.closing:
                self.seen.append({"saw": "answered", "code": frame.code})
            else:
                reason = {"reason": frame.reason} if frame.reason else {}
                self.seen.append({"saw": "closed", "code": frame.code} | reason)
        return self.seen


async def attempt(id, play):
    try:
        seen = await play
    except Exception as error:
        seen = [{"saw": "error", "text": repr(error)}]
    show({"id": id, "seen": seen})


async def dial(url, context, steps, deflate):
    options = {"ssl": context} if url.startswith("wss:") else {}
    if deflate is not None:
        options["extensions"] = [ClientPerMessageDeflateFactory(**parameters(deflate, True))]
    ws = await websockets.connect(url, **options)
    return await Player(ws).play(steps)


class Protocol(websockets.WebSocketServerProtocol):
    """Takes the parameters of permessage-deflate from the query, if they are there."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.available_extensions = list(self.available_extensions)  # that of all connections

    async def process_request(self, path, headers):
        if deflate := query(path).get("deflate"):
            factory = ServerPerMessageDeflateFactory(**parameters(json.loads(deflate[0]), False))
            self.available_extensions[:] = [factory]


def query(path):
    return urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)


async def serve(scheme, context):
    async def accepted(ws):
        part = query(ws.path)
        await attempt(part["id"][0], Player(ws).play(json.loads(zlib.decompress(base64.b64decode(part["steps"][0])))))

    server = await websockets.serve(accepted, "127.0.0.1", 0, ssl=context, create_protocol=Protocol)
    return f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def main(cert, key):
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(cert, key)
    trusting = ssl.create_default_context(cafile=cert)
    show({"ws": await serve("ws", None), "wss": await serve("wss", serving)})

    stdin = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    tasks = set()
    while line := await stdin.readline():
        order = json.loads(line)
        play = attempt(order["id"], dial(order["url"], trusting, order["steps"], order.get("deflate")))
        tasks.add(asyncio.create_task(play))


asyncio.run(main(*sys.argv[1:]))
