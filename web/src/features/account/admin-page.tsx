/** For administrators: people, what was done, the keys that sign tokens, and the model that searches use. */
import { useSearchParams } from "react-router";

import { Page } from "@/ui/page";
import { Tabs } from "@/ui/tabs";

import { AuditTab } from "./audit-tab";
import { ModelTab } from "./model-tab";
import { PeopleTab } from "./people-tab";
import { SigningKeysTab } from "./signing-keys-tab";

const TABS = [
  { key: "people", label: "People" },
  { key: "audit", label: "Audit" },
  { key: "keys", label: "Signing keys" },
  { key: "model", label: "Model" },
] as const;
type Tab = (typeof TABS)[number]["key"];

export function Component() {
  const [params, setParams] = useSearchParams();
  const tab = TABS.find(({ key }) => key === params.get("tab"))?.key ?? "people";
  const go = (key: Tab): void => setParams(key === "people" ? {} : { tab: key }, { replace: true });
  return (
    <Page title="Administration">
      <div className="max-w-220">
        <Tabs label="Administration" tabs={TABS} value={tab} onChange={go}>
          {tab === "people" && <PeopleTab />}
          {tab === "audit" && <AuditTab />}
          {tab === "keys" && <SigningKeysTab />}
          {tab === "model" && <ModelTab />}
        </Tabs>
      </div>
    </Page>
  );
}
