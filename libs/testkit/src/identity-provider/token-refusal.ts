/** Whose provider it looks like. */
export type ProviderShape = 'office365' | 'google';

/** Why a token is refused, where the provider can't be brought to it by what a test does. */
export type RefusalReason = 'secret-expired' | 'two-factor-demanded' | 'admin-consent-missing' | 'grant-expired';

export interface TokenRefusal {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

function entra(status: number, error: string, code: number, description: string, more: Readonly<Record<string, unknown>> = {}): TokenRefusal {
  const error_description = `AADSTS${code}: ${description} Trace ID: 7e5c2a1f-0000-0000-0000-000000000000 Correlation ID: 11cbb0f5-0000-0000-0000-000000000000 Timestamp: 2026-01-01 00:00:00Z`;
  return { status, body: { error, error_description, error_codes: [code], timestamp: '2026-01-01 00:00:00Z', ...more } };
}

/** As Entra words them: "Microsoft Entra authentication & authorization error codes". */
const entraRefusals: Readonly<Record<RefusalReason, TokenRefusal>> = {
  'secret-expired': entra(401, 'invalid_client', 7000222, "The provided client secret keys for app 'inkpost' are expired."),
  'two-factor-demanded': entra(400, 'invalid_grant', 50076, "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access 'Office 365 Exchange Online'.", { suberror: 'basic_action' }),
  'admin-consent-missing': entra(400, 'invalid_grant', 65001, "The user or administrator has not consented to use the application with ID 'inkpost'.", { suberror: 'consent_required' }),
  'grant-expired': entra(400, 'invalid_grant', 700082, 'The refresh token has expired due to inactivity. The token was issued on 2025-01-01 and was inactive for 90.00:00:00.', { suberror: 'bad_token' }),
};

const googleRefusals: Readonly<Record<RefusalReason, TokenRefusal>> = {
  'secret-expired': { status: 401, body: { error: 'invalid_client', error_description: 'The provided client secret is invalid.' } },
  'two-factor-demanded': { status: 400, body: { error: 'invalid_grant', error_description: 'reauth related error (invalid_rapt)', error_subtype: 'invalid_rapt' } },
  'admin-consent-missing': { status: 400, body: { error: 'admin_policy_enforced', error_description: 'Access is blocked by the administrator of the organisation.' } },
  'grant-expired': { status: 400, body: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' } },
};

export function refusalFor(shape: ProviderShape, reason: RefusalReason): TokenRefusal {
  return shape === 'office365' ? entraRefusals[reason] : googleRefusals[reason];
}

/** A refusal of the real provider behind, in the words of the one that it looks like. */
export function inShapeOf(shape: ProviderShape, { status, body }: TokenRefusal): TokenRefusal {
  if (shape === 'google') {
    if (body['error'] === 'invalid_grant') return { status, body: { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' } };
    return { status, body };
  }
  switch (body['error']) {
    case 'invalid_client':
      return entra(401, 'invalid_client', 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app 'inkpost'.");
    case 'invalid_grant':
      return entra(400, 'invalid_grant', 50173, 'The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password.', { suberror: 'bad_token' });
    case 'authorization_pending':
      return entra(400, 'authorization_pending', 70016, 'OAuth 2.0 device flow error. Authorization is pending. Continue polling.');
    case 'access_denied':
      return entra(400, 'authorization_declined', 70000, 'The user declined the device flow.');
    default:
      return { status, body };
  }
}

/** Of a tenant that the authority doesn't know, whatever is asked. */
export const TENANT_UNKNOWN = entra(400, 'invalid_tenant', 90002, "Tenant not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.");
