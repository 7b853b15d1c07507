"""Deploys infra/template.yaml to an emulator of AWS, with the real binaries, and uses it from outside.

    python infra/e2e/run.py

It needs requirements.txt, requirements-sam.txt in an environment of its own (target/e2e-sam), Linux and the right to make a
network namespace: everything runs in one of its own, without a way out, where a public address can stand for a company's
server. Deployment and operation are the commands of infra/README.md, as they stand there.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A company's server: functions connect to public addresses only, and in this namespace there is nobody else.
COMPANY = "93.184.215.14"
COMPANY_PORT = 8090
STAND_INS = 8091
AWS = "http://127.0.0.1:4566"
STACK = "closer"
LINE_SECRET = "e2e-line-channel-secret"
FACEBOOK_SECRET = "e2e-facebook-app-secret"
KAKAO_SECRET = "e2e-kakao-secret"
WEB_SECRET = "e2e-web-token-secret"
WEB_KEY = "e2e-web-api-key-0123456789"


def main() -> None:
    if os.environ.get("CLOSER_E2E_INSIDE") != "1":
        environment = {**os.environ, "CLOSER_E2E_INSIDE": "1"}
        root = [] if os.geteuid() == 0 else ["--map-root-user"]
        sys.exit(subprocess.call(["unshare", "--net", "--mount", *root, sys.executable, __file__], env=environment))
    network()
    binaries = build()
    with Emulator() as emulator:
        world = World(binaries)
        passed = failed = 0
        for test in TESTS:
            started = time.monotonic()
            try:
                test(world)
                passed += 1
                print(f"ok      {test.__name__} ({time.monotonic() - started:.1f} s)", flush=True)
            except Exception:
                failed += 1
                print(f"FAILED  {test.__name__}", flush=True)
                traceback.print_exc()
                if test is deploy:
                    break
        if failed:
            print(emulator.tail(), file=sys.stderr)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


# ------------------------------------------------------------------ the place


def network() -> None:
    for command in (["ip", "link", "set", "lo", "up"], ["ip", "address", "add", f"{COMPANY}/32", "dev", "lo"]):
        subprocess.run(command, check=True)


def build() -> Path:
    """The functions for this machine, where the template looks for them."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    profile = os.environ.get("CLOSER_E2E_PROFILE", "dev")
    functions = sorted(path.parent.name for path in (ROOT / "functions").glob("*/Cargo.toml"))
    # With the whole workspace the dependencies are those that the other tests have built.
    subprocess.run(
        ["cargo", "build", "--locked", "--offline", "--quiet", "--workspace", "--bins", "--profile", profile], cwd=ROOT, check=True
    )
    folder = target / ("debug" if profile == "dev" else profile)
    for name in functions:
        place = ROOT / "target/lambda" / name / "bootstrap"
        place.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["strip", "-o", place, folder / name], check=True)
    return folder


def tools() -> Path:
    """The CLI of PyPI asks SQS at an address of its own, whatever the environment says."""
    folder = ROOT / "target/e2e/bin"
    folder.mkdir(parents=True, exist_ok=True)
    aws = folder / "aws"
    aws.write_text(f'#!/bin/sh\nexec "{Path(sys.executable).parent}/aws" --endpoint-url {AWS} "$@"\n')
    aws.chmod(0o755)
    return folder


class Emulator:
    def __enter__(self):
        work = ROOT / "target/e2e"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        self.log = open(work / "ministack.log", "w+b")
        stand_ins = f"http://127.0.0.1:{STAND_INS}"
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": AWS,
            "MINISTACK_REGION": "ap-northeast-2",
            "AWS_DEFAULT_REGION": "ap-northeast-2",
            "TMPDIR": str(work),
            # Functions inherit these.
            "LINE_API_URL": f"{stand_ins}/line",
            "FACEBOOK_API_URL": f"{stand_ins}/facebook",
            "BOT_CACHE_SECONDS": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ministack"], stdout=self.log, stderr=subprocess.STDOUT, env=environment, cwd=work
        )
        until("the emulator", lambda: reachable(f"{AWS}/_ministack/health"), seconds=60)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def tail(self) -> str:
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-8000:]


def reachable(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=2)
        return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def until(what: str, look, seconds: float = 45):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s for {what}")


