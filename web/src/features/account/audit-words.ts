/** Entries of the audit in words. */
import type { AuditEvent } from "@/gen/argus/auth/v1/audit_pb.js";

import { clientWords } from "./client-words";

const SHOWN_TARGETS = 3;

/** `/argus.storage.v1.ImageService/DeleteImage`: `Delete image`. */
export function methodWords(method: string): string {
  const name = method.slice(method.lastIndexOf("/") + 1);
  const words = name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function resultWords({ code, reason }: Pick<AuditEvent, "code" | "reason">): string {
  return reason || code;
}

export function whoWords({ userId, service }: Pick<AuditEvent, "userId" | "service">): string {
  if (userId) return userId;
  return service ? `service ${service}` : "nobody known";
}

export function clientOf({ client }: Pick<AuditEvent, "client">): string {
  return clientWords(client);
}

/** What a call was about: names of fields and what they held. */
export function aboutWords({ targets }: Pick<AuditEvent, "targets">): string {
  return targets
    .map(({ name, values }) => {
      const more = values.length - SHOWN_TARGETS;
      const shown = values.slice(0, SHOWN_TARGETS).join(" ");
      return `${name.replaceAll("_", " ")} ${shown}${more > 0 ? ` and ${String(more)} more` : ""}`;
    })
    .join(", ");
}
