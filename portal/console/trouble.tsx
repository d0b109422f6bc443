import { consoleTexts } from "./texts.ts";

interface TroubleProps {
  words: string | null;
  /** False if nothing is shown yet that could be old. */
  isShown: boolean;
}

/** Says why there is nothing to see, or that it may be old. */
export function Trouble({ words, isShown }: TroubleProps) {
  return (
    <p role="status" class="portal-trouble">
      {words === null ? "" : isShown ? consoleTexts.trouble(words) : consoleTexts.troubleAtFirst(words)}
    </p>
  );
}

/** What stands in the place of what was asked for, until there is an answer. */
export function Loading({ isShown }: { isShown: boolean }) {
  return <p role="status">{isShown ? "" : consoleTexts.loading}</p>;
}
