import { CauseDown, type Failure, PermanentFailure } from '@inkpost/failure/failure.js';
import { AUTHORITY_REFUSED, type AuthorityName, CONSENT_DENIED } from '../../ports/authority.port.js';
import { CLIENT_SECRET_REFUSED, NEEDS_ASSOCIATION, TWO_FACTOR_DEMANDED } from '../../ports/mail-source.port.js';

/** A refusal as authorities word it (RFC 6749, 5.2), in a body or in the address that a browser comes back to. */
export interface Refusal {
  /** `invalid_grant` and the like. */
  readonly error: string;
  readonly description: string;
  /** Of Entra: what is behind it. */
  readonly codes: readonly number[];
}

interface Meaning {
  readonly code: string;
  /** What is wrong and what to do. */
  readonly text: string;
}

const SECRETS = 'in the Entra admin center under App registrations, Certificates & secrets';
const ASSOCIATE = 'Associate the mailbox again.';
const NO_SECOND_FACTOR = 'Inkpost can\'t answer it: use an account without two-factor sign-in, exclude it from the policy, or give the mailbox access "application".';

const twoFactor = (what: string): Meaning => ({ code: TWO_FACTOR_DEMANDED, text: `The connection to Entra ID failed: ${what} ${NO_SECOND_FACTOR}` });
const grantOver = (what: string): Meaning => ({ code: NEEDS_ASSOCIATION, text: `${what} ${ASSOCIATE}` });
const clientWrong = (text: string): Meaning => ({ code: CLIENT_SECRET_REFUSED, text });
const refused = (text: string): Meaning => ({ code: AUTHORITY_REFUSED, text });

/** "Microsoft Entra authentication & authorization error codes": those that an administrator meets, by their number. */
const ENTRA: Readonly<Record<number, Meaning>> = {
  7000215: clientWrong(`Entra ID says that the client secret is wrong. Give the mailbox the secret's value, not its ID; who doesn't have it any more makes a new secret ${SECRETS}.`),
  7000222: clientWrong(`The client secret has expired. Make a new one ${SECRETS}, and give it to the mailbox.`),
  7000218: clientWrong('Entra ID wants a client secret and was given none. Set the client secret of the mailbox.'),
  700016: clientWrong('Entra ID knows no application with this client ID in this tenant. Compare client ID and tenant ID with the overview of the app registration.'),
  700025: clientWrong('The application is registered as a public client, which has no secret. In the Entra admin center, under Authentication, set "Allow public client flows" to No.'),
  7000112: clientWrong('The application is disabled in Entra ID. Enable it under Enterprise applications, Properties.'),
  90002: refused('Entra ID knows no such tenant. Compare the tenant ID with the overview of the app registration, and the authority of this installation with the cloud that the tenant is in.'),
  900023: refused('Entra ID knows no such tenant. Compare the tenant ID with the overview of the app registration.'),
  65001: grantOver('No administrator has consented to what Inkpost asks for. In the Entra admin center, under API permissions, add the permissions and choose "Grant admin consent".'),
  65004: { code: CONSENT_DENIED, text: `The consent was declined. ${ASSOCIATE}` },
  650052: refused('The tenant has no subscription to Exchange Online, or the application lacks its permission. Add the permission under API permissions, and grant admin consent.'),
  50011: refused('The redirect URI is not registered. In the Entra admin center, under Authentication, add it to the application, of type Web and letter by letter.'),
  50105: refused('The account is not assigned to the application. Assign it in the Entra admin center under Enterprise applications, Users and groups.'),
  50076: twoFactor('it demands two-factor sign-in of this account.'),
  50079: twoFactor('it demands that this account is enrolled for two-factor sign-in.'),
  50072: twoFactor('it demands that this account is enrolled for two-factor sign-in.'),
  50074: twoFactor('it demands two-factor sign-in of this account.'),
  50078: twoFactor('the two-factor sign-in of this account has expired.'),
  50158: twoFactor('a further check of this account is demanded.'),
  53003: twoFactor('a policy of conditional access blocks this account.'),
  700082: grantOver('The consent has expired, since it was not used for too long.'),
  700084: grantOver('The consent has expired.'),
  70008: grantOver('The consent has expired.'),
  70043: grantOver('The consent has expired, because a policy of conditional access demands a new sign-in from time to time.'),
  50173: grantOver('The consent was revoked: the password of the account was changed, or an administrator ended its sign-ins.'),
  50133: grantOver('The consent was revoked, because the password of the account was changed.'),
  50034: grantOver('Entra ID knows the account no longer.'),
  50057: grantOver('The account is disabled in Entra ID. Enable it first.'),
  50055: grantOver('The password of the account has expired. Set a new one.'),
  54005: grantOver('This sign-in was used already.'),
};

