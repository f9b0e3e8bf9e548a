import { expect, test, vi } from "vitest";

import { applyTheme, getTheme, setTheme, subscribeTheme } from "./theme";

const marked = () => document.documentElement.dataset["theme"];

test("a choice marks the document and is kept; the system's leaves no mark", () => {
  setTheme("dark");
  expect([getTheme(), marked()]).toEqual(["dark", "dark"]);
  setTheme("system");
  expect([getTheme(), marked()]).toEqual(["system", undefined]);
});

test("what another tab chooses holds here", () => {
  const heard = vi.fn();
  const stop = subscribeTheme(heard);
  localStorage.setItem("argus.theme", "light");
  dispatchEvent(Object.assign(new Event("storage"), { key: "argus.theme" }));
  expect(marked()).toBe("light");
  expect(heard).toHaveBeenCalledTimes(1);
  stop();
});

test("what is stored wrongly is the system's", () => {
  localStorage.setItem("argus.theme", "purple");
  applyTheme();
  expect([getTheme(), marked()]).toEqual(["system", undefined]);
});
