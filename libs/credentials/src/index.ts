export { hashApiKey, isApiKey, isGenuineApiKey, type MintedApiKey, mintApiKey } from './api-key.ts';
export { isSameSecret } from './compare.ts';
export { guardrailSecretOf } from './guardrail-secret.ts';
export { type KeyForm, type KeyFormName, keyForms } from './key-forms.ts';
export { openSealed, sealFor } from './sealed-for.ts';
