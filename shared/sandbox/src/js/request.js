// The requests of request and request-promise, over fetch. No streams, no files, no cookies.

const { statusText } = load('#fetch');

// `a[b]=c`, as qs writes it.
function flat(value, name, pairs) {
  if (Array.isArray(value)) value.forEach((each, index) => flat(each, `${name}[${index}]`, pairs));
  else if (value !== null && typeof value === 'object' && !(value instanceof Date)) {
    for (const [key, each] of Object.entries(value)) flat(each, name ? `${name}[${key}]` : key, pairs);
  } else if (value !== undefined) {
    pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value instanceof Date ? value.toISOString() : value ?? '')}`);
  }
  return pairs;
}

const query = (values) => (typeof values === 'string' ? values : flat(values, '', []).join('&'));

function prepare(options) {
  const own = options.url ?? options.uri;
  if (own === undefined || own === null) throw new Error('undefined is not a valid uri or options object.');
  const given = typeof own === 'object' ? own.href : String(own);
  const base = options.baseUrl ? `${options.baseUrl.replace(/\/$/, '')}/${given.replace(/^\//, '')}` : given;
  const asked = options.qs ? query(options.qs) : '';
  const url = asked ? base + (base.includes('?') ? '&' : '?') + asked : base;
  const headers = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined) headers[name.toLowerCase()] = String(value);
  }
  const { auth } = options;
  if (auth) {
    const user = `${auth.user ?? auth.username ?? ''}:${auth.pass ?? auth.password ?? ''}`;
    headers.authorization = auth.bearer ? `Bearer ${auth.bearer}` : `Basic ${Buffer.from(user).toString('base64')}`;
  }
  if (options.formData || options.multipart) throw new Error('formData and multipart are not available');
  let body = options.body;
  if (options.form) {
    body = query(options.form);
    headers['content-type'] ??= 'application/x-www-form-urlencoded';
  } else if (options.json !== undefined && options.json !== false) {
    headers.accept ??= 'application/json';
    const value = typeof options.json === 'boolean' ? body : options.json;
    if (value !== undefined) {
      body = JSON.stringify(value);
      headers['content-type'] ??= 'application/json';
    }
  }
  const method = String(options.method ?? 'GET').toUpperCase();
  const follows = options.followAllRedirects || (options.followRedirect ?? true) !== false;
  if (/^(GET|HEAD)$/.test(method)) body = undefined;
  return { url, how: { method, headers, body, timeout: options.timeout, redirect: follows ? 'follow' : 'manual' } };
}

async function perform(options) {
  const { url, how } = prepare(options);
  const answer = await fetch(url, how);
  const { encoding } = options;
  let body = encoding === undefined ? await answer.text() : await answer.buffer();
  if (encoding) body = body.toString(encoding);
  if (options.json && typeof body === 'string') {
    try {
      body = JSON.parse(body, options.jsonReviver);
    } catch {
      // It stays a text.
    }
  }
  return {
    statusCode: answer.status,
    statusMessage: statusText(answer.status),
    headers: Object.fromEntries(answer.headers),
    body,
    request: {
      method: how.method,
      headers: how.headers,
      href: answer.url,
      get uri() {
        return new URL(answer.url);
      },
    },
    toJSON() {
      return { statusCode: this.statusCode, headers: this.headers, body: this.body };
    },
  };
}

function optionsOf(first, second, third) {
  const call = [first, second, third].find((each) => typeof each === 'function');
  const own = typeof first === 'string' ? { url: first } : typeof first === 'object' && first instanceof URL ? { url: first.href } : first;
  return { ...own, ...(typeof second === 'object' ? second : {}), call: call ?? own?.callback };
}

// `start(options)` is what a call does; `defaults` and the short forms are the same for request and request-promise.
exports.build = function build(start, defaults = {}) {
  const merged = ({ headers, ...options }) => ({ ...defaults, ...options, headers: { ...defaults.headers, ...headers } });
  const request = (...values) => start(merged(optionsOf(...values)));
  for (const method of ['get', 'post', 'put', 'patch', 'head', 'options', 'delete']) {
    request[method] = (...values) => start(merged({ ...optionsOf(...values), method: method.toUpperCase() }));
  }
  request.del = request.delete;
  request.defaults = (more) => build(start, { ...defaults, ...more, headers: { ...defaults.headers, ...more.headers } });
  return request;
};
exports.perform = perform;
