export { WebChat, type OpenOptions, type Options } from "./webchat.ts";
export { browserStore, memoryStore, type Store } from "./store.ts";
export { TIMING, type Timing } from "./timing.ts";
export type * from "./types.ts";
