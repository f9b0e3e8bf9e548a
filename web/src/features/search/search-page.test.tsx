import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";

import { Feature, InstallationService } from "@/gen/argus/installation/v1/installation_pb.js";
import { Contribution_Kind, type SearchImagesRequest, SearchImagesRequest_Matching as Matching, SearchImagesResponseSchema, SearchService } from "@/gen/argus/search/v1/search_pb.js";
import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { ErrorInfoSchema } from "@/gen/google/rpc/error_details_pb.js";
import { renderPage } from "@/test/render-page";
import { clearToasts, Toaster } from "@/ui/toast";

import { Component } from "./search-page";

const idOf = (place: number): string => `00000000-0000-4000-8000-${String(place).padStart(12, "0")}`;

interface Fakes {
  scores?: readonly number[];
  features?: Feature[];
  fail?: () => ConnectError | undefined;
  truncated?: boolean;
  cutoff?: number;
  matchedBy?: Matching;
  unreadWords?: string[];
}

/** Pages of six; answers what it was asked. */
function fakes(asked: SearchImagesRequest[], { scores = [], features = [Feature.TEXT_SEARCH], fail, truncated = false, cutoff, matchedBy = Matching.MEANING, unreadWords = [] }: Fakes) {
  return (router: ConnectRouter): void => {
    router.service(SearchService, {
      async *streamMatches({ query }) {
        if (query) asked.push(query);
        for (const [index, score] of scores.entries()) {
          yield await Promise.resolve({ match: { image: { imageId: idOf(index), filename: `${index}.jpg` }, score } });
        }
      },
      searchImages: (request) => {
        asked.push(request);
        const error = fail?.();
        if (error) throw error;
        const from = Number(request.pageToken || "0");
        return create(SearchImagesResponseSchema, {
          matches: scores
            .slice(from, from + 6)
            .map((score, index) => ({
              image: { imageId: idOf(from + index), filename: `${from + index}.jpg`, width: 40, height: 30 },
              score,
              ...(request.foldDuplicates && index === 0 && { foldedCount: 2, foldedImageIds: [idOf(90), idOf(91)] }),
              ...(request.explain && {
                explanation: {
                  contributions: [
                    { kind: Contribution_Kind.MEANING, weight: 1, score, rank: index + 1 },
                    { kind: Contribution_Kind.WORDS, weight: 1, score: 0.5, rank: 1, matchedWords: ["dog"] },
                    { kind: Contribution_Kind.EXAMPLE, example: 0, weight: 1, score, rank: 0 },
                  ],
                },
              }),
            }))
            .filter(({ image }) => !request.excludeImageIds.includes(image.imageId)),
          facets: request.facetMonths
            ? [
                ...request.facetLabels.map((key) => ({ of: { case: "labelKey" as const, value: key }, values: [{ value: "dog", count: 12 }] })),
                { of: { case: "month" as const, value: true }, values: [{ value: "2026-03", count: 34 }] },
              ]
            : [],
          nextPageToken: from + 6 < scores.length ? String(from + 6) : "",
          model: "compact",
          textTruncated: truncated,
          matchedBy,
          unreadWords,
          ...(cutoff !== undefined && { cutoff: { score: cutoff, falseAlarmRate: 0.05, sampleSize: 300 } }),
        });
      },
    });
    router.service(InstallationService, {
      getInstallation: () => ({ features, limits: { search: { maxImageBytes: 1000n }, images: { contentTypes: ["image/jpeg", "image/png"] } } }),
    });
    router.service(ImageService, {
      getImage: ({ imageId }) => ({ imageId, filename: "asked.jpg", width: 40, height: 30, displayUrl: "http://store/images/asked" }),
      batchGetImages: ({ imageIds }) => ({ images: imageIds.map((imageId) => ({ imageId, filename: `copy-${imageId.slice(-2)}.jpg` })) }),
      listLabels: () => ({ keys: [{ key: "kind", imageCount: 3n, valueCount: 1n, values: [{ value: "dog", imageCount: 3n }] }] }),
    });
  };
}

function Page() {
  return (
    <>
      <Component />
      <Toaster />
    </>
  );
}

function show(path: string, options: Fakes = {}) {
  const asked: SearchImagesRequest[] = [];
  return { asked, ...renderPage(Page, path, fakes(asked, options)) };
}

afterEach(() => act(clearToasts));

const GAP = [0.5, 0.49, 0.48, 0.2, 0.195, 0.19, 0.188, 0.185];

