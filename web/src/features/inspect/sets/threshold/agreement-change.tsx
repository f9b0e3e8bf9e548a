/** How verdicts agree with people: now, and with another threshold. */
import type { Agreement } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatConfidence, formatShare, type Share, UNKNOWN } from "@/lib/shares";
import { cx } from "@/ui/cx";
import { Wide } from "@/ui/wide";

import { ratesOfAgreement, type Rates } from "../agreement";
import { IntervalBar } from "../interval-bar";

const LINES: readonly { name: string; hint: string; of: (rates: Rates) => Share | undefined }[] = [
  { name: "Precision", hint: "alarms that were defects", of: (rates) => rates.precision },
  { name: "Recall", hint: "defects that were found", of: (rates) => rates.recall },
  { name: "False alarms", hint: "normal images that were rejected", of: (rates) => rates.falseAlarmRate },
];

export function AgreementChange({ now, then, stale }: { now: Agreement | undefined; /** Undefined if nothing was moved. */ then: Agreement | undefined; stale: boolean }) {
  const judged = (now?.truePositives ?? 0) + (now?.falsePositives ?? 0) + (now?.trueNegatives ?? 0) + (now?.falseNegatives ?? 0);
  if (judged === 0) {
    return <p className="text-sm text-ink-soft">Nobody has judged these inspections yet, so how verdicts agree with people is not known.</p>;
  }
  const columns = [
    { name: "Now", rates: ratesOfAgreement(now) },
    ...(then ? [{ name: "With this threshold", rates: ratesOfAgreement(then) }] : []),
  ];
  return (
    <Wide label="Agreement with people">
      <table className={cx("w-full text-sm tabular-nums transition-opacity", stale && "opacity-60")}>
        <caption className="pb-1 text-left font-medium text-ink">Agreement with people, on {judged} judged</caption>
        <thead>
          <tr className="text-left text-ink-soft">
            <th scope="col" className="font-normal"><span className="sr-only">Measure</span></th>
            {columns.map(({ name }) => <th key={name} scope="col" className="py-1 pr-4 font-medium">{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {LINES.map((line) => (
            <tr key={line.name} className="border-t border-line align-top">
              <th scope="row" className="py-2 pr-4 text-left font-normal">
                {line.name}
                <span className="block text-xs text-ink-faint">{line.hint}</span>
              </th>
              {columns.map(({ name, rates }) => {
                const share = line.of(rates);
                return (
                  <td key={name} className="w-2/5 py-2 pr-4">
                    <span className="font-medium">{share ? formatShare(share.value) : UNKNOWN}</span>
                    {share && <span className="ml-2 text-xs text-ink-soft">{formatConfidence(share)}</span>}
                    <IntervalBar share={share} />
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Wide>
  );
}
