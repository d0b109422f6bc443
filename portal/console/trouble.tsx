import { consoleTexts } from "./texts.ts";

/** Says that what is shown may be old, and why. */
export function Trouble({ words }: { words: string | null }) {
  return (
    <p role="status" class="portal-trouble">
      {words === null ? "" : consoleTexts.trouble(words)}
    </p>
  );
}
