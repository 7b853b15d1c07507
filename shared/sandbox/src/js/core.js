// What a script finds around it, and how its handler is run. All of it is made anew for each run.
//
// `native` is the other side, in Rust. A script can get hold of its functions, by the call sites of an error for one, so
// each of them minds its limits by itself.

const { defineProperty } = Object;

function define(target, name, value) {
  defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
}

// ---- Modules

const modules = new Map();

function load(name) {
  const known = modules.get(name);
  if (known) return known.exports;
  const made = { id: name, exports: {} };
  modules.set(name, made);
  native.load(name).call(made.exports, made.exports, require, made, native, load);
  return made.exports;
}

function require(name) {
  const plain = String(name).replace(/^node:/, '');
  const known = native.find(plain);
  if (known !== undefined) return load(known);
  // Single functions of a library: `lodash/get`, `uuid/v4`.
  const part = /^(lodash|uuid)\/(\w+)$/.exec(plain);
  const found = part && load(part[1])[part[2]];
  if (found) return found;
  throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
}

// Made when it is used for the first time: most scripts need little of it.
function lazily(target, name, make) {
  defineProperty(target, name, {
    configurable: true,
    enumerable: false,
    get() {
      const value = make();
      define(this, name, value);
      return value;
    },
    set(value) {
      define(this, name, value);
    },
  });
}

// ---- Time: the embedder's, and always UTC, wherever the process runs

const Native = Date;
const proto = Native.prototype;
const { getTimezoneOffset, toUTCString } = proto;

// A text without a zone is read in the zone of the process; ours is UTC.
function parse(text) {
  const ms = Native.parse(text);
  const zoned = /^[+-]?\d{4,6}(-\d\d){0,2}$|(Z|\b(?![AP]M\b)[A-Z]{2,4}|\d:\d\d(:\d\d(\.\d+)?)?\s*[+-]\d\d:?\d\d)\s*(\(.*\))?$/i;
  if (ms !== ms || zoned.test(text)) return ms;
  return ms - getTimezoneOffset.call(new Native(ms)) * 60000;
}

function instant(value) {
  if (value instanceof Native) return value.getTime();
  const plain = typeof value === 'object' && value !== null ? value[Symbol.toPrimitive]?.('default') ?? value.valueOf() : value;
  return typeof plain === 'string' ? parse(plain) : typeof plain === 'object' ? parse(String(plain)) : Number(plain);
}

function UTCDate(...parts) {
  if (!new.target) return new UTCDate().toString();
  const ms = parts.length === 0 ? native.now() : parts.length === 1 ? instant(parts[0]) : Native.UTC(...parts);
  return Reflect.construct(Native, [ms], new.target);
}

defineProperty(UTCDate, 'name', { value: 'Date' });
defineProperty(UTCDate, 'length', { value: 7 });
defineProperty(UTCDate, 'prototype', { value: proto, writable: false });
define(UTCDate, 'now', () => native.now());
define(UTCDate, 'parse', (text) => parse(String(text)));
define(UTCDate, 'UTC', Native.UTC);
define(proto, 'constructor', UTCDate);
define(globalThis, 'Date', UTCDate);

for (const part of ['Date', 'Day', 'FullYear', 'Hours', 'Milliseconds', 'Minutes', 'Month', 'Seconds']) {
  define(proto, `get${part}`, proto[`getUTC${part}`]);
  if (part !== 'Day') define(proto, `set${part}`, proto[`setUTC${part}`]);
}

const printed = {
  toDateString() {
    const [, day, date, month, year] = /^(\w+), (\d+) (\w+) (-?\d+)/.exec(toUTCString.call(this)) ?? [];
    return day ? `${day} ${month} ${date} ${year}` : 'Invalid Date';
  },
  toTimeString() {
    const [time] = /\d+:\d+:\d+/.exec(toUTCString.call(this)) ?? [];
    return time ? `${time} GMT+0000 (UTC)` : 'Invalid Date';
  },
  toString() {
    const date = printed.toDateString.call(this);
    return date === 'Invalid Date' ? date : `${date} ${printed.toTimeString.call(this)}`;
  },
  getTimezoneOffset() {
    return 0 * toUTCString.call(this).length;
  },
  getYear() {
    return this.getUTCFullYear() - 1900;
  },
  setYear(year) {
    return this.setUTCFullYear(year >= 0 && year <= 99 ? 1900 + Math.trunc(year) : year);
  },
};
for (const name of Object.keys(printed)) define(proto, name, printed[name]);
for (const name of ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString']) {
  define(proto, name, function (...how) {
    return load('#locale')[name](this, ...how);
  });
}
define(Number.prototype, 'toLocaleString', function (...how) {
  return load('#locale').number(Number(this), ...how);
});
define(BigInt.prototype, 'toLocaleString', function () {
  return load('#locale').number(this);
});
define(Math, 'random', () => native.random());
define(globalThis, 'performance', { timeOrigin: native.now(), now: () => native.elapsed() });

// ---- Timers

class Timeout {
  constructor(call, wait, every, values) {
    if (typeof call !== 'function') throw new TypeError('The "callback" argument must be of type function');
    Object.assign(this, { call, wait: wait >= 1 ? Math.min(wait, 2 ** 31 - 1) : 1, every, values });
    this.at = native.elapsed() + this.wait;
    this.id = ++Timeout.last;
    timers.set(this.id, this);
  }
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  hasRef() {
    return true;
  }
  refresh() {
    this.at = native.elapsed() + this.wait;
    return this;
  }
  close() {
    clear(this);
  }
  [Symbol.toPrimitive]() {
    return this.id;
  }
}
Timeout.last = 0;
const timers = new Map();

