/** The pages of this feature; each is loaded when it is first visited. */
import type { RouteObject } from "react-router";

export const searchRoutes: RouteObject[] = [{ path: "search", lazy: () => import("./search-page") }];
