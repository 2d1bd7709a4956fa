import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { CannotStart } from '@orrery/process/light';
import type * as NodeLlamaCpp from 'node-llama-cpp';
import type { JinjaTemplateChatWrapper, LlamaContext, LlamaEmbeddingContext, LlamaModel } from 'node-llama-cpp';
import type { EngineConfig } from '../engine.config.ts';

/** A model that was read, and what computes with it. */
export interface OpenModel {
  readonly library: typeof NodeLlamaCpp;
  readonly name: string;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
  readonly embeddings: LlamaEmbeddingContext;
  /** The template of the file; undefined where it has none. */
  readonly wrapper: JinjaTemplateChatWrapper | undefined;
  /** How many tokens prompt and answer may have together. */
  readonly most: number;
  readonly close: () => Promise<void>;
}

const missing =
  'The engine needs the package node-llama-cpp, an optional dependency that is not installed here. Run `npm ci` without --omit=optional.';
const noBinary = `node-llama-cpp has no engine for ${process.platform} on ${process.arch} here: Orrery installs the one for Linux on x64 alone.`;

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

const loadLibrary = async (): Promise<typeof NodeLlamaCpp> => {
  try {
    return await import('node-llama-cpp');
  } catch (cause) {
    if (codeOf(cause) === 'ERR_MODULE_NOT_FOUND') throw new CannotStart(missing, { cause });
    throw cause;
  }
};

/** Nothing is fetched and nothing is built: what was installed is there, or is not. */
const openEngine = async (library: typeof NodeLlamaCpp): Promise<NodeLlamaCpp.Llama> => {
  try {
    return await library.getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: library.LlamaLogLevel.error });
  } catch (cause) {
    if (cause instanceof library.NoBinaryFoundError) throw new CannotStart(noBinary, { cause });
    throw cause;
  }
};

const openFile = async (llama: NodeLlamaCpp.Llama, path: string): Promise<LlamaModel> => {
  try {
    return await llama.loadModel({ modelPath: path });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CannotStart(`ORRERY_ENGINE_MODEL: ${path} is no model that this engine can read: ${why}`, { cause });
  }
};

const wrapperOf = (library: typeof NodeLlamaCpp, model: LlamaModel): JinjaTemplateChatWrapper | undefined => {
  const template = model.fileInfo.metadata.tokenizer.chat_template;
  return template === undefined ? undefined : new library.JinjaTemplateChatWrapper({ template, tokenizer: model.tokenizer });
};

/** Reads the model and makes room for its sequences. */
export const openModel = async (config: EngineConfig): Promise<OpenModel> => {
  const library = await loadLibrary();
  const llama = await openEngine(library);
  const model = await openFile(llama, config.model);
  const contextSize = Math.min(config.contextTokens, model.trainContextSize);
  const threads = config.threads ?? Math.max(1, Math.floor(availableParallelism() / 2));
  const context = await model.createContext({ contextSize, sequences: config.sequences, threads });
  const embeddings = await model.createEmbeddingContext({ contextSize, threads });
  return {
    library,
    name: config.name ?? basename(config.model, '.gguf'),
    model,
    context,
    embeddings,
    wrapper: wrapperOf(library, model),
    // The engine keeps one cell free; at the last but one it would begin to forget the beginning.
    most: context.contextSize - 1,
    close: async () => {
      await embeddings.dispose();
      await context.dispose();
      await model.dispose();
      await llama.dispose();
    },
  };
};
