/** What the parts, queues and counters are, in words for people; pure. */
import { Modality, type Model, Residency } from "@/gen/argus/embedder/v1/embedder_pb.js";
import { Part_State as State, type InstallationStatus, type Part } from "@/gen/argus/installation/v1/installation_pb.js";
import type { Tone } from "@/ui/chip";

const DOES: Record<string, string> = {
  auth: "Accounts and sessions",
  storage: "Keeps images and their records",
  embedder: "Runs the models",
  search: "Finds images",
  inspection: "Learns what is normal, and finds what is not",
};

const QUEUES: Record<string, { title: string; what: string }> = {
  indexing: { title: "Indexing", what: "Images that search is to take in or forget" },
  jobs: { title: "Jobs", what: "Calibrations, trainings and comparisons" },
};

const COUNTERS: Record<string, { title: string; what: string }> = {
  images_indexed: { title: "Images indexed", what: "Taken into the index, or their labels were" },
  images_failed: { title: "Images failed", what: "Could not be taken in" },
  images_removed: { title: "Images removed", what: "Left the index" },
};

/** A part, queue or counter that this page does not know yet is called by its name. */
export function named(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
}

export const partDoes = (name: string): string => DOES[name] ?? "";
export const queueWords = (name: string) => QUEUES[name] ?? { title: named(name), what: "" };
export const counterWords = (name: string) => COUNTERS[name] ?? { title: named(name), what: "" };

const COUNTER_ORDER = Object.keys(COUNTERS);

/** Counters as people ask for them; those that this page does not know last. */
export function inOrder<C extends { name: string }>(counters: readonly C[]): C[] {
  const place = ({ name }: C): number => {
    const at = COUNTER_ORDER.indexOf(name);
    return at < 0 ? COUNTER_ORDER.length : at;
  };
  return [...counters].sort((one, other) => place(one) - place(other));
}

export interface StateWords {
  label: string;
  tone: Tone;
}

export function partState(state: State): StateWords {
  if (state === State.SERVING) return { label: "Works", tone: "normal" };
  if (state === State.NOT_SERVING) return { label: "Limited", tone: "warning" };
  if (state === State.UNREACHABLE) return { label: "Does not answer", tone: "anomalous" };
  return { label: "Unknown", tone: "neutral" };
}

export function residencyWords(residency: Residency): StateWords {
  if (residency === Residency.RESIDENT) return { label: "In memory", tone: "normal" };
  if (residency === Residency.LOADING) return { label: "Being loaded", tone: "warning" };
  if (residency === Residency.NOT_LOADED) return { label: "On disk", tone: "neutral" };
  return { label: "Unknown", tone: "neutral" };
}

const MODALITIES: Partial<Record<Modality, string>> = {
  [Modality.IMAGE]: "reads images",
  [Modality.TEXT]: "reads text",
  [Modality.PATCHES]: "locates defects",
};

/** `reads images, reads text`. */
export function modelDoes({ modalities }: Model): string {
  return modalities.flatMap((each) => MODALITIES[each] ?? []).join(", ");
}

export interface Overall extends StateWords {
  /** One sentence. */
  message: string;
}

/** How the whole is: as bad as its worst part. */
export function overall({ parts }: Pick<InstallationStatus, "parts">): Overall {
  const bad = parts.filter(({ state }) => state !== State.SERVING);
  if (parts.length === 0) return { label: "Unknown", tone: "neutral", message: "No part was asked." };
  if (bad.length === 0) return { label: "Everything works", tone: "normal", message: "All parts answer and have what they need." };
  const down = bad.filter(({ state }) => state === State.UNREACHABLE);
  const names = (some: readonly Part[]): string => new Intl.ListFormat("en").format(some.map(({ name }) => named(name)));
  if (down.length > 0) {
    return { label: "Parts are down", tone: "anomalous", message: `${names(down)} ${down.length === 1 ? "does" : "do"} not answer.` };
  }
  return { label: "Some things do not work", tone: "warning", message: `${names(bad)} ${bad.length === 1 ? "lacks" : "lack"} something needed.` };
}
