// A server that speaks docs/web.md, in one process and in memory, and is strict: whatever a client does that the protocol
// does not allow is a violation, and every test ends by looking that there is none. It can be slow, forgetful, or gone.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";

import type { Keyboard, MessageData, Params } from "../../src/sdk/types.ts";
import { answer, welcome, type Said } from "./bot.ts";

type Json = Record<string, unknown>;

interface Conversation {
  id: string;
  params: Params;
}

interface User {
  key: string;
  log: Json[];
  talk: Conversation | null;
  /** The last restart. */
  restartId?: string;
  keyboard: Keyboard | null;
  seen: Map<string, { messageId: string; seq: number; timestamp: number; data: string; unheard: boolean }>;
  connections: Set<Connection>;
  reads: number[];
  typing: string[];
}

/** A pixel, as a PNG. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

interface Connection {
  socket: WebSocket;
  user: User;
  opened: boolean;
  frames: Json[];
}

/** What goes wrong next; each is used up. */
export interface Faults {
  /** Handshakes that are refused with this status. */
  refuse: { times: number; status: number };
  /** Messages that are taken, and whose socket then dies before the ACK. */
  dieBeforeAck: number;
  /** An `open` that is heard, and whose socket then dies before CONTEXT. */
  dieBeforeContext: number;
  /** Messages that get into the log, and no further: the bot hears them when they are said again. */
  failBehindLog: number;
  /** Messages that are neither taken nor answered. */
  ignore: number;
  /** Messages that are refused with this error. */
  error: Json[];
  /** Statuses of the token API. */
  tokens: number[];
  /** Frames of the log that are not sent, only kept. */
  lose: number;
  /** Two frames at a time in the wrong order. */
  swap: boolean;
}

const ACTIONS: Record<string, string[]> = {
  open: ["lastSeq", "locale", "params", "restart", "restartId", "capabilities", "tab"],
  message: ["clientMessageId", "data", "payload"],
  typing: ["state"],
  read: ["seq"],
  history: ["beforeSeq", "limit"],
  upload: ["clientUploadId", "contentType", "size", "name"],
  navigate: ["flowId", "nodeId"],
  ping: ["t"],
};

export class StandIn {
  violations: string[] = [];
  users = new Map<string, User>();
  faults: Faults = { refuse: { times: 0, status: 401 }, dieBeforeAck: 0, dieBeforeContext: 0, failBehindLog: 0, ignore: 0, error: [], tokens: [], lose: 0, swap: false };
  tokensGiven = 0;
  handshakes = 0;
  opens: Json[] = [];
  /** Conversations. */
  ended = 0;
  uploads = new Map<string, Buffer>();
  /** Milliseconds that the bot thinks. */
  thinkMs = 0;
  tokenMs = 1_800_000;
  speaks = true;
  /** Serves pages of a test, by path. */
  pages = new Map<string, { type: string; body: string | Buffer; headers?: Record<string, string> }>();
  picture: Buffer = PICTURE;
  port = 0;
  #tokens = new Map<string, { key: string; until: number }>();
  #http: Server | null = null;
  #sockets: WebSocketServer | null = null;

