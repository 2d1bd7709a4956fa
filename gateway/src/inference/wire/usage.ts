/** What was counted: `cached` is the part of `input` that the model server had read before. */
export interface Usage {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
}

export const noUsage: Usage = { input: 0, output: 0, cached: 0 };

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Counts are whole and not negative; what is anything else was not counted. */
const countOf = (members: Members, name: string): number | undefined => {
  const value = members[name];
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined;
};

const detailOf = (members: Members, name: string, detail: string): number | undefined => {
  const details = members[name];
  return isMembers(details) ? countOf(details, detail) : undefined;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * The `usage` of any protocol; undefined where it holds no count at all. Anthropic counts what it read from its cache and wrote to it beside
 * `input_tokens`, OpenAI what it read from it within.
 */
export const usageIn = (members: unknown): Usage | undefined => {
  if (!isMembers(members)) return undefined;
  const read = countOf(members, 'cache_read_input_tokens');
  const written = countOf(members, 'cache_creation_input_tokens');
  const plain = countOf(members, 'prompt_tokens') ?? countOf(members, 'input_tokens');
  const output = countOf(members, 'completion_tokens') ?? countOf(members, 'output_tokens');
  if (plain === undefined && output === undefined) return undefined;
  const input = (plain ?? 0) + (read ?? 0) + (written ?? 0);
  const cached =
    read ?? detailOf(members, 'prompt_tokens_details', 'cached_tokens') ?? detailOf(members, 'input_tokens_details', 'cached_tokens');
  return { input, output: output ?? 0, cached: Math.min(cached ?? 0, input) };
};

/** The same, of JSON. */
export const readUsage = (text: string): Usage | undefined => usageIn(parsed(text));

/** Counts are told in pieces, and again with more: the highest of each is what was used. */
export const merged = (one: Usage, other: Usage): Usage => ({
  input: Math.max(one.input, other.input),
  output: Math.max(one.output, other.output),
  cached: Math.max(one.cached, other.cached),
});
