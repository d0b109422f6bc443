import { useSignal } from "@preact/signals";
import { texts } from "../texts.ts";

interface ReferenceProps {
  id: string;
  support: string | null;
}

/** An id that helps the operators, to copy, and whom to ask. */
export function Reference({ id, support }: ReferenceProps) {
  const copied = useSignal(false);
  const copy = async () => {
    await navigator.clipboard.writeText(id);
    copied.value = true;
  };
  return (
    <>
      <p class="portal-reference">
        {texts.refused.id}: <code>{id}</code>
      </p>
      <p>
        <button
          class="nhsuk-button nhsuk-button--secondary nhsuk-button--small"
          type="button"
          onClick={() => void copy()}
        >
          {texts.copy}
        </button>{" "}
        <span role="status">{copied.value ? texts.copied : ""}</span>
      </p>
      {support !== null && <p>{texts.help(support)}</p>}
    </>
  );
}
