// The frames of web chat, as docs/web.md describes them. What a server may send is wider: unknown types and fields are
// skipped, so nothing here is a promise that a frame has been checked.

export type ParamValue = string | number | boolean | null;
export type Params = Record<string, ParamValue>;
export type Locale = "ko" | "en";

export interface Media {
  contentType: "image" | "video" | "audio" | "link";
  uri: string;
  altText?: string;
}

/** Without `uri` a press says the label, and hands `payload` along. */
export interface Button {
  label: string;
  uri?: string;
  payload?: unknown;
}

export interface Card {
  title?: string;
  description?: string;
  media?: Media;
  uri?: string;
  buttons?: Button[];
}

export interface Place {
  title?: string | null;
  latitude: number;
  longitude: number;
}

/** MESSAGE.DATA. A client may send text, media and location. */
export type MessageData =
  | { type: "text"; text: string; buttons?: Button[] }
  | { type: "media"; media: Media; text?: string; buttons?: Button[] }
  | { type: "cards"; cards: Card[] }
  | { type: "location"; location: Place };

export type Sendable =
  | { type: "text"; text: string }
  | { type: "media"; media: Media }
  | { type: "location"; location: Place };

export interface Meta {
  sender?: { userKey: string; platform: string };
  /** AGENT.profile of the person who speaks. */
  persona?: { displayName?: string; picture?: string };
  custom?: unknown;
}

export interface Message {
  id: string;
  endUserId: string;
  conversationId: string;
  isUser: boolean;
  meta: Meta | null;
  data: MessageData;
  timestamp: number;
}

export interface Keyboard {
  type: "text" | "number" | "buttons" | "location";
  min?: number;
  max?: number;
  parse?: boolean;
  integer?: boolean;
  buttons?: Button[];
}

export interface Context {
  botId: string;
  conversationId: string;
  endUserId?: string;
  navigation?: unknown;
  params: Params;
  platform: "web";
  userKey: string;
}

export interface Limits {
  textChars: number;
  frameBytes: number;
  payloadChars: number;
  imageBytes: number;
  videoBytes: number;
}

export interface ContextFrame {
  type: "CONTEXT";
  context: Context;
  resumed: boolean;
  lastSeq: number;
  serverTime: number;
  limits?: Partial<Limits>;
  keyboard?: Keyboard | null;
}

export interface MessageFrame {
  type: "MESSAGE";
  seq: number;
  message: Message;
  /** On a customer's own message: the id that its browser gave it. */
  clientMessageId?: string;
}

export interface KeyboardFrame {
  type: "KEYBOARD";
  seq: number;
  keyboard: Keyboard;
}

/** With `seq` one of a conversation (`bot.conversation.…`), without it one of the moment (`web.…`). */
export interface EventFrame {
  type: "EVENT";
  seq?: number;
  event: string;
  data?: Record<string, unknown>;
  timestamp?: number;
}

export interface AckFrame {
  type: "ACK";
  clientMessageId: string;
  messageId: string;
  seq: number;
  timestamp: number;
  duplicate: boolean;
}

export interface HistoryFrame {
  type: "HISTORY";
  items: (MessageFrame | EventFrame)[];
  more: boolean;
}

export interface UploadFrame {
  type: "UPLOAD";
  clientUploadId: string;
  method: "POST";
  url: string;
  fields: Record<string, string>;
  uri: string;
  expiresIn: number;
}

export interface PongFrame {
  type: "PONG";
  lastSeq?: number;
  t?: number;
}

export interface ErrorFrame {
  type: "ERROR";
  code: string;
  message: string;
  clientMessageId?: string;
  clientUploadId?: string;
  retryAfterMs?: number;
}

export type ServerFrame =
  | ContextFrame
  | MessageFrame
  | KeyboardFrame
  | EventFrame
  | AckFrame
  | HistoryFrame
  | UploadFrame
  | PongFrame
  | ErrorFrame;

/** What the token API answers. */
export interface Token {
  token: string;
  url: string;
  expiresIn?: number;
  refreshAfter?: number;
  userKey?: string;
  visitorId?: string;
}

/** `offline`: the browser says so. `stopped`: nothing will be tried any more, `open` begins anew. */
export type State = "closed" | "connecting" | "open" | "reconnecting" | "offline" | "stopped";

/** A message of this browser's that no server has taken yet. */
export interface Pending {
  clientMessageId: string;
  data: Sendable;
  payload?: unknown;
  at: number;
  /** Refused for good; it is sent no more, unless `resend` is asked for. */
  error?: string;
}

export interface ClientError {
  /** A code of the protocol, or of the SDK: `token_failed`, `connection_failed`, `upload_failed`, `queue_full`. */
  code: string;
  message: string;
  clientMessageId?: string;
  retryAfterMs?: number;
}

export interface Listeners {
  /** The socket is there, and CONTEXT has come. */
  open: (context: ContextFrame) => void;
  /** CONTEXT first, then every MESSAGE once and in order. */
  message: (frame: ContextFrame | MessageFrame) => void;
  keyboard: (keyboard: Keyboard | null) => void;
  event: (frame: EventFrame) => void;
  ack: (frame: AckFrame) => void;
  /** What is not acknowledged yet changed. */
  pending: (pending: readonly Pending[]) => void;
  /** What was shown is of another conversation or log: begin anew. */
  reset: () => void;
  state: (state: State) => void;
  error: (error: ClientError) => void;
  close: () => void;
}

/** A flow of the bot, and a node of it where one is meant. */
export interface Navigation {
  flowId: number;
  nodeId?: number;
}
