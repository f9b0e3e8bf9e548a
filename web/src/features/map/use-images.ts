/** Records of images by id, loaded as they come into sight. */
import { createClient } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

import { ImageService } from "@/gen/argus/storage/v1/image_pb.js";

import { ImageLoader } from "./image-loader";

/** A client is one person's; with it goes what was loaded. */
const loaders = new WeakMap<QueryClient, ImageLoader>();

export function useImages(): ImageLoader {
  const client = useQueryClient();
  const transport = useTransport();
  let loader = loaders.get(client);
  if (!loader) {
    const images = createClient(ImageService, transport);
    loader = new ImageLoader(async (imageIds) => (await images.batchGetImages({ imageIds })).images);
    loaders.set(client, loader);
  }
  useSyncExternalStore(loader.subscribe, loader.getVersion);
  return loader;
}
