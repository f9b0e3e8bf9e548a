/** Clusters as the page has them: put together from a stream's messages, and which of their images go; pure. */
import { type DuplicateCluster, DuplicateCluster_Kind as Kind, type DuplicateImage } from "@/gen/argus/search/v1/duplicates_pb.js";

export interface Cluster {
  /** Of the best image, with the kind: no two clusters share both. */
  key: string;
  kind: Kind;
  /** Best first. */
  images: readonly DuplicateImage[];
}

export const KINDS = [Kind.EXACT, Kind.NEAR, Kind.ALIKE] as const;

const NAMES = { [Kind.EXACT]: "exact", [Kind.NEAR]: "near", [Kind.ALIKE]: "alike" } as const;

/** What one hardly regrets: alike may be two pictures of one scene. */
const BY_DEFAULT: readonly Kind[] = [Kind.EXACT, Kind.NEAR];

/** What an address says of kinds, such as `exact,alike`; if nothing that is known, the same files and pictures. */
export function readKinds(text: string | null): Kind[] {
  const words = (text ?? "").split(",");
  const found = KINDS.filter((kind) => words.includes(NAMES[kind]));
  return found.length > 0 ? found : [...BY_DEFAULT];
}

/** The opposite of `readKinds`. */
export function writeKinds(kinds: readonly Kind[]): string {
  return KINDS.filter((kind) => kinds.includes(kind)).map((kind) => NAMES[kind]).join(",");
}

export function idOf(one: DuplicateImage): string {
  return one.image?.imageId ?? "";
}

/** The clusters with what a message tells: another cluster, or more images of the last. */
export function withMessage(clusters: readonly Cluster[], message: DuplicateCluster): Cluster[] {
  const last = clusters[clusters.length - 1];
  if (message.first > 0) {
    // Without its beginning nothing is known of the best.
    return last ? [...clusters.slice(0, -1), { ...last, images: [...last.images, ...message.images] }] : [...clusters];
  }
  const best = message.images[0];
  if (!best) return [...clusters];
  const cluster = { key: `${message.kind}-${idOf(best)}`, kind: message.kind, images: message.images };
  // Compared anew after a break, one that changed may be told again.
  return [...clusters.filter(({ key }) => key !== cluster.key), cluster];
}

/** Images of a cluster that are still there; none if there is nothing to choose from any more. */
export function shown(cluster: Cluster, gone: ReadonlySet<string>): readonly DuplicateImage[] {
  const left = cluster.images.filter((one) => !gone.has(idOf(one)));
  return left.length > 1 ? left : [];
}

/** What somebody chose otherwise than that the best stays: ids by cluster, of those that change. */
export type Choices = ReadonlyMap<string, ReadonlySet<string>>;

/** Whether an image of a cluster stays: the best does unless somebody said otherwise, the others if they did. */
export function stays(cluster: Cluster, place: number, id: string, choices: Choices): boolean {
  return (place === 0) !== (choices.get(cluster.key)?.has(id) ?? false);
}

export function toggled(choices: Choices, cluster: Cluster, id: string): Choices {
  const ids = new Set(choices.get(cluster.key));
  if (!ids.delete(id)) ids.add(id);
  return new Map([...choices, [cluster.key, ids]]);
}

/** Images of some clusters that go, each once; one that stays anywhere and leads there may still go as another's duplicate. */
export function going(clusters: readonly Cluster[], gone: ReadonlySet<string>, choices: Choices): string[] {
  const ids = new Set<string>();
  for (const cluster of clusters) {
    shown(cluster, gone).forEach((one, place) => {
      if (!stays(cluster, place, idOf(one), choices)) ids.add(idOf(one));
    });
  }
  return [...ids];
}

/** Whether all images of a cluster would go. */
export function losesAll(cluster: Cluster, gone: ReadonlySet<string>, choices: Choices): boolean {
  const left = shown(cluster, gone);
  return left.length > 0 && left.every((one, place) => !stays(cluster, place, idOf(one), choices));
}
