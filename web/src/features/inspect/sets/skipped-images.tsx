/** Images that a job left out, by reason. */
import { Link } from "react-router";

import type { SkippedImage } from "@/gen/argus/inspection/v1/inspection_pb.js";
import { countOf } from "@/lib/numbers";

const SHOWN = 20;

export function SkippedImages({ skipped }: { skipped: readonly SkippedImage[] }) {
  if (skipped.length === 0) return null;
  const rest = skipped.length - SHOWN;
  return (
    <details className="text-sm">
      <summary className="text-warning">{countOf(skipped.length, "image was", "images were")} left out: why</summary>
      <ul className="mt-2 flex flex-col gap-1 text-ink-soft">
        {skipped.slice(0, SHOWN).map((each) => (
          <li key={each.imageId} className="flex flex-wrap gap-x-2">
            <Link to={`/library/${each.imageId}`} className="font-mono text-xs text-accent underline">
              {each.imageId.slice(0, 8)}
            </Link>
            {each.message || each.reason}
          </li>
        ))}
        {rest > 0 && <li>and {countOf(rest, "other")}</li>}
      </ul>
    </details>
  );
}
