// Node's querystring.

const { unform } = load('#url');

const escape = (text) =>
  encodeURIComponent(String(text).toWellFormed());
const scalar = (value) => (['string', 'number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : '');

exports.escape = escape;
exports.unescape = unform;

exports.stringify = exports.encode = function (object, separator = '&', equals = '=') {
  const pair = (key, value) => `${escape(key)}${equals}${escape(scalar(value))}`;
  return Object.entries(object ?? {})
    .flatMap(([key, value]) => (Array.isArray(value) ? value.map((each) => pair(key, each)) : [pair(key, value)]))
    .join(separator);
};

exports.parse = exports.decode = function (text, separator = '&', equals = '=') {
  const found = Object.create(null);
  for (const part of String(text ?? '').split(separator)) {
    if (part === '') continue;
    const at = part.indexOf(equals);
    const key = unform(at < 0 ? part : part.slice(0, at));
    const value = at < 0 ? '' : unform(part.slice(at + equals.length));
    found[key] = key in found ? [].concat(found[key], value) : value;
  }
  return found;
};
