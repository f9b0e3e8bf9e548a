import { expect, test } from "vitest";

import { nextPath, signInPath } from "./paths";

test("after signing in one is where one wanted to be", () => {
  const path = signInPath({ pathname: "/search", search: "?q=a+cat" });
  expect(path).toBe("/sign-in?next=%2Fsearch%3Fq%3Da%2Bcat");
  expect(nextPath(new URL(path, "http://x").searchParams)).toBe("/search?q=a+cat");
});

test.each(["", "//evil.example", "/\\evil.example", "https://evil.example", "/sign-in?next=/", "javascript:alert(1)"])(
  "next=%s leads to the library",
  (next) => {
    expect(nextPath(new URLSearchParams({ next }))).toBe("/library");
  },
);
