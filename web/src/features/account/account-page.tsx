import { useMutation, useQuery } from "@connectrpc/connect-query";
import { type ReactNode, useEffect, useSyncExternalStore } from "react";
import { Link } from "react-router";

import { AuthService } from "@/gen/argus/auth/v1/auth_pb.js";
import { Role } from "@/gen/argus/policy/v1/policy_pb.js";
import { copyText } from "@/lib/clipboard";
import { getTheme, setTheme, subscribeTheme, type Theme } from "@/lib/theme";
import { formatDate, toDate } from "@/lib/time";
import { session } from "@/lib/current-session";
import { useAccount } from "@/lib/use-session";
import { Button, IconButton } from "@/ui/button";
import { CopyIcon, MoonIcon, SignOutIcon, SunIcon, SystemIcon } from "@/ui/icons";
import { Page } from "@/ui/page";
import { Segmented } from "@/ui/tabs";
import { toast } from "@/ui/toast";

import { ApiKeysSection } from "./api-keys-section";
import { DeleteSection } from "./delete-section";
import { EmailSection } from "./email-section";
import { IdentitiesSection } from "./identities-section";
import { GroupsSection } from "./groups/groups-section";
import { PasswordSection } from "./password-section";
import { RetentionSection } from "./retention-section";
import { roleHint, roleName } from "./roles";
import { SessionsSection } from "./sessions-section";
import { UsageSection } from "./usage-section";

const THEMES = [
  { key: "system", label: <><SystemIcon width={16} height={16} /> System</> },
  { key: "light", label: <><SunIcon width={16} height={16} /> Light</> },
  { key: "dark", label: <><MoonIcon width={16} height={16} /> Dark</> },
] as const satisfies readonly { key: Theme; label: ReactNode }[];

export function Component() {
  const account = useAccount();
  const me = useQuery(AuthService.method.getMe).data;
  const theme = useSyncExternalStore(subscribeTheme, getTheme);
  const logout = useMutation(AuthService.method.logout, {
    meta: { handled: true },
    // Here it ends in any case; unreachable, the server forgets the session when it expires.
    onSettled: () => session.signOut(),
  });
  useEffect(() => {
    if (!me) return;
    const createTime = toDate(me.createTime)?.toISOString() ?? "";
    session.update({ userId: me.userId, email: me.email, displayName: me.displayName, createTime });
  }, [me]);

  const copy = async (): Promise<void> => {
    if (await copyText(account.userId)) toast("User id copied", { tone: "success", key: "copy" });
    else toast("The browser does not let this page copy. Select the id and copy it.", { tone: "error" });
  };

  return (
    <Page title="Account" width="text">
      <section aria-labelledby="who" className="flex flex-col">
        <h2 id="who" className="sr-only">
          Who you are
        </h2>
        <dl>
          <Row name="Name"><Long>{account.displayName}</Long></Row>
          <Row name="Email"><Long>{account.email}</Long></Row>
          <Row name="User id" hint="Programs name you by it; people share with your email address.">
            <span className="flex items-center gap-1">
              <code className="min-w-0 font-mono text-sm break-all">{account.userId}</code>
              <IconButton icon={CopyIcon} label="Copy user id" onClick={() => void copy()} />
            </span>
          </Row>
          {me && (
            <Row name="Role" hint={me.role === Role.ADMIN ? undefined : roleHint(me.role)}>
              {roleName(me.role)}
              {me.role === Role.ADMIN && (
                <Link to="/admin" className="text-sm text-accent underline underline-offset-2">
                  Administration
                </Link>
              )}
            </Row>
          )}
          {account.createTime && <Row name="Member since">{formatDate(new Date(account.createTime))}</Row>}
          <Row name="Appearance">
            <Segmented label="Appearance" options={THEMES} value={theme} onChange={setTheme} />
          </Row>
          <Row name="Session" hint="Signs you out in all tabs of this browser.">
            <Button icon={SignOutIcon} busy={logout.isPending} onClick={() => logout.mutate({})}>
              Sign out
            </Button>
          </Row>
        </dl>
      </section>
      <UsageSection />
      <RetentionSection />
      <EmailSection />
      <GroupsSection />
      <PasswordSection />
      <IdentitiesSection />
      <SessionsSection />
      <ApiKeysSection />
      <DeleteSection />
    </Page>
  );
}

/** Words of any length, on a phone too. */
function Long({ children }: { children: string }) {
  return <span className="max-w-full [overflow-wrap:anywhere]">{children}</span>;
}

function Row({ name, hint, children }: { name: string; hint?: string | undefined; children: ReactNode }) {
  return (
    <div className="grid gap-x-6 gap-y-1 border-t border-line py-4 sm:grid-cols-[10rem_1fr]">
      <dt className="text-sm font-medium text-ink-soft sm:leading-8">{name}</dt>
      <dd className="flex min-h-8 min-w-0 flex-col items-start justify-center gap-1">
        {children}
        {hint && <span className="text-sm text-ink-faint">{hint}</span>}
      </dd>
    </div>
  );
}
