export { hashApiKey, type MintedApiKey, mintApiKey, parseApiKey } from './api-key.ts';
export { isSameSecret } from './compare.ts';
