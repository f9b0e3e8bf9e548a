import type { ConnectRouter } from "@connectrpc/connect";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { type CreateSavedSearchRequest, SavedSearchService } from "@/gen/argus/search/v1/saved_pb.js";
import { SearchImagesRequest_Matching as Matching } from "@/gen/argus/search/v1/search_pb.js";
import { renderPage } from "@/test/render-page";

import SaveSearch from "./save-search";

it("saves what is looked for, without how one answer is arranged", async () => {
  const saved: CreateSavedSearchRequest[] = [];
  const services = (router: ConnectRouter): void => {
    router.service(SavedSearchService, {
      createSavedSearch: (request) => {
        saved.push(request);
        return { savedSearchId: "00000000-0000-4000-8000-000000000001" };
      },
    });
  };
  const request = () =>
    Promise.resolve({ text: "a dog", filter: 'labels.kind = "dog"', matching: Matching.BOTH, wordsWeight: 2, diversity: 0.5, foldDuplicates: true, exact: true, minScore: 0.3 });
  const Page = () => <SaveSearch request={request} title="a dog" cutoff={undefined} score={0.3} path="/search?q=a+dog" />;
  renderPage(Page, "/search", services);
  await userEvent.click(screen.getByRole("button", { name: "Save search" }));
  expect(screen.getByRole("textbox", { name: "Name" })).toHaveValue("a dog");
  const line = screen.getByRole("textbox", { name: "From score" });
  await userEvent.clear(line);
  await userEvent.type(line, "0.25");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(saved).toHaveLength(1));
  const query = saved[0]?.query;
  expect(query).toMatchObject({ text: "a dog", filter: 'labels.kind = "dog"', matching: Matching.MEANING });
  expect(query).toMatchObject({ wordsWeight: 0, diversity: 0, foldDuplicates: false, exact: false, minScore: 0.25 });
});
