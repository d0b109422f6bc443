import type { ComponentChildren } from "preact";
import { useErrorBoundary } from "preact/hooks";
import { texts } from "../texts.ts";
import { Details } from "./details.tsx";
import { Title } from "./title.tsx";

/** The last net: what cannot be drawn is replaced by a page that says so, instead of by nothing. */
export function Boundary({ children }: { children: ComponentChildren }) {
  const error: unknown = useErrorBoundary()[0];
  return error === undefined ? <>{children}</> : <Broken error={error} />;
}

/** Instead of a page that met what nobody expected. */
export function Broken({ error }: { error: unknown }) {
  return (
    <>
      <Title>{texts.broken.title}</Title>
      <p>{texts.broken.body}</p>
      <button
        class="nhsuk-button"
        type="button"
        onClick={() => {
          location.reload();
        }}
      >
        {texts.broken.again}
      </button>
      <Details>
        <p>{String(error)}</p>
      </Details>
    </>
  );
}
