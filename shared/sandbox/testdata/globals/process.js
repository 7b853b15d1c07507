module.exports = async () => ({
  env: process.env.AWS_SECRET_ACCESS_KEY === undefined && Object.keys(process.env).length,
  kinds: [typeof process.binding, typeof process.exit, typeof process.mainModule, typeof Deno, typeof std, typeof os, typeof WebAssembly, typeof Intl],
  version: process.version,
  global: global === globalThis && global.global === global,
});
