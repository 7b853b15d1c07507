// fetch and what belongs to it. A request leaves through the embedder, who refuses private addresses; redirects are followed
// here, so that each address on the way is looked at.

const { send } = load('#core');
const { bytesOf } = load('#text');

class Headers {
  #all = new Map();
  constructor(source = []) {
    if (source === null || source === undefined) return;
    const pairs = typeof source[Symbol.iterator] === 'function' ? source : Object.entries(source);
    for (const [name, value] of pairs) this.append(name, value);
  }
  append(name, value) {
    const before = this.get(name);
    this.set(name, before === null ? value : `${before}, ${value}`);
  }
  set(name, value) {
    this.#all.set(String(name).toLowerCase(), String(value).trim());
  }
  get(name) {
    return this.#all.get(String(name).toLowerCase()) ?? null;
  }
  has(name) {
    return this.#all.has(String(name).toLowerCase());
  }
  delete(name) {
    this.#all.delete(String(name).toLowerCase());
  }
  forEach(call, self) {
    for (const [name, value] of this) call.call(self, value, name, this);
  }
  raw() {
    return Object.fromEntries([...this].map(([name, value]) => [name, [value]]));
  }
  keys() {
    return this.#all.keys();
  }
  values() {
    return this.#all.values();
  }
  entries() {
    return this.#all.entries();
  }
  [Symbol.iterator]() {
    return this.entries();
  }
}

