// The vectors of docs/webhooks.md, by somebody else's library.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';

const body = readFileSync(new URL('../../testdata/vector.json', import.meta.url), 'utf8').trimEnd();
const id = '0b7c9d1e-5f3a-4c2b-8e6d-1a2b3c4d5e6f';
const A = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const B = 'whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=';
const byA = 'v1,DsvyRQrtOox+ifRITuJbfVQRr+j01ParQO4EZZJj1rc=';
const byB = 'v1,yAtITQoQh4QYcGD/NSFr8GSVG+M5iSBwnJPkNl8fzyY=';
const published = [
  ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}',
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD', 'msg_27UH4WbU6Z5A5EzD8u03UvzRbpk', 1649367553,
    '{"email":"test@example.com","username":"test_user"}', 'v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw='],
];

/** As if it came at that second: the library refuses what is older than five minutes. */
function verify(secret, id, at, signature, text) {
  const now = Date.now;
  const RealDate = globalThis.Date;
  globalThis.Date = class extends RealDate {
    constructor(...given) { super(...(given.length ? given : [at * 1000])); }
    static now() { return at * 1000; }
  };
  try {
    return new Webhook(secret).verify(text, { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': signature });
  } finally {
    globalThis.Date = RealDate;
    assert.equal(Date.now, now);
  }
}

const cases = [
  ...published.map(([secret, id, at, text, signature]) => [secret, id, at, signature, text]),
  [A, id, 1763712000, byA, body],
  [B, id, 1763712000, byB, body],
  [A, id, 1763712000, `${byB} ${byA}`, body],
  [B, id, 1763712000, `${byB} ${byA}`, body],
  [A, id, 1763712005, 'v1,yGEv7y49jB6cMafx0OIjbiwZB81CJ3N5PabTRJo19jI=', body],
];

test('every vector is taken', () => {
  for (const one of cases) assert.ok(verify(...one));
});

test('nothing else is', () => {
  for (const [secret, id, at, signature, text] of cases) {
    assert.throws(() => verify(secret, id, at + 1, signature, text));
    assert.throws(() => verify(secret, `${id}x`, at, signature, text));
    assert.throws(() => verify(secret, id, at, signature, `${text} `));
  }
  const escaped = body.replace(/[^\x00-\x7f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  assert.throws(() => verify(A, id, 1763712000, byA, escaped));
});
