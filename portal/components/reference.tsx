import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { texts } from "../texts.ts";

interface ReferenceProps {
  id: string;
  support: string | null;
}

/** An id that helps the operators, to copy, and whom to ask. */
export function Reference({ id, support }: ReferenceProps) {
  const outcome = useSignal("");
  const code = useRef<HTMLElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(id);
      outcome.value = texts.copied;
    } catch {
      // Not allowed by its person or by a policy, or not from a secure origin.
      if (code.current) getSelection()?.selectAllChildren(code.current);
      outcome.value = texts.copyYourself;
    }
  };
  return (
    <>
      <p class="portal-reference">
        {texts.refused.id}: <code ref={code}>{id}</code>
      </p>
      <button
        class="nhsuk-button nhsuk-button--secondary nhsuk-button--small"
        type="button"
        onClick={() => void copy()}
      >
        {texts.copy}
      </button>
      <div role="status" class="portal-copied">
        {outcome.value}
      </div>
      {support !== null && <p>{texts.help(support)}</p>}
    </>
  );
}
