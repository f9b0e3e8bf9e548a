import { timestampDate } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";

import { InspectResponse_Verdict as Verdict } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { filterOf, historyRequest, isFiltered } from "./history-filter";

const from = (query: string) => {
  const search = new URLSearchParams(query);
  return filterOf((name) => search.get(name) ?? "");
};

describe("filters of past inspections", () => {
  it("are read from the URL, and nonsense in it is none", () => {
    expect(from("set=s&verdict=anomalous&version=2&from=2026-03-01")).toEqual({ setId: "s", imageId: "", partId: "", version: 2, verdict: "anomalous", from: "2026-03-01", to: "" });
    expect(from("verdict=uninspectable").verdict).toBe("uninspectable");
    expect(from("verdict=toString").verdict).toBe("");
    expect(isFiltered(from("verdict=odd&version=-3&from=yesterday&to=2026-99-99"))).toBe(false);
  });

  it("find the inspections of one part", () => {
    expect(historyRequest(from("part=p")).partInspectionId).toBe("p");
    expect(isFiltered(from("part=p"))).toBe(true);
  });

  it("take days as a whole, in the viewer's zone", () => {
    const { since, until, verdict } = historyRequest(from("verdict=normal&from=2026-03-01&to=2026-03-02"));
    const shown = [since, until].map((time) => timestampDate(time as Parameters<typeof timestampDate>[0]));
    expect(shown).toEqual([new Date("2026-03-01T00:00"), new Date("2026-03-03T00:00")]);
    expect(verdict).toBe(Verdict.NORMAL);
  });
});
