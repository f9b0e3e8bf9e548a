/** The pages of this feature; each is loaded when it is first visited. */
import type { RouteObject } from "react-router";

export const libraryRoutes: RouteObject[] = [
  { path: "library", lazy: () => import("./library-page") },
  { path: "library/duplicates", lazy: () => import("./duplicates/duplicates-page") },
  { path: "library/videos", lazy: () => import("./videos/videos-page") },
  { path: "library/trash", lazy: () => import("./trash/trash-page") },
  { path: "library/:imageId", lazy: () => import("./viewer/viewer-page") },
];
