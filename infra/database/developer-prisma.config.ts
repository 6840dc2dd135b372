import { defineConfig, env } from 'prisma/config';

// For `prisma migrate` in a developer's hands (README.md): the account must be allowed to create a shadow database.
export default defineConfig({ datasource: { url: env('INKPOST_DATABASE_OWNER_URL') } });
