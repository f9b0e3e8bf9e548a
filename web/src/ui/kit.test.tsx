import { act, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";

import { keyRegistry } from "@/lib/keys";

import { Button } from "./button";
import { TextField } from "./field";
import { Menu } from "./menu";
import { Tabs } from "./tabs";
import { clearToasts, toast, Toaster } from "./toast";
import { useShortcuts } from "./use-shortcuts";

test("a field says what is wrong with it", () => {
  render(<TextField label="Email" hint="Yours." error="Must be an email address." />);
  const field = screen.getByLabelText("Email");
  expect(field).toBeInvalid();
  expect(field).toHaveAccessibleDescription("Must be an email address.");
});

test("a button at work cannot be pressed again", async () => {
  const run = vi.fn();
  render(
    <Button busy onClick={run}>
      Save
    </Button>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(run).not.toHaveBeenCalled();
});

test("a menu is walked by keys and gives the focus back", async () => {
  const run = vi.fn();
  render(
    <Menu
      label="More"
      trigger={(props) => (
        <button type="button" {...props}>
          More
        </button>
      )}
      items={[{ label: "Label", run: vi.fn() }, null, { label: "Delete", run }]}
    />,
  );
  const button = screen.getByRole("button", { name: "More" });
  await userEvent.click(button);
  expect(screen.getByRole("menuitem", { name: "Label" })).toHaveFocus();
  await userEvent.keyboard("{ArrowDown}{Enter}");
  expect(run).toHaveBeenCalledTimes(1);
  expect(button).toHaveFocus();
  await userEvent.click(button);
  await userEvent.keyboard("{Escape}");
  expect(screen.queryByRole("menu")).toBeNull();
});

test("tabs are walked by arrows", async () => {
  const onChange = vi.fn();
  const tabs = [{ key: "a", label: "A" }, { key: "b", label: "B" }] as const;
  render(
    <Tabs label="Views" tabs={tabs} value="a" onChange={onChange}>
      inside
    </Tabs>,
  );
  await userEvent.tab();
  await userEvent.keyboard("{ArrowLeft}");
  expect(onChange).toHaveBeenCalledWith("b");
});

test("a toast can be undone, and one of the same key takes its place", async () => {
  const undo = vi.fn();
  render(<Toaster />);
  act(() => {
    toast("1 image deleted", { key: "delete" });
    toast("2 images deleted", { key: "delete", action: { label: "Undo", run: undo } });
  });
  expect(screen.queryByText("1 image deleted")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Undo" }));
  expect(undo).toHaveBeenCalledTimes(1);
  expect(screen.queryByText("2 images deleted")).toBeNull();
  act(clearToasts);
});

test("a component's shortcuts do what its last render says, and go with it", () => {
  function Keys({ run }: { run: () => void }) {
    useShortcuts({ title: "Test" }, [{ keys: "x", description: "Do it", run }]);
    return null;
  }
  const [first, second] = [vi.fn(), vi.fn()];
  const press = () => keyRegistry.handle(new KeyboardEvent("keydown", { key: "x", cancelable: true }));
  const { rerender, unmount } = render(<Keys run={first} />);
  rerender(<Keys run={second} />);
  press();
  expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1]);
  unmount();
  expect(press()).toBe(false);
});