  static async start(): Promise<StandIn> {
    const standIn = new StandIn();
    await standIn.listen();
    return standIn;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Everything that was known before is known still, as tables would know it. */
  async listen(): Promise<void> {
    this.#sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (offered) => (offered.has("closer.v1") ? "closer.v1" : false),
    });
    this.#http = createServer((request, response) => void this.#serve(request, response));
    this.#http.on("upgrade", (request, socket, head) => {
      this.handshakes += 1;
      const status = this.#handshake(request);
      if (typeof status === "number") return void socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\n\r\n`);
      this.#sockets!.handleUpgrade(request, socket, head, (ws) => this.#connected(ws, status));
    });
    await new Promise<void>((resolve) => this.#http!.listen(this.port, "127.0.0.1", resolve));
    this.port = (this.#http.address() as AddressInfo).port;
  }

  /** Gone, at once and without a word. */
  async kill(): Promise<void> {
    for (const socket of this.#sockets?.clients ?? []) socket.terminate();
    for (const user of this.users.values()) user.connections.clear();
    this.#http?.closeAllConnections();
    await new Promise<void>((resolve) => (this.#http ? this.#http.close(() => resolve()) : resolve()));
    this.#http = null;
  }

  /** Connections end as API Gateway ends them. */
  goAway(code = 1001): void {
    for (const user of this.users.values()) for (const connection of user.connections) connection.socket.close(code);
  }

  expireTokens(): void {
    for (const token of this.#tokens.values()) token.until = 0;
  }

  user(key?: string): User {
    const found = key === undefined ? [...this.users.values()][0] : this.users.get(key);
    if (!found) throw new Error("nobody came");
    return found;
  }

  /** The texts of the customer that the log holds, in order. */
  heard(user = this.user()): string[] {
    return user.log
      .map((frame) => frame["message"] as { isUser: boolean; data: { text?: string; type: string } } | undefined)
      .filter((message) => message?.isUser)
      .map((message) => message!.data.text ?? message!.data.type);
  }

  say(user: User, said: Said[]): void {
    for (const one of said) {
      if ("message" in one) {
        this.keep(user, { type: "MESSAGE", message: this.#message(user, false, one.message, one.meta ?? null) });
      } else if ("keyboard" in one) {
        user.keyboard = one.keyboard;
        this.keep(user, { type: "KEYBOARD", keyboard: one.keyboard });
      } else {
        this.keep(user, { type: "EVENT", event: one.event, data: one.data ?? {}, timestamp: Date.now() });
      }
    }
  }

  moment(user: User, event: string, data: Json): void {
    for (const connection of user.connections) this.#send(connection, { type: "EVENT", event, data });
  }

  raw(user: User, text: string): void {
    for (const connection of user.connections) connection.socket.send(text);
  }

  /** The conversation had its time. */
  expire(user: User): void {
    this.ended += 1;
    this.keep(user, { type: "EVENT", event: "bot.conversation.deleted", data: {}, timestamp: Date.now() });
    user.talk = null;
  }

  // HTTP

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", this.url).pathname;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
    response.setHeader("access-control-allow-headers", "content-type");
    if (request.method === "OPTIONS") return void response.writeHead(204).end();
    if (path === "/v1/web/tokens" && request.method === "POST") {
      const status = this.faults.tokens.shift();
      if (status) return void response.writeHead(status, { "retry-after": "0.01" }).end('{"error":"refused"}');
      const ask = JSON.parse(body.toString()) as { botId: string; userKey?: string; visitorId?: string };
      if (!/^B[A-Za-z0-9]{5}$/.test(ask.botId)) return void response.writeHead(404).end('{"error":"bot_not_found"}');
      const visitor = ask.visitorId?.split(".")[0] ?? randomUUID();
      const key = ask.userKey ?? `anon:${visitor}`;
      const issued = { ...this.token(key), visitorId: ask.userKey ? undefined : `${visitor}.signed` };
      return void response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(issued));
    }
    if (path === "/uploads" && request.method === "POST") {
      const key = /name="key"\r\n\r\n([^\r]+)/.exec(body.toString("latin1"))?.[1];
      if (!key || !this.uploads.has(key)) {
        this.violations.push("an upload that nobody asked for");
        return void response.writeHead(403).end();
      }
      if (body.toString("latin1").lastIndexOf('; name="') !== body.toString("latin1").indexOf('; name="file"')) {
        this.violations.push("a field behind the file");
      }
      this.uploads.set(key, body);
      return void response.writeHead(204).end();
    }
    if (path.startsWith("/u/")) return void response.writeHead(200, { "content-type": "image/png" }).end(this.picture);
    const page = this.pages.get(path);
    if (page) return void response.writeHead(200, { "content-type": page.type, ...page.headers }).end(page.body);
    response.writeHead(404).end();
  }

  token(key: string): { token: string; tokenType: string; expiresIn: number; refreshAfter: number; userKey: string; url: string } {
    const token = `t${++this.tokensGiven}.${randomUUID()}`;
    this.#tokens.set(token, { key, until: Date.now() + this.tokenMs });
    const expiresIn = this.tokenMs / 1000;
    return { token, tokenType: "Bearer", expiresIn, refreshAfter: expiresIn * 0.8, userKey: key, url: `ws://127.0.0.1:${this.port}/prod` };
  }

  // The socket

  #handshake(request: IncomingMessage): User | number {
    if (this.faults.refuse.times > 0) {
      this.faults.refuse.times -= 1;
      return this.faults.refuse.status;
    }
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    if (!offered.includes("closer.v1")) this.violations.push("closer.v1 was not offered");
    const token = this.#tokens.get(offered.find((name) => name.startsWith("bearer."))?.slice(7) ?? "");
    if (!token || Date.now() >= token.until) return 401;
    let user = this.users.get(token.key);
    if (!user) {
      user = { key: token.key, log: [], talk: null, keyboard: null, seen: new Map(), connections: new Set(), reads: [], typing: [] };
      this.users.set(token.key, user);
    }
    return user;
  }

  #connected(socket: WebSocket, user: User): void {
    const connection: Connection = { socket, user, opened: false, frames: [] };
    user.connections.add(connection);
    socket.on("close", () => user.connections.delete(connection));
    socket.on("message", (data, isBinary) => {
      if (isBinary) this.violations.push("a binary frame");
      const body = data.toString();
      if (Buffer.byteLength(body) > 32_768) {
        this.violations.push("a frame over 32 KB");
        return socket.close(1009);
      }
      let frame: Json;
      try {
        frame = JSON.parse(body) as Json;
      } catch {
        this.violations.push(`no JSON: ${body.slice(0, 40)}`);
        return;
      }
      connection.frames.push(frame);
      this.#handle(connection, frame);
    });
  }

  #handle(connection: Connection, frame: Json): void {
    const { user } = connection;
    const action = String(frame["action"]);
    const fields = ACTIONS[action];
    if (!fields) return void this.violations.push(`no such action: ${action}`);
    if (frame["v"] !== 1) this.violations.push(`${action} without v`);
    for (const name of Object.keys(frame)) {
      if (!["action", "v", ...fields].includes(name)) this.violations.push(`${action}.${name} is of nobody`);
    }
    if (!connection.opened && action !== "open") this.violations.push(`${action} before open`);
    switch (action) {
      case "open":
        return this.#open(connection, frame);
      case "message":
        return this.#hear(connection, frame);
      case "typing":
        if (frame["state"] !== "on" && frame["state"] !== "off") this.violations.push("typing what");
        user.typing.push(String(frame["state"]));
        for (const other of user.connections) {
          if (other !== connection) this.#send(other, { type: "EVENT", event: "web.typing", data: { who: "user", state: frame["state"] } });
        }
        return;
      case "read":
        if (!Number.isInteger(frame["seq"])) this.violations.push("read what");
        return void user.reads.push(Number(frame["seq"]));
      case "history": {
        const before = Number(frame["beforeSeq"] ?? Infinity);
        const limit = Math.min(50, Number(frame["limit"] ?? 50));
        const all = user.log.filter((kept) => Number(kept["seq"]) < before && kept["type"] !== "KEYBOARD");
        return this.#send(connection, { type: "HISTORY", items: all.slice(-limit), more: all.length > limit });
      }
      case "upload": {
        const { clientUploadId, contentType, size } = frame;
        const refuse = (code: string) => this.#send(connection, { type: "ERROR", code, message: code, clientUploadId });
        if (!/^(image\/(jpeg|gif|png|bmp|webp)|audio\/(mpeg|mp4|ogg)|video\/(mp4|webm))$/.test(String(contentType))) return refuse("unsupported_type");
        if (Number(size) > 10 * 1024 * 1024) return refuse("file_too_large");
        const key = `u/Bweb01/${randomUUID()}/file.png`;
        this.uploads.set(key, Buffer.alloc(0));
        const fields = { key, "Content-Type": contentType, policy: "p" };
        const uri = `${this.url}/${key}`;
        return this.#send(connection, { type: "UPLOAD", clientUploadId, method: "POST", url: `${this.url}/uploads`, fields, uri, expiresIn: 300 });
      }
      case "navigate":
        if (!Number.isInteger(frame["flowId"])) this.violations.push("navigate where");
        return void this.#think(user, [{ message: { type: "text", text: `자리 ${frame["flowId"]}-${frame["nodeId"] ?? ""}` } }]);
      case "ping":
        return this.#send(connection, { type: "PONG", t: frame["t"], lastSeq: user.log.length });
    }
  }

  #open(connection: Connection, frame: Json): void {
    const { user } = connection;
    connection.opened = true;
    this.opens.push(frame);
    const restartId = frame["restartId"];
    if (frame["restart"] === true && (typeof restartId !== "string" || restartId === "")) this.violations.push("a restart without a name");
    if (frame["restart"] === true && user.restartId !== restartId) {
      user.restartId = String(restartId);
      if (user.talk) this.expire(user);
    }
    if (this.faults.dieBeforeContext > 0) {
      this.faults.dieBeforeContext -= 1;
      user.talk ??= { id: randomUUID(), params: {} };
      return connection.socket.terminate();
    }
    const resumed = user.talk !== null;
    const params = (frame["params"] ?? {}) as Params;
    user.talk ??= { id: randomUUID(), params: {} };
    Object.assign(user.talk.params, params);
    const { id } = user.talk;
    const has = Number(frame["lastSeq"] ?? 0);
    const last = user.log.length;
    const context = { botId: "Bweb01", conversationId: id, endUserId: randomUUID(), params: user.talk.params, platform: "web", userKey: user.key };
    this.#send(connection, { type: "CONTEXT", context, resumed, lastSeq: last, serverTime: Date.now(), keyboard: user.keyboard });
    const reset = has > last;
    const after = has === 0 || reset ? Math.max(0, last - 30) : has;
    const missed = user.log.slice(after, after + 50);
    for (const kept of missed) this.#send(connection, kept);
    if (missed.length > 0 || reset) {
      const to = after + missed.length;
      const data = { from: after + 1, to, more: to < last, ...(reset ? { reset } : {}) };
      this.#send(connection, { type: "EVENT", event: "web.resumed", data });
    }
    if (!resumed && this.speaks) this.#think(user, welcome());
  }

  #hear(connection: Connection, frame: Json): void {
    const { user } = connection;
    const id = frame["clientMessageId"];
    if (typeof id !== "string" || id.length < 1 || id.length > 64) return void this.violations.push("no clientMessageId");
    if (this.faults.ignore > 0) {
      this.faults.ignore -= 1;
      return;
    }
    const error = this.faults.error.shift();
    if (error) return this.#send(connection, { type: "ERROR", message: "", clientMessageId: id, ...error });
    const data = frame["data"] as MessageData;
    const known = user.seen.get(id);
    if (known) {
      if (known.data !== JSON.stringify(data)) this.violations.push("one id, two messages");
      if (known.unheard && this.speaks) this.#think(user, answer(data, frame["payload"], `${this.url}/u/picture.png`));
      known.unheard = false;
      return this.#send(connection, { type: "ACK", clientMessageId: id, messageId: known.messageId, seq: known.seq, timestamp: known.timestamp, duplicate: true });
    }
    if (!["text", "media", "location"].includes(data?.type)) return void this.violations.push(`a message of ${data?.type}`);
    if (data.type === "text" && (data.text.trim() === "" || [...data.text].length > 1000)) this.violations.push("a text that is empty or too long");
    if (data.type === "media" && !data.media.uri.startsWith(`${this.url}/u/`)) this.violations.push("media from elsewhere");
    user.talk ??= { id: randomUUID(), params: {} };
    const message = this.#message(user, true, data, null);
    user.keyboard = null;
    const seq = user.log.length + 1;
    const unheard = this.faults.failBehindLog > 0;
    user.seen.set(id, { messageId: message.id, seq, timestamp: message.timestamp, data: JSON.stringify(data), unheard });
    if (unheard) {
      this.faults.failBehindLog -= 1;
      this.keep(user, { type: "MESSAGE", message, clientMessageId: id });
      return this.#send(connection, { type: "ERROR", code: "internal", message: "", clientMessageId: id, retryAfterMs: 100 });
    }
    const dies = this.faults.dieBeforeAck > 0;
    if (dies) {
      this.faults.dieBeforeAck -= 1;
      connection.socket.terminate();
      user.connections.delete(connection);
    }
    this.keep(user, { type: "MESSAGE", message, clientMessageId: id });
    if (!dies) this.#send(connection, { type: "ACK", clientMessageId: id, messageId: message.id, seq, timestamp: message.timestamp, duplicate: false });
    if (this.speaks) this.#think(user, answer(data, frame["payload"], `${this.url}/u/picture.png`));
  }

  #think(user: User, said: Said[]): void {
    if (this.thinkMs === 0) return this.say(user, said);
    this.moment(user, "web.typing", { who: "bot", state: "on" });
    setTimeout(() => this.say(user, said), this.thinkMs);
  }

  #message(user: User, isUser: boolean, data: MessageData, meta: unknown): { id: string; timestamp: number } & Json {
    return { id: randomUUID(), endUserId: "e", conversationId: user.talk?.id ?? "", isUser, meta, data, timestamp: Date.now() };
  }

  #held: Json | null = null;

  /** Into the log, and to everybody. */
  keep(user: User, frame: Json): void {
    const kept = { seq: user.log.length + 1, ...frame };
    user.log.push(kept);
    if (this.faults.lose > 0) {
      this.faults.lose -= 1;
      return;
    }
    const out: Json[] = [kept];
    if (this.faults.swap) {
      if (!this.#held) {
        this.#held = kept;
        return;
      }
      out.push(this.#held);
      this.#held = null;
    }
    for (const connection of user.connections) if (connection.opened) for (const frame of out) this.#send(connection, frame);
  }

  #send(connection: Connection, frame: Json): void {
    if (connection.socket.readyState === 1) connection.socket.send(JSON.stringify(frame));
  }
}
