/** Fills the place in the search screen with the button that saves a search. */
import { lazy, Suspense } from "react";

import type { SearchSlotProps } from "@/lib/search-slot";

const SaveSearch = lazy(() => import("@/features/saved/save-search"));

export function SaveSearchSlot(props: SearchSlotProps) {
  return (
    <Suspense fallback={null}>
      <SaveSearch {...props} />
    </Suspense>
  );
}
