// Fails if the first load, the sign-in page with all it imports, is larger than it may be.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const MOST_BYTES = 160_000;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", dist), "utf8"));

/** The entry's files, and those it imports at once. */
function filesOf(key, seen = new Set()) {
  if (seen.has(key)) return [];
  seen.add(key);
  const { file, css = [], imports = [] } = manifest[key];
  return [file, ...css, ...imports.flatMap((each) => filesOf(each, seen))];
}
const sizes = [...new Set(["index.html", ...filesOf("index.html")])].map((file) => [
  file,
  gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length,
]);
const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
for (const [file, bytes] of sizes) console.log(`${kb(bytes).padStart(9)}  ${file}`);
console.log(`${kb(total).padStart(9)}  first load with gzip; at most ${kb(MOST_BYTES)}`);
if (total > MOST_BYTES) {
  console.error("The first load is too large: load what sign-in does not need later.");
  process.exit(1);
}
