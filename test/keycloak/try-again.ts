/**
 * Keycloak 25.0.4 answers some requests with 500 (`unknown_error`) when sessions of a realm begin and end within the
 * same moment, as after `logout-all`. A person would reload the page.
 */
export async function tryAgain<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1)
    try {
      return await act();
    } catch (error) {
      if (tries === 5 || !(error instanceof Error && error.message.includes("unknown_error"))) throw error;
    }
}
