/** Which models searches can go over to, and how far that is; pure. */
import { Modality, type Model } from "@/gen/argus/embedder/v1/embedder_pb.js";
import { type Reindex, Reindex_State as State } from "@/gen/argus/search/v1/reindex_pb.js";

const UNDER_WAY_MS = 1500;
const AT_REST_MS = 15_000;

/** Whether images are being embedded, or searches have not changed over yet: a replica takes some seconds. */
export function isUnderWay({ state, modelVersion, currentModelVersion }: Reindex): boolean {
  return state === State.RUNNING || (state === State.DONE && modelVersion !== currentModelVersion);
}

/** Whether images are embedded again with the model that searches use, so that nothing changes over. */
export function isInPlace({ again, modelVersion, currentModelVersion }: Reindex): boolean {
  return again && modelVersion === currentModelVersion;
}

/** What is done with the newest one's model, or was. */
export function whatOf(reindex: Reindex): string {
  const [going, went, ended] = isInPlace(reindex)
    ? ["Embedding all images again with", "Embedded all images again with", "Embedding all images again was ended, with"]
    : ["Going over to", "Went over to", "Going over was ended to"];
  return isUnderWay(reindex) ? going : reindex.state === State.DONE ? went : ended;
}

/** When to ask how far it is, in milliseconds. */
export function askAgainMs(reindex: Reindex | undefined): number {
  return reindex && isUnderWay(reindex) ? UNDER_WAY_MS : AT_REST_MS;
}

/** Ids of the models that searches can go over to: they read pictures and words, and are not in use. */
export function candidatesFor(models: readonly Model[], { currentModel, currentModelVersion }: Pick<Reindex, "currentModel" | "currentModelVersion">): string[] {
  return models
    .filter(({ modalities }) => modalities.includes(Modality.IMAGE) && modalities.includes(Modality.TEXT))
    .filter(({ model, version }) => model !== currentModel || version !== currentModelVersion)
    .map(({ model }) => model);
}
