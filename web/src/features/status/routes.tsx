/** The pages of this feature; each is loaded when it is first visited. */
import type { RouteObject } from "react-router";

export const statusRoutes: RouteObject[] = [{ path: "status", lazy: () => import("./status-page") }];
