import { fileURLToPath } from "node:url";

import { defineConfig } from "vite";

const mesh = process.env["ARGUS_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // It may lie in any folder.
  base: "./",
  resolve: { alias: { "argus-client": fileURLToPath(new URL("../../packages/argus-client/src", import.meta.url)) } },
  build: { target: "es2022", emptyOutDir: true },
  server: { host: true, proxy: Object.fromEntries(["/argus.", "/images/"].map((path) => [path, { target: mesh }])) },
});
