/** The pages of this feature; each is loaded when it is first visited. */
import type { RouteObject } from "react-router";

export const inspectRoutes: RouteObject[] = [
  { path: "inspect", lazy: () => import("./sets/sets-page") },
  { path: "inspect/sets/:setId/:tab?", lazy: () => import("./sets/set-page") },
  { path: "inspect/run", lazy: () => import("./run/run-page") },
  { path: "inspect/review", lazy: () => import("./review/review-page") },
  { path: "inspect/history", lazy: () => import("./result/history-page") },
  { path: "inspect/history/:inspectionId", lazy: () => import("./result/past-page") },
];
