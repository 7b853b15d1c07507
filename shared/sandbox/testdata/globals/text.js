module.exports = async () => {
  const bytes = new TextEncoder().encode('가a😀');
  return {
    bytes: [...bytes],
    back: new TextDecoder().decode(bytes),
    mark: new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 0x61])),
    broken: new TextDecoder().decode(new Uint8Array([0x61, 0xff])),
    korean: new TextDecoder('euc-kr').decode(new Uint8Array([0xc7, 0xd1, 0xb1, 0xdb])),
    lone: [...new TextEncoder().encode('\ud83d')],
    base64: [btoa('hello'), atob('aGVsbG8=')],
    clone: structuredClone({ a: [1, new Date(0), new Map([[1, new Set([2])]])], f: new Float32Array([1.5]) }),
    unknown: (() => { try { new TextDecoder('klingon'); } catch (error) { return error.name; } })(),
    uncloned: (() => { try { structuredClone({ f() {} }); } catch (error) { return error.name; } })(),
  };
};
