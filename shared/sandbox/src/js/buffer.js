// Buffer: bytes as Node has them.

const { toBase64, toHex } = Uint8Array.prototype;
const { bytesOf } = load('#text');

const named = (encoding) => String(encoding ?? 'utf8').toLowerCase().replace('-', '');

function encode(text, encoding) {
  switch (named(encoding)) {
    case 'utf8':
      return native.utf8(text.toWellFormed());
    case 'hex': {
      const [even] = /^([0-9a-f]{2})*/i.exec(text);
      return Uint8Array.fromHex(even);
    }
    case 'base64':
    case 'base64url': {
      // Node takes both alphabets, and passes over what is of neither.
      const plain = text.replace(/-/g, '+').replace(/_/g, '/').replace(/=.*$/s, '').replace(/[^A-Za-z0-9+/]/g, '');
      return Uint8Array.fromBase64(plain.length % 4 === 1 ? plain.slice(0, -1) : plain);
    }
    case 'latin1':
    case 'binary':
    case 'ascii':
      return Uint8Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
    case 'ucs2':
    case 'utf16le':
      return new Uint8Array(Uint16Array.from({ length: text.length }, (_, index) => text.charCodeAt(index)).buffer);
    default:
      throw new TypeError(`Unknown encoding: ${encoding}`);
  }
}

function characters(bytes, mask) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096).map((byte) => byte & mask));
  }
  return text;
}

function decode(bytes, encoding) {
  switch (named(encoding)) {
    case 'utf8':
      return native.text('utf-8', toBase64.call(bytes));
    case 'hex':
      return toHex.call(bytes);
    case 'base64':
      return toBase64.call(bytes);
    case 'base64url':
      return toBase64.call(bytes, { alphabet: 'base64url', omitPadding: true });
    case 'latin1':
    case 'binary':
      return characters(bytes, 0xff);
    case 'ascii':
      return characters(bytes, 0x7f);
    case 'ucs2':
    case 'utf16le':
      return native.text('utf-16le', toBase64.call(bytes.subarray(0, bytes.length & ~1)));
    default:
      throw new TypeError(`Unknown encoding: ${encoding}`);
  }
}

class Buffer extends Uint8Array {
  static get [Symbol.species]() {
    return Buffer;
  }

  static from(source, encoding, length) {
    if (typeof source === 'string') return Buffer.over(encode(source, encoding));
    if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) return new Buffer(source, encoding, length);
    if (source?.type === 'Buffer' && Array.isArray(source.data)) return Buffer.from(source.data);
    if (typeof source === 'object' && source !== null) {
      const list = ArrayBuffer.isView(source) || 'length' in source ? source : source.valueOf();
      if (typeof list === 'string') return Buffer.from(list, encoding);
      const buffer = new Buffer(list.length);
      for (let at = 0; at < buffer.length; at++) buffer[at] = list[at];
      return buffer;
    }
    throw new TypeError('The first argument must be a string, Buffer, ArrayBuffer, Array or Array-like Object.');
  }

  // The same bytes, not a copy.
  static over(bytes) {
    return new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  static alloc(size, fill, encoding) {
    const buffer = new Buffer(size);
    return fill === undefined ? buffer : buffer.fill(fill, 0, size, encoding);
  }

  static allocUnsafe(size) {
    return new Buffer(size);
  }

  static isBuffer(value) {
    return value instanceof Buffer;
  }

  static isEncoding(encoding) {
    return /^(utf-?8|hex|base64|base64url|latin1|binary|ascii|ucs-?2|utf-?16le)$/i.test(encoding);
  }

  static byteLength(value, encoding) {
    return typeof value === 'string' ? encode(value, encoding).length : bytesOf(value).length;
  }

  static concat(list, length = list.reduce((sum, each) => sum + each.length, 0)) {
    const whole = new Buffer(length);
    let at = 0;
    for (const each of list) {
      const part = each.subarray(0, Math.max(0, length - at));
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  static compare(one, other) {
    const length = Math.min(one.length, other.length);
    for (let at = 0; at < length; at++) {
      if (one[at] !== other[at]) return one[at] < other[at] ? -1 : 1;
    }
    return Math.sign(one.length - other.length);
  }

  toString(encoding, start = 0, end = this.length) {
    return decode(this.subarray(start, end), encoding);
  }

  toJSON() {
    return { type: 'Buffer', data: Array.from(this) };
  }

  equals(other) {
    return Buffer.compare(this, other) === 0;
  }

  compare(other) {
    return Buffer.compare(this, other);
  }

  slice(start, end) {
    return this.subarray(start, end);
  }

  copy(into, at = 0, start = 0, end = this.length) {
    const part = this.subarray(start, Math.min(end, start + Math.max(0, into.length - at)));
    into.set(part, at);
    return part.length;
  }

  write(text, at = 0, length = this.length - at, encoding = undefined) {
    if (typeof at === 'string') return this.write(text, 0, this.length, at);
    if (typeof length === 'string') return this.write(text, at, this.length - at, length);
    const bytes = encode(text, encoding).subarray(0, Math.min(length, this.length - at));
    this.set(bytes, at);
    return bytes.length;
  }

  fill(value, start = 0, end = this.length, encoding = undefined) {
    if (typeof value !== 'string') return super.fill(value, start, end);
    const bytes = encode(value, encoding);
    if (bytes.length < 2) return super.fill(bytes[0] ?? 0, start, end);
    for (let at = start; at < end; at++) this[at] = bytes[(at - start) % bytes.length];
    return this;
  }

  indexOf(value, start = 0, encoding = undefined) {
    if (typeof value === 'number') return super.indexOf(value & 0xff, start);
    const bytes = typeof value === 'string' ? encode(value, encoding) : value;
    for (let at = start < 0 ? Math.max(0, this.length + start) : start; at + bytes.length <= this.length; at++) {
      if (bytes.every((byte, index) => this[at + index] === byte)) return at;
    }
    return -1;
  }

  includes(value, start, encoding) {
    return this.indexOf(value, start, encoding) !== -1;
  }
}

// readUInt16BE and its like, and the spelling readUint16BE.
for (const [name, kind, size] of [
  ['Int8', 'Int8', 1],
  ['UInt8', 'Uint8', 1],
  ['Int16', 'Int16', 2],
  ['UInt16', 'Uint16', 2],
  ['Int32', 'Int32', 4],
  ['UInt32', 'Uint32', 4],
  ['BigInt64', 'BigInt64', 8],
  ['BigUInt64', 'BigUint64', 8],
  ['Float', 'Float32', 4],
  ['Double', 'Float64', 8],
]) {
  for (const order of size === 1 ? [''] : ['LE', 'BE']) {
    const view = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const read = function (at = 0) {
      return view(this)[`get${kind}`](at, order === 'LE');
    };
    const write = function (value, at = 0) {
      view(this)[`set${kind}`](at, value, order === 'LE');
      return at + size;
    };
    for (const spelling of [name, name.replace('UInt', 'Uint')]) {
      Buffer.prototype[`read${spelling}${order}`] = read;
      Buffer.prototype[`write${spelling}${order}`] = write;
    }
  }
}

exports.Buffer = Buffer;
exports.decode = decode;
exports.bytesOf = (value, encoding) => (typeof value === 'string' ? encode(value, encoding) : bytesOf(value));
