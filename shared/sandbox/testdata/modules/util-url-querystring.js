const util = require('node:util');
const url = require('url');
const querystring = require('querystring');
module.exports = async () => ({
  format: util.format('%s is %d, %j %%', 'a', '3', { b: 1 }, 'rest'),
  inspect: util.inspect({ a: { b: { c: { d: 1 } } }, get x() { return 1; }, 'no-word': "it's" }),
  promised: await util.promisify((value, call) => call(null, value + 1))(1),
  deep: [util.isDeepStrictEqual({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }), util.isDeepStrictEqual({ a: 1 }, { a: '1' })],
  parsed: url.parse('https://u:p@Example.com:8080/a/b?x=1&y=2#h', true),
  plain: url.parse('/only/path?q'),
  formatted: url.format({ protocol: 'https', hostname: 'a.b', port: 81, pathname: '/c', query: { d: 'e f' } }),
  resolved: [url.resolve('https://a.b/c/d', '../e'), url.resolve('/a/b', 'c')],
  query: [querystring.stringify({ a: [1, 2], b: '한 글', c: null }), querystring.parse('a=1&a=2&b=%ED%95%9C+x&c')],
});
