/** Images that another page chose to be inspected; taken once. */
const KEY = "argus.inspect.images";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function takeHandedOver(store: Pick<Storage, "getItem" | "removeItem"> = sessionStorage): string[] {
  try {
    const ids: unknown = JSON.parse(store.getItem(KEY) ?? "[]");
    store.removeItem(KEY);
    return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === "string" && UUID.test(id)) : [];
  } catch {
    return [];
  }
}
