// Lays out dist as Envoy serves it: assets/ as built, br/assets/ and gz/assets/ compressed, each with
// every file under its name.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url);

const LARGEST_PAGE_BYTES = 4096;
const page = statSync(new URL("index.html", dist)).size;
if (page > LARGEST_PAGE_BYTES) {
  console.error(`index.html has ${page} bytes; Envoy answers with at most ${LARGEST_PAGE_BYTES}.`);
  process.exit(1);
}

const coders = {
  br: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
  gz: (bytes) => gzipSync(bytes, { level: 9 }),
};
for (const [name, compress] of Object.entries(coders)) {
  const folder = new URL(`${name}/assets/`, dist);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(new URL("assets/", dist))) {
    writeFileSync(new URL(file, folder), compress(readFileSync(new URL(`assets/${file}`, dist))));
  }
}
