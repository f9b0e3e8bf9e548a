/** The status as text, to paste into a report; pure. Nothing in it is anybody's own. */
import { Feature, type Installation, type InstallationStatus } from "@/gen/argus/installation/v1/installation_pb.js";
import { formatBytes, formatCount } from "@/lib/numbers";
import { formatDuration, toDate } from "@/lib/time";

import { durationMs } from "./durations";
import { ratePerMinute, type Sample } from "./history";
import { counterWords, modelDoes, named, partState, queueWords, residencyWords } from "./words";

export interface Facts {
  installation: Installation | undefined;
  status: InstallationStatus | undefined;
  samples: readonly Sample[];
  /** Why the status could not be asked for, if so. */
  problem: string | undefined;
  now: Date;
  browser: string;
}

export function report({ installation, status, samples, problem, now, browser }: Facts): string {
  const lines = [`Argus ${installation?.version || "of unknown version"}, ${now.toISOString()}`, `Browser: ${browser}`];
  if (problem !== undefined) lines.push(`Status cannot be asked: ${problem}`);
  if (status) {
    const known = toDate(status.serverTime);
    lines.push("", `Parts${known ? ` (${known.toISOString()})` : ""}`);
    for (const part of status.parts) {
      const took = durationMs(part.checkDuration);
      lines.push(`- ${named(part.name)}: ${partState(part.state).label}${took === undefined ? "" : `, ${formatDuration(took)}`}${part.message && `. ${part.message}`}`);
    }
    lines.push("", "Queues");
    for (const queue of status.queues) {
      const age = durationMs(queue.oldestAge);
      lines.push(
        `- ${queueWords(queue.name).title}: ${formatCount(queue.waiting, "en")} waiting, ${formatCount(queue.running, "en")} running` +
          (age === undefined ? "" : `, oldest ${formatDuration(age)}`),
      );
    }
    lines.push("", "Counters");
    for (const { name, value } of status.counters) {
      const rate = ratePerMinute(samples, name);
      lines.push(`- ${counterWords(name).title}: ${formatCount(value, "en")}${rate === undefined ? "" : `, ${rate.toFixed(1)} a minute`}`);
    }
  }
  const models = status?.models.length ? status.models : (installation?.models ?? []);
  if (models.length > 0) {
    lines.push("", "Models");
    for (const model of models) {
      lines.push(
        `- ${model.model} (${model.version.slice(0, 12)})${model.default ? ", default" : ""}: ${modelDoes(model)}; ` +
          `${residencyWords(model.residency).label.toLowerCase()}, ${formatBytes(model.memoryBytes, "en")}${model.runtime && `, ${model.runtime}`}`,
      );
    }
  }
  if (installation) {
    const features = installation.features.map((each) => Feature[each].toLowerCase());
    lines.push("", `Features: ${features.sort().join(", ")}`);
  }
  return lines.join("\n");
}
