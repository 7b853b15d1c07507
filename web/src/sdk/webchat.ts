// A conversation over a WebSocket that may go away at any time. What was said is said once, what comes is passed on once
// and in order, and whoever listens need not know how often it was connected.

import { Emitter } from "./emitter.ts";
import { Outbox } from "./outbox.ts";
import { Sequence } from "./sequence.ts";
import { browserStore, type Store } from "./store.ts";
import { TIMING, backoff, type Timing } from "./timing.ts";
import { TokenError, fetchToken } from "./token.ts";
import type {
  ClientError,
  ContextFrame,
  EventFrame,
  HistoryFrame,
  Keyboard,
  KeyboardFrame,
  Limits,
  Listeners,
  Locale,
  MessageFrame,
  Params,
  Navigation,
  Pending,
  Sendable,
  ServerFrame,
  State,
  Token,
  UploadFrame,
} from "./types.ts";

export interface Options {
  /** Where the token API is: `https://chat.example.com`, without a slash at its end. */
  apiUrl?: string;
  store?: Store;
  timing?: Partial<Timing>;
  /** For tests and for places without a browser. */
  WebSocket?: new (url: string, protocols: string[]) => WebSocket;
  fetch?: typeof fetch;
  random?: () => number;
}

export interface OpenOptions {
  botId: string;
  /** Of a signed-in customer, with the `userHash` that the company's server made of it. */
  userKey?: string;
  userHash?: string;
  /** In place of both: a token that the company's server asked for. */
  getToken?: () => Promise<Token>;
  params?: Params;
  locale?: Locale;
  /** Ends the conversation that there is. */
  restart?: boolean;
}

type Durable = MessageFrame | KeyboardFrame | (EventFrame & { seq: number });

/** Frames replayed to somebody who has none. */
const FIRST = 30;
const TEXT = 1000;

interface Connection {
  socket: WebSocket;
  ready: boolean;
  timer?: ReturnType<typeof setTimeout>;
}

interface Waiter<T> {
  resolve: (value: T) => void;
  reject: (error: Error) => void;
  timer: ReturnType<typeof setTimeout>;
}

export class WebChat {
  #options: Options;
  #timing: Timing;
  #store: Store;
  #random: () => number;
  #emitter = new Emitter<Listeners>();
  #state: State = "closed";
  #open: OpenOptions | null = null;
  #token: (Token & { at: number }) | null = null;
  #current: Connection | null = null;
  /** The next connection, while the current one still works. */
  #next: Connection | null = null;
  #attempt = 0;
  #failures = 0;
  #refusals = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #steady: ReturnType<typeof setTimeout> | undefined;
  #ping: ReturnType<typeof setTimeout> | undefined;
  #renew: ReturnType<typeof setTimeout> | undefined;
  #gap: ReturnType<typeof setTimeout> | undefined;
  #asked = -1;
  #sequence = new Sequence<Durable>();
  #context: ContextFrame | null = null;
  /** The conversation of the last message, and whether it has ended. */
  #talk = "";
  #ended = false;
  #outbox: Outbox | null = null;
  /** Those of the outbox that are in the log already, and so are shown from there. The server may have got no further. */
  #logged = new Set<string>();
  #inFlight: { id: string; timer: ReturnType<typeof setTimeout> } | null = null;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #unanswered: ReturnType<typeof setTimeout> | undefined;
  #histories: Waiter<HistoryFrame>[] = [];
  #uploads = new Map<string, Waiter<UploadFrame>>();
  #typing = { on: false, sentAt: 0, idle: undefined as ReturnType<typeof setTimeout> | undefined };
  /** The name of the restart that is asked for: asked again, it is the same one. */
  #restart: string | null = null;
  /** The conversation that a restart began, until it says something: a log may hold the former ones, too. */
  #gate: { conversationId: string; last: number } | null = null;

