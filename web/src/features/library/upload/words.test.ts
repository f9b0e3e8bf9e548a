import { describe, expect, it } from "vitest";

import { type UploadItem, uploadItem, type UploadState } from "./upload-item";
import type { UploadSummary } from "./upload-queue";
import { headline, pace, sorted, stateOf } from "./words";

const SUMMARY: UploadSummary = {
  items: [], total: 4, open: 0, done: 0, existing: 0, wrong: 0, failed: 0,
  totalBytes: 10_000_000, sentBytes: 0, rate: 0, paused: false, waiting: false, problem: "",
};

function item(name: string, state: UploadState): UploadItem {
  return Object.assign(uploadItem({ file: new File(["1234"], name), path: name }), { state });
}

describe("what the upload panel says", () => {
  it("says how far it is, or why it is not going on", () => {
    expect(headline({ ...SUMMARY, open: 3, done: 1 })).toBe("Adding 4 images, 1 done");
    expect(headline({ ...SUMMARY, open: 3, done: 1, paused: true })).toBe("Paused, 1 of 4 images done");
    expect(headline({ ...SUMMARY, open: 3, waiting: true })).toBe("Waiting for the server");
  });

  it("says in the end what became of all", () => {
    expect(headline({ ...SUMMARY, done: 2, existing: 1, wrong: 1 })).toBe("2 added, 1 already here, 1 not added");
    expect(headline(SUMMARY)).toBe("Nothing was added");
  });

  it("says the time left in steps that do not jump about", () => {
    expect(pace({ ...SUMMARY, open: 1, rate: 1_000_000, sentBytes: 2_000_000 })).toBe("1 MB/s, 10 s left");
    expect(pace({ ...SUMMARY, open: 1, rate: 50_000 })).toBe("50 kB/s, 4 min left");
    expect(pace({ ...SUMMARY, open: 1, rate: 100_000_000, sentBytes: 9_999_999 })).toBe("100 MB/s, 5 s left");
  });

  it("has what was sent in place of a rate that is not known", () => {
    expect(pace({ ...SUMMARY, open: 1, sentBytes: 2_500_000 })).toBe("2.5 MB of 10 MB");
    expect(pace({ ...SUMMARY, open: 1, sentBytes: 2_500_000, rate: 1000, paused: true })).toBe("2.5 MB of 10 MB");
  });

  it("says of a file how far it is, whose twin it is, or the reason", () => {
    expect(stateOf(Object.assign(item("a.png", "sending"), { sentBytes: 1 }))).toBe("25 %");
    expect(stateOf(item("a.png", "existing"))).toBe("Already here");
    expect(stateOf(Object.assign(item("b.png", "existing"), { twin: item("a.png", "done") }))).toBe("Same as a.png");
    expect(stateOf(Object.assign(item("a.png", "failed"), { reason: "No room left." }))).toBe("No room left.");
  });

  it("puts what needs a person first, then what moves", () => {
    const items = [item("done", "done"), item("waiting", "waiting"), item("there", "existing"), item("sending", "sending"), item("bad", "refused"), item("gone", "cancelled"), item("failed", "failed")];
    expect(sorted(items).map(({ name }) => name)).toEqual(["bad", "failed", "sending", "waiting", "there", "done", "gone"]);
  });
});
