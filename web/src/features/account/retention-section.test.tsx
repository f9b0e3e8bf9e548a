import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { AuthService } from "@/gen/argus/auth/v1/auth_pb.js";
import { Role } from "@/gen/argus/policy/v1/policy_pb.js";
import { RetentionRuleSchema, RetentionService, type RetentionRule, type SetRetentionRuleRequest } from "@/gen/argus/storage/v1/retention_pb.js";
import { ErrorInfoSchema } from "@/gen/google/rpc/error_details_pb.js";
import { renderPage } from "@/test/render-page";

import { RetentionSection } from "./retention-section";
import { labelWords, previewWords } from "./retention-words";

const TRIAL = create(RetentionRuleSchema, {
  retentionRuleId: "r1",
  labelKey: "batch",
  labelValue: "trial",
  keepDays: 30,
  imageCount: 1200n,
  trashedCount: 40n,
  lastTrashTime: timestampFromDate(new Date(Date.now() - 3_600_000)),
});

class Storage {
  rules: RetentionRule[] = [];
  asked: SetRetentionRuleRequest[] = [];
  due = 0n;
  role = Role.INSPECTOR;
  failure: ConnectError | undefined;

  serve = (router: ConnectRouter): void => {
    router.service(AuthService, { getMe: () => ({ userId: "u1", role: this.role }) });
    router.service(RetentionService, {
      listRetentionRules: () => ({ retentionRules: this.rules }),
      setRetentionRule: (request) => {
        this.asked.push(request);
        if (this.failure) throw this.failure;
        const { labelKey, labelValue, keepDays } = request;
        const rule = create(RetentionRuleSchema, { retentionRuleId: "r2", labelKey, keepDays, imageCount: 3n, dueCount: this.due });
        if (labelValue !== undefined) rule.labelValue = labelValue;
        if (!request.validateOnly) this.rules = [...this.rules, rule];
        return rule;
      },
      deleteRetentionRule: ({ retentionRuleId }) => {
        this.rules = this.rules.filter((one) => one.retentionRuleId !== retentionRuleId);
        return {};
      },
    });
  };
}

function show(storage = new Storage()) {
  renderPage(RetentionSection, "/account", storage.serve);
  return { storage, user: userEvent.setup() };
}

it("lists rules with what they hold for, and deletes one", async () => {
  const storage = new Storage();
  storage.rules = [TRIAL];
  const { user } = show(storage);
  const list = await screen.findByRole("list", { name: "Retention rules" });
  expect(within(list).getByRole("listitem")).toHaveTextContent(/batch = trial after 30 days1,200 images now · 40 images went to the trash so far, last/);
  await user.click(within(list).getByRole("button", { name: "Delete the rule of batch = trial" }));
  expect(await screen.findByText("You have no rule: no image goes by itself.")).toBeInTheDocument();
  expect(storage.rules).toEqual([]);
});

it("says what would go before it sets a rule", async () => {
  const { storage, user } = show();
  storage.due = 2n;
  await user.click(await screen.findByRole("button", { name: "New rule" }));
  const see = screen.getByRole("button", { name: "See what would go" });
  expect(see).toBeDisabled();
  await user.type(screen.getByRole("textbox", { name: "Label" }), "batch");
  await user.type(screen.getByRole("textbox", { name: "Value" }), "trial");
  await user.clear(screen.getByRole("spinbutton", { name: "Days" }));
  await user.type(screen.getByRole("spinbutton", { name: "Days" }), "7");
  await user.click(see);
  expect(await screen.findByText("2 images of 3 with this label go to the trash at once.")).toBeInTheDocument();
  expect(storage.rules).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Set the rule" }));
  await waitFor(() => expect(storage.rules).toHaveLength(1));
  expect(storage.asked.map(({ labelKey, labelValue, keepDays, validateOnly }) => ({ labelKey, labelValue, keepDays, validateOnly }))).toEqual([
    { labelKey: "batch", labelValue: "trial", keepDays: 7, validateOnly: true },
    { labelKey: "batch", labelValue: "trial", keepDays: 7, validateOnly: false },
  ]);
  expect(await screen.findByRole("list", { name: "Retention rules" })).toBeInTheDocument();
});

it("asks anew what would go when the rule is written otherwise", async () => {
  const { storage, user } = show();
  await user.click(await screen.findByRole("button", { name: "New rule" }));
  await user.type(screen.getByRole("textbox", { name: "Label" }), "batch");
  await user.click(screen.getByRole("button", { name: "See what would go" }));
  await screen.findByRole("button", { name: "Set the rule" });
  await user.click(screen.getByRole("checkbox", { name: "Whatever its value is" }));
  await user.click(screen.getByRole("button", { name: "See what would go" }));
  await screen.findByRole("button", { name: "Set the rule" });
  expect(storage.asked.map(({ labelValue }) => labelValue)).toEqual(["", undefined]);
});

it("tells why a rule is not set", async () => {
  const { storage, user } = show();
  storage.failure = new ConnectError("you have 100 retention rules", Code.FailedPrecondition, undefined, [
    { desc: ErrorInfoSchema, value: { reason: "TOO_MANY_RETENTION_RULES", domain: "argus.internal" } },
  ]);
  await user.click(await screen.findByRole("button", { name: "New rule" }));
  await user.type(screen.getByRole("textbox", { name: "Label" }), "Batch");
  expect(screen.getByText(/Small letters first/)).toBeInTheDocument();
  await user.clear(screen.getByRole("textbox", { name: "Label" }));
  await user.type(screen.getByRole("textbox", { name: "Label" }), "batch");
  await user.click(screen.getByRole("button", { name: "See what would go" }));
  expect(await screen.findByText(/100 retention rules/i)).toBeInTheDocument();
});

it("lets whoever only looks see rules, and change none", async () => {
  const storage = new Storage();
  storage.rules = [TRIAL];
  storage.role = Role.VIEWER;
  show(storage);
  await screen.findByRole("list", { name: "Retention rules" });
  await waitFor(() => expect(screen.queryByRole("button", { name: "New rule" })).toBeNull());
  expect(screen.queryByRole("button", { name: /Delete the rule/ })).toBeNull();
});

it("puts labels and counts in words", () => {
  expect(labelWords({ labelKey: "batch", labelValue: "" })).toBe("batch = (empty)");
  expect(labelWords({ labelKey: "batch" })).toBe("batch, whatever its value");
  expect(previewWords({ imageCount: 0n, dueCount: 0n })).toBe("No image has this label now.");
  expect(previewWords({ imageCount: 2n, dueCount: 0n })).toBe("2 images with this label; none goes at once.");
  expect(previewWords({ imageCount: 2n, dueCount: 2n })).toBe("All 2 images with this label go to the trash at once.");
  expect(previewWords({ imageCount: 2n, dueCount: 1n })).toBe("1 image of 2 with this label goes to the trash at once.");
});
