import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { route, type Route } from '../answer-route/route.js';
import { openApi } from './openapi.js';

const right = { public: 'The description of the API holds no data of the installation.' } as const;

// swagger-ui sets styles on elements, hence 'unsafe-inline' for styles; scripts come from here alone.
const CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inkpost API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null, tryItOutEnabled: true });
`;

/** A file of the page, read when first asked for: most gateways never are. */
function part(name: string, operation: string, mediaType: string, read: () => string | Uint8Array) {
  let content: string | Uint8Array | undefined;
  return route({
    method: 'GET', path: `/api/v0/docs/${name}`, operation, right, summary: 'A part of the page', undescribed: true,
    status: 200, answer: { mediaType }, cacheSeconds: 3_600,
    handle: async () => (content ??= read()),
  });
}

/** OpenAPI and the page that shows it. Nothing is loaded from elsewhere. */
export function docsRoutes(described: () => readonly Route[], version: string) {
  let document: ReturnType<typeof openApi> | undefined;
  return [
    route({
      method: 'GET', path: '/api/v0/openapi.json', operation: 'getOpenApi', right, summary: 'This description, as OpenAPI 3.1',
      status: 200, answer: z.record(z.string(), z.unknown()),
      handle: async () => (document ??= openApi(described(), version)),
    }),
    route({
      method: 'GET', path: '/api/v0/docs', operation: 'getDocs', right, summary: 'This description, as a page', contentSecurityPolicy: CONTENT_SECURITY_POLICY,
      status: 200, answer: { mediaType: 'text/html; charset=utf-8' },
      handle: async () => PAGE,
    }),
    part('swagger-ui.css', 'getDocsStyle', 'text/css; charset=utf-8', () => readFileSync(fileURLToPath(import.meta.resolve('swagger-ui-dist/swagger-ui.css')))),
    part('swagger-ui-bundle.js', 'getDocsProgram', 'text/javascript; charset=utf-8', () => readFileSync(fileURLToPath(import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js')))),
    part('start.js', 'getDocsStart', 'text/javascript; charset=utf-8', () => START),
  ];
}
