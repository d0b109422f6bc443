import { texts } from "../texts.ts";
import { Title } from "./title.tsx";

/**
 * Instead of the page, from the sign-out in another tab until Keycloak's session has ended. It offers no sign-in: that would
 * be answered from the session that is about to end.
 */
export function SigningOutPage() {
  return (
    <>
      <Title>{texts.signingOut.title}</Title>
      <p>{texts.signingOut.body}</p>
    </>
  );
}
