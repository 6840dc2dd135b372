/** An answer that is not 2xx, as RFC 9457 problem details. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    readonly problem: { readonly type?: string; readonly title?: string; readonly detail?: string; readonly errors?: readonly { field: string; reason: string }[] },
    request: string,
  ) {
    super(`${request}: ${status} ${problem.detail ?? problem.title ?? ''} ${(problem.errors ?? []).map(({ field, reason }) => `${field}: ${reason}`).join('; ')}`.trim());
    this.name = 'ProblemError';
  }
}

/** A client of the gateway's REST door, for the demo, the benchmark and the tests: JSON in, JSON out. */
export class RestClient {
  private token: string | undefined;

  /** @param baseUrl for example http://127.0.0.1:5780 */
  constructor(readonly baseUrl: string) {}

  async signIn(account: string, password: string): Promise<{ readonly passwordMustChange: boolean }> {
    const session = await this.post<{ token: string; passwordMustChange: boolean }>('/api/v0/session', { account, password });
    this.token = session.token;
    return session;
  }

  get<T>(path: string): Promise<T> {
    return this.request<T>('GET', path);
  }

  post<T>(path: string, body?: unknown): Promise<T> {
    return this.request<T>('POST', path, body);
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.request<T>('PUT', path, body);
  }

  delete(path: string): Promise<void> {
    return this.request<void>('DELETE', path);
  }

  /** Throws a `ProblemError` for any answer but 2xx. */
  private async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(new URL(path, this.baseUrl), {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(this.token ? { authorization: `Bearer ${this.token}` } : {}) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await response.text();
    const json = text === '' ? undefined : (JSON.parse(text) as unknown);
    if (!response.ok) throw new ProblemError(response.status, json ?? {}, `${method} ${path}`);
    return json as T;
  }
}
