// Node's url, with its older way to take an address apart.

const { URL, URLSearchParams } = load('#url');
const querystring = require('querystring');

const shape = /^(?:([a-z][a-z0-9+.-]*:))?(?:(\/\/)(?:([^\/?#@]*)@)?([^\/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/is;

exports.parse = function (text, asObject = false) {
  const [, scheme, slashes, auth, rawHost, pathname, search, hash] = shape.exec(String(text).trim()) ?? [];
  const protocol = scheme?.toLowerCase() ?? null;
  const host = rawHost?.toLowerCase() ?? null;
  const [, hostname, port] = /^(.*?)(?::(\d*))?$/s.exec(host ?? '') ?? [];
  const path = pathname || (host && /^https?:$/.test(protocol) ? '/' : '');
  const query = search?.slice(1) ?? null;
  const parsed = {
    protocol,
    slashes: slashes ? true : null,
    auth: auth === undefined ? null : decodeURIComponent(auth),
    host,
    port: port || null,
    hostname: host === null ? null : hostname,
    hash: hash ?? null,
    search: search ?? null,
    query: asObject ? querystring.parse(query) : query,
    pathname: path || null,
    path: path || search ? path + (search ?? '') : null,
  };
  return { ...parsed, href: exports.format(parsed) };
};

exports.format = function (url) {
  if (typeof url === 'string') return exports.parse(url).href;
  if (url instanceof URL) return url.href;
  const protocol = url.protocol ? url.protocol.replace(/:?$/, ':') : '';
  const host = url.host ?? (url.hostname ? url.hostname + (url.port ? `:${url.port}` : '') : '');
  const slashes = url.slashes || /^(https?|ftp|wss?|file):$/.test(protocol) ? '//' : '';
  const auth = url.auth && host ? `${encodeURIComponent(url.auth).replace('%3A', ':')}@` : '';
  const query = url.query && typeof url.query === 'object' ? querystring.stringify(url.query) : '';
  const search = url.search ?? (query ? `?${query}` : '');
  const hash = url.hash ? url.hash.replace(/^#?/, '#') : '';
  return protocol + (host || slashes ? slashes : '') + auth + host + (url.pathname ?? '') + search.replace(/^(?=[^?])/, '?') + hash;
};

exports.resolve = function (from, to) {
  const base = new URL(from, 'resolve://here/');
  const { href, protocol, pathname, search, hash } = new URL(to, base);
  return protocol === 'resolve:' ? pathname + search + hash : href;
};

Object.assign(exports, { URL, URLSearchParams });
