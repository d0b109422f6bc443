import type { ComponentChildren } from "preact";
import { texts } from "../texts.ts";

interface DetailsProps {
  summary?: string;
  open?: boolean;
  children: ComponentChildren;
}

/** What only some people want to read: the technical words, and ids. */
export function Details({ summary = texts.details, open = false, children }: DetailsProps) {
  return (
    <details class="nhsuk-details" open={open}>
      <summary class="nhsuk-details__summary">
        <span class="nhsuk-details__summary-text">{summary}</span>
      </summary>
      <div class="nhsuk-details__text">{children}</div>
    </details>
  );
}
