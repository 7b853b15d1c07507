// What a page loads, and whether it is still as small as promised.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const most = { "closer-sdk.js": 15, "closer-sdk.global.js": 15, "webchat.js": 40 };
let failed = false;
for (const [name, kilobytes] of Object.entries(most)) {
  const bytes = readFileSync(new URL(`../dist/${name}`, import.meta.url));
  const zipped = gzipSync(bytes, { level: 9 }).length;
  failed ||= zipped > kilobytes * 1024;
  console.log(`${name.padEnd(22)} ${String(bytes.length).padStart(7)} bytes, ${String(zipped).padStart(6)} gzip, at most ${kilobytes} KB`);
}
process.exit(failed ? 1 : 0);
