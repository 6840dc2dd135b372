import { CauseDown } from '@inkpost/failure/failure.js';
import { type CloudPlaces, isApplication, scopesFor, signsInWithToken, type TokenSettings } from '../associate-mailbox/mail-access.js';
import { type CheckedSettings, credentialsStay } from '../mailboxes/check-settings.js';
import type { Mailbox, MailboxSettings } from '../mailboxes/mailbox.js';
import type { Authority } from '../ports/authority.port.js';
import { NEEDS_ASSOCIATION, type SignIn } from '../ports/mail-source.port.js';

/** Where what a mailbox signs in with comes from. */
export interface TestCredentials {
  /** The stored password of a mailbox. */
  readonly password: (mailboxId: string) => Promise<string>;
  readonly accessToken: (mailboxId: string, refused?: string) => Promise<string>;
  readonly authority: Pick<Authority, 'grantToApplication'>;
  readonly places: CloudPlaces;
}

/**
 * How a mailbox signs in while it is tested. `before`: as it is saved, if it is; `given`: settings that aren't saved yet, which
 * `givenSettings` has let pass. What is stored is used only where these may have it. Undefined: it doesn't sign in.
 */
export async function signInToTest(credentials: TestCredentials, before: Mailbox | undefined, given: CheckedSettings | undefined): Promise<SignIn | undefined> {
  const settings = given?.settings ?? before?.settings;
  if (!settings || settings.kind === 'smtp') return undefined;
  if (!signsInWithToken(settings)) return { kind: 'password', password: given?.secret ?? (before ? await credentials.password(before.id) : '') };
  const access = isApplication(settings) ? 'application' : 'delegated';
  return { kind: 'token', access, accessToken: (refused) => accessToken(credentials, settings, { before, secret: given?.secret }, refused) };
}

async function accessToken(
  { authority, places, ...stored }: TestCredentials, settings: TokenSettings, { before, secret }: { readonly before: Mailbox | undefined; readonly secret: string | undefined }, refused: string | undefined,
): Promise<string> {
  if (settings.kind === 'office365' && isApplication(settings) && secret !== undefined) {
    const { tenantId, client: { clientId } } = settings;
    return (await authority.grantToApplication({ authority: 'office365', tenantId, clientId, clientSecret: secret, scopes: scopesFor(settings, places) })).accessToken;
  }
  if (before && mayUseStored(before.settings, settings)) return stored.accessToken(before.id, refused);
  throw new CauseDown(NEEDS_ASSOCIATION, 'Save the mailbox and associate it with its account: only then an access token is granted for it.');
}

/** The settings are the saved ones, or differ in nothing that what is stored must not go to. */
function mayUseStored(before: MailboxSettings, settings: MailboxSettings): boolean {
  return before === settings || credentialsStay(before, settings);
}
