/** What the app that serves this page says about the estate. */
export interface PortalSettings {
  /** The realm's address, as in the tokens. */
  issuer: string;
  /** The portal's client in the realm. */
  clientId: string;
  /** As the API calls itself in tokens: a role may be one of the realm, or of this client. */
  audience: string;
  /** The role of those whom the console is for. */
  adminRole: string;
  /** Whom people ask for help; null if the operators set nothing. */
  support: string | null;
  /** Where people report barriers; null if the operators set nothing. */
  accessibilityContact: string | null;
}

/** Reads the settings from the page itself: no request, and no script in the page, is needed for them. */
export function readSettings(page: Document = document): PortalSettings {
  const content = page.querySelector<HTMLMetaElement>('meta[name="portal-settings"]')?.content ?? "";
  return JSON.parse(content) as PortalSettings;
}
