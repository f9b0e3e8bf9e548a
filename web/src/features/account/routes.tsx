/** The pages of this feature; each is loaded when it is first visited. */
import type { RouteObject } from "react-router";

export const accountRoutes: RouteObject[] = [
  { path: "account", lazy: () => import("./account-page") },
  { path: "admin", lazy: () => import("./admin-page") },
];
