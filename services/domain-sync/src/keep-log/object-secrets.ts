/** What an object's secrets are sealed for, by its owner and in the log: the owners' ConfigurationService says it so. */
export function objectSecretsContext(kind: string, objectId: string): string {
  return `domain object ${kind} ${objectId}`;
}
