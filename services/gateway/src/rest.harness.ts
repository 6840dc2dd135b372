import { Ajv2020 } from 'ajv/dist/2020.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Of JSON its fields, of other media types `text`. */
  readonly body: Readonly<Record<string, unknown>>;
}

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, unknown>> }>>>>;
}

/** A REST client that takes no answer which the gateway's own OpenAPI description does not allow. */
export class CheckingClient {
  token: string | undefined;
  private readonly ajv = new Ajv2020({ strict: false, validateFormats: false });
  private document: Described | undefined;

  constructor(private readonly baseUrl: string) {}

  async call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const json = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(new URL(path, this.baseUrl), {
      method, redirect: 'manual', ...(json === undefined ? {} : { body: json }),
      headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...(this.token ? { authorization: `Bearer ${this.token}` } : {}), ...headers },
    });
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
    const answer = { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : { text }) as Answer['body'] };
    await this.check(method, path, answer);
    return answer;
  }

  async signIn(account: string, password: string): Promise<Answer> {
    const answer = await this.call('POST', '/api/v0/session', { account, password });
    if (answer.status === 201) this.token = String(answer.body['token']);
    return answer;
  }

  /** An undeclared status, media type or shape of an answer is a mistake, whatever the test looks at. */
  private async check(method: string, path: string, { status, headers, body }: Answer): Promise<void> {
    this.document ??= await this.load();
    const { pathname } = new URL(path, this.baseUrl);
    const declared = Object.entries(this.document.paths).find(([template, methods]) => method.toLowerCase() in methods && new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname));
    if (!declared) return;
    const [template] = declared;
    const pointer = (...parts: string[]) => parts.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
    const response = declared[1][method.toLowerCase()]?.responses[String(status)];
    if (!response) throw new Error(`${method} ${template} does not declare ${status}: ${JSON.stringify(body)}`);
    if (status === 204) return;
    const mediaType = (headers.get('content-type') ?? '').split(';')[0] ?? '';
    const at = status < 400 ? pointer('paths', template, method.toLowerCase(), 'responses', String(status)) : pointer('components', 'responses', `Problem${status}`);
    if (!/[/+]json$/.test(mediaType)) return;
    const validate = this.ajv.compile({ $ref: `openapi.json#/${encodeURI(at)}/content/${encodeURIComponent(pointer(mediaType))}/schema` });
    if (!validate(body)) throw new Error(`${method} ${template} ${status}: ${this.ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`);
  }

  private async load(): Promise<Described> {
    const document = (await (await fetch(new URL('/api/v0/openapi.json', this.baseUrl))).json()) as Described;
    this.ajv.addSchema(document, 'openapi.json');
    return document;
  }
}
