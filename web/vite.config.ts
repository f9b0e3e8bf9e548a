import { fileURLToPath } from "node:url";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin, Rolldown } from "vite";
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

type CodeSplittingGroup = Extract<Rolldown.OutputOptions["codeSplitting"], object>["groups"] extends (infer Group)[] | undefined ? Group : never;
type ChunkingContext = Parameters<Extract<CodeSplittingGroup["name"], (...given: never) => unknown>>[1];

/**
 * What two or more pages share, apart from what the first page has, is one file: thirty small ones, six at a time
 * as HTTP/1.1 goes, cost more than the few kilobytes that a page may not need.
 */
const shared: CodeSplittingGroup = {
  name: (id, graph) => (/[\\/](node_modules|argus-client|ui|lib|library)[\\/]/.test(id) && !isInFirst(id, graph, new Set()) ? "shared" : null),
  minShareCount: 2,
};

/** What the first page has is one file, too: in several the same words are compressed anew, and each is a request. */
const first: CodeSplittingGroup = {
  name: (id, graph) => (isInFirst(id, graph, new Set()) ? "first" : null),
};

/** Whether the entry imports a module, however far away. */
function isInFirst(id: string, graph: ChunkingContext, seen: Set<string>): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const info = graph.getModuleInfo(id);
  return info !== null && (info.isEntry || info.importers.some((importer) => isInFirst(importer, graph, seen)));
}

export default defineConfig({
  plugins: [react(), tailwindcss(), renderAfterTheme],
  resolve: {
    alias: {
      "@": fileURLToPath(new URL("src", import.meta.url)),
      // The page is built with the client that others install, from its sources.
      "argus-client": fileURLToPath(new URL("packages/argus-client/src", import.meta.url)),
    },
  },
  build: {
    target: "es2022",
    // The page's content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: "manifest.json",
    rolldownOptions: { output: { codeSplitting: { groups: [first, shared], includeDependenciesRecursively: false } } },
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
    include: ["src/**/*.test.{ts,tsx}", "packages/*/src/**/*.test.ts"],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
