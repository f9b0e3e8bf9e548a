/** What somebody may do with a set of somebody else's, in words. */
import { Member_Role as Role } from "@/gen/argus/inspection/v1/inspection_pb.js";

export const ROLES = [
  { value: String(Role.INSPECTOR), label: "Inspector" },
  { value: String(Role.VIEWER), label: "Viewer" },
];

export const roleOf = (value: string): Role => (value === String(Role.VIEWER) ? Role.VIEWER : Role.INSPECTOR);
