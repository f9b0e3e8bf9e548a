/** The pages of this feature; each is loaded when it is first visited. */
import type { RouteObject } from "react-router";

export const savedRoutes: RouteObject[] = [
  { path: "search/saved", lazy: () => import("./saved-page") },
  { path: "search/saved/:savedSearchId", lazy: () => import("./matches-page") },
];
