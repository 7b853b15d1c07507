// TextEncoder, TextDecoder and structuredClone.

exports.TextEncoder = class TextEncoder {
  get encoding() {
    return 'utf-8';
  }
  encode(text = '') {
    return native.utf8(String(text).toWellFormed());
  }
  encodeInto(text, into) {
    const bytes = this.encode(text).subarray(0, into.length);
    into.set(bytes);
    return { read: String(text).length, written: bytes.length };
  }
};

exports.bytesOf = function (source) {
  if (source instanceof Uint8Array) return source;
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) return new Uint8Array(source);
  throw new TypeError('bytes are a Buffer, a typed array or an ArrayBuffer');
};

const { toBase64 } = Uint8Array.prototype;
const base64 = (source) => toBase64.call(exports.bytesOf(source));

exports.TextDecoder = class TextDecoder {
  #label;
  constructor(label = 'utf-8') {
    this.#label = native.charset(String(label));
    if (this.#label === undefined) throw new RangeError(`The "${label}" encoding is not supported`);
  }
  get encoding() {
    return this.#label;
  }
  decode(source = new Uint8Array()) {
    return native.text(this.#label, base64(source)).replace(/^\uFEFF/, '');
  }
};

exports.structuredClone = function (value) {
  const seen = new Map();
  const clone = (each) => {
    if (typeof each === 'function' || typeof each === 'symbol') {
      throw new DOMException(`${String(each)} could not be cloned.`, 'DataCloneError');
    }
    if (typeof each !== 'object' || each === null) return each;
    if (seen.has(each)) return seen.get(each);
    const keep = (copy) => {
      seen.set(each, copy);
      return copy;
    };
    if (each instanceof Date) return keep(new Date(each.getTime()));
    if (each instanceof RegExp) return keep(new RegExp(each.source, each.flags));
    if (each instanceof ArrayBuffer) return keep(each.slice(0));
    if (ArrayBuffer.isView(each)) return keep(new each.constructor(each));
    if (each instanceof Map) {
      const copy = keep(new Map());
      for (const [key, item] of each) copy.set(clone(key), clone(item));
      return copy;
    }
    if (each instanceof Set) {
      const copy = keep(new Set());
      for (const item of each) copy.add(clone(item));
      return copy;
    }
    const copy = keep(Array.isArray(each) ? [] : each instanceof Error ? new each.constructor(each.message) : {});
    for (const key of Object.keys(each)) copy[key] = clone(each[key]);
    return copy;
  };
  return clone(value);
};