class Server:
    """Keeps what it is sent; `answer` says what it answers."""

    def __init__(self, address: str, port: int, answer):
        self.requests = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                request = {"path": self.path, "headers": dict(self.headers.items()), "body": body}
                server.requests.append(request)
                status, text = server.answer(request)
                try:
                    self.send_response(status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                except BrokenPipeError:
                    pass  # Whoever asked was killed.

            def log_message(self, *_):
                pass

        self.answer = answer
        threading.Thread(target=ThreadingHTTPServer((address, port), Handler).serve_forever, daemon=True).start()


# ------------------------------------------------------------------ the world


class World:
    def __init__(self, binaries: Path):
        self.closer = binaries / "closer"
        self.environment = {
            **os.environ,
            "AWS_ENDPOINT_URL": AWS,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "ap-northeast-2",
            "AWS_DEFAULT_REGION": "ap-northeast-2",
            "AWS_PAGER": "",
            "PATH": f"{tools()}:{Path(sys.executable).parent}:{ROOT}/target/e2e-sam/bin:{os.environ['PATH']}",
            "SAM_CLI_TELEMETRY": "0",
            "STACK": STACK,
            "BUCKET": "closer-e2e-code",
            "RELEASE": "target",
            "BOT": "Bhello",
        }
        os.environ.update({name: self.environment[name] for name in self.environment if name.startswith("AWS_")})
        self.readme = (ROOT / "infra/README.md").read_text()
        self.outputs = {}
        self.key = ""
        self.webhook_secret = ""
        self.stand_ins = Server("127.0.0.1", STAND_INS, self.messenger)
        self.company = Server(COMPANY, COMPANY_PORT, lambda _: (200, b""))
        self.line_is_up = True
        self.line_waits = 0.0
        self.events = 0

    def messenger(self, request):
        if request["path"].startswith("/line"):
            time.sleep(self.line_waits)
            if not self.line_is_up:
                return 500, b"{}"
            return 200, b'{"sentMessages":[]}'
        return 200, b'{"recipient_id":"3000000000000003","message_id":"m"}'

    def run(self, block: str, types: str = "", **more: str) -> str:
        """The commands that infra/README.md has under this name, and what a person answers when they ask."""
        commands = re.findall(rf"^```sh {block}\n(.*?)^```", self.readme, re.M | re.S)
        assert len(commands) == 1, f"infra/README.md has {len(commands)} blocks `{block}`"
        shell = ["bash", "-euo", "pipefail", "-c", commands[0]]
        result = subprocess.run(
            shell, cwd=ROOT, env={**self.environment, **more}, input=types, capture_output=True, text=True
        )
        assert result.returncode == 0, f"{block}: {result.stdout}\n{result.stderr}"
        return result.stdout

    def request(self, method: str, path: str, body: bytes = b"", headers: dict | None = None):
        api = self.outputs["PublicUrl"].split("//")[1]
        name = api.split(".")[0]
        request = urllib.request.Request(f"{AWS}{path}", data=body or None, method=method, headers=headers or {})
        request.add_header("Host", f"{name}.execute-api.localhost:4566")
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def manage(self, method: str, path: str, body=None):
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json", "if-match": "*"}
        status, answer = self.request(method, f"/v1{path}", json.dumps(body).encode() if body is not None else b"", headers)
        assert status < 300, f"{method} {path}: {status} {answer.decode()}"
        return json.loads(answer) if answer else None

    def say_on_line(self, user: str, text: str) -> str:
        self.events += 1
        event = f"{time.time_ns()}{self.events}"
        body = json.dumps(
            {
                "destination": "U" + "0" * 32,
                "events": [
                    {
                        "type": "message",
                        "mode": "active",
                        "timestamp": time.time_ns() // 1_000_000,
                        "webhookEventId": event,
                        "replyToken": event,
                        "deliveryContext": {"isRedelivery": False},
                        "source": {"type": "user", "userId": "U" + hashlib.md5(user.encode()).hexdigest()},
                        "message": {"type": "text", "id": event, "text": text},
                    }
                ],
            }
        ).encode()
        signature = base64.b64encode(hmac.new(LINE_SECRET.encode(), body, hashlib.sha256).digest()).decode()
        headers = {"x-line-signature": signature, "content-type": "application/json"}
        status, answer = self.request("POST", "/hooks/line/Bhello", body, headers)
        assert status == 200, (status, answer)
        return event

    def said_on_line(self, event: str) -> list:
        """What the stand-in was asked to say in answer to one message."""
        calls = [json.loads(one["body"]) for one in self.stand_ins.requests if one["path"].startswith("/line")]
        return [call for call in calls if call.get("replyToken") == event]

    def told(self) -> list:
        return [event for one in self.company.requests for event in json.loads(one["body"])["messages"]]

    def queue(self, name: str) -> str:
        import boto3

        return boto3.client("sqs").get_queue_url(QueueName=f"{STACK}-{name}")["QueueUrl"]

    def set_queue(self, name: str, visibility: int, receives: int):
        """Less patient than the template, so that the test need not wait for hours."""
        import boto3

        sqs = boto3.client("sqs")
        url = self.queue(name)
        policy = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["RedrivePolicy"])
        policy["maxReceiveCount"] = receives
        attributes = {"VisibilityTimeout": str(visibility), "RedrivePolicy": json.dumps(policy)}
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


