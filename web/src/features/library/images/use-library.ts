/** The library for components. */
import { useTransport } from "@connectrpc/connect-query";
import type { Transport } from "@connectrpc/connect";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useSyncExternalStore } from "react";

import type { Image } from "@/gen/argus/storage/v1/image_pb.js";
import { getConnectivity, subscribeConnectivity } from "@/lib/connectivity";

import { keyOf, type LibraryQuery } from "../filter";
import type { ImageList, ListView } from "./image-list";
import { Library } from "./library";

/** Each person has a query client of their own, and so a library. */
const libraries = new WeakMap<QueryClient, Library>();

function libraryOf(client: QueryClient, transport: Transport): Library {
  let library = libraries.get(client);
  if (!library) libraries.set(client, (library = new Library(transport)));
  return library;
}

export function useLibrary(): Library {
  return libraryOf(useQueryClient(), useTransport());
}

/** An image's record as it is now, asked for if it is not here. Undefined until then. */
export function useImage(id: string | undefined): Image | undefined {
  const { store } = useLibrary();
  const subscribe = useCallback((listener: () => void) => (id === undefined ? () => undefined : store.subscribe(id, listener)), [store, id]);
  const image = useSyncExternalStore(subscribe, () => (id === undefined ? undefined : store.get(id)));
  useEffect(() => {
    if (id !== undefined) store.want([id]);
  }, [store, id]);
  return image;
}

/** A list of the library; it begins to load. */
export function useImageList(query: LibraryQuery): { list: ImageList; view: ListView } {
  const library = useLibrary();
  const key = keyOf(query);
  const list = library.list(query);
  const view = useSyncExternalStore(list.subscribe, list.getView);
  useEffect(() => {
    void list.start();
  }, [list, key]);
  useEffect(
    () =>
      subscribeConnectivity(() => {
        if (getConnectivity() === "online") list.retry();
      }),
    [list],
  );
  return { list, view };
}
