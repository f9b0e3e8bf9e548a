/** A share with its interval, drawn on a line from 0 to 100 %. The numbers stand beside it, so it is decoration. */
import type { Share } from "@/lib/shares";

export function IntervalBar({ share, max = 1 }: { share: Share | undefined; /** The share at the right end. */ max?: number }) {
  const percent = (value: number): string => `${Math.min(100, (value / max) * 100)}%`;
  return (
    <svg aria-hidden="true" className="h-3 w-full overflow-visible" preserveAspectRatio="none">
      <line x1="0" x2="100%" y1="6" y2="6" className="stroke-line" strokeWidth={2} />
      {share && (
        <>
          <line x1={percent(share.low)} x2={percent(share.high)} y1="6" y2="6" className="stroke-line-strong" strokeWidth={4} strokeLinecap="round" />
          <circle cx={percent(share.value)} cy="6" r="4" className="fill-ink stroke-surface" strokeWidth={1.5} />
        </>
      )}
    </svg>
  );
}
