import fc from 'fast-check';
import { membersOf } from './members.ts';
import { mostFileTokens, promptSize, templateTokens } from './prompt-size.ts';

const sizeOf = (text: string) => {
  const body = Buffer.from(text);
  const members = membersOf(body);
  if (members === undefined) throw new Error('no object');
  return promptSize(body, members);
};
const saying = (content: unknown) => JSON.stringify({ model: 'a', messages: [{ role: 'user', content }] });
const picture = (url: string) => [{ type: 'image_url', image_url: { url } }];

/** The worst tokenizer: a token for each byte. */
const bytesIn = (value: unknown): number => {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, inner) => sum + bytesIn(inner), 0);
};

describe('How many tokens a prompt comes to', () => {
  it('is at most a token for each byte of what is said, in any language and however it is escaped, with all that a template puts around it', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('数学', '🎉🎉🎉', '0123456789', '\n\t"\\', 'عربى', 'é'.repeat(9)),
    );
    const message = fc.record({ role: fc.constantFrom('system', 'user', 'assistant', 'tool'), content: text });
    /** As clients in other languages write it: nothing but ASCII. */
    const escaped = (json: string): string =>
      json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    fc.assert(
      fc.property(fc.array(message, { maxLength: 20 }), fc.boolean(), (messages, isEscaped) => {
        const json = JSON.stringify({ model: 'a', messages });
        const { promptTokens, mostPromptTokens } = sizeOf(isEscaped ? escaped(json) : json);
        const roleAndEnds = 8;
        expect(mostPromptTokens).toBeGreaterThanOrEqual(bytesIn(messages) + messages.length * roleAndEnds + templateTokens);
        expect(mostPromptTokens).toBeGreaterThanOrEqual(promptTokens);
      }),
    );
  });

  it('is no more than tokens that are given as numbers', () => {
    const tokens = Array.from({ length: 5_000 }, (_, index) => index % 10);
    expect(sizeOf(JSON.stringify({ model: 'a', prompt: tokens })).mostPromptTokens).toBeGreaterThan(5_000);
  });

  it('counts a picture as a picture, wherever it lies', () => {
    const none = sizeOf(saying(picture(''))).mostPromptTokens;
    for (const url of ['https://example.com/a.png', 'http://x/y', 'HTTP'.toLowerCase()]) {
      expect(sizeOf(saying(picture(url))).mostPromptTokens).toBe(none + url.length + mostFileTokens);
    }
    const inline = `data:image/png;base64,${'A'.repeat(400_000)}`;
    expect(sizeOf(saying(picture(inline))).mostPromptTokens).toBeLessThan(none + 2 * mostFileTokens);
    for (const hidden of ['\\u0068ttps://x', 'htt\\u0070s:\\/\\/x', 'https:\\/\\/x']) {
      expect(sizeOf(saying(picture('@')).replace('@', hidden)).mostPromptTokens).toBeGreaterThan(none + mostFileTokens);
    }
  });

  it('counts what else is sent as a file by its bytes: pages of text may lie in it', () => {
    const pages = `data:application/pdf;base64,${'A'.repeat(400_000)}`;
    expect(sizeOf(saying([{ type: 'file', file: { file_data: pages } }])).mostPromptTokens).toBeGreaterThan(400_000);
  });

  it('counts tools twice: a template writes them anew', () => {
    const tools = [{ type: 'function', function: { name: 'add', parameters: { type: 'object' } } }];
    const twice = sizeOf(JSON.stringify({ model: 'a', tools })).mostPromptTokens - sizeOf(JSON.stringify({ model: 'a' })).mostPromptTokens;
    expect(twice).toBeGreaterThan(2 * JSON.stringify(tools).length);
  });
});
