/** What frames must be like to be inspected with a version. */
import type { FrameChecks } from "@/gen/argus/inspection/v1/inspection_pb.js";

import { limitWords, problemName, sureness } from "../../result/frame-words";

export function FrameLimits({ checks }: { checks: FrameChecks | undefined }) {
  return (
    <section aria-labelledby="frame-limits" className="flex flex-col gap-2">
      <h3 id="frame-limits" className="text-base font-semibold">Frames that cannot be inspected</h3>
      {checks ? (
        <>
          <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm tabular-nums">
            {checks.limits.map((limit, index) => (
              <div key={index} className="contents">
                <dt className="text-ink-soft">{problemName(limit)} unless</dt>
                <dd>{limitWords(limit)}</dd>
              </div>
            ))}
          </dl>
          <p className="text-sm text-pretty text-ink-faint">{sureness(checks)}</p>
        </>
      ) : (
        <p className="text-sm text-ink-faint">Blank frames and other products alone: an earlier release made this version. Calibrate again to learn more.</p>
      )}
    </section>
  );
}
