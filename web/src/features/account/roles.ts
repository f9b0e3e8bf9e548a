/** Roles in words. */
import { Role } from "@/gen/argus/policy/v1/policy_pb.js";

export const ROLES = [Role.VIEWER, Role.INSPECTOR, Role.ADMIN] as const;

const NAMES: Partial<Record<Role, string>> = { [Role.VIEWER]: "Viewer", [Role.INSPECTOR]: "Inspector", [Role.ADMIN]: "Administrator" };

export function roleName(role: Role): string {
  return NAMES[role] ?? "Unknown";
}

/** What a role allows. */
export function roleHint(role: Role): string {
  if (role === Role.ADMIN) return "Also decides what others may do, and reads what they did.";
  if (role === Role.INSPECTOR) return "Uploads, teaches, inspects and judges.";
  return "Sees, searches and downloads. An administrator can allow more.";
}
