// What the package uuid gives.

const { Buffer } = require('buffer');
const { createHash, randomBytes } = require('crypto');

const NIL = '00000000-0000-0000-0000-000000000000';
const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function stringify(bytes) {
  return Buffer.from(bytes).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function parse(text) {
  if (!shape.test(text)) throw new TypeError('Invalid UUID');
  return Buffer.from(text.replace(/-/g, ''), 'hex');
}

function marked(bytes, version) {
  bytes[6] = (bytes[6] & 0x0f) | (version << 4);
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return stringify(bytes);
}

function v4(how) {
  return marked(Buffer.from(how?.random ?? how?.rng?.() ?? randomBytes(16)), 4);
}

let ticks = 0;

function v1() {
  // 100 ns since 1582; several of one millisecond are told apart by their count.
  const time = (BigInt(Date.now()) + 12219292800000n) * 10000n + BigInt(ticks++ % 10000);
  const bytes = randomBytes(16);
  bytes.writeUInt32BE(Number(time & 0xffffffffn), 0);
  bytes.writeUInt16BE(Number((time >> 32n) & 0xffffn), 4);
  bytes.writeUInt16BE(Number((time >> 48n) & 0x0fffn), 6);
  // No machine's address.
  bytes[10] |= 1;
  return marked(bytes, 1);
}

function v7() {
  const bytes = randomBytes(16);
  const now = Date.now();
  bytes.writeUInt32BE(Math.floor(now / 65536), 0);
  bytes.writeUInt16BE(now % 65536, 4);
  return marked(bytes, 7);
}

const named = (version, algorithm) =>
  Object.assign(
    (name, namespace) => {
      const space = typeof namespace === 'string' ? parse(namespace) : Buffer.from(namespace);
      const digest = createHash(algorithm).update(space).update(typeof name === 'string' ? name : Buffer.from(name)).digest();
      return marked(digest.subarray(0, 16), version);
    },
    { DNS: '6ba7b810-9dad-11d1-80b4-00c04fd430c8', URL: '6ba7b811-9dad-11d1-80b4-00c04fd430c8' },
  );

const validate = (text) => typeof text === 'string' && shape.test(text);
const version = (text) => parseInt(text[14], 16);

// Older releases are a function themselves.
module.exports = Object.assign((how) => v4(how), { NIL, parse, stringify, validate, version, v1, v3: named(3, 'md5'), v4, v5: named(5, 'sha1'), v7 });
