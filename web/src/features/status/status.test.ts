import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";

import { Modality, Residency } from "@/gen/argus/embedder/v1/embedder_pb.js";
import { Feature, InstallationSchema, InstallationStatusSchema, Part_State as State } from "@/gen/argus/installation/v1/installation_pb.js";

import { durationMs, formatSpan } from "./durations";
import { depthsOf, MOST_SAMPLES, ratePerMinute, ratesOf, sampleOf, type Sample, withSample } from "./history";
import { report } from "./report";
import { lineRuns } from "./sparkline";
import { inOrder, overall } from "./words";

const status = (init: MessageInitShape<typeof InstallationStatusSchema>) => create(InstallationStatusSchema, init);

function sample(seconds: number, totals: Record<string, number> = {}, depths: Record<string, number> = {}): Sample {
  return { at: seconds * 1000, totals, depths };
}

describe("what was polled", () => {
  it("is read from an answer", () => {
    const read = sampleOf(
      status({
        serverTime: timestampFromMs(5000),
        queues: [{ name: "indexing", waiting: 3n, running: 2n }],
        counters: [{ name: "images_indexed", value: 40n }],
      }),
    );
    expect(read).toEqual(sample(5, { images_indexed: 40 }, { indexing: 5 }));
  });

  it("is kept once each, for three minutes, and anew when the clock was set back", () => {
    let samples: readonly Sample[] = [];
    for (let second = 0; second < 100; second += 1) samples = withSample(samples, sample(second));
    expect(samples).toHaveLength(MOST_SAMPLES);
    expect(withSample(samples, sample(99))).toBe(samples);
    expect(withSample(samples, sample(3))).toEqual([sample(3)]);
  });

  it("gives rates, also over a total that began at 0 again", () => {
    const samples = [sample(0, { done: 10 }), sample(30, { done: 40 }), sample(60, { done: 5 })];
    expect(ratePerMinute(samples, "done")).toBe(35);
    expect(ratesOf(samples, "done")).toEqual([60, 10]);
    expect(ratePerMinute(samples.slice(0, 1), "done")).toBeUndefined();
    expect(ratePerMinute(samples, "other")).toBeUndefined();
  });

  it("has holes where an answer left something out", () => {
    const depths = depthsOf([sample(0, {}, { jobs: 1 }), sample(3), sample(6, {}, { jobs: 2 })], "jobs");
    expect(depths).toEqual([1, undefined, 2]);
    expect(lineRuns(depths)).toEqual([[[0, 1]], [[2, 2]]]);
  });
});

describe("how the whole is", () => {
  const parts = (...states: State[]) => status({ parts: states.map((state, index) => ({ name: ["auth", "storage", "search"][index] ?? "", state })) });

  it("is as bad as its worst part", () => {
    expect(overall(parts(State.SERVING, State.SERVING)).tone).toBe("normal");
    expect(overall(parts(State.SERVING, State.NOT_SERVING))).toMatchObject({ tone: "warning", message: "Storage lacks something needed." });
    expect(overall(parts(State.UNREACHABLE, State.NOT_SERVING, State.UNREACHABLE))).toMatchObject({
      tone: "anomalous",
      message: "Auth and Search do not answer.",
    });
    expect(overall(parts()).tone).toBe("neutral");
  });
});

it("orders counters as people ask for them, unknown ones last", () => {
  const names = inOrder([{ name: "new" }, { name: "images_removed" }, { name: "images_indexed" }]).map(({ name }) => name);
  expect(names).toEqual(["images_indexed", "images_removed", "new"]);
});

it("writes spans in their largest unit", () => {
  expect(durationMs(durationFromMs(1500))).toBe(1500);
  expect(durationMs(undefined)).toBeUndefined();
  expect([86_400_000, 5_400_000, 900_000, 20_000].map((ms) => formatSpan(ms, "en"))).toEqual(["1 day", "1.5 hours", "15 minutes", "20 seconds"]);
});

it("says all of it as text", () => {
  const text = report({
    installation: create(InstallationSchema, { version: "0.4.0", features: [Feature.TEXT_SEARCH, Feature.MAP] }),
    status: status({
      serverTime: timestampFromMs(0),
      parts: [
        { name: "auth", state: State.SERVING, checkDuration: durationFromMs(4) },
        { name: "search", state: State.NOT_SERVING, message: "The index does not answer." },
      ],
      queues: [{ name: "indexing", waiting: 1200n, running: 8n, oldestAge: durationFromMs(65_000) }],
      counters: [{ name: "images_indexed", value: 90n }],
      models: [
        { model: "compact", version: "abc", default: true, modalities: [Modality.IMAGE, Modality.TEXT], residency: Residency.RESIDENT, memoryBytes: 454_000_000n },
      ],
    }),
    samples: [sample(0, { images_indexed: 60 }), sample(60, { images_indexed: 90 })],
    problem: undefined,
    now: new Date(0),
    browser: "Test",
  });
  expect(text).toBe(`Argus 0.4.0, 1970-01-01T00:00:00.000Z
Browser: Test

Parts (1970-01-01T00:00:00.000Z)
- Auth: Works, 4 ms
- Search: Limited. The index does not answer.

Queues
- Indexing: 1,200 waiting, 8 running, oldest 1 min 5 s

Counters
- Images indexed: 90, 30.0 a minute

Models
- compact (abc), default: reads images, reads text; in memory, 454 MB

Features: map, text_search`);
});

it("says as text why there is nothing to say", () => {
  const text = report({ installation: undefined, status: undefined, samples: [], problem: "No connection.", now: new Date(0), browser: "Test" });
  expect(text).toContain("Status cannot be asked: No connection.");
});
