"""An aiokafka consumer in front of a batching HTTP model server (mosec, ONNX): lists of 16 texts, several on the way.

mosec and not infinity-emb: the latter wants numpy below 2 and click below 8.2, which nothing here can live with.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

import aiohttp
import numpy as np

from load.peers.aiokafka_loop import serve
from load.peers.arguments import Arguments, read_arguments
from load.peers.mosec_server import ARTIFACT, DEVICE, PATIENCE_S, REQUESTS, THREADS
from load.peers.onnx_scorer import Scores
from streams.leash import leashed

TEXTS = 16
"""In a request."""
START_WITHIN_S = 60.0


class ModelServer:
    """The server's process, and the requests to it."""

    def __init__(self, arguments: Arguments) -> None:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            port = held.getsockname()[1]
        self._url = f"http://127.0.0.1:{port}/inference"
        settings = {
            ARTIFACT: str(arguments.artifact),
            THREADS: str(arguments.threads),
            DEVICE: arguments.device,
            REQUESTS: str(max(1, arguments.rows // TEXTS)),
        }
        command = [
            sys.executable,
            "-m",
            "load.peers.mosec_server",
            "--log-level",
            "warning",
            "--timeout",
            str(1000 * PATIENCE_S),
        ]
        command += ["--address", "127.0.0.1", "--port", str(port)]
        environment = {**os.environ, **settings}
        self._process = subprocess.Popen(leashed(command, signal.SIGTERM), env=environment)
        self._http = aiohttp.ClientSession()

    async def start(self) -> None:
        """Raises RuntimeError if it does not answer."""
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                await self.score(["warm up"])
                return
            except aiohttp.ClientError:
                await asyncio.sleep(0.2)
        raise RuntimeError("the model server did not start")

    async def score(self, texts: Sequence[str]) -> Scores:
        async with self._http.post(self._url, json=texts, raise_for_status=True) as response:
            return np.array(await response.json(content_type=None), dtype=np.float32)

    async def stop(self) -> None:
        await self._http.close()
        self._process.terminate()
        await asyncio.to_thread(self._process.wait, 10)


async def main(arguments: Arguments) -> None:
    server = ModelServer(arguments)
    try:
        await server.start()
        await serve(arguments, server.score, TEXTS, 2 * arguments.rows)
    finally:
        await server.stop()


if __name__ == "__main__":
    asyncio.run(main(read_arguments()))
