// The SDK as a module and as a global, and the widget with the SDK in it as one script.
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";

process.chdir(new URL("..", import.meta.url).pathname);
rmSync("dist", { recursive: true, force: true });

const common = { bundle: true, minify: true, target: "es2020", legalComments: "none", logLevel: "warning", charset: "utf8" };
const builds = [
  { ...common, entryPoints: ["src/sdk/index.ts"], format: "esm", outfile: "dist/closer-sdk.js" },
  { ...common, entryPoints: ["src/sdk/index.ts"], format: "iife", globalName: "CloserSDK", outfile: "dist/closer-sdk.global.js" },
  { ...common, entryPoints: ["src/widget/main.ts"], format: "iife", outfile: "dist/webchat.js" },
];
await Promise.all(builds.map(build));
copyFileSync("src/widget/page.html", "dist/webchat.html");

const types = ["--declaration", "--emitDeclarationOnly", "--noEmit", "false", "--outDir", "dist/types", "--rootDir", "src"];
const tsc = ["node_modules/typescript/bin/tsc", ...types, "--target", "ES2022", "--module", "ESNext", "--moduleResolution", "Bundler"];
const rest = ["--strict", "--skipLibCheck", "--allowImportingTsExtensions", "--rewriteRelativeImportExtensions", "src/sdk/index.ts"];
execFileSync(process.execPath, [...tsc, ...rest], { stdio: "inherit" });
