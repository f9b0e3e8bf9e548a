/** What to expect of parts never seen, and of parts that other pictures taught, side by side. */
import type { Version } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { formatShare, UNKNOWN } from "@/lib/shares";

import { figuresOf } from "../part-words";
import { formatThreshold } from "../threshold-words";

export function PartFigures({ version }: { version: Version }) {
  const rows = figuresOf(version);
  if (rows.length === 0) return null;
  return (
    <table className="w-full text-sm tabular-nums">
      <caption className="sr-only">Version {version.version} on parts never seen and on known ones</caption>
      <thead>
        <tr className="text-left text-ink-faint">
          <th scope="col" className="pr-3 font-normal">Parts</th>
          <th scope="col" className="pr-3 font-normal">Threshold</th>
          <th scope="col" className="pr-3 font-normal">Rejected</th>
          <th scope="col" className="font-normal">Found</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, figure }) => (
          <tr key={name}>
            <th scope="row" className="pr-3 text-left font-medium text-ink">{name}</th>
            <td className="pr-3">{figure.threshold ? formatThreshold(figure.threshold.value) : UNKNOWN}</td>
            <td className="pr-3">{formatShare(figure.falseAlarmRate)}</td>
            <td>{figure.share ? formatShare(figure.share.value) : UNKNOWN}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
