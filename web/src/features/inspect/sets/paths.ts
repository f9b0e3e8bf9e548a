/** Ways within a set's page. */

export const TABS = ["images", "calibrate", "versions", "threshold", "views", "statistics", "share", "export"] as const;
export type Tab = (typeof TABS)[number];

export const setPath = (referenceSetId: string, tab: Tab = "images"): string => `/inspect/sets/${referenceSetId}/${tab}`;

/** What is shown of a set: a view has no views, and is shared with its set. */
export const tabsOf = ({ viewOf }: { viewOf: string }): readonly Tab[] => (viewOf === "" ? TABS : TABS.filter((tab) => tab !== "views" && tab !== "share"));

export const isTab = (text: string | undefined): text is Tab => TABS.some((tab) => tab === text);