# ------------------------------------------------------------------ the tests, in this order


def deploy(world: World):
    world.run("deploy")
    for line in world.run("outputs").splitlines():
        name, _, value = line.partition("\t")
        world.outputs[name] = value.strip()
    for name in ("LineUrl", "KakaoUrl", "FacebookUrl", "WebSocketUrl", "ApiUrl", "InboundDeadQueueArn"):
        assert world.outputs.get(name), f"{name} is missing in {world.outputs}"


def a_bot_is_pushed_and_its_channels_connected(world: World):
    output = world.run("key", CLOSER=str(world.closer))
    world.key = re.search(r"closer_\w+-?[\w-]*", output).group(0)
    api = world.outputs["PublicUrl"].split("//")[1].split(".")[0]
    world.run("push", CLOSER=str(world.closer), CLOSER_URL=f"{AWS}/_aws/execute-api/{api}", CLOSER_KEY=world.key)
    for platform, settings in {
        "line": {"channelSecret": LINE_SECRET, "channelAccessToken": "e2e"},
        "kakao": {"botSecret": KAKAO_SECRET},
        "facebook": {
            "appSecret": FACEBOOK_SECRET,
            "verifyToken": "e2e-facebook-verify-token",
            "pageId": "1000000000000001",
            "appId": "2000000000000002",
            "pageAccessToken": "e2e",
        },
    }.items():
        world.manage("PUT", f"/bots/Bhello/channels/{platform}", settings)
    webhook = world.manage(
        "POST", "/bots/Bhello/webhooks", {"name": "company", "url": f"http://{COMPANY}:{COMPANY_PORT}/hook"}
    )
    world.webhook_secret = webhook["secret"]


def line_answers(world: World):
    event = world.say_on_line(f"customer {world.events}", "안녕")
    said = until("LINE's reply", lambda: world.said_on_line(event))
    assert "별빛 꽃집" in json.dumps(said, ensure_ascii=False), said


def a_forged_message_is_refused(world: World):
    status, _ = world.request("POST", "/hooks/line/Bhello", b'{"events":[]}', {"x-line-signature": "x"})
    assert status == 401, status


def kakao_answers_in_its_answer(world: World):
    body = {"userRequest": {"user": {"id": "e2e", "type": "botUserKey"}, "utterance": "안녕"}}
    headers = {"content-type": "application/json"}
    status, answer = world.request("POST", f"/hooks/kakao/Bhello/{KAKAO_SECRET}", json.dumps(body).encode(), headers)
    assert status == 200 and "별빛 꽃집" in answer.decode(), (status, answer.decode())


