/** Who did what to what, the newest first. */
import { useInfiniteQuery } from "@connectrpc/connect-query";
import { useState } from "react";

import { AuditService, type AuditEvent } from "@/gen/argus/auth/v1/audit_pb.js";
import { countOf } from "@/lib/numbers";
import { formatDateTime, toDate } from "@/lib/time";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { ErrorState, Skeleton } from "@/ui/states";

import { aboutWords, clientOf, methodWords, resultWords, whoWords } from "./audit-words";

const PAGE_SIZE = 50;

export function AuditTab() {
  const [about, setAbout] = useState("");
  const [asked, setAsked] = useState("");
  const query = useInfiniteQuery(
    AuditService.method.listAuditEvents,
    { pageToken: "", pageSize: PAGE_SIZE, target: asked },
    { pageParamKey: "pageToken", getNextPageParam: ({ nextPageToken }) => nextPageToken || undefined },
  );
  const events = query.data?.pages.flatMap((page) => page.events) ?? [];
  return (
    <div className="flex flex-col gap-4">
      <form
        role="search"
        className="flex max-w-140 items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (about.trim() === asked) void query.refetch();
          else setAsked(about.trim());
        }}
      >
        <div className="min-w-0 flex-1">
          <TextField
            label="About"
            value={about}
            placeholder="Everything"
            hint="An id or an email address that a call named."
            onChange={(event) => setAbout(event.target.value)}
          />
        </div>
        <Button size="md" type="submit" busy={query.isRefetching} className="mb-6">
          Show
        </Button>
      </form>
      {query.isPending && <Skeleton className="h-40" />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.isSuccess && events.length === 0 && <p className="text-sm text-ink-faint">Nothing was noted.</p>}
      {events.length > 0 && (
        <ol aria-label="Audit" className="flex flex-col">
          {events.map((event) => (
            <EventRow key={String(event.sequence)} event={event} />
          ))}
        </ol>
      )}
      {query.hasNextPage && (
        <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()} className="self-start">
          Show more
        </Button>
      )}
      <p className="text-sm text-ink-faint">
        Each entry has the hash of the one before in its own: <code className="font-mono">argus audit verify</code> finds what was changed or taken out.
      </p>
    </div>
  );
}

function EventRow({ event }: { event: AuditEvent }) {
  const time = toDate(event.time);
  const refused = event.code !== "OK";
  const about = aboutWords(event);
  return (
    <li className="flex flex-col border-t border-line py-3 first:border-t-0">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span className="text-base" title={event.method}>
          {methodWords(event.method)}
          <span className={refused ? "text-anomalous" : "sr-only"}> · {resultWords(event)}</span>
        </span>
        <span className="text-sm text-ink-faint tabular-nums">{time && formatDateTime(time)}</span>
      </div>
      {about && <span className="text-sm text-ink-soft [overflow-wrap:anywhere]">{about}</span>}
      <span className="text-sm text-ink-faint [overflow-wrap:anywhere]">
        {whoWords(event)} · {event.address || "no address"}
        {event.client && ` · ${clientOf(event)}`} · entry {String(event.sequence)}
      </span>
      {event.omittedCount > 0n && <span className="text-sm text-ink-faint">{countOf(event.omittedCount, "refusal")} before it left out</span>}
    </li>
  );
}
