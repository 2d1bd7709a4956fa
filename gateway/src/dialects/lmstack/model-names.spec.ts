import { catalog } from '@orrery/contracts';
import fc from 'fast-check';
import { namingOf } from './model-names.ts';

const huggingface = { model_id: 'Qwen/Qwen2.5-7B-Instruct', source: 'huggingface' } as const;
const ollama = { model_id: 'llama3:8b', source: 'ollama' } as const;

describe('What a model of LMStack is called here', () => {
  it.each([
    ['meta/llama-3', huggingface, 'meta/llama-3', undefined],
    ['Qwen 2.5', huggingface, 'qwen/Qwen-2.5', 'Qwen-2.5'],
    ['Qwen/Qwen2.5', huggingface, 'qwen/Qwen2.5', 'Qwen/Qwen2.5'],
    ['llama3', ollama, 'ollama/llama3', 'llama3'],
    ['模型', huggingface, 'qwen/Qwen2.5-7B-Instruct', 'Qwen2.5-7B-Instruct'],
    ['模型', { model_id: '模型', source: 'ollama' } as const, 'ollama/model', 'model'],
    ['tiny', { model_id: 'gpt2', source: 'huggingface' } as const, 'huggingface/tiny', 'tiny'],
    ['tiny', { model_id: '-_/gpt2', source: 'huggingface' } as const, 'huggingface/tiny', 'tiny'],
  ])('%s is found by that, with a name that has a provider', (name, of, ours, alias) => {
    expect(namingOf({ name, ...of })).toMatchObject({ name: ours, alias });
  });

  it('is always a name that can be one', () => {
    const text = fc.string({ minLength: 1, maxLength: 255, unit: 'grapheme' });
    const source = fc.constantFrom('huggingface' as const, 'ollama' as const);
    fc.assert(
      fc.property(text, text, source, (name, reference, from) => {
        const naming = namingOf({ name, model_id: reference, source: from });
        expect(catalog.ProviderId.safeParse(naming.provider).success).toBe(true);
        expect(naming.name.startsWith(`${naming.provider}/`)).toBe(true);
        if (naming.alias !== undefined) expect(naming.alias).toMatch(/^[A-Za-z0-9][A-Za-z0-9._:/-]*$/);
      }),
    );
  });
});
