// The parts of Node's crypto that scripts use: digests, HMAC, chance. No ciphers and no keys.

const { decode, bytesOf } = require('buffer');
const { Buffer } = require('buffer');

const known = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];

function nameOf(algorithm) {
  const name = String(algorithm).toLowerCase().replace(/^(rsa-|sha-)/, (prefix) => (prefix === 'sha-' ? 'sha' : ''));
  if (!known.includes(name)) throw new Error(`Digest method not supported: ${algorithm}; there are ${known.join(', ')}`);
  return name;
}

class Digest {
  #parts = [];
  #finish;
  constructor(finish) {
    this.#finish = finish;
  }
  update(data, encoding) {
    if (!this.#finish) throw new Error('Digest already called');
    this.#parts.push(bytesOf(data, encoding).slice());
    return this;
  }
  digest(encoding) {
    if (!this.#finish) throw new Error('Digest already called');
    const bytes = Buffer.over(this.#finish(Buffer.concat(this.#parts).toBase64()));
    this.#finish = undefined;
    return encoding && encoding !== 'buffer' ? decode(bytes, encoding) : bytes;
  }
}

exports.getHashes = () => [...known];

exports.createHash = function (algorithm) {
  const name = nameOf(algorithm);
  return new Digest((data) => native.hash(name, data));
};

exports.createHmac = function (algorithm, key) {
  const name = nameOf(algorithm);
  const secret = Uint8Array.from(bytesOf(key)).toBase64();
  return new Digest((data) => native.hmac(name, secret, data));
};

// Where a callback is given the value goes there, later.
const give = (value, call) => (call ? void setImmediate(call, null, value) : value);

exports.randomBytes = (size, call) => give(Buffer.over(native.bytes(size)), call);

exports.randomFillSync = function (into, start = 0, size = undefined) {
  const bytes = bytesOf(into).subarray(start, size === undefined ? undefined : start + size);
  for (let at = 0; at < bytes.length; at += 65536) {
    bytes.set(native.bytes(Math.min(65536, bytes.length - at)), at);
  }
  return into;
};

exports.randomInt = function (from, to, call) {
  const [least, below, then] = typeof to === 'number' ? [from, to, call] : [0, from, to];
  const range = below - least;
  if (!(range > 0 && range <= 2 ** 48)) throw new RangeError('The range of randomInt is from 1 to 2 ** 48');
  // A remainder would favour the small ones.
  const fair = 2 ** 48 - (2 ** 48 % range);
  let value;
  do value = Buffer.over(native.bytes(6)).reduce((sum, byte) => sum * 256 + byte, 0);
  while (value >= fair);
  return give(least + (value % range), then);
};

exports.randomUUID = function () {
  const bytes = native.bytes(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toHex().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

exports.timingSafeEqual = function (one, other) {
  const [a, b] = [bytesOf(one), bytesOf(other)];
  if (a.length !== b.length) throw new RangeError('Input buffers must have the same byte length');
  let differ = 0;
  for (let at = 0; at < a.length; at++) differ |= a[at] ^ b[at];
  return differ === 0;
};

for (const missing of ['createCipheriv', 'createDecipheriv', 'createSign', 'createVerify', 'pbkdf2', 'pbkdf2Sync', 'scrypt', 'scryptSync']) {
  exports[missing] = () => {
    throw new Error(`crypto.${missing} is not available`);
  };
}

exports.webcrypto = {
  getRandomValues(into) {
    if (into.byteLength > 65536) throw new DOMException('more than 65536 bytes were asked for', 'QuotaExceededError');
    return exports.randomFillSync(into);
  },
  randomUUID: exports.randomUUID,
  subtle: {
    async digest(algorithm, data) {
      const bytes = exports.createHash(algorithm?.name ?? algorithm).update(data).digest();
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    },
  },
};
