import { expect, it } from "vitest";

import { clientWords } from "./client-words";

it.each([
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36", "Chrome on Linux"],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36 Edg/150.0", "Edge on Windows"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iOS"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 14.0; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on macOS"],
  ["argus-cli on line-3 grpc-python-asyncio/1.85.0 grpc-c/54.0.0 (linux; chttp2)", "argus-cli on line-3"],
  ["curl/8.5.0", "curl/8.5.0"],
  ["", "Unknown client"],
])("%s", (agent, words) => {
  expect(clientWords(agent)).toBe(words);
});
