import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** JSON schemas of zod's, the named ones (`.meta({ id })`) collected as OpenAPI components. */
export class Components {
  private readonly named = new Map<string, JsonSchema>();

  /** A schema, or a reference to it. Throws when two schemas go by one name. */
  schema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const { $schema: _, $defs = {}, ...own } = z.toJSONSchema(schema, { io, target: 'draft-2020-12', override: simplify });
    for (const [name, definition] of Object.entries($defs)) this.add(name, withReferences(definition));
    return withReferences(own);
  }

  all(): Readonly<Record<string, JsonSchema>> {
    return Object.fromEntries([...this.named].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  private add(name: string, definition: JsonSchema): void {
    const known = this.named.get(name);
    if (known && !isDeepStrictEqual(known, definition)) throw new Error(`Two schemas are called ${name}, or one differs in requests and answers.`);
    this.named.set(name, definition);
  }
}

function withReferences(schema: object): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema;
}

/** What a reader doesn't need: the pattern behind a format, and that answers may not have more fields, since one day they will. */
function simplify({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (zodSchema._zod.def.type === 'object' && !zodSchema._zod.def.catchall) delete jsonSchema.additionalProperties;
}
