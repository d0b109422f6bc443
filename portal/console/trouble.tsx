import { texts } from "../texts.ts";

/** Says that what is shown may be old, and why. */
export function Trouble({ words }: { words: string | null }) {
  return (
    <p role="status" class="portal-trouble">
      {words === null ? "" : texts.trouble(words)}
    </p>
  );
}
