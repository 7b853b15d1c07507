const crypto = require('crypto');
module.exports = async () => ({
  hashes: crypto.getHashes().map((name) => crypto.createHash(name).update('abc').digest('hex')),
  parts: crypto.createHash('SHA256').update('a').update(Buffer.from('bc')).digest('base64'),
  hmac: crypto.createHmac('sha256', 'key').update('The quick brown fox jumps over the lazy dog').digest('hex'),
  buffer: crypto.createHmac('md5', Buffer.from('key')).update('x').digest().length,
  utf8: crypto.createHash('sha1').update('한글').digest('hex'),
  random: [crypto.randomBytes(4).length, crypto.randomInt(10) < 10, crypto.randomInt(5, 6)],
  called: await new Promise((resolve) => crypto.randomBytes(3, (error, bytes) => resolve([error, bytes.length]))),
  equal: [crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('a')), crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('b'))],
  web: Buffer.from(await globalThis.crypto.subtle.digest('SHA-256', new TextEncoder().encode('abc'))).toString('hex').slice(0, 8),
  errors: [() => crypto.createHash('sha9'), () => crypto.createCipheriv('aes-256-cbc'), () => crypto.createHash('md5').update('a').digest() && crypto.randomBytes(1e6)].map((call) => { try { call(); } catch (error) { return error.message; } }),
});
