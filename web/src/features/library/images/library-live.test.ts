import { create } from "@bufbuild/protobuf";
import { createRouterTransport } from "@connectrpc/connect";
import { expect, it, vi } from "vitest";

import { ImageService, WatchCheckpointSchema, type WatchImagesResponse, WatchImagesResponseSchema } from "@/gen/argus/storage/v1/image_pb.js";

import { EVERYTHING } from "../filter";
import { FakeImages, FakeStream, idOf, imageAt, imagesUpTo } from "./fake-images";
import { Library } from "./library";

const told = (change: WatchImagesResponse["change"]): WatchImagesResponse => create(WatchImagesResponseSchema, { cursor: "1", change });

/** Time enough also on a busy machine. */
const waited = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000 });

it("takes a burst of changes from elsewhere in, in their order, and tells of it once", async () => {
  const fake = new FakeImages(imagesUpTo(60));
  const stream = new FakeStream();
  const library = new Library(
    createRouterTransport((router) => {
      fake.services(router);
      router.rpc(ImageService.method.watchImages, (_request, { signal }) => stream.read(signal));
    }),
  );
  const list = library.list(EVERYTHING);
  const listener = vi.fn();
  list.subscribe(listener);
  await list.start();
  library.live.start();
  stream.push(told({ case: "checkpoint", value: create(WatchCheckpointSchema) }));
  // What was listed before the stream began is listed again.
  await waited(() => expect(fake.asked("list")).toBe(2));
  await waited(() => expect(list.getView()).toMatchObject({ status: "ready", total: 60 }));

  listener.mockClear();
  for (let place = 0; place < 50; place += 1) stream.push(told({ case: "deletedImageId", value: idOf(place) }));
  stream.push(told({ case: "image", value: imageAt(3) }));
  await waited(() => expect(list.getView().total).toBe(11));
  expect(list.getView().order.idAt(0)).toBe(idOf(3));
  expect(listener.mock.calls.length).toBeLessThan(10);
  library.live.stop();
});
