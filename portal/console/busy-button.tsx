import type { ComponentChildren } from "preact";

interface BusyButtonProps {
  kind: "secondary" | "warning";
  busy: boolean;
  /** What it does; without it, it sends its form. */
  press?: () => void;
  children: ComponentChildren;
}

/** While something is done, it keeps the focus, which `disabled` would take from it, and does nothing. */
export function BusyButton({ kind, busy, press, children }: BusyButtonProps) {
  return (
    <button
      class={`nhsuk-button nhsuk-button--${kind}`}
      type={press ? "button" : "submit"}
      aria-disabled={busy}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else press?.();
      }}
    >
      {children}
    </button>
  );
}