def facebook_answers(world: World):
    now = time.time_ns() // 1_000_000
    message = {
        "sender": {"id": "3000000000000003"},
        "recipient": {"id": "1000000000000001"},
        "timestamp": now,
        "message": {"mid": "m_e2e", "text": "안녕"},
    }
    body = {"object": "page", "entry": [{"id": "1000000000000001", "time": now, "messaging": [message]}]}
    body = json.dumps(body).encode()
    signature = "sha256=" + hmac.new(FACEBOOK_SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": signature, "content-type": "application/json"}
    status, answer = world.request("POST", "/hooks/facebook/Bhello", body, headers)
    assert status == 200, (status, answer)

    def said():
        calls = [one["body"].decode() for one in world.stand_ins.requests if one["path"].startswith("/facebook")]
        return [call for call in calls if "별빛 꽃집" in json.dumps(json.loads(call), ensure_ascii=False)]

    until("Messenger's reply", said)


def web_chat_answers(world: World):
    """Two tabs of one customer, over real sockets. Of what was deployed only the address of `@connections` is another: the
    emulator has it at its own."""
    import boto3
    from websockets.sync.client import connect

    api, stage = re.match(r"wss://(\w+)\.execute-api\..*/(\w+)$", world.outputs["WebSocketUrl"]).groups()
    socket = f"{AWS.removeprefix('http://')}/_aws/execute-api/{api}/{stage}"
    functions = boto3.client("lambda")
    for name in ("web", "conversation"):
        variables = functions.get_function_configuration(FunctionName=f"{STACK}-{name}")["Environment"]["Variables"]
        variables["WEB_CALLBACK_URL"] = f"http://{socket}"
        functions.update_function_configuration(FunctionName=f"{STACK}-{name}", Environment={"Variables": variables})
    world.manage("PUT", "/bots/Bhello/channels/web", {"tokenSecret": WEB_SECRET, "apiKey": WEB_KEY})
    time.sleep(1.5)  # Functions believe a bot for a second.
    headers = {"authorization": f"Bearer {WEB_KEY}", "content-type": "application/json"}
    status, answer = world.request(
        "POST", "/v1/web/tokens", json.dumps({"botId": "Bhello", "userKey": "member-1"}).encode(), headers
    )
    assert status == 201, (status, answer)
    token = json.loads(answer)["token"]

    def tab(token: str):
        origin = world.outputs["PublicUrl"]
        return connect(f"ws://{socket}", origin=origin, subprotocols=["closer.v1", f"bearer.{token}"], open_timeout=40)

    def frame(tab, wanted) -> dict:
        end = time.monotonic() + 45
        while time.monotonic() < end:
            found = json.loads(tab.recv(timeout=45))
            if wanted(found):
                return found
        raise AssertionError("the frame did not come")

    def answer_of_bot(found: dict) -> bool:
        return found["type"] == "MESSAGE" and found["message"]["data"]["type"] == "location"

    try:
        tab("made.up.token")
        raise AssertionError("a made up token opens a socket")
    except Exception as error:
        assert "40" in str(error), error
    with tab(token) as first, tab(token) as second:
        for one in (first, second):
            one.send(json.dumps({"action": "open", "v": 1, "lastSeq": 0}))
            frame(one, lambda found: found["type"] == "CONTEXT")
        said = {"action": "message", "v": 1, "clientMessageId": "e2e-1", "data": {"type": "text", "text": "매장 위치"}}
        # A browser that had no ACK says it again.
        for _ in range(2):
            first.send(json.dumps(said))
        assert frame(first, lambda found: found["type"] == "ACK")["clientMessageId"] == "e2e-1"
        answers = [frame(one, answer_of_bot) for one in (first, second)]
        assert answers[0] == answers[1], answers
    # Whoever comes back has missed nothing, and sees nothing twice.
    with tab(token) as third:
        third.send(json.dumps({"action": "open", "v": 1, "lastSeq": 0}))
        seen = []
        frame(third, lambda found: seen.append(found) or answer_of_bot(found))
    mine = [found for found in seen if found["type"] == "MESSAGE" and found["message"]["isUser"]]
    assert len(mine) == 1 and seen[-1]["seq"] == answers[0]["seq"], seen


def a_delivery_arrives_signed(world: World):
    until("the events", lambda: len([e for e in world.told() if e["event"] == "bot.message.sent"]) >= 3)
    key = base64.b64decode(world.webhook_secret.removeprefix("whsec_"))
    for one in world.company.requests:
        headers = {name.lower(): value for name, value in one["headers"].items()}
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + one["body"]
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert expected in headers["webhook-signature"].split(" "), headers
    names = {event["event"] for event in world.told()}
    assert {"bot.end_user.created", "bot.conversation.created", "bot.message.received"} <= names, names


def a_function_killed_in_the_middle_loses_nothing(world: World):
    world.set_queue("inbound.fifo", visibility=5, receives=1000)
    world.line_waits = 4.0
    event = world.say_on_line("killed", "안녕")
    until("the call", lambda: world.said_on_line(event))
    # The worker waits for LINE's answer now.
    killed = kill("conversation")
    assert killed, "no conversation function runs"
    world.line_waits = 0.0
    again = world.say_on_line("killed", "매장 위치")
    until("the second reply", lambda: world.said_on_line(again), seconds=90)

    def sent():
        mine = [e for e in world.told() if e["event"] == "bot.message.received"]
        return len({e["id"] for e in mine}) >= 5

    until("the events of both", sent, seconds=90)
    ids = [event["id"] for one in world.company.requests for event in json.loads(one["body"])["messages"]]
    assert len(ids) == len(set(ids)), "an event was told twice under one DELIVERY"


def dead_letters_are_replayed(world: World):
    import boto3

    sqs = boto3.client("sqs")
    world.set_queue("inbound.fifo", visibility=1, receives=2)
    world.line_is_up = False
    event = world.say_on_line("dead", "안녕")

    def dead():
        attributes = sqs.get_queue_attributes(QueueUrl=world.queue("inbound-dead.fifo"), AttributeNames=["All"])
        return attributes["Attributes"]["ApproximateNumberOfMessages"] == "1"

    until("a dead letter", dead, seconds=120)
    assert "Body" in world.run("look")
    world.line_is_up = True
    world.set_queue("inbound.fifo", visibility=60, receives=1000)
    tried = len(world.said_on_line(event))
    replay(world, "inbound")
    until("the reply", lambda: len(world.said_on_line(event)) > tried or pushed(world, "dead"), seconds=90)


def replay(world: World, name: str):
    """By the README's command, and where the emulator does not know it, as AWS does it: message by message, with its group."""
    try:
        world.run("replay")
        return
    except AssertionError as error:
        if "InvalidAction" not in str(error):
            raise
    import boto3

    sqs = boto3.client("sqs")
    dead, alive = world.queue(f"{name}-dead.fifo"), world.queue(f"{name}.fifo")
    received = sqs.receive_message(QueueUrl=dead, AttributeNames=["All"], MaxNumberOfMessages=10).get("Messages", [])
    assert received, "the dead letter is not to be had"
    for message in received:
        group = message["Attributes"]["MessageGroupId"]
        key = f"replay {message['MessageId']}"
        sqs.send_message(QueueUrl=alive, MessageBody=message["Body"], MessageGroupId=group, MessageDeduplicationId=key)
        sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])