class Body {
  #bytes;
  #used = false;
  constructor(bytes) {
    this.#bytes = bytes ?? new Uint8Array();
  }
  get bodyUsed() {
    return this.#used;
  }
  async bytes() {
    if (this.#used) throw new TypeError('Body has already been read');
    this.#used = true;
    return this.#bytes;
  }
  async text() {
    const charset = /charset="?([\w-]+)/i.exec(this.headers.get('content-type') ?? '')?.[1];
    const label = (charset && native.charset(charset)) ?? 'utf-8';
    return new TextDecoder(label).decode(await this.bytes());
  }
  async json() {
    return JSON.parse(await this.text());
  }
  async arrayBuffer() {
    const bytes = await this.bytes();
    return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  }
  async buffer() {
    return Buffer.from(await this.bytes());
  }
  // The bytes for a copy.
  static peek(body) {
    return body.#bytes;
  }
}

const words = {
  200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 301: 'Moved Permanently', 302: 'Found', 304: 'Not Modified',
  400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 409: 'Conflict',
  422: 'Unprocessable Entity', 429: 'Too Many Requests', 500: 'Internal Server Error', 502: 'Bad Gateway',
  503: 'Service Unavailable', 504: 'Gateway Timeout',
};

// Bytes of whatever may be a body, and the type that goes with it.
function bytesAndType(body) {
  if (body === undefined || body === null) return [];
  if (typeof body === 'string') return [native.utf8(body.toWellFormed()), 'text/plain;charset=UTF-8'];
  if (body instanceof URLSearchParams) {
    return [native.utf8(body.toString()), 'application/x-www-form-urlencoded;charset=UTF-8'];
  }
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return [bytesOf(body)];
  return [native.utf8(String(body).toWellFormed()), 'text/plain;charset=UTF-8'];
}

class Response extends Body {
  constructor(body, { status = 200, statusText = words[status] ?? '', headers = [], url = '', redirected = false } = {}) {
    const [bytes, type] = bytesAndType(body);
    super(bytes);
    Object.assign(this, { status, statusText, headers: new Headers(headers), url, redirected, type: 'basic' });
    if (type && !this.headers.has('content-type')) this.headers.set('content-type', type);
  }
  get ok() {
    return this.status >= 200 && this.status < 300;
  }
  clone() {
    return new Response(Body.peek(this), this);
  }
}

class Request extends Body {
  constructor(input, how = {}) {
    const from = input instanceof Request ? input : undefined;
    const [bytes, type] = how.body === undefined && from ? [Body.peek(from)] : bytesAndType(how.body);
    super(bytes);
    this.url = new URL(from ? from.url : String(input)).href;
    this.method = String(how.method ?? from?.method ?? 'GET').toUpperCase();
    this.headers = new Headers(how.headers ?? from?.headers);
    this.redirect = how.redirect ?? from?.redirect ?? 'follow';
    this.signal = how.signal ?? from?.signal;
    if (type && !this.headers.has('content-type')) this.headers.set('content-type', type);
    if (bytes?.length && /^(GET|HEAD)$/.test(this.method)) {
      throw new TypeError('Request with GET/HEAD method cannot have body');
    }
  }
}

const most = 5;
// The connection is the embedder's.
const theirs = /^(host|content-length|connection|keep-alive|transfer-encoding|te|trailer|upgrade|proxy-.*)$/;

async function fetch(input, how = {}) {
  const first = new Request(input, how);
  if (!/^https?:$/.test(new URL(first.url).protocol)) throw new TypeError('only http and https are fetched');
  const bytes = Body.peek(first);
  let request = { method: first.method, url: first.url, headers: [...first.headers], body: bytes.length ? bytes.toBase64() : undefined };
  request.headers = request.headers.filter(([name]) => !theirs.test(name));
  for (let hops = 0; ; hops++) {
    const sent = send({ ...request, timeoutMs: how.timeout > 0 ? Math.ceil(how.timeout) : undefined });
    const answer = await (first.signal ? first.signal.race(sent) : sent);
    const response = new Response(answer.body, { ...answer, url: request.url.replace(/#.*$/, ''), redirected: hops > 0 });
    const location = [301, 302, 303, 307, 308].includes(response.status) && response.headers.get('location');
    if (!location || first.redirect === 'manual') return response;
    if (first.redirect === 'error') throw new TypeError('the server redirects');
    if (hops === most) throw new TypeError(`the server redirects more than ${most} times`);
    request = follow(request, new URL(location, request.url), response.status);
  }
}

function follow(request, url, status) {
  const next = { ...request, url: url.href };
  if (url.origin !== new URL(request.url).origin) {
    next.headers = next.headers.filter(([name]) => !/^(authorization|cookie)$/.test(name));
  }
  // As browsers do, and RFC 9110 allows.
  if (status === 303 || (status < 303 && request.method === 'POST')) {
    next.method = request.method === 'HEAD' ? 'HEAD' : 'GET';
    next.body = undefined;
    next.headers = next.headers.filter(([name]) => !name.startsWith('content-'));
  }
  return next;
}

class AbortSignal {
  #listeners = [];
  aborted = false;
  reason = undefined;
  onabort = null;
  addEventListener(_name, listener) {
    this.#listeners.push(listener);
  }
  removeEventListener(_name, listener) {
    this.#listeners = this.#listeners.filter((each) => each !== listener);
  }
  throwIfAborted() {
    if (this.aborted) throw this.reason;
  }
  race(promise) {
    const aborted = new Promise((_, reject) => {
      if (this.aborted) reject(this.reason);
      else this.addEventListener('abort', () => reject(this.reason));
    });
    return Promise.race([promise, aborted]);
  }
  static end(signal, reason) {
    if (signal.aborted) return;
    signal.aborted = true;
    signal.reason = reason;
    const event = { type: 'abort', target: signal };
    signal.onabort?.(event);
    for (const listener of signal.#listeners) listener(event);
  }
  static abort(reason = new DOMException('This operation was aborted', 'AbortError')) {
    const signal = new AbortSignal();
    AbortSignal.end(signal, reason);
    return signal;
  }
  static timeout(ms) {
    const signal = new AbortSignal();
    const late = () => AbortSignal.end(signal, new DOMException('The operation timed out', 'TimeoutError'));
    setTimeout(late, ms);
    return signal;
  }
}

class AbortController {
  signal = new AbortSignal();
  abort(reason = new DOMException('This operation was aborted', 'AbortError')) {
    AbortSignal.end(this.signal, reason);
  }
}

Object.assign(exports, { fetch, Headers, Request, Response, AbortController, AbortSignal, statusText: (status) => words[status] ?? '' });
