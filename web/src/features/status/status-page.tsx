import { useQuery } from "@connectrpc/connect-query";
import { type ReactNode, useEffect, useState } from "react";

import { InstallationService } from "@/gen/argus/installation/v1/installation_pb.js";
import { copyText } from "@/lib/clipboard";
import { explain } from "@/lib/errors";
import { formatRelative, toDate } from "@/lib/time";
import { Button } from "@/ui/button";
import { cx } from "@/ui/cx";
import { CheckIcon, CopyIcon, type Icon, WarningIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { ErrorNote, ErrorState, Skeleton } from "@/ui/states";
import { toast } from "@/ui/toast";
import { useShortcuts } from "@/ui/use-shortcuts";

import { Features, Limits } from "./installation-facts";
import { report } from "./report";
import { Counters, Models, Parts, Queues, Section } from "./sections";
import { useStatus } from "./use-status";
import { overall } from "./words";

const COLUMN = "flex min-w-0 flex-col gap-8";
/** Pale text would be hard to read. */
const STALE = "grayscale";

export function Component() {
  const { query, samples } = useStatus();
  const installation = useQuery(InstallationService.method.getInstallation, {}, { staleTime: 300_000 });
  const status = query.data;
  const failed = query.isError ? explain(query.error) : undefined;

  const copy = async (): Promise<void> => {
    const text = report({
      installation: installation.data,
      status,
      samples,
      problem: failed && `${failed.title}. ${failed.message}`,
      now: new Date(),
      browser: navigator.userAgent,
    });
    if (await copyText(text)) toast("Status copied as text", { tone: "success", key: "copy" });
    else toast("The browser does not let this page copy.", { tone: "error", key: "copy" });
  };
  useShortcuts({ title: "Status" }, [{ keys: "c", description: "Copy the status as text", run: () => void copy() }]);

  const actions = (
    <Button icon={CopyIcon} onClick={() => void copy()}>
      Copy as text
    </Button>
  );
  if (query.isPending) {
    return (
      <Page title="Status" actions={actions}>
        <div className="flex max-w-220 flex-col gap-8">
          <Skeleton className="h-18 rounded-lg" />
          <Skeleton className="h-80 rounded-lg" />
          <Skeleton className="h-40 rounded-lg" />
        </div>
      </Page>
    );
  }
  if (!status) {
    return (
      <Page title="Status" actions={actions}>
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      </Page>
    );
  }
  const whole = overall(status);
  const name = installation.data && [installation.data.name, installation.data.version].filter(Boolean).join(" · ");
  return (
    <Page title="Status" actions={actions}>
      <div className="flex max-w-220 flex-col gap-8 xl:max-w-none">
        {failed ? (
          <Banner icon={WarningIcon} className="bg-anomalous-soft text-anomalous" title="The status cannot be asked for">
            {failed.message} What stands below was so <Ago date={toDate(status.serverTime)} />.
          </Banner>
        ) : (
          <Banner
            icon={whole.tone === "normal" ? CheckIcon : WarningIcon}
            className={
              { normal: "bg-normal-soft text-normal", warning: "bg-warning-soft text-warning", anomalous: "bg-anomalous-soft text-anomalous", neutral: "bg-sunken text-ink-soft", accent: "" }[whole.tone]
            }
            title={whole.label}
          >
            {whole.message}
          </Banner>
        )}
        <div className="grid items-start gap-8 xl:grid-cols-2">
          <div className={cx(COLUMN, failed && STALE)}>
            <Section title="Parts">
              <Parts parts={status.parts} />
            </Section>
            <Section title="Models">
              <Models models={status.models.length > 0 ? status.models : (installation.data?.models ?? [])} />
            </Section>
          </div>
          <div className={COLUMN}>
            <div className={cx(COLUMN, failed && STALE)}>
              <Section title="Queues" hint="Waiting and running, in the last three minutes">
                <Queues queues={status.queues} samples={samples} />
              </Section>
              {status.counters.length > 0 && (
                <Section title="Rates" hint="In all, and while this page has been open">
                  <Counters counters={status.counters} samples={samples} />
                </Section>
              )}
            </div>
            <Section title="This installation" {...(name && { hint: name })}>
              {installation.isPending && <Skeleton className="h-80 rounded-lg" />}
              {installation.isError && <ErrorNote error={installation.error} />}
              {installation.data && (
                <>
                  <Features installation={installation.data} />
                  <Limits installation={installation.data} />
                </>
              )}
            </Section>
          </div>
        </div>
      </div>
    </Page>
  );
}

function Banner({ icon: Shape, title, className, children }: { icon: Icon; title: string; className: string; children: ReactNode }) {
  return (
    <div role="status" className={cx("flex min-h-18 items-center gap-4 rounded-lg px-4 py-3", className)}>
      <Shape className="shrink-0" />
      <div>
        <p className="font-semibold">{title}</p>
        <p className="text-sm text-pretty">{children}</p>
      </div>
    </div>
  );
}

/** `12 seconds ago`, counting on. */
function Ago({ date }: { date: Date | undefined }) {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, []);
  return date ? formatRelative(date, now) : "a moment ago";
}
