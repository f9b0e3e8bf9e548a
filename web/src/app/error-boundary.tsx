/** The last resort: something failed outside all pages. */
import { Component, type ReactNode } from "react";

export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <Broken /> : this.props.children;
  }
}

/** Says that the page itself is at fault, and what helps. */
export function Broken() {
  return (
    <main role="alert" className="flex h-full min-h-80 flex-col items-center justify-center gap-3 p-8 text-center">
      <h1 className="text-lg font-semibold">This page broke</h1>
      <p className="max-w-96 text-ink-soft">This is a fault of Argus. Your images are safe; loading the page again mostly helps.</p>
      <button
        type="button"
        onClick={() => location.reload()}
        className="mt-2 h-10 rounded-md bg-accent px-4 font-medium text-on-accent hover:bg-accent-strong"
      >
        Load again
      </button>
    </main>
  );
}
