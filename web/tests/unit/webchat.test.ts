// The SDK against the stand-in: real sockets, short pauses.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { WebSocket } from "ws";

import { WebChat, memoryStore, type OpenOptions, type Options } from "../../src/sdk/index.ts";
import type { ClientError, EventFrame, Keyboard, State } from "../../src/sdk/types.ts";
import { StandIn } from "../stand-in/server.ts";

const TIMING = {
  connectMs: 1000, answerMs: 150, pingMs: 10_000, renewMs: 60_000, backoffMs: 10, backoffMostMs: 40, steadyMs: 10_000, soonMs: 10, gapMs: 40, retryMs: 20,
  typingEveryMs: 60, typingIdleMs: 100,
};

let standIn: StandIn;
let chats: WebChat[] = [];

beforeEach(async () => {
  standIn = await StandIn.start();
});

afterEach(async () => {
  for (const chat of chats) chat.close();
  chats = [];
  await standIn.kill();
  assert.deepEqual(standIn.violations, []);
});

interface Watched {
  chat: WebChat;
  texts: string[];
  seqs: number[];
  states: State[];
  errors: ClientError[];
  events: EventFrame[];
  keyboards: (Keyboard | null)[];
  resets: number;
  contexts: number;
}

function make(options: Options = {}): Watched {
  const chat = new WebChat({
    apiUrl: standIn.url,
    store: memoryStore(),
    WebSocket: WebSocket as unknown as NonNullable<Options["WebSocket"]>,
    ...options,
    timing: { ...TIMING, ...options.timing },
  });
  chats.push(chat);
  const watched: Watched = { chat, texts: [], seqs: [], states: [], errors: [], events: [], keyboards: [], resets: 0, contexts: 0 };
  chat.on("message", (frame) => {
    if (frame.type === "CONTEXT") return void (watched.contexts += 1);
    const { data } = frame.message;
    watched.seqs.push(frame.seq);
    watched.texts.push(data.type === "text" ? data.text.split("\n")[0]! : data.type);
  });
  chat.on("state", (state) => watched.states.push(state));
  chat.on("error", (error) => watched.errors.push(error));
  chat.on("event", (event) => watched.events.push(event));
  chat.on("keyboard", (keyboard) => watched.keyboards.push(keyboard));
  chat.on("reset", () => {
    watched.resets += 1;
    watched.texts.length = 0;
  });
  return watched;
}