describe("the search page", () => {
  it("offers examples, and searches with one", async () => {
    const { asked, router } = show("/search", { scores: GAP });
    await userEvent.click(screen.getByRole("button", { name: "a cat on a sofa" }));
    expect(await screen.findByRole("gridcell", { name: "0.jpg, score 0.500" })).toBeVisible();
    expect(asked[0]?.text).toBe("a cat on a sofa");
    expect(router.state.location.search).toBe("?q=a+cat+on+a+sofa");
    expect(screen.getByRole("textbox", { name: "Search by words" })).toHaveValue("a cat on a sofa");
  });

  it("loads all pages that come into sight, and marks where relevance falls", async () => {
    const { asked } = show("/search?q=a+dog", { scores: GAP });
    expect(await screen.findByText("Less alike")).toBeVisible();
    expect(await screen.findByText("8 images, 3 clearly ahead")).toBeVisible();
    expect(asked.map(({ pageToken }) => pageToken)).toEqual(["", "6"]);
  });

  it("asks with the labels of the address, and says if none fits", async () => {
    const { asked, router } = show("/search?q=a+dog&label=kind:dog");
    expect(await screen.findByText("No images with these labels")).toBeVisible();
    expect(asked[0]?.filter).toBe('labels.kind = "dog"');
    await userEvent.click(screen.getByRole("button", { name: "Search all images" }));
    expect(router.state.location.search).toBe("?q=a+dog");
    expect(await screen.findByText("Nothing to search yet")).toBeVisible();
  });

  it("takes labels from the panel, with how many have them", async () => {
    const { asked, router } = show("/search?q=a+dog", { scores: GAP });
    await userEvent.click(screen.getByRole("button", { name: "Labels" }));
    await userEvent.click(await screen.findByRole("button", { name: "dog 12" }));
    expect(asked.some(({ facetLabels }) => facetLabels.includes("kind"))).toBe(true);
    expect(router.state.location.search).toBe("?q=a+dog&label=kind%3Adog");
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(screen.getByRole("button", { name: "Labels" })).toHaveFocus();
  });

  it("searches with a chosen picture, and says when it is gone", async () => {
    const { asked, router } = show("/search", { scores: [0.9] });
    const picture = new File([Uint8Array.of(1, 2, 3)], "cat.jpg", { type: "image/jpeg" });
    await userEvent.upload(screen.getByLabelText("Picture to search with"), picture);
    expect(await screen.findByRole("gridcell")).toBeVisible();
    expect([...(asked[0]?.image ?? [])]).toEqual([1, 2, 3]);
    expect(screen.getByText("cat.jpg")).toBeVisible();
    await act(() => router.navigate("/search?picture=forgotten"));
    expect(await screen.findByText("The picture is gone")).toBeVisible();
  });

  it("searches with a pasted picture", async () => {
    const { asked } = show("/search", { scores: [0.9] });
    const picture = new File([Uint8Array.of(7)], "", { type: "image/png" });
    fireEvent.paste(document.body, { clipboardData: { files: [picture] } });
    await waitFor(() => expect([...(asked[0]?.image ?? [])]).toEqual([7]));
  });

  it("refuses a picture that is larger than this installation takes", async () => {
    const { asked, client } = show("/search");
    await waitFor(() => expect(client.isFetching()).toBe(0));
    await userEvent.upload(screen.getByLabelText("Picture to search with"), new File([new Uint8Array(2000)], "big.tiff", { type: "image/tiff" }));
    expect(await screen.findByText(/big\.tiff has 2 kB; pictures to search with may have 1 kB/)).toBeVisible();
    expect(asked).toEqual([]);
  });

  it("leaves the image itself out of what is like it", async () => {
    show(`/search?like=${idOf(0)}`, { scores: [1, 0.6, 0.5] });
    expect(await screen.findByText("2 images")).toBeVisible();
    expect(screen.queryByRole("gridcell", { name: /^0\.jpg/ })).toBeNull();
    expect(await screen.findByText("asked.jpg")).toBeVisible();
  });

  it("searches on from a result by key", async () => {
    const { router } = show("/search?q=a+dog", { scores: [0.5, 0.4] });
    await screen.findByRole("gridcell", { name: /^1\.jpg/ });
    await userEvent.keyboard("{Escape}");
    await userEvent.click(document.body);
    await userEvent.keyboard("{ArrowRight}{ArrowRight}m");
    expect(router.state.location.search).toBe(`?like=${idOf(1)}`);
  });

  it("asks for more and for less like results, and takes it back", async () => {
    const { asked, router } = show("/search?q=a+dog", { scores: [0.5, 0.4, 0.3] });
    const cell = await screen.findByRole("gridcell", { name: /^0\.jpg/ });
    await userEvent.click(within(cell).getByRole("button", { name: "More like this" }));
    await waitFor(() => expect(screen.queryByRole("gridcell", { name: /^0\.jpg/ })).toBeNull());
    const other = screen.getByRole("gridcell", { name: /^2\.jpg/ });
    await userEvent.click(within(other).getByRole("button", { name: "Less like this" }));
    expect(router.state.location.search).toBe(`?q=a+dog&more=${idOf(0)}&less=${idOf(2)}`);
    await waitFor(() =>
      expect(asked.at(-1)?.examples.map(({ source, weight }) => [source.value, weight])).toEqual([[idOf(0), 1], [idOf(2), -1]]),
    );
    await userEvent.click(screen.getByRole("button", { name: /^Remove: less like/ }));
    expect(router.state.location.search).toBe(`?q=a+dog&more=${idOf(0)}`);
    await act(() => router.navigate(-1));
    expect(await screen.findByRole("button", { name: /^Remove: less like/ })).toBeVisible();
  });

  it("shows what is left out, and lets it in again", async () => {
    const { router } = show('/search?q=a+dog+-cat+"old+town"', { scores: [0.5] });
    expect(await screen.findByText("without cat")).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Remove the filter without cat" }));
    expect(new URLSearchParams(router.state.location.search).get("q")).toBe('a dog "old town"');
    expect(screen.getByRole("textbox", { name: "Search by words" })).toHaveValue('a dog "old town"');
    await userEvent.click(screen.getByRole("button", { name: "Remove the filter has “old town”" }));
    expect(router.state.location.search).toBe("?q=a+dog");
  });

  it("asks nothing while nothing is wanted", async () => {
    const { asked } = show("/search?q=-cat", { scores: [0.5] });
    expect(await screen.findByText("What do you look for?")).toBeVisible();
    expect(asked).toEqual([]);
  });

  it("adds words with a side of their own", async () => {
    const { asked, router } = show("/search?q=a+dog", { scores: [0.5] });
    await userEvent.click(await screen.findByRole("button", { name: "More or less" }));
    await userEvent.type(screen.getByRole("textbox", { name: "Words" }), "at night");
    await userEvent.click(screen.getByRole("button", { name: "Less of it" }));
    expect(router.state.location.search).toBe("?q=a+dog&less=words%3Aat+night");
    await waitFor(() => expect(asked.at(-1)?.examples[0]).toMatchObject({ source: { case: "text", value: "at night" }, weight: -1 }));
  });

  it("searches with a part of an image, chosen by keys", async () => {
    const { asked, router } = show(`/search?like=${idOf(0)}`, { scores: [1, 0.6] });
    await userEvent.click(await screen.findByRole("button", { name: /Choose a part of asked\.jpg/ }));
    await userEvent.click(await screen.findByRole("button", { name: "Box in the middle" }));
    const handle = await screen.findByRole("button", { name: /^Part of the picture: from 25 % to 75 % across/ });
    await waitFor(() => expect(handle).toHaveFocus());
    await userEvent.keyboard("{ArrowLeft}{Control>}{ArrowUp}{/Control}{Shift>}{ArrowRight}{/Shift}");
    expect(screen.getByText("The part reaches from 24 % to 75 % across, from 20 % to 70 % down.")).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Search this part" }));
    expect(new URLSearchParams(router.state.location.search).get("box")).toBe("0.24,0.2,0.75,0.7");
    await waitFor(() => expect(asked.at(-1)?.region?.left).toBeCloseTo(0.24));
    await userEvent.click(screen.getByRole("button", { name: /Choose a part of asked\.jpg/ }));
    await userEvent.click(await screen.findByRole("button", { name: "Whole picture" }));
    expect(router.state.location.search).toBe(`?like=${idOf(0)}`);
  });

  it("mixes words and a picture, and goes on without either", async () => {
    const { asked, router } = show(`/search?like=${idOf(0)}`, { scores: [1, 0.6] });
    const field = screen.getByRole("textbox", { name: "Search by words" });
    await userEvent.type(field, "at night{Enter}");
    expect(router.state.location.search).toBe(`?q=at+night&like=${idOf(0)}`);
    await waitFor(() => expect(asked.at(-1)).toMatchObject({ text: "at night", imageId: idOf(0) }));
    await userEvent.click(screen.getByRole("button", { name: "Remove the picture" }));
    expect(router.state.location.search).toBe("?q=at+night");
  });

  it("filters by a month and by a form", async () => {
    const { asked, router } = show("/search?q=a+dog", { scores: [0.5] });
    await userEvent.click(await screen.findByRole("button", { name: "Labels" }));
    await userEvent.click(await screen.findByRole("button", { name: "March 2026 34" }));
    expect(router.state.location.search).toBe("?q=a+dog&month=2026-03");
    await userEvent.keyboard("{Escape}");
    await userEvent.click(screen.getByRole("button", { name: "Filter" }));
    await userEvent.type(screen.getByRole("textbox", { name: "File name has" }), "beach");
    await userEvent.type(screen.getByRole("spinbutton", { name: "At most, MB" }), "2.5");
    await userEvent.click(screen.getByRole("button", { name: "Apply" }));
    await userEvent.click(await screen.findByRole("button", { name: "PNG" }));
    const params = new URLSearchParams(router.state.location.search);
    expect([params.get("name"), params.get("most-bytes"), params.get("type")]).toEqual(["beach", "2500000", "image/png"]);
    await waitFor(() => expect(asked.at(-1)?.filter).toMatch(/filename:"beach" AND content_type = "image\/png" AND size_bytes <= 2500000$/));
    await userEvent.click(screen.getByRole("button", { name: "Remove the filter March 2026" }));
    expect(new URLSearchParams(router.state.location.search).has("month")).toBe(false);
  });

  it("says how it is searched, and shows near-duplicates once", async () => {
    const { asked, router } = show("/search?q=a+dog", { scores: [0.5, 0.4] });
    await userEvent.click(await screen.findByRole("button", { name: "Options" }));
    await userEvent.click(screen.getByRole("checkbox", { name: "Show near-duplicates once" }));
    await userEvent.selectOptions(screen.getByRole("combobox", { name: "Order by" }), "Both");
    await userEvent.keyboard("{Escape}");
    expect(router.state.location.search).toBe("?q=a+dog&by=both&fold=1");
    await waitFor(() => expect(asked.at(-1)).toMatchObject({ foldDuplicates: true, matching: Matching.BOTH }));
    const cell = await screen.findByRole("gridcell", { name: "0.jpg, score 0.500, 2 near-duplicates" });
    await userEvent.click(within(cell).getByRole("button", { name: "Near-duplicates: +2" }));
    expect(await screen.findByRole("heading", { name: "2 near-duplicates" })).toBeVisible();
    expect(await screen.findByText("copy-91.jpg")).toBeVisible();
  });

  it("saves all matches as a file", async () => {
    const saved: Blob[] = [];
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      saved.push(blob as Blob);
      return "blob:saved";
    });
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockReturnValue();
    const { asked } = show("/search?q=a+dog&diverse=0.5", { scores: [0.5, 0.4], cutoff: 0.3 });
    await userEvent.click(await screen.findByRole("button", { name: "Save list" }));
    await userEvent.click(await screen.findByRole("button", { name: "Save as CSV" }));
    expect(await screen.findByText("2 matches saved in matches.csv")).toBeVisible();
    expect(asked.at(-1)).toMatchObject({ text: "a dog", diversity: 0, matching: Matching.MEANING });
    const lines = (await saved[0]!.text()).split("\r\n");
    expect(lines.slice(1)).toEqual([expect.stringContaining("0.jpg,0.5,"), expect.stringContaining("1.jpg,0.4,"), ""]);
  });

  it("explains a match, only when somebody asks", async () => {
    const { asked, router } = show("/search?q=a+dog", { scores: [0.5, 0.4] });
    const cell = await screen.findByRole("gridcell", { name: /^1\.jpg/ });
    expect(asked.some(({ explain }) => explain)).toBe(false);
    await userEvent.click(within(cell).getByRole("button", { name: "About this match" }));
    const row = await screen.findByRole("row", { name: /Words in name and labels/ });
    expect(row).toHaveTextContent("0.500");
    expect(screen.getByText("dog")).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Leave out" }));
    expect(router.state.location.search).toBe(`?q=a+dog&without=${idOf(1)}`);
    await waitFor(() => expect(screen.queryByRole("gridcell", { name: /^1\.jpg/ })).toBeNull());
  });

  it("says that the model reads no words", async () => {
    show("/search", { features: [Feature.MAP] });
    expect(await screen.findByText("Search by a picture")).toBeVisible();
    expect(screen.getByRole("textbox", { name: "Search by words" })).toBeDisabled();
    expect(screen.queryByRole("button", { name: "a cat on a sofa" })).toBeNull();
  });

  it("says that the end of a text did not count", async () => {
    show("/search?q=long", { scores: [0.5], truncated: true });
    expect(await screen.findByText(/its end did not count/)).toBeVisible();
  });

  it("says that an image is too new for its like to be found", async () => {
    const info = { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: "IMAGE_NOT_INDEXED", domain: "argus" }) };
    show(`/search?like=${idOf(0)}`, {
      fail: () => new ConnectError("not indexed", Code.FailedPrecondition, undefined, [info]),
    });
    expect(await screen.findByText("Not yet known to search")).toBeVisible();
  });

  it("says what went wrong, and tries again", async () => {
    let failing = true;
    const { asked } = show("/search?q=a+dog", {
      scores: [0.5],
      fail: () => (failing ? new ConnectError("down", Code.Unavailable) : undefined),
    });
    expect(await screen.findByRole("alert")).toHaveTextContent("Not available right now");
    failing = false;
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("gridcell")).toBeVisible();
    expect(asked).toHaveLength(2);
  });
});

