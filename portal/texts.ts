/** Every text that the pages show, in one file. What comes from the API is shown in its own words. */
export const texts = {
  service: "Research desktops",
  console: "Desktops console",
  signedInAs: (name: string) => `Signed in as ${name}`,
  signOut: "Sign out",
  skip: "Skip to main content",
  accessibility: "Accessibility statement",
  signedOut: {
    title: "You are signed out",
    body: "Your session has ended. Your files are kept.",
    again: "Sign in",
  },
  failed: {
    title: "You could not be signed in",
    body: "The sign-in service did not answer as expected. Try again in a moment.",
    again: "Try again",
  },
  workspaces: {
    title: "Your workspaces",
    loading: "Looking for your workspaces …",
    none: "You are not in any workspace yet.",
  },
} as const;
