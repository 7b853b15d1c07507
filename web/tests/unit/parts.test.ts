import assert from "node:assert/strict";
import { test } from "node:test";

import { Outbox, PENDING } from "../../src/sdk/outbox.ts";
import { Sequence } from "../../src/sdk/sequence.ts";
import { browserStore, memoryStore } from "../../src/sdk/store.ts";
import { TIMING, backoff } from "../../src/sdk/timing.ts";
import { uuid } from "../../src/sdk/webchat.ts";

test("any order of arrival, any doubling: each number once and in order", () => {
  let state = 88172645463325252n;
  const random = (below: number) => {
    state ^= (state << 13n) & 0xffffffffffffffffn;
    state ^= state >> 7n;
    state ^= (state << 17n) & 0xffffffffffffffffn;
    return Number(state % BigInt(below));
  };
  for (let round = 0; round < 200; round++) {
    const sequence = new Sequence<{ seq: number }>();
    const start = random(5);
    sequence.begin(start);
    const count = random(30);
    const frames = Array.from({ length: count }, (_, index) => ({ seq: start + 1 + index }));
    const arrivals = [...frames, ...frames.filter(() => random(2) === 0)];
    for (let at = arrivals.length - 1; at > 0; at--) {
      const other = random(at + 1);
      [arrivals[at], arrivals[other]] = [arrivals[other]!, arrivals[at]!];
    }
    const passed = arrivals.flatMap((frame) => sequence.take(frame)).map((frame) => frame.seq);
    assert.deepEqual(passed, frames.map((frame) => frame.seq));
    assert.equal(sequence.hasGap, false);
  }
});

test("a gap is skipped up to what is here, or to a number", () => {
  const sequence = new Sequence<{ seq: number }>();
  sequence.take({ seq: 1 });
  assert.deepEqual(sequence.take({ seq: 4 }), []);
  assert.equal(sequence.hasGap, true);
  assert.deepEqual(sequence.skip(), [{ seq: 4 }]);
  sequence.take({ seq: 7 });
  sequence.take({ seq: 9 });
  assert.deepEqual(sequence.skip(9), [{ seq: 9 }]);
  assert.equal(sequence.hasGap, false);
  assert.deepEqual(sequence.skip(), []);
  assert.equal(sequence.last, 9);
});

test("pauses grow to half a minute, and are any part of that", () => {
  for (const [failures, most] of [[0, 500], [1, 1000], [5, 16_000], [6, 30_000], [1000, 30_000]] as const) {
    assert.equal(backoff(TIMING, failures, 1), most);
    assert.equal(backoff(TIMING, failures, 0), 0);
  }
});

test("what waits is stored, and forgotten after a day", () => {
  const store = memoryStore();
  const item = (id: string, at: number) => ({ clientMessageId: id, data: { type: "text" as const, text: id }, at });
  const outbox = new Outbox(store, "k", 1000);
  outbox.add(item("old", 0));
  outbox.add(item("new", 900));
  const next = new Outbox(store, "k", 1000);
  next.load(1500);
  assert.deepEqual(next.items.map((item) => item.clientMessageId), ["new"]);
  for (const nonsense of ["{", "1", '"a"', '[1,null,{"clientMessageId":1}]']) {
    store.set("k", nonsense);
    const read = new Outbox(store, "k", 1000);
    read.load(0);
    assert.deepEqual(read.items, [], nonsense);
  }
  for (let n = 0; n < PENDING; n++) outbox.add(item(String(n), 0));
  assert.equal(outbox.isFull, true);
});

test("a browser that forbids storage has memory", () => {
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    get() {
      throw new Error("SecurityError");
    },
  });
  const store = browserStore();
  store.set("a", "1");
  assert.equal(store.get("a"), "1");
  store.set("a", null);
  assert.equal(store.get("a"), null);
  Reflect.deleteProperty(globalThis, "localStorage");
});

test("ids are UUIDs of chance", () => {
  const ids = new Set(Array.from({ length: 100 }, uuid));
  assert.equal(ids.size, 100);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
