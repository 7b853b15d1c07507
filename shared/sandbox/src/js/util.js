// Node's util: what prints values, and a few helpers.

const plainKey = /^[A-Za-z_$][\w$]*$/;
const longest = 10000;

function quote(text) {
  const mark = !text.includes("'") ? "'" : !text.includes('"') ? '"' : "'";
  const inner = text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t');
  return mark + (mark === "'" ? inner.replace(/'/g, "\\'") : inner) + mark;
}

function inspect(value, how) {
  const deepest = how?.depth === null ? Infinity : how?.depth ?? 2;
  let room = longest;
  const above = [];

  const show = (each, depth) => {
    if (room < 0) return '…';
    const text = one(each, depth);
    room -= text.length;
    return text;
  };

  const one = (each, depth) => {
    switch (typeof each) {
      case 'string':
        return quote(each.length > longest ? `${each.slice(0, longest)}…` : each);
      case 'number':
        return Object.is(each, -0) ? '-0' : String(each);
      case 'bigint':
        return `${each}n`;
      case 'symbol':
        return each.toString();
      case 'function':
        return `[${/^class\b/.test(each) ? 'class' : 'Function'}${each.name ? `: ${each.name}` : ' (anonymous)'}]`;
      case 'object':
        return each === null ? 'null' : object(each, depth);
      default:
        return String(each);
    }
  };

  const object = (each, depth) => {
    if (above.includes(each)) return '[Circular]';
    if (each instanceof Error) return each.stack?.includes(each.message) ? each.stack : `${each.name}: ${each.message}\n${each.stack ?? ''}`.trim();
    if (each instanceof Date) return isNaN(each) ? 'Invalid Date' : each.toISOString();
    if (each instanceof RegExp) return String(each);
    const name = each.constructor?.name;
    const title = name && name !== 'Object' && name !== 'Array' ? `${name} ` : '';
    if (depth > deepest) return `[${name ?? 'Object'}]`;
    if (ArrayBuffer.isView(each) && name === 'Buffer') return `<Buffer ${each.subarray(0, 50).toString('hex').replace(/..(?=.)/g, '$& ')}>`;
    if (each instanceof Promise) return 'Promise {}';
    above.push(each);
    try {
      return `${title}${members(each, depth)}`;
    } finally {
      above.pop();
    }
  };

  const members = (each, depth) => {
    if (each instanceof Map) return list(each, depth, ([key, item]) => `${show(key, depth + 1)} => ${show(item, depth + 1)}`, '{}');
    if (each instanceof Set) return list(each, depth, (item) => show(item, depth + 1), '{}');
    if (Array.isArray(each) || ArrayBuffer.isView(each)) return list(Array.from(each.slice(0, 100)), depth, (item) => show(item, depth + 1), '[]', each.length);
    const entry = (key) => {
      const { get, value } = Object.getOwnPropertyDescriptor(each, key) ?? {};
      return `${plainKey.test(key) ? key : quote(key)}: ${get ? '[Getter]' : show(value, depth + 1)}`;
    };
    return list(Object.keys(each), depth, entry, '{}');
  };

  const list = (items, depth, print, [open, close], all = items.length) => {
    const texts = [];
    for (const item of items) {
      if (room < 0) break;
      texts.push(print(item));
    }
    if (all > texts.length) texts.push(`... ${all - texts.length} more items`);
    if (texts.length === 0) return open + close;
    const flat = texts.join(', ');
    if (flat.length <= 72 && !flat.includes('\n')) return `${open} ${flat} ${close}`;
    const indent = '  '.repeat(depth + 1);
    return `${open}\n${indent}${texts.join(`,\n${indent}`)}\n${'  '.repeat(depth)}${close}`;
  };

  return show(value, 0);
}

function format(first, ...rest) {
  const plain = (value) => (typeof value === 'string' ? value : inspect(value));
  if (typeof first !== 'string') return [first, ...rest].map(plain).join(' ');
  let next = 0;
  const text = first.replace(/%([sdifjoOc%])/g, (mark, kind) => {
    if (kind === '%') return '%';
    if (next >= rest.length) return mark;
    const value = rest[next++];
    switch (kind) {
      case 's':
        return typeof value === 'string' ? value : inspect(value, { depth: 0 });
      case 'd':
        return String(Number(value));
      case 'i':
        return String(parseInt(value, 10));
      case 'f':
        return String(parseFloat(value));
      case 'j':
        return JSON.stringify(value);
      case 'c':
        return '';
      default:
        return inspect(value);
    }
  });
  return [text, ...rest.slice(next).map(plain)].join(' ');
}

function promisify(call) {
  return function (...values) {
    return new Promise((resolve, reject) => {
      call.call(this, ...values, (error, value) => (error ? reject(error) : resolve(value)));
    });
  };
}

function callbackify(call) {
  return function (...values) {
    const then = values.pop();
    call.apply(this, values).then((value) => setImmediate(then, null, value), (error) => setImmediate(then, error));
  };
}

function inherits(child, parent) {
  child.super_ = parent;
  Object.setPrototypeOf(child.prototype, parent.prototype);
}

function isDeepStrictEqual(one, other) {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return false;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  if (one instanceof Date) return one.getTime() === other.getTime();
  if (one instanceof Map || one instanceof Set) return isDeepStrictEqual([...one], [...other]);
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && isDeepStrictEqual(one[key], other[key]));
}

const types = {
  isDate: (value) => value instanceof Date,
  isRegExp: (value) => value instanceof RegExp,
  isPromise: (value) => value instanceof Promise,
  isMap: (value) => value instanceof Map,
  isSet: (value) => value instanceof Set,
};

Object.assign(exports, { inspect, format, promisify, callbackify, inherits, isDeepStrictEqual, types });
Object.assign(exports, { isArray: Array.isArray, deprecate: (call) => call });
for (const name of ['TextEncoder', 'TextDecoder']) {
  Object.defineProperty(exports, name, { enumerable: true, get: () => globalThis[name] });
}
