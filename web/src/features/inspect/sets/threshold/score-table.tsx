/** The plot's numbers. */
import { formatScore } from "@/lib/numbers";
import { Wide } from "@/ui/wide";

import { binsOf, merged, recentIn, type ScoreHistogram } from "./score-counts";

const ROWS = 15;

export function ScoreTable({ histogram }: { histogram: ScoreHistogram }) {
  const bins = merged(binsOf(histogram), ROWS);
  return (
    <details className="text-sm">
      <summary className="text-ink-soft">The numbers</summary>
      <Wide label="Scores in numbers" className="mt-2">
        <table className="tabular-nums">
          <caption className="sr-only">Counts by score; the last row has all that is higher as well</caption>
          <thead>
            <tr className="text-right text-ink-soft">
              {["Score", "Held out", "Inspected", "Judged normal", "Judged defective"].map((name) => (
                <th key={name} scope="col" className="px-3 py-1 font-medium first:pl-0">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bins.map((bin, index) => (
              <tr key={bin.low} className="border-t border-line text-right">
                <th scope="row" className="py-1 pr-3 font-normal whitespace-nowrap">
                  {formatScore(bin.low, 2)} {index === bins.length - 1 ? "and above" : `to ${formatScore(bin.high, 2)}`}
                </th>
                {[bin.heldOut, recentIn(bin), bin.judgedNormal, bin.judgedDefective].map((count, column) => (
                  <td key={column} className="px-3 py-1">{count}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </details>
  );
}
