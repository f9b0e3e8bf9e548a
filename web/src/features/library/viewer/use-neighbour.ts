/** Fetches the picture of an image that is a key press away. */
import { useEffect } from "react";

import { prefetchPicture } from "@/lib/prefetch-picture";
import { storePath } from "@/lib/store-url";

import { useImage } from "../images/use-library";

export function useNeighbour(id: string | undefined): void {
  const image = useImage(id);
  const { previewUrl, displayUrl } = image ?? {};
  useEffect(() => {
    // The small one first, so that it is there whatever the large one takes.
    void prefetchPicture(storePath(previewUrl)).then(() => prefetchPicture(storePath(displayUrl)));
  }, [previewUrl, displayUrl]);
}
