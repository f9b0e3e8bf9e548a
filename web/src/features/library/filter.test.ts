import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Image_State } from "@/gen/argus/storage/v1/image_pb.js";

import { EVERYTHING, isFiltered, type LibraryQuery, matches, pathOf, readQuery, toFilter, toggleLabel, writeQuery } from "./filter";
import { FakeImages, imageAt } from "./images/fake-images";

const QUERIES: LibraryQuery[] = [
  EVERYTHING,
  { ...EVERYTHING, status: "failed", order: "oldest" },
  { ...EVERYTHING, labels: [{ key: "line", value: "3" }, { key: "camera.side", value: undefined }] },
  { ...EVERYTHING, labels: [{ key: "note", value: 'a:b & "c" \\ =é' }, { key: "empty", value: "" }] },
  { ...EVERYTHING, from: "2026-03-01", to: "2026-03-31" },
  { ...EVERYTHING, filename: 'bolt "7" & more.jpg' },
];

describe("the address", () => {
  it.each(QUERIES)("says a query and is read back: %j", (query) => {
    expect(readQuery(new URLSearchParams(writeQuery(query).toString()))).toEqual(query);
  });

  it("leaves out what it does not understand", () => {
    const search = new URLSearchParams("label=Line:3&label=:&label=&state=lost&from=yesterday&to=2026-13-01&order=up&more=1");
    expect(readQuery(search)).toEqual(EVERYTHING);
  });

  it("is the trash's own for deleted images", () => {
    expect(pathOf(EVERYTHING)).toBe("/library");
    expect(pathOf({ ...EVERYTHING, trash: true, status: "failed" })).toBe("/library/trash?state=failed");
  });

  it("knows when there is a filter; an order is none", () => {
    expect(QUERIES.map(isFiltered)).toEqual([false, true, true, true, true, true]);
    expect(isFiltered({ ...EVERYTHING, order: "oldest" })).toBe(false);
  });
});

describe("the filter for the server", () => {
  it("leaves out uploads that are under way, but not from the trash", () => {
    expect(toFilter(EVERYTHING)).toBe("NOT state = PENDING");
    expect(toFilter({ ...EVERYTHING, trash: true })).toBe("");
    expect(toFilter({ ...EVERYTHING, status: "indexing" })).toBe("state = UPLOADED");
  });

  it("takes a file name as a whole, composed as the server keeps it", () => {
    const query = { ...EVERYTHING, filename: 'e\u0301 "7".jpg' };
    expect(toFilter(query)).toBe('NOT state = PENDING AND filename = "\u00e9 \\"7\\".jpg"');
    expect(matches(query, { ...imageAt(0), filename: '\u00e9 "7".jpg' })).toBe(true);
    expect(matches(query, imageAt(0))).toBe(false);
  });

  it("quotes values", () => {
    const labels = [{ key: "note", value: 'say "a\\b" OR c' }, { key: "line", value: undefined }];
    expect(toFilter({ ...EVERYTHING, status: "indexed", labels })).toBe('state = INDEXED AND labels.note = "say \\"a\\\\b\\" OR c" AND labels:line');
  });
});

describe.each(["America/New_York", "UTC", "Asia/Kolkata"])("days in %s", (zone) => {
  beforeEach(() => void vi.stubEnv("TZ", zone));
  afterEach(() => void vi.unstubAllEnvs());

  it("begin and end at the viewer's midnight, both included", () => {
    // Clocks go forward in New York on 8 March 2026.
    const query = { ...EVERYTHING, status: "indexed", from: "2026-03-08", to: "2026-03-08" } as const;
    const [begin, end] = [new Date(2026, 2, 8), new Date(2026, 2, 9)];
    expect(toFilter(query)).toBe(`state = INDEXED AND create_time >= "${begin.toISOString()}" AND create_time < "${end.toISOString()}"`);
    const at = (ms: number): boolean => matches(query, imageAt(0, { ms }));
    expect([at(begin.getTime() - 1), at(begin.getTime()), at(end.getTime() - 1), at(end.getTime())]).toEqual([false, true, true, false]);
  });
});

describe("what changes live", () => {
  it("is shown where the server would list it", async () => {
    const states = [Image_State.PENDING, Image_State.UPLOADED, Image_State.INDEXED, Image_State.FAILED];
    const labels: Record<string, string>[] = [{}, { line: "3" }, { line: "4", note: "" }, { note: 'x "y"' }];
    const days = [new Date(2026, 2, 1), new Date(2026, 2, 2), new Date(2026, 2, 3)];
    const images = states.flatMap((state, s) =>
      labels.flatMap((each, l) => days.map((day, d) => imageAt(s * 100 + l * 10 + d, { state, labels: each, ms: day.getTime() }))),
    );
    const fake = new FakeImages(images);
    const queries: LibraryQuery[] = (["indexed", "indexing", "failed", undefined] as const).flatMap((status) =>
      [[], [{ key: "line", value: undefined }], [{ key: "line", value: "3" }], [{ key: "note", value: "" }], [{ key: "note", value: 'x "y"' }]].flatMap((conditions) =>
        [undefined, "2026-03-02"].map((from) => ({ ...EVERYTHING, status, labels: conditions, from, to: from })),
      ),
    );
    for (const query of queries) {
      const { images: listed } = await fake.list({ filter: toFilter(query), deleted: false, orderBy: "create_time desc", pageSize: 500 });
      const here = images.filter((image) => matches(query, image)).map(({ imageId }) => imageId);
      expect(listed.map(({ imageId }) => imageId).sort(), toFilter(query)).toEqual(here.sort());
    }
  });
});

describe("a label's condition", () => {
  it("is taken, replaced by another value of its key, and taken away", () => {
    const one = toggleLabel(EVERYTHING, { key: "line", value: "3" });
    const other = toggleLabel(one, { key: "line", value: undefined });
    expect(other.labels).toEqual([{ key: "line", value: undefined }]);
    expect(toggleLabel(other, { key: "line", value: undefined }).labels).toEqual([]);
  });
});
