import { beforeEach, expect, it } from "vitest";

import { completeElsewhere, SignInError } from "./sign-in-elsewhere";

const answer = (query: string) => completeElsewhere(new URLSearchParams(query));

beforeEach(() => {
  sessionStorage.setItem(
    "argus.sign-in",
    JSON.stringify({ state: "mine", secret: "s", purpose: "sign-in", name: "Example Company", next: "/library" }),
  );
});

it("takes no answer to what another tab began", async () => {
  await expect(answer("state=theirs&code=c")).rejects.toThrow("begun in another tab");
  // What was begun here can still be completed.
  expect(sessionStorage.getItem("argus.sign-in")).not.toBeNull();
});

it("says in its own words what the provider refused, and forgets it", async () => {
  const refused = answer("state=mine&error=access_denied&error_description=Call+this+number");
  await expect(refused).rejects.toThrow("You did not allow it at Example Company.");
  await expect(refused).rejects.toBeInstanceOf(SignInError);
  expect(sessionStorage.getItem("argus.sign-in")).toBeNull();
});
