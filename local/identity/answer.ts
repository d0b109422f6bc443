/** An answer to be written: of the body either JSON or a page. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: object;
  readonly page?: string;
}

export function problem(status: number, error: string, description?: string): Answer {
  return { status, body: { error, ...(description !== undefined && { error_description: description }) } };
}

export function redirect(location: string, cookies: readonly string[] = []): Answer {
  return { status: 302, headers: { location, ...(cookies.length > 0 && { "set-cookie": cookies }) } };
}
