/** What people do by mail, signed in or not; loaded by the pages that need it. */
import { createClient } from "@connectrpc/connect";

import { EmailService } from "@/gen/argus/auth/v1/email_pb.js";

import { openTransport } from "./transport";

export const openEmail = createClient(EmailService, openTransport);
