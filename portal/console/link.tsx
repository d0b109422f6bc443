import type { ComponentChildren } from "preact";
import { go, queryOf } from "./address.ts";

interface LinkProps {
  to: Readonly<Record<string, string>>;
  children: ComponentChildren;
  current?: boolean;
  class?: string;
}

/** A link within the console: a real one, so that it opens in a new tab, too. */
export function Link({ to, children, current = false, class: className }: LinkProps) {
  return (
    <a
      href={`${location.pathname}${queryOf(to)}`}
      class={className}
      aria-current={current ? "page" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        go(to);
      }}
    >
      {children}
    </a>
  );
}
