module.exports = async () => {
  const buffer = Buffer.from('한글 text', 'utf8');
  const numbers = Buffer.alloc(8);
  numbers.writeUInt16BE(0xabcd, 0);
  numbers.writeInt32LE(-2, 2);
  return {
    utf8: buffer.toString(),
    hex: buffer.toString('hex'),
    base64: buffer.toString('base64'),
    base64url: Buffer.from([251, 255]).toString('base64url'),
    latin1: Buffer.from('é', 'latin1').toString('hex'),
    utf16: Buffer.from('a가', 'utf16le').toString('hex'),
    from: [Buffer.from('616', 'hex').toString(), Buffer.from('aGVs bG8', 'base64').toString(), Buffer.from('-_8', 'base64').toString('hex'), Buffer.from([1, 2, 300]).toString('hex'), Buffer.from(new Uint8Array([9]).buffer).length],
    whole: Buffer.concat([Buffer.from('a'), Buffer.from('bc')]).toString(),
    slice: buffer.slice(0, 3).toString(),
    numbers: [numbers.toString('hex'), numbers.readUInt16BE(0), numbers.readInt32LE(2), numbers.readUInt8(0)],
    compare: [Buffer.from('a').equals(Buffer.from('a')), Buffer.compare(Buffer.from('a'), Buffer.from('b'))],
    find: [buffer.indexOf('text'), buffer.includes('x'), buffer.indexOf('없음')],
    size: [Buffer.byteLength('가'), buffer.length, Buffer.isBuffer(buffer), Buffer.isBuffer(new Uint8Array())],
    json: JSON.stringify(Buffer.from('hi')),
    again: Buffer.from(JSON.parse(JSON.stringify(Buffer.from('hi')))).toString(),
    fill: [Buffer.alloc(3, 'ab').toString(), Buffer.alloc(2, 1).toString('hex')],
    copy: (() => { const into = Buffer.alloc(3); Buffer.from('abc').copy(into, 1); return into.toString('hex'); })(),
    write: (() => { const into = Buffer.alloc(3); return [into.write('가나'), into.toString()]; })(),
  };
};
