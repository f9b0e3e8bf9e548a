/** How much somebody has, and may have. */
import { useQuery } from "@connectrpc/connect-query";

import { ImageService, type Usage } from "@/gen/argus/storage/v1/image_pb.js";
import { countOf, formatBytes, formatCount } from "@/lib/numbers";
import { ErrorState, ProgressBar, Skeleton } from "@/ui/states";

import { Section } from "./section";

export function UsageSection() {
  const query = useQuery(ImageService.method.getUsage);
  const usage = query.data;
  return (
    <Section title="Storage" lead="How much you have. The trash counts, and so do uploads that are not complete.">
      {query.isPending && <Skeleton className="h-24" />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {usage?.kept && (
        <dl className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
          <Amounts what="Kept" usage={usage.kept} />
          {usage.pending && <Amounts what="Waiting to be completed" usage={usage.pending} />}
        </dl>
      )}
    </Section>
  );
}

function Amounts({ what, usage }: { what: string; usage: Usage }) {
  return (
    <div className="flex flex-col gap-3">
      <dt className="text-sm font-medium text-ink-soft">{what}</dt>
      <dd className="flex flex-col gap-3">
        <Amount
          label={`${what}: images`}
          used={usage.imageCount}
          most={usage.maxImageCount}
          words={countOf(usage.imageCount, "image")}
          mostWords={formatCount(usage.maxImageCount)}
        />
        <Amount
          label={`${what}: bytes`}
          used={usage.sizeBytes}
          most={usage.maxSizeBytes}
          words={formatBytes(usage.sizeBytes)}
          mostWords={formatBytes(usage.maxSizeBytes)}
        />
      </dd>
    </div>
  );
}

/** From this share of what one may have on, it is time to think of it. */
const NEARLY = 0.9;

function Amount({ label, used, most, words, mostWords }: { label: string; used: bigint; most: bigint; words: string; mostWords: string }) {
  // 0: as much as they like.
  if (most === 0n) return <p className="text-base tabular-nums">{words}</p>;
  const share = Math.min(1, Number(used) / Number(most));
  return (
    <div className="flex flex-col gap-1">
      <p className="text-base tabular-nums">
        {words} <span className="text-ink-faint">of {mostWords}</span>
      </p>
      <ProgressBar label={label} value={share} tone={share >= NEARLY ? "warning" : "accent"} />
    </div>
  );
}