  constructor(options: Options = {}) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
    this.#store = options.store ?? browserStore();
    this.#random = options.random ?? Math.random;
  }

  on<K extends keyof Listeners>(name: K, listener: Listeners[K]): () => void {
    return this.#emitter.on(name, listener);
  }

  get state(): State {
    return this.#state;
  }

  get context(): ContextFrame | null {
    return this.#context;
  }

  get lastSeq(): number {
    return this.#sequence.last;
  }

  get pending(): readonly Pending[] {
    return (this.#outbox?.items ?? []).filter((item) => item.error || !this.#logged.has(item.clientMessageId));
  }

  get limits(): Limits {
    const megabyte = 1024 * 1024;
    const known = { textChars: TEXT, frameBytes: 32_768, payloadChars: 1000, imageBytes: 10 * megabyte, videoBytes: 50 * megabyte };
    return { ...known, ...this.#context?.limits };
  }

  /** Connects, and stays connected until `close`. */
  open(options: OpenOptions): void {
    this.#drop();
    const other = this.#open?.botId !== options.botId || this.#open.userKey !== options.userKey;
    this.#open = options;
    this.#token = null;
    this.#failures = 0;
    this.#refusals = 0;
    if (other) this.#talk = "";
    this.#restart = options.restart === true ? this.#restartId() : null;
    if (other) {
      this.#context = null;
      this.#sequence.begin(0);
      this.#outbox = null;
      this.#logged.clear();
    }
    globalThis.addEventListener?.("online", this.#online);
    globalThis.addEventListener?.("offline", this.#offline);
    globalThis.document?.addEventListener("visibilitychange", this.#visible);
    this.#connect();
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#drop();
    globalThis.removeEventListener?.("online", this.#online);
    globalThis.removeEventListener?.("offline", this.#offline);
    globalThis.document?.removeEventListener("visibilitychange", this.#visible);
    this.#go("closed");
    this.#emitter.emit("close");
  }

  /** Ends this conversation and begins another. */
  restart(params?: Params): void {
    if (!this.#open) return;
    if (params) this.#open = { ...this.#open, params: { ...this.#open.params, ...params } };
    this.#restart = this.#restartId();
    if (this.#current?.ready) this.#sayOpen(this.#current);
    else this.#again(0);
  }

  /** What the page knows of the customer; the server is told at once, or with the next connection. */
  setParams(params: Params): void {
    if (!this.#open) return;
    this.#open = { ...this.#open, params: { ...this.#open.params, ...params } };
    if (this.#current?.ready) this.#sayOpen(this.#current);
  }

  /** Text, media or a location. It is sent now or when there is a connection, and returns the id that it has meanwhile. */
  sendMessage(data: Sendable, payload?: unknown): string {
    if (!this.#open) throw new Error("open first");
    if (data.type === "text") {
      if (data.text.trim() === "") throw new RangeError("the text is empty");
      if ([...data.text].length > this.limits.textChars) throw new RangeError("the text is too long");
    }
    const outbox = this.#box();
    if (outbox.isFull) {
      this.#fail({ code: "queue_full", message: "too many messages wait to be sent" });
      throw new RangeError("too many messages wait to be sent");
    }
    const item: Pending = { clientMessageId: uuid(), data, at: Date.now() };
    if (payload !== undefined) item.payload = payload;
    outbox.add(item);
    this.#stopTyping(false);
    this.#told();
    this.#flush();
    return item.clientMessageId;
  }

  /** As in CLOSER's SDK: `send({ message: { data } })`. */
  send(frame: { message: { data: Sendable } }): string {
    return this.sendMessage(frame.message.data);
  }

  /** Tries a refused message again. */
  resend(clientMessageId: string): void {
    if (this.#outbox?.mark(clientMessageId, undefined)) {
      this.#told();
      this.#flush();
    }
  }

  /** Takes back a message that was not sent. */
  discard(clientMessageId: string): void {
    if (this.#inFlight?.id === clientMessageId) return;
    if (this.#outbox?.remove(clientMessageId)) this.#told();
  }

  /** Call it at every key; it is told at most every three seconds, and taken back by itself. */
  sendTyping(on = true): void {
    if (!on) return this.#stopTyping(true);
    clearTimeout(this.#typing.idle);
    this.#typing.idle = setTimeout(() => this.#stopTyping(true), this.#timing.typingIdleMs);
    if (Date.now() - this.#typing.sentAt < this.#timing.typingEveryMs) return;
    if (this.#write({ action: "typing", state: "on" })) {
      this.#typing.on = true;
      this.#typing.sentAt = Date.now();
    }
  }

  /** The customer has seen everything up to this number. */
  read(seq: number): void {
    this.#write({ action: "read", seq });
  }

  /** To another place of the bot, where its settings let pages do that. False without a connection. */
  navigate(place: Navigation): boolean {
    return this.#write({ action: "navigate", flowId: place.flowId, nodeId: place.nodeId });
  }

  /** What was said before; oldest first. */
  history(beforeSeq?: number, limit = 50): Promise<HistoryFrame> {
    return new Promise((resolve, reject) => {
      if (!this.#write({ action: "history", beforeSeq, limit })) return reject(new Error("not connected"));
      const timer = setTimeout(() => {
        this.#histories = this.#histories.filter((other) => other !== waiter);
        reject(new Error("no answer"));
      }, this.#timing.answerMs);
      const waiter: Waiter<HistoryFrame> = { resolve, reject, timer };
      this.#histories.push(waiter);
    });
  }

  /** Stores a file, and gives the address that a media message may name. */
  async upload(file: File): Promise<string> {
    const clientUploadId = uuid();
    const frame = await new Promise<UploadFrame>((resolve, reject) => {
      const ask = { action: "upload", clientUploadId, contentType: file.type, size: file.size, name: file.name };
      if (!this.#write(ask)) return reject(new Error("not connected"));
      const timer = setTimeout(() => {
        this.#uploads.delete(clientUploadId);
        reject(new Error("no answer"));
      }, this.#timing.answerMs);
      this.#uploads.set(clientUploadId, { resolve, reject, timer });
    });
    const form = new FormData();
    for (const [name, value] of Object.entries(frame.fields ?? {})) form.append(name, String(value));
    // Storage reads nothing behind the file.
    form.append("file", file);
    const response = await this.#fetch()(frame.url, { method: "POST", body: form, credentials: "omit" });
    if (!response.ok) throw new Error(`upload_failed ${response.status}`);
    return frame.uri;
  }

  /** Uploads a file and says it. */
  async sendFile(file: File): Promise<string> {
    const uri = await this.upload(file);
    const kind = file.type.split("/")[0];
    const contentType = kind === "video" || kind === "audio" ? kind : "image";
    return this.sendMessage({ type: "media", media: { contentType, uri } });
  }

  // Connecting

  #connect(replace = false): void {
    if (!this.#open) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (globalThis.navigator?.onLine === false) return this.#go("offline");
    const attempt = ++this.#attempt;
    if (!replace) this.#go(this.#context ? "reconnecting" : "connecting");
    this.#dial(attempt, replace).catch((error: unknown) => {
      if (attempt === this.#attempt) this.#undialled(error);
    });
  }

  async #dial(attempt: number, replace: boolean): Promise<void> {
    const token = await this.#getToken();
    if (attempt !== this.#attempt) return;
    const Socket = this.#options.WebSocket ?? globalThis.WebSocket;
    // As a subprotocol the token stays out of access logs.
    const socket = new Socket(token.url, ["closer.v1", `bearer.${token.token}`]);
    const connection: Connection = { socket, ready: false };
    if (replace) this.#next = connection;
    else this.#current = connection;
    connection.timer = setTimeout(() => socket.close(), this.#timing.connectMs);
    socket.onopen = () => this.#sayOpen(connection);
    socket.onmessage = (event: MessageEvent) => this.#hear(connection, event.data);
    // Says nothing that `onclose` does not.
    socket.onerror = () => {};
    socket.onclose = (event: CloseEvent) => this.#gone(connection, event.code);
  }

  async #getToken(): Promise<Token> {
    const known = this.#token;
    const goodMs = (known?.refreshAfter ?? 1500) * 1000;
    if (known && Date.now() - known.at < goodMs) return known;
    const token = await fetchToken({ apiUrl: this.#apiUrl(), ...this.#open! }, this.#store, this.#fetch());
    this.#token = { ...token, at: Date.now() };
    return token;
  }

  #undialled(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#fail({ code: "token_failed", message: reason });
    if (error instanceof TokenError && error.final) return this.#go("stopped");
    this.#failures += 1;
    const wait = error instanceof TokenError ? error.retryAfterMs : undefined;
    this.#again(wait ?? backoff(this.#timing, this.#failures - 1, this.#random()));
  }

  /** `asks`: only for what is lacking. What the page knows of the customer was said before, and the bot may know better by now. */
  #sayOpen(connection: Connection, asks = false): void {
    const { locale } = this.#open!;
    const params = asks && !this.#restart ? undefined : this.#open!.params;
    const restartId = this.#restart ?? undefined;
    const restart = restartId ? true : undefined;
    const lastSeq = restart ? 0 : this.#sequence.last;
    connection.socket.send(JSON.stringify({ action: "open", v: 1, lastSeq, locale, params, restart, restartId, tab: tabId }));
  }

  /** Of the conversation that it ends, so that two tabs which end one do it once. */
  #restartId(): string {
    return this.#talk || uuid();
  }

  #gone(connection: Connection, code: number): void {
    clearTimeout(connection.timer);
    if (connection === this.#next) {
      // The old one may still hold; its own end tries again.
      this.#next = null;
      return;
    }
    if (connection !== this.#current) return;
    this.#current = null;
    this.#quiet();
    if (this.#next) {
      this.#current = this.#next;
      this.#next = null;
      return this.#go("reconnecting");
    }
    if (!connection.ready) {
      this.#failures += 1;
      this.#refusals += 1;
      // A browser is not told why a handshake failed. An old token is the likeliest reason that can be mended.
      if (this.#refusals >= 2) this.#token = null;
      this.#fail({ code: "connection_failed", message: `closed with ${code}` });
    }
    if (globalThis.navigator?.onLine === false) return this.#go("offline");
    const soon = connection.ready && code === 1001;
    const pause = soon ? this.#random() * this.#timing.soonMs : backoff(this.#timing, this.#failures, this.#random());
    if (connection.ready) this.#failures += 1;
    this.#again(pause);
  }

  #again(pauseMs: number): void {
    clearTimeout(this.#retry);
    this.#go(this.#context ? "reconnecting" : "connecting");
    this.#retry = setTimeout(() => this.#connect(), pauseMs);
  }

  /** The connection is no good: it may take minutes until the browser says so. */
  #abandon(): void {
    const connection = this.#current;
    if (!connection) return;
    connection.socket.onclose = null;
    connection.socket.close();
    this.#gone(connection, 1006);
  }

  #online = (): void => {
    if (this.#open && !this.#current && this.#state !== "stopped") this.#again(this.#random() * this.#timing.soonMs);
  };

  #offline = (): void => {
    if (this.#state === "closed" || this.#state === "stopped") return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const connection = this.#current;
    this.#current = null;
    this.#attempt += 1;
    if (connection) {
      clearTimeout(connection.timer);
      connection.socket.onclose = null;
      connection.socket.close();
      this.#quiet();
    }
    this.#go("offline");
  };

  #visible = (): void => {
    if (globalThis.document?.visibilityState === "visible" && this.#retry !== undefined) this.#online();
  };

  // Hearing

  #hear(connection: Connection, data: unknown): void {
    if (connection !== this.#current && connection !== this.#next) return;
    let frame: ServerFrame;
    try {
      frame = JSON.parse(String(data)) as ServerFrame;
    } catch {
      return;
    }
    if (typeof frame !== "object" || frame === null) return;
    if (connection === this.#current && connection.ready) this.#listen();
    switch (frame.type) {
      case "CONTEXT":
        if (frame.context && typeof frame.context === "object") this.#welcome(connection, frame);
        break;
      case "MESSAGE":
      case "KEYBOARD":
        // What comes before CONTEXT comes again behind it.
        if (connection.ready) this.#numbered(frame);
        break;
      case "EVENT":
        if (typeof frame.seq === "number") {
          if (connection.ready) this.#numbered(frame as Durable);
        } else this.#moment(frame);
        break;
      case "ACK":
        this.#acknowledged(frame.clientMessageId);
        this.#emitter.emit("ack", frame);
        break;
      case "HISTORY": {
        const waiter = this.#histories.shift();
        clearTimeout(waiter?.timer);
        waiter?.resolve(frame);
        break;
      }
      case "UPLOAD": {
        const waiter = this.#uploads.get(frame.clientUploadId);
        this.#uploads.delete(frame.clientUploadId);
        clearTimeout(waiter?.timer);
        waiter?.resolve(frame);
        break;
      }
      case "ERROR":
        this.#refused(frame);
        break;
      case "PONG":
        if (connection.ready && Number(frame.lastSeq) > this.#sequence.last) this.#sayOpen(connection, true);
        break;
      default:
        // Of a later protocol, or API Gateway's own.
        break;
    }
  }

  #welcome(connection: Connection, frame: ContextFrame): void {
    clearTimeout(connection.timer);
    connection.ready = true;
    this.#refusals = 0;
    if (connection === this.#next) {
      const old = this.#current;
      this.#current = connection;
      this.#next = null;
      if (old) {
        clearTimeout(old.timer);
        old.socket.onclose = null;
        old.socket.close();
      }
      this.#quiet();
    }
    const last = Number(frame.lastSeq) || 0;
    const before = this.#context;
    // The conversation that should end is what an earlier, plain `open` is answered with.
    const restarted = this.#restart !== null && frame.context.conversationId !== this.#restart;
    const begun = restarted || (before !== null && last < this.#sequence.last);
    const fresh = before === null || begun;
    if (restarted) {
      this.#gate = { conversationId: frame.context.conversationId, last };
      this.#restart = null;
    } else if (this.#gate?.conversationId !== frame.context.conversationId) this.#gate = null;
    this.#ended = false;
    this.#talk = frame.context.conversationId;
    this.#context = frame;
    if (fresh) this.#sequence.begin(Math.max(0, last - FIRST));
    if (begun) {
      this.#logged.clear();
      this.#emitter.emit("reset");
    }
    this.#outbox = this.#box();
    this.#listen();
    // What begins may say a word, and that may be lost.
    if (!frame.resumed) this.#awaitWord();
    this.#planRenewal(this.#timing.renewMs * (1 - 0.05 * this.#random()));
    clearTimeout(this.#steady);
    this.#steady = setTimeout(() => (this.#failures = 0), this.#timing.steadyMs);
    this.#go("open");
    this.#emitter.emit("message", frame);
    this.#emitter.emit("open", frame);
    if (frame.keyboard !== undefined) this.#emitter.emit("keyboard", frame.keyboard ?? null);
    this.#told();
    // A message that the old connection may have carried goes again, with its id.
    this.#landed();
    this.#flush();
  }

  #numbered(frame: Durable): void {
    if (typeof frame.seq !== "number") return;
    const isNext = this.#ended && frame.type === "MESSAGE" && frame.message?.conversationId !== this.#talk;
    // The conversation ended, and the next counts anew.
    if (isNext && frame.seq <= this.#sequence.last) this.#sequence.begin(frame.seq - 1);
    for (const due of this.#sequence.take(frame)) this.#pass(due);
    this.#watchGap();
  }

  #watchGap(): void {
    if (!this.#sequence.hasGap) {
      clearTimeout(this.#gap);
      this.#gap = undefined;
      return;
    }
    this.#gap ??= setTimeout(() => {
      this.#gap = undefined;
      if (this.#asked !== this.#sequence.last && this.#current?.ready) {
        this.#asked = this.#sequence.last;
        this.#sayOpen(this.#current, true);
      } else {
        // It was asked for, and it did not come: it is gone.
        for (const due of this.#sequence.skip()) this.#pass(due);
      }
      this.#watchGap();
    }, this.#timing.gapMs);
  }

  #pass(frame: Durable): void {
    if (this.#gate) {
      const ours = frame.type === "MESSAGE" && frame.message?.conversationId === this.#gate.conversationId;
      if (!ours && frame.seq <= this.#gate.last) return;
      this.#gate = null;
    }
    // There may be another behind it.
    if (this.#unanswered !== undefined) this.#awaitWord();
    if (frame.type === "MESSAGE") {
      if (!frame.message?.data) return;
      if (frame.message.conversationId !== this.#talk) this.#ended = false;
      this.#talk = frame.message.conversationId;
      // Only an ACK says that it was taken: the log comes first.
      if (frame.message.isUser && this.#outbox?.has(frame.clientMessageId)) {
        this.#logged.add(frame.clientMessageId!);
        this.#told();
      }
      this.#emitter.emit("message", frame);
      // Choices are for the next word alone.
      if (frame.message.isUser) this.#emitter.emit("keyboard", null);
    } else if (frame.type === "KEYBOARD") {
      this.#emitter.emit("keyboard", (frame.keyboard as Keyboard | null) ?? null);
    } else {
      if (frame.event === "bot.conversation.deleted") this.#ended = true;
      this.#emitter.emit("event", frame);
    }
  }

  #moment(frame: EventFrame): void {
    const data = frame.data ?? {};
    if (frame.event === "web.resumed") {
      const from = Number(data["from"]) || 0;
      if (data["reset"] === true && from > this.#sequence.last + 1) {
        this.#logged.clear();
        this.#emitter.emit("reset");
      }
      for (const due of this.#sequence.skip(from)) this.#pass(due);
      this.#watchGap();
      // The rest of what was missed, in the next portion.
      if (data["more"] === true && this.#current?.ready && Number(data["to"]) === this.#sequence.last) this.#sayOpen(this.#current, true);
    }
    if (frame.event === "web.draining") this.#planRenewal(this.#random() * (Number(data["inMs"]) || 0) * 0.8);
    this.#emitter.emit("event", frame);
  }

  #refused(frame: Extract<ServerFrame, { type: "ERROR" }>): void {
    const error: ClientError = { code: String(frame.code), message: String(frame.message ?? "") };
    if (frame.retryAfterMs) error.retryAfterMs = frame.retryAfterMs;
    const upload = frame.clientUploadId ? this.#uploads.get(frame.clientUploadId) : undefined;
    if (upload) {
      this.#uploads.delete(frame.clientUploadId!);
      clearTimeout(upload.timer);
      return upload.reject(new Error(error.code));
    }
    if (frame.clientMessageId) error.clientMessageId = frame.clientMessageId;
    const passing = ["rate_limited", "internal", "not_open", "unauthorized"].includes(error.code);
    if (frame.clientMessageId && !passing && this.#outbox?.mark(frame.clientMessageId, error.code)) {
      if (this.#inFlight?.id === frame.clientMessageId) this.#landed();
      this.#told();
      this.#flush();
    } else if (error.code === "rate_limited" || error.code === "internal") {
      this.#landed();
      clearTimeout(this.#pause);
      this.#pause = setTimeout(() => {
        this.#pause = undefined;
        this.#flush();
      }, frame.retryAfterMs ?? this.#timing.retryMs);
    } else if (error.code === "unauthorized") {
      this.#token = null;
      this.#abandon();
    } else if (error.code === "not_open" && this.#current) {
      this.#landed();
      this.#sayOpen(this.#current);
    }
    this.#fail(error);
  }

  // Saying

  /** One at a time: two frames may be handled side by side, and the second first. */
  #flush(): void {
    const item = this.#outbox?.next();
    if (!item || this.#inFlight || this.#pause || !this.#current?.ready) return;
    const { clientMessageId, data, payload } = item;
    if (!this.#write({ action: "message", clientMessageId, data, payload })) return;
    const timer = setTimeout(() => this.#abandon(), this.#timing.answerMs);
    this.#inFlight = { id: clientMessageId, timer };
  }

  #acknowledged(id: string): void {
    const removed = this.#outbox?.remove(id);
    this.#logged.delete(id);
    if (this.#inFlight?.id === id) this.#landed();
    if (removed) {
      this.#told();
      this.#awaitWord();
    }
    this.#flush();
  }

  #landed(): void {
    clearTimeout(this.#inFlight?.timer);
    this.#inFlight = null;
  }

  #write(frame: Record<string, unknown>): boolean {
    const connection = this.#current;
    if (!connection?.ready || connection.socket.readyState !== 1) return false;
    const { action, ...rest } = frame;
    connection.socket.send(JSON.stringify({ action, v: 1, ...rest }));
    return true;
  }

  #stopTyping(tell: boolean): void {
    clearTimeout(this.#typing.idle);
    if (this.#typing.on && tell) this.#write({ action: "typing", state: "off" });
    this.#typing.on = false;
    this.#typing.sentAt = 0;
  }

  // Keeping alive

  #listen(): void {
    clearTimeout(this.#ping);
    this.#ping = setTimeout(() => this.#sayPing(), this.#timing.pingMs);
  }

  #sayPing(): void {
    clearTimeout(this.#ping);
    if (!this.#write({ action: "ping", t: Date.now() })) return this.#abandon();
    this.#ping = setTimeout(() => this.#abandon(), this.#timing.answerMs);
  }

  /** Of a last word that was lost nothing tells but a PONG. */
  #awaitWord(): void {
    clearTimeout(this.#unanswered);
    this.#unanswered = setTimeout(() => {
      this.#unanswered = undefined;
      if (this.#current?.ready) this.#sayPing();
    }, this.#timing.unansweredMs);
  }

  #planRenewal(inMs: number): void {
    clearTimeout(this.#renew);
    this.#renew = setTimeout(() => {
      if (this.#current?.ready && !this.#next) this.#connect(true);
    }, inMs);
  }

  // Small things

  #box(): Outbox {
    if (!this.#outbox) {
      const { botId, userKey } = this.#open!;
      this.#outbox = new Outbox(this.#store, `closer:${botId}:${userKey ?? ""}:unsent`, this.#timing.keepMs);
      this.#outbox.load(Date.now());
    }
    return this.#outbox;
  }

  #quiet(): void {
    clearTimeout(this.#ping);
    clearTimeout(this.#renew);
    clearTimeout(this.#steady);
    clearTimeout(this.#gap);
    clearTimeout(this.#unanswered);
    this.#gap = this.#unanswered = undefined;
    this.#landed();
    this.#stopTyping(false);
    const lost = [...this.#histories, ...this.#uploads.values()];
    this.#histories = [];
    this.#uploads.clear();
    for (const waiter of lost) {
      clearTimeout(waiter.timer);
      waiter.reject(new Error("the connection was lost"));
    }
  }

  #drop(): void {
    this.#attempt += 1;
    clearTimeout(this.#retry);
    clearTimeout(this.#pause);
    this.#retry = this.#pause = undefined;
    for (const connection of [this.#current, this.#next]) {
      if (!connection) continue;
      clearTimeout(connection.timer);
      connection.socket.onclose = null;
      connection.socket.close();
    }
    this.#current = this.#next = null;
    this.#quiet();
  }

  #go(state: State): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#emitter.emit("state", state);
  }

  #told(): void {
    this.#emitter.emit("pending", this.pending);
  }

  #fail(error: ClientError): void {
    this.#emitter.emit("error", error);
  }

  #fetch(): typeof fetch {
    return this.#options.fetch ?? globalThis.fetch.bind(globalThis);
  }

  #apiUrl(): string {
    return (this.#options.apiUrl ?? globalThis.location?.origin ?? "").replace(/\/+$/, "");
  }
}

/** Also on pages without TLS, where `randomUUID` is not. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const tabId = uuid();
