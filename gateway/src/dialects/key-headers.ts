/** As NeoSpace's own libraries send their key: also to what its API shares with others. */
export const neospaceKeyHeader = 'x-neo-api-key';
/** As Anthropic's send theirs. */
export const anthropicKeyHeader = 'x-api-key';
/** What Anthropic's libraries always send, and no others do. */
export const anthropicVersionHeader = 'anthropic-version';
