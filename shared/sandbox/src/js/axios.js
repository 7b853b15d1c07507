// What `require('axios')` gives, over fetch.

const { statusText } = load('#fetch');

class AxiosError extends Error {
  constructor(message, code, config, request, response) {
    super(message);
    Object.assign(this, { name: 'AxiosError', code, config, request, response, isAxiosError: true, status: response?.status });
  }
  toJSON() {
    return { message: this.message, name: this.name, code: this.code ?? null, status: this.status ?? null };
  }
}

const object = (value) => Object.prototype.toString.call(value) === '[object Object]';

function merge(one = {}, other = {}) {
  const merged = { ...one };
  for (const [key, value] of Object.entries(other)) {
    if (value !== undefined) merged[key] = object(value) && object(merged[key]) ? merge(merged[key], value) : value;
  }
  return merged;
}

function query(params, serializer) {
  if (!params) return '';
  if (typeof serializer === 'function') return serializer(params);
  if (typeof serializer?.serialize === 'function') return serializer.serialize(params);
  if (params instanceof URLSearchParams) return params.toString();
  const pairs = [];
  for (const [key, value] of Object.entries(params)) {
    if (value === null || value === undefined) continue;
    const name = Array.isArray(value) ? `${key}[]` : key;
    for (const each of [].concat(value)) {
      const text = each instanceof Date ? each.toISOString() : object(each) ? JSON.stringify(each) : String(each);
      pairs.push(`${encode(name)}=${encode(text)}`);
    }
  }
  return pairs.join('&');
}

const encode = (text) =>
  encodeURIComponent(text.toWellFormed()).replace(/%(3A|24|2C|5B|5D)/g, (mark) => decodeURIComponent(mark)).replace(/%20/g, '+');

function address({ baseURL, url = '', params, paramsSerializer }) {
  const whole = !baseURL || /^([a-z][a-z\d+\-.]*:)?\/\//i.test(url) ? url : url ? `${baseURL.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}` : baseURL;
  const asked = query(params, paramsSerializer);
  if (!asked) return whole;
  const plain = whole.replace(/#.*$/, '');
  return plain + (plain.includes('?') ? '&' : '?') + asked;
}

// `headers` of a configuration may have a part for each method.
function headersOf({ headers = {}, method, auth }) {
  const own = {};
  for (const part of [headers.common, headers[method], headers]) {
    for (const [name, value] of Object.entries(part ?? {})) {
      if (!object(value) && value !== undefined && value !== null) own[name.toLowerCase()] = String(value);
    }
  }
  if (auth) own.authorization = `Basic ${Buffer.from(`${auth.username ?? ''}:${auth.password ?? ''}`).toString('base64')}`;
  return own;
}

function bodyOf(data, headers) {
  if (data === undefined || data === null || typeof data === 'string') return data ?? undefined;
  if (data instanceof URLSearchParams || data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return data;
  if (/x-www-form-urlencoded/.test(headers['content-type'])) return query(data);
  headers['content-type'] ??= 'application/json';
  return JSON.stringify(data);
}

function through(transforms, data, headers) {
  return [].concat(transforms ?? []).reduce((value, transform) => transform(value, headers), data);
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function dispatch(config) {
  const headers = headersOf(config);
  const sends = !/^(get|head)$/.test(config.method);
  const data = through(config.transformRequest, config.data, headers);
  const body = sends ? bodyOf(data, headers) : undefined;
  if (typeof body === 'string' && config.data !== undefined) headers['content-type'] ??= 'application/x-www-form-urlencoded';
  if (!sends) delete headers['content-type'];
  headers.accept ??= 'application/json, text/plain, */*';
  const how = { method: config.method, headers, body, signal: config.signal, timeout: config.timeout };
  if (config.maxRedirects === 0) how.redirect = 'manual';
  let answer;
  const url = address(config);
  const request = { method: config.method.toUpperCase(), path: url };
  try {
    answer = await fetch(url, how);
  } catch (error) {
    const late = /timed? ?out|too long/i.test(error.message);
    const code = error.name === 'AbortError' ? 'ERR_CANCELED' : late ? 'ECONNABORTED' : 'ERR_NETWORK';
    throw Object.assign(new AxiosError(error.message, code, config, request), { cause: error });
  }
  const kind = config.responseType ?? 'json';
  const raw = kind === 'arraybuffer' || kind === 'stream' ? await answer.buffer() : await answer.text();
  const plain = () => (kind === 'json' ? read(raw) : raw);
  const response = {
    data: config.transformResponse ? through(config.transformResponse, raw, answer.headers) : plain(),
    status: answer.status,
    statusText: statusText(answer.status),
    headers: Object.fromEntries(answer.headers),
    config,
    request,
  };
  const fine = config.validateStatus === null || config.validateStatus === undefined ? true : config.validateStatus(response.status);
  if (fine) return response;
  const code = response.status >= 500 ? 'ERR_BAD_RESPONSE' : 'ERR_BAD_REQUEST';
  throw new AxiosError(`Request failed with status code ${response.status}`, code, config, request, response);
}

class Interceptors {
  all = [];
  use(done, failed) {
    return this.all.push({ done, failed }) - 1;
  }
  eject(index) {
    this.all[index] = undefined;
  }
  clear() {
    this.all = [];
  }
}

function create(defaults) {
  const interceptors = { request: new Interceptors(), response: new Interceptors() };

  function request(first, second) {
    const asked = typeof first === 'string' ? { ...second, url: first } : first;
    const config = merge(instance.defaults, asked);
    config.method = String(config.method ?? 'get').toLowerCase();
    let chain = Promise.resolve(config);
    for (const step of interceptors.request.all.filter(Boolean).reverse()) chain = chain.then(step.done, step.failed);
    chain = chain.then(dispatch);
    for (const step of interceptors.response.all.filter(Boolean)) chain = chain.then(step.done, step.failed);
    return chain;
  }

  const instance = Object.assign((first, second) => request(first, second), {
    defaults,
    interceptors,
    request,
    create: (config) => create(merge(instance.defaults, config)),
    getUri: (config) => address(merge(instance.defaults, config)),
  });
  for (const method of ['get', 'delete', 'head', 'options']) {
    instance[method] = (url, config) => request({ ...config, method, url });
  }
  for (const method of ['post', 'put', 'patch']) {
    instance[method] = (url, data, config) => request({ ...config, method, url, data });
    instance[`${method}Form`] = (url, data, config) =>
      request({ ...config, method, url, data, headers: { ...config?.headers, 'content-type': 'application/x-www-form-urlencoded' } });
  }
  return instance;
}

const axios = create({ headers: { common: {} }, validateStatus: (status) => status >= 200 && status < 300 });

module.exports = Object.assign(axios, {
  default: axios,
  AxiosError,
  isAxiosError: (error) => error?.isAxiosError === true,
  isCancel: (error) => error?.code === 'ERR_CANCELED',
  all: (promises) => Promise.all(promises),
  spread: (call) => (values) => call(...values),
});
