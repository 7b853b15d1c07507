// `toLocaleString` of numbers and dates, without Intl: Korean, and English for everybody else.

const signs = { KRW: '₩', USD: '$', JPY: '¥', EUR: '€', GBP: '£', CNY: 'CN¥' };

function digits(value, least, most) {
  const [whole, rest = ''] = value.toFixed(most).split('.');
  let part = rest;
  while (part.length > least && part.endsWith('0')) part = part.slice(0, -1);
  return part ? `${whole}.${part}` : whole;
}

exports.number = function (value, _locale, how = {}) {
  const whole = how.style === 'currency' && (how.currency === 'KRW' || how.currency === 'JPY');
  const plain = how.style === 'currency' ? (whole ? 0 : 2) : how.style === 'percent' ? 0 : undefined;
  const least = how.minimumFractionDigits ?? plain ?? 0;
  const most = how.maximumFractionDigits ?? Math.max(least, plain ?? 3);
  if (least > most || most > 100) throw new RangeError('maximumFractionDigits value is out of range.');
  let text;
  if (typeof value === 'bigint') {
    text = String(value < 0n ? -value : value);
  } else if (value !== value) {
    return 'NaN';
  } else {
    const size = Math.abs(how.style === 'percent' ? value * 100 : value);
    text = size === Infinity ? '∞' : size >= 1e21 ? String(BigInt(size)) : digits(size, least, most);
  }
  const [before, after] = text.split('.');
  const grouped = how.useGrouping === false ? before : before.replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const money = how.style === 'currency' ? signs[how.currency] ?? `${how.currency} ` : '';
  const end = how.style === 'percent' ? '%' : '';
  return sign + money + grouped + (after ? `.${after}` : '') + end;
};

const ahead = { UTC: 0, GMT: 0, 'Etc/UTC': 0, 'Asia/Seoul': 540, 'Asia/Tokyo': 540 };

// The date as its parts in a zone.
function parts(date, how) {
  const zone = how?.timeZone ?? 'UTC';
  let minutes = ahead[zone];
  if (minutes === undefined) {
    const moment = require('moment-timezone');
    if (!moment.tz.zone(zone)) throw new RangeError(`Invalid time zone specified: ${zone}`);
    minutes = moment.tz(date.getTime(), zone).utcOffset();
  }
  const there = new Date(date.getTime() + minutes * 60000);
  const two = (value) => String(value).padStart(2, '0');
  const hours = there.getUTCHours();
  return {
    year: there.getUTCFullYear(),
    month: there.getUTCMonth() + 1,
    day: there.getUTCDate(),
    late: hours >= 12,
    // "24 hours" is asked for in two ways.
    hour: how?.hour12 === false || how?.hourCycle === 'h23' ? two(hours) : hours % 12 || 12,
    half: !(how?.hour12 === false || how?.hourCycle === 'h23'),
    rest: `${two(there.getUTCMinutes())}:${two(there.getUTCSeconds())}`,
  };
}

const korean = (locale) => /^ko\b/.test([].concat(locale)[0] ?? '');

exports.toLocaleDateString = function (date, locale, how) {
  if (isNaN(date)) return 'Invalid Date';
  const { year, month, day } = parts(date, how);
  return korean(locale) ? `${year}. ${month}. ${day}.` : `${month}/${day}/${year}`;
};

exports.toLocaleTimeString = function (date, locale, how) {
  if (isNaN(date)) return 'Invalid Date';
  const { late, hour, half, rest } = parts(date, how);
  if (!half) return `${hour}:${rest}`;
  return korean(locale) ? `${late ? '오후' : '오전'} ${hour}:${rest}` : `${hour}:${rest} ${late ? 'PM' : 'AM'}`;
};

exports.toLocaleString = function (date, locale, how) {
  if (isNaN(date)) return 'Invalid Date';
  const between = korean(locale) ? ' ' : ', ';
  return exports.toLocaleDateString(date, locale, how) + between + exports.toLocaleTimeString(date, locale, how);
};
