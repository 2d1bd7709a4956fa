import { assertModel } from './answer-texts.ts';
import type { Exchange } from './http/exchange.ts';
import type { LoadedModel } from './llama/loaded-model.ts';
import { embeddingsOf } from './wire/answers.ts';
import { read } from './wire/read.ts';
import { wrongField } from './wire/refused.ts';
import { EmbeddingRequest } from './wire/text-request.ts';

/** POST /v1/embeddings; answers how many tokens it took. */
export const answerEmbeddings = async (model: LoadedModel, body: unknown, { signal, answer }: Exchange): Promise<number> => {
  const { model: name, input, encoding_format: format, dimensions } = read(EmbeddingRequest, body);
  assertModel(model, name);
  const width = model.open.model.embeddingVectorSize;
  if (dimensions && dimensions !== width) throw wrongField('dimensions', `must be ${width}, or left out: this model has no other`);
  const { vectors, tokens } = await model.embed(input, 'input', signal);
  answer(200, embeddingsOf(model.open.name, { vectors, tokens, asBase64: format === 'base64' }));
  return tokens;
};
