// Generates src/gen from the contract, offline: `buf` and the imported protos come from the
// Python environment that `make install` made, or the one that is active.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const own = `${root}.venv/bin/python`;
const python = existsSync(own) ? own : "python3";
const done = spawnSync(python, ["-m", "scripts.protos", "web"], { cwd: root, stdio: "inherit" });
if (done.error) console.error(`${python} does not run; \`make install\` makes what this needs.`);
process.exit(done.status ?? 1);