/** The errors of RFC 6749, RFC 8628 and OpenID Connect, and Google's own. */
const ERRORS: Readonly<Record<string, Meaning>> = {
  invalid_client: clientWrong('The authority refuses the client secret or the client ID. Set both anew.'),
  unauthorized_client: clientWrong('The authority does not let this client ask for mail access. Look at its registration.'),
  deleted_client: clientWrong('The client was deleted at Google. Make a new one, and set its ID and secret.'),
  disabled_client: clientWrong('The client is disabled at Google. Enable it in the Google Cloud console.'),
  invalid_grant: grantOver('The consent has expired or was revoked.'),
  interaction_required: grantOver('The authority wants a person to sign in.'),
  login_required: grantOver('The authority wants a person to sign in.'),
  consent_required: grantOver('The authority wants a person to consent.'),
  expired_token: grantOver('The code was not confirmed in time.'),
  access_denied: { code: CONSENT_DENIED, text: `The consent was declined. ${ASSOCIATE}` },
  authorization_declined: { code: CONSENT_DENIED, text: `The consent was declined. ${ASSOCIATE}` },
  admin_policy_enforced: refused('The administrators of the organisation block the access to mail for this client. In the Google admin console, under API controls, trust its client ID.'),
  org_internal: refused('The client is for the members of its own organisation. Sign in with an account of it, or publish the client for others.'),
  redirect_uri_mismatch: refused('The redirect URI is not registered. Add it to the client, letter by letter.'),
};

/** What Google answers when its own session control wants the person again. */
const GOOGLE_REAUTHENTICATION: Meaning = { code: TWO_FACTOR_DEMANDED, text: 'Google demands that the account signs in anew from time to time, which Inkpost can\'t. In the admin console, under Google Cloud session control, exempt this client.' };

export function readRefusal(body: unknown): Refusal | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body) || typeof body.error !== 'string') return undefined;
  const text = 'error_description' in body && typeof body.error_description === 'string' ? body.error_description : '';
  const listed = 'error_codes' in body && Array.isArray(body.error_codes) ? body.error_codes.filter((code) => typeof code === 'number') : [];
  const named = [...text.matchAll(/AADSTS(\d{4,8})/g)].map(([, code]) => Number(code));
  return { error: body.error, description: text, codes: [...new Set([...listed, ...named])] };
}

/** None but a declined consent is final: what is wrong at an authority can be put right. */
export function refusalFailure(authority: AuthorityName, { error, description, codes }: Refusal, cause?: unknown): Failure {
  const number = codes.find((code) => code in ENTRA);
  const meaning = (number === undefined ? undefined : ENTRA[number]) ?? (description.includes('invalid_rapt') ? GOOGLE_REAUTHENTICATION : ERRORS[error]) ?? unheardOf(authority, error, description);
  const sign = number === undefined ? '' : ` (AADSTS${number})`;
  const options = { ...(cause === undefined ? {} : { cause }), fields: { authority, error, ...(codes[0] === undefined ? {} : { aadsts: number ?? codes[0] }) } };
  const text = `${meaning.text}${sign}`;
  return meaning.code === CONSENT_DENIED ? new PermanentFailure(meaning.code, text, options) : new CauseDown(meaning.code, text, options);
}

const DESCRIPTION_CHARACTERS_MAX = 300;

/** In its own words, of which the first line is for people. */
function unheardOf(authority: AuthorityName, error: string, description: string): Meaning {
  const [line = ''] = description.split(/ Trace ID:|[\r\n]/);
  const name = authority === 'office365' ? 'Entra ID' : 'Google';
  return refused(`${name} refuses: ${line === '' ? error : `${line.slice(0, DESCRIPTION_CHARACTERS_MAX)} (${error})`}.`);
}
