// Messages that no server has taken yet, in order. They are stored, so that a reload loses none; the tabs of a browser
// share them, and their ids keep a message that two tabs send from being two.

import { readJson, type Store } from "./store.ts";
import type { Pending } from "./types.ts";

/** More are refused: somebody types into a network that has been gone for long. */
export const PENDING = 50;

export class Outbox {
  #items: Pending[] = [];
  #store: Store;
  #key: string;
  #keepMs: number;

  constructor(store: Store, key: string, keepMs: number) {
    this.#store = store;
    this.#key = key;
    this.#keepMs = keepMs;
  }

  get items(): readonly Pending[] {
    return this.#items;
  }

  load(now: number): void {
    const stored = readJson<Pending[]>(this.#store, this.#key);
    const good = (item: Pending) =>
      typeof item?.clientMessageId === "string" && typeof item.data?.type === "string" && now - item.at < this.#keepMs;
    const items = (Array.isArray(stored) ? stored : []).filter(good);
    const known = new Set(items.map((item) => item.clientMessageId));
    this.#items = [...items, ...this.#items.filter((item) => !known.has(item.clientMessageId))].slice(0, PENDING);
    this.#save();
  }

  get isFull(): boolean {
    return this.#items.length >= PENDING;
  }

  add(item: Pending): void {
    this.#items = [...this.#items, item];
    this.#save();
  }

  /** The next to be sent. */
  next(): Pending | undefined {
    return this.#items.find((item) => !item.error);
  }

  has(id: string | undefined): boolean {
    return this.#items.some((item) => item.clientMessageId === id);
  }

  remove(id: string): boolean {
    const before = this.#items.length;
    this.#items = this.#items.filter((item) => item.clientMessageId !== id);
    if (this.#items.length === before) return false;
    this.#save();
    return true;
  }

  mark(id: string, error: string | undefined): boolean {
    const item = this.#items.find((item) => item.clientMessageId === id);
    if (!item) return false;
    this.#items = this.#items.map((other) => (other === item ? { ...other, error } : other));
    this.#save();
    return true;
  }

  clear(): void {
    this.#items = [];
    this.#save();
  }

  #save(): void {
    this.#store.set(this.#key, this.#items.length > 0 ? JSON.stringify(this.#items) : null);
  }
}
