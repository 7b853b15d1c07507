"""Starts each function against a Runtime API on loopback, as Lambda does, and prints what that takes.

    python infra/cold_start.py [--binaries target/release] [--runs 5] [FUNCTION ...]

From exec to the first question for work, the first and the tenth invocation with a sample of events/, memory after them, and the
size of the program. DynamoDB and SQS are those of `closer services`, which has to run; its `export` lines have to be set.
"""

import argparse
import json
import os
import resource
import socket
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What is answered without waiting for a worker. The management API is asked with a key that it does not know.
SAMPLES = {
    "admin": None,
    "delivery": "one-turn.json",
    "kakao": "channel-added.json",
    "web": "token-of-a-server.json",
    "wechat": "unsubscribe.json",
}


class RuntimeApi:
    """One connection after another, on which the runtime client asks and answers."""

    def __init__(self, event: bytes, invocations: int):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.event, self.invocations = event, invocations
        self.first_poll = None
        self.times = []
        self.done = threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def address(self) -> str:
        return f"127.0.0.1:{self.listener.getsockname()[1]}"

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection: socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = connection.makefile("rwb")
        while True:
            line = stream.readline()
            if not line:
                return
            length = 0
            while (header := stream.readline()) not in (b"\r\n", b""):
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            body = stream.read(length)
            now = time.perf_counter()
            if line.startswith(b"GET"):
                if self.first_poll is None:
                    self.first_poll = now
                if len(self.times) == self.invocations:
                    self.done.set()
                    time.sleep(60)
                number = len(self.times)
                headers = [
                    b"HTTP/1.1 200 OK",
                    b"content-type: application/json",
                    b"lambda-runtime-aws-request-id: %032x" % number,
                    b"lambda-runtime-deadline-ms: %d" % ((time.time() + 60) * 1000),
                    b"lambda-runtime-invoked-function-arn: arn:aws:lambda:ap-northeast-2:000000000000:function:f",
                    b"lambda-runtime-trace-id: Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0",
                    b"content-length: %d" % len(self.event),
                ]
                self.started = time.perf_counter()
                stream.write(b"\r\n".join(headers) + b"\r\n\r\n" + self.event)
            else:
                self.times.append(now - self.started)
                if b"/error" in line:
                    raise SystemExit(f"the function failed: {body.decode()}")
                stream.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
            stream.flush()


def measure(program: Path, event: bytes, invocations: int):
    api = RuntimeApi(event, invocations)
    environment = {
        **os.environ,
        "AWS_LAMBDA_RUNTIME_API": api.address(),
        "AWS_LAMBDA_FUNCTION_NAME": program.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_LOG_STREAM_NAME": "s",
        "AWS_LAMBDA_LOG_GROUP_NAME": "g",
        "RUST_LOG": "error",
        # `closer services` has no sockets; nobody is posted to.
        "WEB_SOCKET_URL": "ws://127.0.0.1:9/ws",
        "WEB_CALLBACK_URL": "http://127.0.0.1:9/ws",
    }
    started = time.perf_counter()
    log = tempfile.TemporaryFile()
    process = subprocess.Popen([program], env=environment, stdout=subprocess.DEVNULL, stderr=log)
    try:
        for _ in range(300):
            if api.done.wait(0.1):
                break
            if process.poll() is not None:
                log.seek(0)
                raise SystemExit(f"{program.name} ended: {log.read().decode()}")
        else:
            raise SystemExit(f"{program.name} does not ask for work, or does not end it")
        status = Path(f"/proc/{process.pid}/status").read_text()
        rss = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
        return (api.first_poll - started) * 1000, api.times[0] * 1000, api.times[-1] * 1000, rss / 1024
    finally:
        process.kill()
        process.wait()


def event_of(name: str) -> bytes:
    sample = SAMPLES.get(name, "text.json")
    if sample is None:
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": "/v1/key",
            "rawQueryString": "",
            "headers": {"host": "localhost", "authorization": "Bearer closer_0123456789ab_x"},
            "requestContext": {
                "accountId": "0",
                "apiId": "a",
                "domainName": "d",
                "domainPrefix": "d",
                "http": {"method": "GET", "path": "/v1/key", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "x"},
                "requestId": "r",
                "routeKey": "$default",
                "stage": "$default",
                "time": "01/Jan/2026:00:00:00 +0000",
                "timeEpoch": 0,
            },
            "isBase64Encoded": False,
        }
        return json.dumps(event).encode()
    return (ROOT / "events" / name / sample).read_bytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("functions", nargs="*")
    parser.add_argument("--binaries", type=Path, default=Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    names = arguments.functions or sorted(path.parent.name for path in (ROOT / "functions").glob("*/Cargo.toml"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    print(f"{'function':<14} {'exec to poll':>13} {'first':>9} {'warm':>9} {'memory':>10} {'size':>10}")
    for name in names:
        program = arguments.binaries / name
        if not program.exists():
            print(f"{name:<14} is not built")
            continue
        runs = [measure(program, event_of(name), 10) for _ in range(arguments.runs)]
        poll, first, warm, rss = (statistics.median(column) for column in zip(*runs))
        size = program.stat().st_size / 1e6
        print(f"{name:<14} {poll:>10.1f} ms {first:>6.1f} ms {warm:>6.1f} ms {rss:>6.1f} MiB {size:>7.1f} MB")


if __name__ == "__main__":
    main()
