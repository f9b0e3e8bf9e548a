/** The pages of this feature; each is loaded when it is first visited. */
import type { RouteObject } from "react-router";

export const mapRoutes: RouteObject[] = [{ path: "map", lazy: () => import("./map-page") }];
