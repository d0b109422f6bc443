/** With a capital letter and a full stop. */
export function sentence(words: string): string {
  const said = words.trim();
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}${/[.!?…]$/.test(said) ? "" : "."}`;
}
