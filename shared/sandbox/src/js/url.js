// URL and URLSearchParams.

const form = (text) =>
  encodeURIComponent(String(text).toWellFormed())
    .replace(/[!'()~]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');

// What is no escape stays as it is.
function unform(text) {
  const plain = text.replace(/\+/g, ' ');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain.replace(/(%[0-9a-f]{2})+/gi, (run) => native.text('utf-8', Uint8Array.fromHex(run.replace(/%/g, '')).toBase64()));
  }
}

class URLSearchParams {
  #pairs = [];
  #changed;

  constructor(source = '', changed = undefined) {
    this.#changed = changed;
    if (typeof source === 'object' && source !== null) {
      const pairs = typeof source[Symbol.iterator] === 'function' ? source : Object.entries(source);
      for (const [name, value] of pairs) this.#pairs.push([String(name), String(value)]);
      return;
    }
    for (const part of String(source).replace(/^\?/, '').split('&')) {
      if (part === '') continue;
      const [name, ...rest] = part.split('=');
      this.#pairs.push([unform(name), unform(rest.join('='))]);
    }
  }

  #set(pairs) {
    this.#pairs = pairs;
    this.#changed?.(this.toString());
  }
  append(name, value) {
    this.#set([...this.#pairs, [String(name), String(value)]]);
  }
  delete(name) {
    this.#set(this.#pairs.filter(([each]) => each !== String(name)));
  }
  get(name) {
    return this.#pairs.find(([each]) => each === String(name))?.[1] ?? null;
  }
  getAll(name) {
    return this.#pairs.filter(([each]) => each === String(name)).map(([, value]) => value);
  }
  has(name) {
    return this.#pairs.some(([each]) => each === String(name));
  }
  set(name, value) {
    const index = this.#pairs.findIndex(([each]) => each === String(name));
    if (index < 0) return this.append(name, value);
    const others = this.#pairs.filter(([each], at) => at === index || each !== String(name));
    this.#set(others.map((pair) => (pair[0] === String(name) ? [pair[0], String(value)] : pair)));
  }
  sort() {
    this.#set(this.#pairs.toSorted(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)));
  }
  forEach(call, self) {
    for (const [name, value] of this.#pairs) call.call(self, value, name, this);
  }
  get size() {
    return this.#pairs.length;
  }
  *keys() {
    for (const [name] of this.#pairs) yield name;
  }
  *values() {
    for (const [, value] of this.#pairs) yield value;
  }
  *entries() {
    for (const [name, value] of this.#pairs) yield [name, value];
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  toString() {
    return this.#pairs.map(([name, value]) => `${form(name)}=${form(value)}`).join('&');
  }
}

const names = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash'];

class URL {
  #parts;
  #params;

  constructor(href, base = undefined) {
    this.#parts = native.url(String(href), base === undefined ? undefined : String(base));
    if (!this.#parts) throw Object.assign(new TypeError(`Invalid URL: ${href}`), { code: 'ERR_INVALID_URL', input: href });
  }
  static canParse(href, base = undefined) {
    return native.url(String(href), base === undefined ? undefined : String(base)) !== undefined;
  }
  get searchParams() {
    this.#params ??= new URLSearchParams(this.search, (search) => this.#set('search', search));
    return this.#params;
  }
  #set(name, value) {
    const changed = native.urlWith(this.href, name, String(value));
    if (changed) this.#parts = changed;
    else if (name === 'href') throw new TypeError(`Invalid URL: ${value}`);
  }
  toString() {
    return this.href;
  }
  toJSON() {
    return this.href;
  }
  static {
    names.forEach((name, index) => {
      Object.defineProperty(URL.prototype, name, {
        configurable: true,
        enumerable: true,
        get() {
          return this.#parts[index];
        },
        set(value) {
          if (name === 'origin') return;
          this.#set(name, value);
          if (name === 'search' || name === 'href') this.#params = undefined;
        },
      });
    });
  }
}

Object.assign(exports, { URL, URLSearchParams, form, unform });
