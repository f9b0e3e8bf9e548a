import { Code, ConnectError } from "@connectrpc/connect";
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";
import { renderPage } from "@/test/render-page";

import { UsageSection } from "./usage-section";

const PENDING = { imageCount: 1n, sizeBytes: 2_000_000n, maxImageCount: 2000n, maxSizeBytes: 20_000_000_000n };

function show(kept: { imageCount: bigint; sizeBytes: bigint; maxImageCount: bigint; maxSizeBytes: bigint }) {
  renderPage(UsageSection, "/account", (router) => {
    router.service(ImageService, { getUsage: () => ({ kept, pending: PENDING }) });
  });
}

it("says how much there is of what may be, and warns when it is nearly all", async () => {
  show({ imageCount: 1234n, sizeBytes: 4_600_000_000n, maxImageCount: 10_000n, maxSizeBytes: 5_000_000_000n });
  const images = await screen.findByRole("progressbar", { name: "Kept: images" });
  expect(images).toHaveAttribute("aria-valuenow", "12");
  expect(screen.getByText("1,234 images").textContent).toBe("1,234 images of 10,000");
  expect(screen.getByText("4.6 GB").textContent).toBe("4.6 GB of 5 GB");
  expect(screen.getByRole("progressbar", { name: "Kept: bytes" })).toHaveAttribute("aria-valuenow", "92");
  const pending = screen.getByText("Waiting to be completed").parentElement;
  expect(pending && within(pending).getByText("1 image").textContent).toBe("1 image of 2,000");
});

it("says no limit where there is none, and no share of it", async () => {
  show({ imageCount: 0n, sizeBytes: 0n, maxImageCount: 0n, maxSizeBytes: 0n });
  expect((await screen.findByText("0 images")).textContent).toBe("0 images");
  expect(screen.queryByRole("progressbar", { name: "Kept: images" })).toBeNull();
  expect(screen.getByRole("progressbar", { name: "Waiting to be completed: images" })).toBeInTheDocument();
});

it("asks again when it could not be told", async () => {
  let fails = true;
  renderPage(UsageSection, "/account", (router) => {
    router.service(ImageService, {
      getUsage: () => {
        if (fails) throw new ConnectError("storage is away", Code.Unavailable);
        return { kept: { imageCount: 7n }, pending: PENDING };
      },
    });
  });
  const again = await screen.findByRole("button", { name: /again/i });
  fails = false;
  await userEvent.click(again);
  expect(await screen.findByText("7 images")).toBeInTheDocument();
});
