import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";

import { type DuplicateCluster, DuplicateCluster_Kind as Kind, DuplicateClusterSchema } from "@/gen/argus/search/v1/duplicates_pb.js";

import { type Choices, type Cluster, going, idOf, KINDS, losesAll, readKinds, shown, toggled, withMessage, writeKinds } from "./clusters";

const NONE: ReadonlySet<string> = new Set();
const NOTHING: Choices = new Map();

function message(kind: Kind, ids: readonly string[], first = 0): DuplicateCluster {
  return create(DuplicateClusterSchema, { kind, first, images: ids.map((imageId) => ({ image: { imageId } })) });
}

const all = (...messages: DuplicateCluster[]): Cluster[] => messages.reduce<Cluster[]>((found, one) => withMessage(found, one), []);
const idsOf = (clusters: readonly Cluster[]): string[][] => clusters.map((cluster) => cluster.images.map(idOf));

describe("kinds in an address", () => {
  it("are the same files and pictures unless it says otherwise", () => {
    expect(readKinds(null)).toEqual([Kind.EXACT, Kind.NEAR]);
    expect(readKinds("exact,nonsense")).toEqual([Kind.EXACT]);
    expect(readKinds("")).toEqual([Kind.EXACT, Kind.NEAR]);
    expect(readKinds(writeKinds(KINDS))).toEqual([...KINDS]);
    expect(readKinds(writeKinds([Kind.ALIKE, Kind.EXACT]))).toEqual([Kind.EXACT, Kind.ALIKE]);
  });
});

describe("clusters of a stream", () => {
  it("are put together from the messages that tell of one", () => {
    const clusters = all(message(Kind.EXACT, ["a", "b"]), message(Kind.EXACT, ["c"], 2), message(Kind.NEAR, ["a", "d"]));
    expect(idsOf(clusters)).toEqual([["a", "b", "c"], ["a", "d"]]);
  });
  it("are there once, as they were told last", () => {
    expect(idsOf(all(message(Kind.EXACT, ["a", "b", "c"]), message(Kind.EXACT, ["a", "c"])))).toEqual([["a", "c"]]);
  });
  it("without a beginning are left out", () => {
    expect(all(message(Kind.EXACT, ["c"], 2))).toEqual([]);
  });
});

describe("what goes", () => {
  const clusters = all(message(Kind.EXACT, ["a", "b"]), message(Kind.NEAR, ["c", "a"]));
  const [first, second] = clusters as [Cluster, Cluster];

  it("is all but the best, and each image once", () => {
    expect(going(clusters, NONE, NOTHING)).toEqual(["b", "a"]);
  });
  it("is what was chosen", () => {
    const choices = toggled(toggled(NOTHING, second, "a"), second, "c");
    expect(going([second], NONE, choices)).toEqual(["c"]);
    expect(going([second], NONE, toggled(toggled(choices, second, "a"), second, "c"))).toEqual(["a"]);
  });
  it("may be everything, and that is known", () => {
    expect(losesAll(first, NONE, NOTHING)).toBe(false);
    expect(losesAll(first, NONE, toggled(NOTHING, first, "a"))).toBe(true);
  });
  it("never has what is gone, and the next best stays then", () => {
    const three = all(message(Kind.EXACT, ["a", "b", "c"]));
    expect(going(three, new Set(["a"]), NOTHING)).toEqual(["c"]);
    expect(shown(first, new Set(["a"]))).toEqual([]);
    expect(losesAll(first, new Set(["a"]), NOTHING)).toBe(false);
  });
});
