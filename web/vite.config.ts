import { fileURLToPath } from "node:url";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The running mesh that `npm run dev` talks to. */
const mesh = process.env["ARGUS_URL"] ?? "http://127.0.0.1:8080";

/** Nothing is painted before the theme is known, so a chosen theme never flashes as the other. */
const renderAfterTheme: Plugin = {
  name: "argus:render-after-theme",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
};

export default defineConfig({
  plugins: [react(), tailwindcss(), renderAfterTheme],
  resolve: { alias: { "@": fileURLToPath(new URL("src", import.meta.url)) } },
  build: {
    target: "es2022",
    // The page's content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: "manifest.json",
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ["/argus.", "/grpc.", "/api/", "/images/", "/.well-known/"].map((path) => [path, { target: mesh }]),
    ),
  },
  test: {
    environment: "happy-dom",
    setupFiles: ["src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
