/** Ways within a set's page. */

export const TABS = ["images", "calibrate", "versions", "threshold", "statistics", "share", "export"] as const;
export type Tab = (typeof TABS)[number];

export const setPath = (referenceSetId: string, tab: Tab = "images"): string => `/inspect/sets/${referenceSetId}/${tab}`;

export const isTab = (text: string | undefined): text is Tab => TABS.some((tab) => tab === text);
