// Node runs no TypeScript of this age by itself: each test file is bundled, then run by Node's own runner.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

process.chdir(new URL("..", import.meta.url).pathname);
const [folder, ...rest] = process.argv.slice(2);
const only = rest.filter((word) => !word.startsWith("-"));
const names = readdirSync(folder).filter((name) => name.endsWith(".test.ts") && (only.length === 0 || only.some((part) => name.includes(part))));
const out = join("node_modules", ".cache", folder);
rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: names.map((name) => join(folder, name)),
  outdir: out,
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
  sourcemap: "inline",
  logLevel: "warning",
  outExtension: { ".js": ".mjs" },
});
const files = names.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
const flags = ["--enable-source-maps", "--test", "--test-concurrency=1", `--test-timeout=${folder === "tests/real" ? 300_000 : 60_000}`, "--test-force-exit", "--test-reporter=spec", ...rest.filter((word) => word.startsWith("-"))];
const run = spawnSync(process.execPath, [...flags, ...files], { stdio: "inherit" });
process.exit(run.status ?? 1);