describe("what words in names and labels find", () => {
  it("is in an order that no score parts, and says so", async () => {
    show("/search?q=beach", { scores: [0.2, 0.6, 0.1], cutoff: 0.45, matchedBy: Matching.BOTH, unreadWords: ["海"] });
    expect(await screen.findByText("3 images, by meaning and by words in names and labels")).toBeVisible();
    expect(screen.getAllByRole("gridcell")).toHaveLength(3);
    expect(screen.queryByText("Less likely images")).toBeNull();
    expect(screen.getByText(/cannot read 海/)).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Scores" }));
    expect(await screen.findByText(/not by the scores alone/)).toBeVisible();
  });
});

describe("what is more than chance", () => {
  it("comes first, and the rest is folded", async () => {
    const { asked } = show("/search?q=a+dog", { scores: [0.6, 0.5, 0.3, 0.29, 0.28, 0.27, 0.26], cutoff: 0.45 });
    expect(await screen.findByText("2 images")).toBeVisible();
    expect(screen.getAllByRole("gridcell")).toHaveLength(2);
    expect(asked).toHaveLength(1);
    await userEvent.click(screen.getByRole("button", { name: "Less likely images", expanded: false }));
    expect(await screen.findByText("Less likely")).toBeVisible();
    expect(await screen.findByText("7 images, 2 likely")).toBeVisible();
    expect(screen.getByRole("gridcell", { name: "2.jpg, score 0.300" })).toBeVisible();
    await userEvent.click(screen.getByRole("button", { name: "Less likely images", expanded: true }));
    expect(screen.getAllByRole("gridcell")).toHaveLength(2);
  });

  it("may be nothing, which is said plainly", async () => {
    const { router } = show("/search?q=a+purple+elephant+eating+pizza", { scores: [0.3, 0.2], cutoff: 0.45 });
    expect(await screen.findByText("Nothing in your images matches that")).toBeVisible();
    expect(screen.queryByRole("gridcell")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Show the nearest" }));
    expect(await screen.findByRole("gridcell", { name: "0.jpg, score 0.300" })).toBeVisible();
    await act(() => router.navigate("/search?q=a+dog"));
    expect(await screen.findByText("Nothing in your images matches that")).toBeVisible();
  });

  it("may go on with the next page", async () => {
    const { asked } = show("/search?q=a+dog", { scores: [0.7, 0.69, 0.68, 0.67, 0.66, 0.65, 0.64, 0.3], cutoff: 0.45 });
    expect(await screen.findByText("7 images")).toBeVisible();
    expect(asked).toHaveLength(2);
  });

  it("leaves out the image that is searched with", async () => {
    show(`/search?like=${idOf(0)}`, { scores: [1, 0.3], cutoff: 0.45 });
    expect(await screen.findByText("None of your other images is like this one")).toBeVisible();
  });

  it("is explained", async () => {
    show("/search?q=a+dog", { scores: [0.6, 0.3], cutoff: 0.45 });
    await userEvent.click(await screen.findByRole("button", { name: "Scores" }));
    expect(await screen.findByText(/Below 0\.450 a match is less likely.*5%.*300 images of yours/)).toBeVisible();
  });
});
