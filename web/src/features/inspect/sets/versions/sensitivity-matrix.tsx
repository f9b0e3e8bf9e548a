/** How many painted defects were found, by size: a table whose cells are also shaded. */
import { formatConfidence, formatShare } from "@/lib/shares";
import { cx } from "@/ui/cx";

import type { Found, Matrix } from "../sensitivity-words";

export function SensitivityMatrix({ matrix, caption, counts = false }: { matrix: Matrix; caption: string; /** `3 of 6` in place of shares. */ counts?: boolean }) {
  return (
    <table className="w-full border-separate border-spacing-0.5 text-xs tabular-nums">
      <caption className="sr-only">{caption}</caption>
      <thead>
        <tr>
          <th scope="col" className="text-left font-normal text-ink-faint">
            <span className="sr-only">Defect</span>
          </th>
          {matrix.sizes.map((size) => (
            <th key={size} scope="col" className="px-1 text-center font-normal text-ink-faint">
              {size} px
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {matrix.rows.map((row) => (
          <tr key={row.label}>
            <th scope="row" className="pr-2 text-left font-normal whitespace-nowrap text-ink-soft">
              {row.label}
            </th>
            {row.cells.map((cell, index) => (
              <Cell key={matrix.sizes[index]} found={cell} counts={counts} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Four steps, so that one sees at a glance where it begins to find them; the number says it exactly. */
const SHADES = ["bg-anomalous-soft text-anomalous", "bg-warning-soft text-warning", "bg-sunken text-ink", "bg-normal-soft text-normal"];

function Cell({ found, counts }: { found: Found | undefined; counts: boolean }) {
  if (!found?.share) return <td className="text-center text-ink-faint">–</td>;
  const { share } = found;
  const shade = SHADES[share.value < 0.25 ? 0 : share.value < 0.5 ? 1 : share.value < 0.75 ? 2 : 3];
  const all = `${found.found} of ${found.painted} found`;
  return (
    <td title={`${all}, ${formatConfidence(share)}`} className={cx("h-6 rounded-sm px-1 text-center font-medium whitespace-nowrap", shade)}>
      {counts ? `${found.found} of ${found.painted}` : formatShare(share.value)}
      <span className="sr-only">
        {counts ? "" : ` (${all})`}, {formatConfidence(share)}
      </span>
    </td>
  );
}
