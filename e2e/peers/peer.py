"""The package websockets as a peer. See peer.mjs."""

import asyncio
import json
import logging
import platform
import sys
import urllib.parse

import websockets

LIMIT = 32 << 20

logging.getLogger("websockets").addHandler(logging.NullHandler())
logging.getLogger("websockets").propagate = False


async def echo(ws):
    try:
        async for message in ws:
            await ws.send(message)
    except websockets.ConnectionClosed:
        pass


async def serve():
    server = await websockets.serve(echo, "127.0.0.1", 0, max_size=LIMIT, ping_interval=None)
    port = server.sockets[0].getsockname()[1]
    version = f"{websockets.__version__}, Python {platform.python_version()}"
    print(json.dumps({"url": f"ws://127.0.0.1:{port}/", "version": version}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def play(url):
    try:
        async with asyncio.timeout(120):
            async with websockets.connect(url, max_size=LIMIT, ping_interval=None) as ws:
                await echo(ws)
    except Exception:  # which the suite has judged
        pass


async def drive(suite, agent, workers):
    async with websockets.connect(f"{suite}/getCaseCount") as ws:
        cases = iter(range(1, int(await ws.recv()) + 1))

    name = urllib.parse.quote(agent)

    async def worker():
        for case in cases:
            await play(f"{suite}/runCase?case={case}&agent={name}")

    await asyncio.gather(*(worker() for _ in range(workers)))
    await play(f"{suite}/updateReports?agent={name}")


match sys.argv[1:]:
    case ["drive", suite, agent, workers]:
        asyncio.run(drive(suite, agent, int(workers)))
    case _:
        asyncio.run(serve())