def pushed(world: World, user: str) -> bool:
    to = "U" + hashlib.md5(user.encode()).hexdigest()
    calls = [json.loads(one["body"]) for one in world.stand_ins.requests if one["path"].endswith("/push")]
    return any(call.get("to") == to for call in calls)


def the_sweep_runs_and_metrics_are_written(world: World):
    import boto3

    logs = boto3.client("logs")

    def lines(function: str):
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{STACK}-{function}")["events"]
        return [line for event in events for line in event["message"].splitlines() if line.startswith("{")]

    records = [json.loads(line) for line in lines("conversation")]
    turns = [record for record in records if record.get("Turns")]
    assert turns and turns[0]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Closer", records[:3]
    spoken = [record for record in records if record.get("inbound.id")]
    assert all(record.get("requestId") and record.get("bot.id") for record in spoken), spoken[:3]
    assert any(record.get("message.trace") for record in spoken), "no trace came by the queue"
    until("a sweep", lambda: any(json.loads(line).get("Sweeps") for line in lines("delivery")), seconds=90)


def a_release_is_rolled_back(world: World):
    import boto3

    newer = ROOT / "target/e2e/newer"
    newer.mkdir()
    text = (ROOT / "target/packaged.yaml").read_text()
    (newer / "packaged.yaml").write_text(text.replace("MemorySize: 256", "MemorySize: 512", 1))
    memory = lambda: boto3.client("lambda").get_function(FunctionName=f"{STACK}-line")["Configuration"]["MemorySize"]
    world.run("rollback", RELEASE=str(newer))
    assert memory() == 512, memory()
    world.run("rollback")
    assert memory() == 256, memory()
    line_answers(world)


def a_table_is_restored(world: World):
    import boto3

    dynamodb = boto3.client("dynamodb")
    then = (datetime.now(timezone.utc) - timedelta(seconds=1)).isoformat()
    world.run("restore", THEN=then)
    dynamodb.delete_item(TableName=f"{STACK}-bots", Key={"pk": {"S": "Bhello"}})
    world.run("stop")
    output = world.run("copy")
    assert re.search(r"\b[1-9]\d* copied", output), output
    item = dynamodb.get_item(TableName=f"{STACK}-bots", Key={"pk": {"S": "Bhello"}})
    assert item.get("Item"), "the bot did not come back"
    world.run("start")
    line_answers(world)


def sam_deploys_too(world: World):
    """The same stack anew, and a stage beside it."""
    import boto3

    world.run("sam", types="y\n")
    line_answers(world)
    world.run("stage")
    stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
    complete = {stack["StackName"] for stack in stacks if stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")}
    assert {STACK, f"{STACK}-staging"} <= complete, stacks


def kill(function: str) -> bool:
    """By the name that the emulator gives its process."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if f"AWS_LAMBDA_FUNCTION_NAME={STACK}-{function}".encode() in environment and b"bootstrap" in command:
            os.kill(int(folder.name), signal.SIGKILL)
            return True
    return False


TESTS = [
    deploy,
    a_bot_is_pushed_and_its_channels_connected,
    line_answers,
    a_forged_message_is_refused,
    kakao_answers_in_its_answer,
    facebook_answers,
    web_chat_answers,
    a_delivery_arrives_signed,
    a_function_killed_in_the_middle_loses_nothing,
    dead_letters_are_replayed,
    the_sweep_runs_and_metrics_are_written,
    a_release_is_rolled_back,
    sam_deploys_too,
    a_table_is_restored,
]

if __name__ == "__main__":
    main()