function clear(timer) {
  timers.delete(typeof timer === 'object' && timer !== null ? timer.id : Number(timer));
}

const time = {
  setTimeout: (call, wait, ...values) => new Timeout(call, wait, false, values),
  setInterval: (call, wait, ...values) => new Timeout(call, wait, true, values),
  setImmediate(call, ...values) {
    const timer = new Timeout(call, 1, false, values);
    timer.at = 0;
    return timer;
  },
  clearTimeout: clear,
  clearInterval: clear,
  clearImmediate: clear,
  queueMicrotask(call) {
    if (typeof call !== 'function') throw new TypeError('The "callback" argument must be of type function');
    Promise.resolve().then(() => call()).catch(fail);
  },
};
for (const name of Object.keys(time)) define(globalThis, name, time[name]);

// Runs the one timer that is due first. The pause until the next is due, 0 if there may be more to do, -1 without timers.
function tick() {
  let next;
  for (const timer of timers.values()) {
    if (!next || timer.at < next.at) next = timer;
  }
  if (!next) return -1;
  const pause = next.at - native.elapsed();
  if (pause > 0) return pause;
  if (next.every) next.refresh();
  else timers.delete(next.id);
  next.call(...next.values);
  return 0;
}

// ---- Requests

const requests = new Map();
let lastRequest = 0;

// `request`: { method, url, headers: [[name, value]], body: base64, timeoutMs }. The answer: { status, headers, body }.
function send(request) {
  return new Promise((resolve, reject) => {
    const id = ++lastRequest;
    native.send(JSON.stringify({ ...request, id }));
    requests.set(id, { resolve, reject });
  });
}

function settle(id, error, status, headers, body) {
  const request = requests.get(id);
  requests.delete(id);
  if (error === undefined) request?.resolve({ status, headers: JSON.parse(headers), body });
  else request?.reject(new TypeError(error));
}

// ---- Globals

const console = {};
for (const level of ['debug', 'info', 'log', 'warn', 'error', 'trace', 'dir', 'table']) {
  console[level] = (...values) => {
    const one = values.length === 1 && typeof values[0] === 'string';
    native.log(level, one ? values[0] : load('util').format(...values));
  };
}
console.assert = (holds, ...values) => holds || console.error('Assertion failed', ...values);
for (const name of ['clear', 'count', 'group', 'groupEnd', 'time', 'timeEnd', 'timeLog']) console[name] = () => {};
define(globalThis, 'console', console);

define(globalThis, 'global', globalThis);
define(globalThis, 'process', {
  env: {},
  argv: [],
  platform: 'linux',
  version: 'v12.22.12',
  versions: { node: '12.22.12' },
  cwd: () => '/',
  uptime: () => native.elapsed() / 1000,
  hrtime: () => [Math.floor(native.elapsed() / 1000), Math.floor((native.elapsed() % 1000) * 1e6)],
  nextTick: (call, ...values) => time.queueMicrotask(() => call(...values)),
  on() {
    return this;
  },
});

for (const [file, names] of Object.entries({
  buffer: ['Buffer'],
  '#text': ['TextEncoder', 'TextDecoder', 'structuredClone'],
  '#url': ['URL', 'URLSearchParams'],
  '#fetch': ['fetch', 'Headers', 'Request', 'Response', 'AbortController', 'AbortSignal'],
})) {
  for (const name of names) lazily(globalThis, name, () => load(file)[name]);
}
lazily(globalThis, 'crypto', () => load('crypto').webcrypto);

// ---- The handler

const { isArray } = Array;
const { toWellFormed } = String.prototype;

// Counts a result while it is made into JSON, each value for no more than it takes there.
function measure(most) {
  let left = most;
  return function (key, value) {
    const listed = isArray(this);
    const kept = value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
    if (kept || listed) left -= (listed ? 1 : key.length) + (typeof value === 'string' ? value.length + 2 : 1);
    if (left < 0) throw new RangeError(`the result is longer than ${most} bytes`);
    return typeof value === 'string' ? toWellFormed.call(value) : value;
  };
}

let ended = false;
// No result is a result where nobody waits for the callback.
let nothing = false;

function succeed(result) {
  if (ended) return;
  ended = true;
  native.succeed(result, measure(native.resultBytes));
}

function fail(error) {
  if (ended) return;
  ended = true;
  native.fail(error);
}

function handlerOf(exports) {
  if (typeof exports === 'function') return exports;
  const found = [exports?.handler, exports?.default].find((each) => typeof each === 'function');
  if (found) return found;
  throw new TypeError('the script exports no handler: module.exports = (context, callback) => { … }');
}

function begin(script, context) {
  const own = { id: '.', exports: {} };
  script.call(own.exports, own.exports, (name) => require(name), own, '/script.js', '/');
  const handler = handlerOf(own.exports);
  const calls = handler.length > 1;
  const returned = handler(context, (error, result) => (error ? fail(error) : succeed(result)));
  if (typeof returned?.then === 'function') {
    returned.then((result) => {
      if (result !== undefined || !calls) succeed(result);
      else nothing = true;
    }, fail);
  } else if (returned !== undefined && !calls) {
    succeed(returned);
  } else {
    nothing = !calls;
  }
}

// There is nothing left to wait for.
function idle() {
  if (nothing) succeed(undefined);
}

module.exports = { begin, idle, settle, tick, send };
modules.set('#core', module);
