/** What is at work on every page behind the sign-in, such as uploads that go on while one looks around. */
import { lazy, Suspense } from "react";

const LibraryEverywhere = lazy(() => import("@/features/library/everywhere"));

export function Everywhere() {
  return (
    <Suspense fallback={null}>
      <LibraryEverywhere />
    </Suspense>
  );
}
