/** Which set, and which of its versions. */
import { useQuery } from "@connectrpc/connect-query";

import { InspectionService, ReferenceSet_State as State, type ReferenceSet } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatDate, toDate } from "@/lib/time";
import { Select } from "@/ui/field";

export function useSets() {
  return useQuery(InspectionService.method.listReferenceSets, { pageSize: 200 });
}

/** What a set and a view have in common. */
export type SetOrView = Pick<ReferenceSet, "referenceSetId" | "displayName" | "state" | "currentVersion">;

/** Images can be inspected against it. */
export const isReady = (set: Pick<SetOrView, "currentVersion">): boolean => set.currentVersion > 0;

/** Images, or parts by its views. */
export const canInspect = (set: ReferenceSet): boolean => isReady(set) || set.views.some(isReady);

/** Each set, and its views after it, which have their set's name before their own. */
export function withViews(sets: readonly ReferenceSet[]): readonly (SetOrView & { readonly name: string; readonly inspectable: boolean })[] {
  return sets.flatMap((set) => [
    { ...set, name: set.displayName, inspectable: canInspect(set) },
    ...set.views.map((view) => ({ ...view, name: `${set.displayName} › ${view.displayName}`, inspectable: isReady(view) })),
  ]);
}

export interface SetChoiceProps {
  sets: readonly ReferenceSet[];
  value: string;
  onChange: (setId: string) => void;
  /** What stands for none or all: `All sets`. */
  none?: string;
  /** Also words in place of a set. */
  words?: boolean;
  readyOnly?: boolean;
}

/** The value that stands for words in place of a set. */
export const WORDS = "words";

export function SetChoice({ sets, value, onChange, none, words = false, readyOnly = false }: SetChoiceProps) {
  return (
    <Select
      label="Reference set"
      hideLabel
      size="sm"
      value={value}
      onChange={onChange}
      className="max-w-56"
      options={[
        ...(none !== undefined ? [{ value: "", label: none }] : []),
        ...withViews(sets).map(({ referenceSetId, name, state, inspectable }) => ({
          value: referenceSetId,
          label: readyOnly && !inspectable ? `${name} (${state === State.CALIBRATING ? "being calibrated" : "not calibrated"})` : name,
          disabled: readyOnly && !inspectable,
        })),
        ...(words ? [{ value: WORDS, label: "Words, without a set" }] : []),
      ]}
    />
  );
}

/** 0 stands for the version in use. */
export function VersionChoice({ set, value, onChange, any }: { set: SetOrView; value: number; onChange: (version: number) => void; any?: string }) {
  const versions = useQuery(InspectionService.method.listVersions, { referenceSetId: set.referenceSetId, pageSize: 100 });
  return (
    <Select
      label="Version"
      hideLabel
      size="sm"
      value={`${value}`}
      onChange={(text) => onChange(Number(text))}
      options={[
        { value: "0", label: any ?? `Version ${set.currentVersion}, in use` },
        ...(versions.data?.versions ?? [])
          .filter(({ version }) => any !== undefined || version !== set.currentVersion)
          .map(({ version, createTime }) => {
            const date = toDate(createTime);
            return { value: `${version}`, label: `Version ${version}${date ? `, ${formatDate(date)}` : ""}` };
          }),
        // One that was deleted, or is not loaded yet, keeps its place.
        ...(value !== 0 && !versions.data?.versions.some(({ version }) => version === value) ? [{ value: `${value}`, label: `Version ${value}` }] : []),
      ]}
    />
  );
}
