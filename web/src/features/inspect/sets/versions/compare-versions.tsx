/** Holds two versions against what people said, and says which agrees better. */
import { useMutation } from "@connectrpc/connect-query";
import { useState } from "react";

import { type Agreement, type Comparison, InspectionService, type Job, type ReferenceSet, type Version } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { requestId } from "argus-client/request-id";
import { formatConfidence, formatShare, type Share, UNKNOWN } from "@/lib/shares";
import { formatScore } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Select } from "@/ui/field";
import { ErrorNote } from "@/ui/states";
import { Wide } from "@/ui/wide";

import { useSetCache } from "../cache";
import { formatPValue, hasEnded, outcomeOf } from "../job-words";

export function CompareVersions({ set, versions, job }: { set: ReferenceSet; versions: readonly Version[]; /** The last one. */ job: Job | undefined }) {
  const cache = useSetCache();
  const others = versions.filter((each) => each.version !== set.currentVersion);
  const [a, setA] = useState(String(set.currentVersion));
  const [b, setB] = useState(String(others[0]?.version ?? ""));
  const compare = useMutation(InspectionService.method.compareVersions, { meta: { handled: true }, onSuccess: (begun) => cache.putJob(begun) });
  const options = versions.map(({ version }) => ({
    value: String(version),
    label: `Version ${version}${version === set.currentVersion ? ", in use" : ""}`,
  }));
  const underWay = job !== undefined && !hasEnded(job);
  return (
    <section aria-labelledby="compare" className="flex flex-col gap-4">
      <div>
        <h2 id="compare" className="text-lg font-semibold">Compare two versions</h2>
        <p className="text-sm text-ink-soft">
          Both inspect the images of yours that people judged, those left out that one of them learnt from. It counts where only one of them is right.
        </p>
      </div>
      {others.length === 0 ? (
        <p className="text-sm text-ink-faint">There is one version so far. Calibrate again or set another threshold to have two.</p>
      ) : (
        <form
          aria-label="Compare two versions"
          className="flex flex-wrap items-end gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            if (a !== b && !underWay) compare.mutate({ referenceSetId: set.referenceSetId, versionA: Number(a), versionB: Number(b), requestId: requestId() });
          }}
        >
          <Select label="One version" options={options} value={a} onChange={setA} />
          <Select label="The other" options={options} value={b} onChange={setB} />
          <Button type="submit" size="md" disabled={a === b || underWay} busy={compare.isPending}>
            Compare
          </Button>
          {a === b && <p className="w-full text-sm text-ink-faint">Choose two different versions.</p>}
        </form>
      )}
      <ErrorNote error={compare.error} />
      {job && hasEnded(job) && <Result job={job} />}
    </section>
  );
}

function Result({ job }: { job: Job }) {
  const [a = 0, b = 0] = job.versions;
  return (
    <div role="status" className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4">
      <p className="text-pretty">{outcomeOf(job)}</p>
      {job.result.case === "comparison" && <ComparisonTable comparison={job.result.value} a={a} b={b} />}
    </div>
  );
}

type Side = Agreement | undefined;
const SHARES: readonly [string, (side: Side) => Share | undefined][] = [
  ["Defects found (recall)", (side) => side?.recall],
  ["Alarms that were defects (precision)", (side) => side?.precision],
  ["False alarms among normal images", (side) => side?.falseAlarmRate],
];
const COUNTS: readonly [string, (side: Side) => string][] = [
  ["Defects found, missed", (side) => `${side?.truePositives ?? 0}, ${side?.falseNegatives ?? 0}`],
  ["Normal images passed, rejected", (side) => `${side?.trueNegatives ?? 0}, ${side?.falsePositives ?? 0}`],
  ["Area under the ROC curve", (side) => (side?.auroc === undefined ? UNKNOWN : formatScore(side.auroc))],
];

function ComparisonTable({ comparison, a, b }: { comparison: Comparison; a: number; b: number }) {
  const sides = [comparison.a, comparison.b];
  return (
    <Wide label="Comparison">
      <table className="w-full text-sm tabular-nums">
        <caption className="sr-only">How versions {a} and {b} agree with people</caption>
        <thead>
          <tr className="text-left">
            <th scope="col" className="font-normal"><span className="sr-only">Measure</span></th>
            <th scope="col" className="py-1 pr-4 font-semibold">Version {a}</th>
            <th scope="col" className="py-1 font-semibold">Version {b}</th>
          </tr>
        </thead>
        <tbody>
          {SHARES.map(([name, of]) => (
            <tr key={name} className="border-t border-line align-top">
              <th scope="row" className="py-1.5 pr-4 text-left font-normal text-ink-soft">{name}</th>
              {sides.map((side, index) => {
                const share = of(side);
                return (
                  <td key={index} className="py-1.5 pr-4">
                    {share ? formatShare(share.value) : UNKNOWN}
                    {share && <span className="block text-xs text-ink-soft">{formatConfidence(share)}</span>}
                  </td>
                );
              })}
            </tr>
          ))}
          {COUNTS.map(([name, of]) => (
            <tr key={name} className="border-t border-line">
              <th scope="row" className="py-1.5 pr-4 text-left font-normal text-ink-soft">{name}</th>
              {sides.map((side, index) => <td key={index} className="py-1.5 pr-4">{of(side)}</td>)}
            </tr>
          ))}
          <tr className="border-t border-line">
            <th scope="row" className="py-1.5 pr-4 text-left font-normal text-ink-soft">Images that it alone judges as people do</th>
            <td className="py-1.5 pr-4">{comparison.onlyARight}</td>
            <td className="py-1.5 pr-4">{comparison.onlyBRight}</td>
          </tr>
        </tbody>
      </table>
      <p className="mt-2 text-sm text-ink-soft">
        {formatPValue(comparison.pValue)}: the probability of such a difference if both were equally good (exact McNemar test).
      </p>
    </Wide>
  );
}