async function until(what: string, holds: () => boolean, ms = 3000): Promise<void> {
  const end = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > end) assert.fail(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function opened(options: Partial<OpenOptions> = {}, made: Options = {}): Promise<Watched> {
  const watched = make(made);
  watched.chat.open({ botId: "Bweb01", ...options });
  await until("open", () => watched.chat.state === "open");
  return watched;
}

test("CONTEXT comes first, then the welcome and its choices", async () => {
  const watched = await opened({ params: { page: "/cart" }, locale: "ko" });
  await until("a keyboard", () => watched.keyboards.length > 0 && watched.keyboards.at(-1)?.type === "buttons");
  assert.equal(watched.contexts, 1);
  assert.deepEqual(watched.texts, ["안녕하세요! 별빛 꽃집입니다."]);
  assert.deepEqual(watched.states, ["connecting", "open"]);
  assert.deepEqual(standIn.user().talk?.params, { page: "/cart" });
});

test("what is said before there is a connection is said in order, once", async () => {
  const watched = make();
  watched.chat.open({ botId: "Bweb01" });
  for (const word of ["하나", "둘", "셋"]) watched.chat.sendMessage({ type: "text", text: word });
  await until("answers", () => watched.texts.filter((text) => text.endsWith("하셨네요.")).length === 3);
  assert.deepEqual(standIn.heard(), ["하나", "둘", "셋"]);
  assert.deepEqual(watched.chat.pending, []);
});

test("a choice is gone after the next word, whoever said it", async () => {
  const watched = await opened();
  await until("choices", () => watched.keyboards.at(-1)?.type === "buttons");
  watched.chat.send({ message: { data: { type: "text", text: "아무거나" } } });
  await until("none", () => watched.keyboards.at(-1) === null);
});

test("an ACK that never came: the message goes again and is one", async () => {
  const watched = await opened();
  standIn.faults.dieBeforeAck = 1;
  watched.chat.sendMessage({ type: "text", text: "한 번만" });
  await until("an answer", () => watched.texts.some((text) => text.includes("한 번만\"")));
  await until("nothing waits", () => watched.chat.pending.length === 0);
  assert.deepEqual(standIn.heard(), ["한 번만"]);
  assert.equal(watched.texts.filter((text) => text === "한 번만").length, 1);
});

test("a message that is in the log and was not acknowledged goes again, and is shown once", async () => {
  const watched = await opened();
  await until("choices", () => watched.keyboards.at(-1)?.type === "buttons");
  standIn.faults.failBehindLog = 1;
  watched.chat.sendMessage({ type: "text", text: "한 번만" });
  await until("its echo", () => watched.texts.includes("한 번만"));
  assert.deepEqual(watched.chat.pending, [], "shown from the log");
  await until("an answer", () => watched.texts.some((text) => text.includes("한 번만\"")));
  watched.chat.sendMessage({ type: "text", text: "그 다음" });
  await until("the next answer", () => watched.texts.some((text) => text.includes("그 다음\"")));
  assert.deepEqual(standIn.heard(), ["한 번만", "그 다음"]);
});

test("a message that nobody answers is sent again on another connection", async () => {
  const watched = await opened();
  standIn.faults.ignore = 1;
  watched.chat.sendMessage({ type: "text", text: "여보세요" });
  await until("heard", () => standIn.heard().length === 1);
  assert.equal(standIn.handshakes, 2);
});

test("a server that is killed and comes back: nothing is lost, nothing doubled", async () => {
  const watched = await opened();
  watched.chat.sendMessage({ type: "text", text: "하나" });
  await until("an answer", () => watched.texts.some((text) => text.startsWith('"하나"')));
  await standIn.kill();
  await until("noticed", () => watched.chat.state === "reconnecting");
  watched.chat.sendMessage({ type: "text", text: "둘" });
  const user = standIn.user();
  standIn.say(user, [{ message: { type: "text", text: "그동안" } }]);
  await pause(100);
  await standIn.listen();
  await until("an answer", () => watched.texts.some((text) => text.startsWith('"둘"')));
  assert.deepEqual(standIn.heard(), ["하나", "둘"]);
  assert.equal(watched.texts.filter((text) => text === "그동안").length, 1);
  assert.deepEqual(watched.seqs, [...new Set(watched.seqs)].sort((a, b) => a - b));
});

test("a reload: what was said comes again, what waits goes out, the visitor is the same", async () => {
  const store = memoryStore();
  const first = await opened({}, { store });
  first.chat.sendMessage({ type: "text", text: "하나" });
  await until("an answer", () => first.texts.length >= 3);
  await standIn.kill();
  first.chat.sendMessage({ type: "text", text: "둘" });
  first.chat.close();
  await standIn.listen();
  const second = await opened({}, { store });
  await until("an answer", () => second.texts.some((text) => text.startsWith('"둘"')));
  assert.equal(standIn.users.size, 1);
  assert.deepEqual(standIn.heard(), ["하나", "둘"]);
  assert.equal(second.texts[0], "안녕하세요! 별빛 꽃집입니다.");
});

test("two tabs see one conversation, and both send what waits without doubling it", async () => {
  const store = memoryStore();
  const one = await opened({ userKey: "member-1" }, { store });
  const two = await opened({ userKey: "member-1" }, { store });
  one.chat.sendMessage({ type: "text", text: "첫째 탭" });
  await until("the other sees it", () => two.texts.includes("첫째 탭"));
  two.chat.sendMessage({ type: "text", text: "둘째 탭" });
  await until("the one sees it", () => one.texts.includes("둘째 탭"));
  await until("both", () => one.texts.length === two.texts.length);
  assert.deepEqual(one.texts, two.texts);
  await standIn.kill();
  one.chat.sendMessage({ type: "text", text: "끊긴 사이" });
  two.chat.close();
  await standIn.listen();
  const three = await opened({ userKey: "member-1" }, { store });
  await until("heard", () => standIn.heard().includes("끊긴 사이") && three.chat.pending.length === 0);
  await pause(150);
  assert.deepEqual(standIn.heard(), ["첫째 탭", "둘째 탭", "끊긴 사이"]);
});

test("a handshake that is refused twice: a fresh token", async () => {
  const watched = make();
  standIn.faults.refuse = { times: 2, status: 401 };
  watched.chat.open({ botId: "Bweb01" });
  await until("open", () => watched.chat.state === "open");
  assert.equal(standIn.tokensGiven, 2);
  assert.deepEqual(watched.errors.map((error) => error.code), ["connection_failed", "connection_failed"]);
});

test("a token that expired while the page slept", async () => {
  const watched = await opened();
  standIn.expireTokens();
  standIn.goAway();
  await until("another", () => standIn.tokensGiven === 2 && watched.chat.state === "open");
});

test("getToken is asked in place of the token API, and again when it is old", async () => {
  let asked = 0;
  const getToken = async () => {
    asked += 1;
    return { ...standIn.token("member-7"), refreshAfter: 0 };
  };
  const watched = await opened({ getToken });
  standIn.goAway();
  await until("again", () => asked === 2 && watched.chat.state === "open");
  assert.deepEqual([...standIn.users.keys()], ["member-7"]);
});

test("the token API: busy is tried again, no is the end", async () => {
  const watched = make();
  standIn.faults.tokens = [503, 429];
  watched.chat.open({ botId: "Bweb01" });
  await until("open", () => watched.chat.state === "open");
  assert.equal(watched.errors.length, 2);

  const refused = make();
  standIn.faults.tokens = [401];
  refused.chat.open({ botId: "Bweb01" });
  await until("stopped", () => refused.chat.state === "stopped");
  await pause(100);
  assert.equal(standIn.tokensGiven, 1);
  refused.chat.open({ botId: "Bweb01" });
  await until("open again", () => refused.chat.state === "open");
});

test("frames in the wrong order are passed on in the right one", async () => {
  const watched = await opened();
  await until("the welcome", () => watched.texts.length === 1);
  standIn.faults.swap = true;
  const user = standIn.user();
  for (const text of ["1", "2", "3", "4"]) standIn.say(user, [{ message: { type: "text", text } }]);
  await until("all", () => watched.texts.length === 5);
  assert.deepEqual(watched.texts.slice(1), ["1", "2", "3", "4"]);
});

test("a frame that was lost is asked for", async () => {
  const watched = await opened();
  await until("the welcome", () => watched.texts.length === 1);
  const user = standIn.user();
  standIn.faults.lose = 1;
  standIn.say(user, [{ message: { type: "text", text: "1" } }]);
  standIn.say(user, [{ message: { type: "text", text: "2" } }]);
  await until("both", () => watched.texts.length === 3);
  assert.deepEqual(watched.texts.slice(1), ["1", "2"]);
  assert.equal(standIn.handshakes, 1);
});

test("a frame that is gone for good does not stop the rest", async () => {
  const watched = await opened();
  await until("the welcome", () => watched.texts.length === 1 && watched.keyboards.length > 0);
  const user = standIn.user();
  standIn.raw(user, JSON.stringify({ type: "MESSAGE", seq: 9, message: { id: "x", isUser: false, data: { type: "text", text: "아홉째" } } }));
  await until("it", () => watched.texts.includes("아홉째"));
});

test("more was missed than one portion holds", async () => {
  const watched = await opened();
  await until("the welcome", () => watched.texts.length === 1);
  await standIn.kill();
  const user = standIn.user();
  for (let n = 1; n <= 120; n++) standIn.say(user, [{ message: { type: "text", text: String(n) } }]);
  await standIn.listen();
  await until("all", () => watched.texts.length === 121);
  assert.equal(watched.texts.at(-1), "120");
  assert.deepEqual(watched.seqs, [...new Set(watched.seqs)]);
});

test("a log of another time: what was shown is taken back", async () => {
  const watched = await opened();
  for (const text of ["1", "2"]) watched.chat.sendMessage({ type: "text", text });
  await until("answers", () => watched.texts.length === 5);
  const user = standIn.user();
  user.log = [];
  user.talk = null;
  standIn.goAway();
  await until("begun anew", () => watched.resets === 1 && watched.texts.length === 1);
  watched.chat.sendMessage({ type: "text", text: "3" });
  await until("an answer", () => watched.texts.some((text) => text.startsWith('"3"')));
});

test("a conversation that ended, and whose successor counts anew", async () => {
  const watched = await opened();
  await until("the welcome", () => watched.texts.length === 1);
  const user = standIn.user();
  standIn.expire(user);
  await until("told", () => watched.events.some((event) => event.event === "bot.conversation.deleted"));
  user.log = [];
  watched.chat.sendMessage({ type: "text", text: "다시" });
  await until("an answer", () => watched.texts.some((text) => text.startsWith('"다시"')));
});

test("the end of an answer is lost on its way, and nothing comes behind it", async () => {
  const watched = await opened({ params: { lang: "ko" } }, { timing: { unansweredMs: 150 } });
  await until("the welcome", () => watched.texts.length === 1);
  const { contexts } = watched;
  const opens = standIn.opens.length;
  // All of it, or what comes behind the customer's own word.
  standIn.thinkMs = 60;
  for (const lost of ["all", "the end"]) {
    const before = watched.texts.length;
    if (lost === "all") standIn.faults.lose = 10;
    watched.chat.sendMessage({ type: "text", text: lost });
    if (lost === "the end") await until("its own", () => watched.texts.length === before + 1);
    standIn.faults.lose = 10;
    await until("an answer", () => watched.texts.length === before + 2);
    standIn.faults.lose = 0;
  }
  assert.deepEqual(watched.seqs, [...new Set(watched.seqs)].sort((a, b) => a - b));
  // The bot may know better by now.
  for (const open of standIn.opens.slice(opens)) assert.equal(open["params"], undefined);
  // Where nothing is lacking nothing is asked for.
  const asked = watched.contexts;
  assert.ok(asked > contexts);
  watched.chat.sendMessage({ type: "text", text: "둘" });
  await pause(300);
  assert.equal(watched.contexts, asked);
  assert.equal(standIn.handshakes, 1);
});

test("a conversation that ended, and whose successor goes on counting: a frame that comes twice is one", async () => {
  const watched = await opened();
  await until("the welcome", () => watched.texts.length === 1);
  const user = standIn.user();
  standIn.expire(user);
  watched.chat.sendMessage({ type: "text", text: "다시" });
  await until("an answer", () => watched.texts.length === 3);
  for (const frame of user.log) standIn.raw(user, JSON.stringify(frame));
  await pause(80);
  assert.equal(watched.texts.length, 3);
});

test("restart ends the conversation and begins another", async () => {
  const watched = await opened();
  await until("the welcome", () => watched.texts.length === 1);
  const before = standIn.user().talk?.id;
  watched.chat.restart();
  await until("another", () => watched.resets === 1 && watched.texts.at(-1) === "안녕하세요! 별빛 꽃집입니다.");
  assert.notEqual(standIn.user().talk?.id, before);
});

test("a restart whose answer never came is the same restart", async () => {
  const watched = await opened();
  const before = standIn.user().talk?.id;
  standIn.faults.dieBeforeContext = 1;
  watched.chat.restart();
  await until("another context", () => watched.contexts === 2);
  assert.notEqual(standIn.user().talk?.id, before);
  assert.equal(standIn.ended, 1);
  watched.chat.restart();
  await until("a third", () => watched.contexts === 3);
  assert.equal(standIn.ended, 2);
});

test("restart shows nothing of the conversation before, also where one log holds both", async () => {
  const watched = await opened();
  watched.chat.sendMessage({ type: "text", text: "옛말" });
  await until("an answer", () => watched.texts.length === 3);
  watched.chat.restart();
  await until("another", () => watched.resets === 1 && watched.texts.length > 0);
  await pause(100);
  assert.deepEqual(watched.texts, ["안녕하세요! 별빛 꽃집입니다."]);
  assert.deepEqual(watched.keyboards.at(-1)?.type, "buttons");
});

test("a restart right behind new params: what answers the params is not the new conversation", async () => {
  const watched = await opened();
  watched.chat.sendMessage({ type: "text", text: "옛말" });
  await until("an answer", () => watched.texts.length === 3);
  const before = standIn.user().talk?.id;
  watched.chat.setParams({ campaign: "spring" });
  watched.chat.restart();
  await until("another", () => watched.contexts === 3 && watched.resets === 1 && watched.texts.length > 0);
  await pause(100);
  assert.notEqual(standIn.user().talk?.id, before);
  assert.equal(standIn.ended, 1);
  assert.deepEqual(watched.texts, ["안녕하세요! 별빛 꽃집입니다."]);
});

test("a refusal for good is shown, and does not hold up the rest", async () => {
  const watched = await opened();
  standIn.faults.error = [{ code: "bad_uri" }];
  const id = watched.chat.sendMessage({ type: "text", text: "하나" });
  watched.chat.sendMessage({ type: "text", text: "둘" });
  await until("the second", () => standIn.heard().length === 1 && watched.chat.pending.length === 1);
  assert.deepEqual(standIn.heard(), ["둘"]);
  assert.deepEqual(watched.chat.pending.map((item) => [item.clientMessageId, item.error]), [[id, "bad_uri"]]);
  watched.chat.resend(id);
  await until("both", () => standIn.heard().length === 2 && watched.chat.pending.length === 0);
});

test("a refusal that passes is waited for", async () => {
  const watched = await opened();
  standIn.faults.error = [{ code: "rate_limited", retryAfterMs: 30 }, { code: "internal" }];
  watched.chat.sendMessage({ type: "text", text: "하나" });
  watched.chat.sendMessage({ type: "text", text: "둘" });
  await until("both", () => standIn.heard().length === 2);
  assert.deepEqual(standIn.heard(), ["하나", "둘"]);
});

test("unauthorized: another token, another connection", async () => {
  const watched = await opened();
  standIn.faults.error = [{ code: "unauthorized" }];
  watched.chat.sendMessage({ type: "text", text: "하나" });
  await until("heard", () => standIn.heard().length === 1);
  assert.equal(standIn.tokensGiven, 2);
});

test("before two hours are over the next connection is made, then the old one let go", async () => {
  const watched = await opened({}, { timing: { renewMs: 60 } });
  await until("two handshakes", () => standIn.handshakes >= 2);
  await until("one connection", () => standIn.user().connections.size === 1);
  assert.deepEqual(watched.states, ["connecting", "open"], "nobody noticed");
  assert.equal(watched.texts.length, 1);
});

test("draining: the next connection in time", async () => {
  const watched = await opened();
  standIn.moment(standIn.user(), "web.draining", { inMs: 50 });
  await until("two handshakes", () => standIn.handshakes === 2);
  await until("one connection", () => standIn.user().connections.size === 1);
  assert.equal(watched.chat.state, "open");
});

test("silence is broken by a ping, and a dead connection found by it", async () => {
  const watched = await opened({}, { timing: { pingMs: 40 } });
  const frames = () => [...standIn.user().connections].flatMap((connection) => connection.frames.map((frame) => frame["action"]));
  await until("a ping", () => frames().includes("ping"));
  assert.equal(standIn.handshakes, 1);
  for (const connection of standIn.user().connections) connection.socket.removeAllListeners("message");
  await until("another connection", () => standIn.handshakes === 2 && watched.chat.state === "open");
});

test("typing is told now and then, and taken back", async () => {
  const watched = await opened();
  await until("the welcome", () => watched.texts.length === 1);
  const { typing } = standIn.user();
  for (let n = 0; n < 20; n++) {
    watched.chat.sendTyping();
    await pause(5);
  }
  await until("off", () => typing.at(-1) === "off");
  const ons = typing.filter((state) => state === "on").length;
  assert.ok(ons >= 1 && ons <= 4, String(typing));
  watched.chat.sendTyping();
  await until("on", () => typing.at(-1) === "on");
  const count = typing.length;
  watched.chat.sendMessage({ type: "text", text: "끝" });
  await pause(150);
  assert.equal(typing.length, count, "what was sent ends it");
});

test("history, read and upload", async () => {
  const watched = await opened();
  for (let n = 0; n < 30; n++) watched.chat.sendMessage({ type: "text", text: String(n) });
  await until("answers", () => watched.texts.length === 61);
  const last = watched.chat.lastSeq;
  const page = await watched.chat.history(last, 10);
  assert.deepEqual([page.items.length, page.more, page.items.at(-1)!.seq], [10, true, last - 1]);
  watched.chat.read(last);
  await until("read", () => standIn.user().reads.includes(last));
  await watched.chat.sendFile(new File([new Uint8Array(9)], "꽃.png", { type: "image/png" }));
  await until("heard", () => standIn.heard().at(-1) === "media");
  await assert.rejects(watched.chat.upload(new File(["<svg/>"], "a.svg", { type: "image/svg+xml" })), /unsupported_type/);
});

test("nonsense of a server is skipped", async () => {
  const watched = await opened();
  await until("the welcome", () => watched.texts.length === 1);
  const user = standIn.user();
  const nonsense = ["", "{", "null", "[]", "1", "{}", '{"type":"FUTURE"}', '{"type":"MESSAGE"}', '{"type":"MESSAGE","seq":"x"}', '{"type":"CONTEXT"}',
    '{"type":"EVENT"}', '{"type":"ACK"}', '{"type":"UPLOAD"}', '{"type":"HISTORY"}', '{"message":"Internal server error","connectionId":"a=","requestId":"b"}'];
  for (const text of nonsense) standIn.raw(user, text);
  watched.chat.sendMessage({ type: "text", text: "그래도" });
  await until("an answer", () => watched.texts.some((text) => text.startsWith('"그래도"')));
  assert.equal(standIn.handshakes, 1);
});

test("what cannot be said is refused at once", async () => {
  const watched = await opened();
  assert.throws(() => watched.chat.sendMessage({ type: "text", text: " " }), RangeError);
  assert.throws(() => watched.chat.sendMessage({ type: "text", text: "🍎".repeat(1001) }), RangeError);
  watched.chat.sendMessage({ type: "text", text: "🍎".repeat(1000) });
  await until("taken", () => standIn.heard().length === 1 && watched.chat.pending.length === 0);
  await standIn.kill();
  for (let n = 0; n < 50; n++) watched.chat.sendMessage({ type: "text", text: String(n) });
  assert.throws(() => watched.chat.sendMessage({ type: "text", text: "51" }), RangeError);
});

test("a listener that throws does not stop the rest", async () => {
  const watched = make();
  const { error } = console;
  console.error = () => {};
  try {
    watched.chat.on("message", () => {
      throw new Error("the page's own");
    });
    watched.chat.open({ botId: "Bweb01" });
    await until("the welcome", () => watched.texts.length === 1);
  } finally {
    console.error = error;
  }
});

test("close is close", async () => {
  const watched = await opened();
  watched.chat.close();
  await until("gone", () => standIn.user().connections.size === 0);
  await pause(80);
  assert.equal(standIn.handshakes, 1);
  assert.equal(watched.states.at(-1), "closed");
});
