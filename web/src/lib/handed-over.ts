/** Images that one page chose and another inspects; taken once. */
import { isUuid } from "argus-client/request-id";

const KEY = "argus.inspect.images";

export function handOver(ids: readonly string[]): void {
  sessionStorage.setItem(KEY, JSON.stringify(ids));
}

export function takeHandedOver(store: Pick<Storage, "getItem" | "removeItem"> = sessionStorage): string[] {
  try {
    const ids: unknown = JSON.parse(store.getItem(KEY) ?? "[]");
    store.removeItem(KEY);
    return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === "string" && isUuid(id)) : [];
  } catch {
    return [];
  }
}
