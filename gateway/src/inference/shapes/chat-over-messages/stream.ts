import { chatError, complaintOf } from '../errors.ts';
import { type Members, membersOf, textOf } from '../members.ts';
import type { Asked, Sent, StreamMapping } from '../shape.ts';
import { type Counted, chatUsage, counting } from '../usage.ts';
import { createdOf, finishOf, idOf } from './answer.ts';

/** A call of a tool that is being written. */
interface Call {
  readonly index: number;
  hasArguments: boolean;
}

/** Events of the Messages API as chunks of Chat Completions. */
export class ChatChunks implements StreamMapping {
  readonly #asked: Asked;
  readonly #tellsUsage: boolean;
  /** By the number of their block. */
  readonly #calls = new Map<unknown, Call>();
  #usage: Counted | undefined;
  #isOver = false;

  constructor(asked: Asked) {
    this.#asked = asked;
    this.#tellsUsage = membersOf(asked.body['stream_options'])['include_usage'] === true;
  }

  next(event: Members): readonly Sent[] {
    if (this.#isOver) return [];
    switch (event['type']) {
      case 'message_start':
        this.#usage = counting(this.#usage, membersOf(event['message'])['usage']);
        return [this.#delta({ role: 'assistant', content: '' })];
      case 'content_block_start':
        return this.#began(event['index'], membersOf(event['content_block']));
      case 'content_block_delta':
        return this.#grew(event['index'], membersOf(event['delta']));
      case 'content_block_stop':
        return this.#ended(event['index']);
      case 'message_delta':
        this.#usage = counting(this.#usage, event['usage']);
        return [this.#delta({}, finishOf(membersOf(event['delta'])['stop_reason']))];
      case 'message_stop':
        return this.#finish();
      case 'error':
        return this.#broken(complaintOf(event).message);
      default:
        return [];
    }
  }

  end(): readonly Sent[] {
    return this.fail('The model server ended its answer too early.');
  }

  fail(message: string): readonly Sent[] {
    return this.#isOver ? [] : this.#broken(message);
  }

  #began(index: unknown, block: Members): readonly Sent[] {
    if (block['type'] === 'tool_use') {
      const call: Call = { index: this.#calls.size, hasArguments: false };
      this.#calls.set(index, call);
      return [this.#call({ index: call.index, id: block['id'], type: 'function', function: { name: block['name'], arguments: '' } })];
    }
    return this.#text('content', textOf(block['text']));
  }

  #grew(index: unknown, delta: Members): readonly Sent[] {
    switch (delta['type']) {
      case 'text_delta':
        return this.#text('content', textOf(delta['text']));
      case 'thinking_delta':
        return this.#text('reasoning_content', textOf(delta['thinking']));
      case 'input_json_delta':
        return this.#wrote(index, textOf(delta['partial_json']));
      default:
        return [];
    }
  }

  #wrote(index: unknown, text: string): readonly Sent[] {
    const call = this.#calls.get(index);
    if (!call || text === '') return [];
    call.hasArguments = true;
    return [this.#call({ index: call.index, function: { arguments: text } })];
  }

  /** Whoever calls a tool with nothing says nothing here, and `{}` there. */
  #ended(index: unknown): readonly Sent[] {
    const call = this.#calls.get(index);
    return call && !call.hasArguments ? this.#wrote(index, '{}') : [];
  }

  #finish(): readonly Sent[] {
    this.#isOver = true;
    const usage: Sent = { data: { ...this.#head(), choices: [], usage: chatUsage(this.#usage) } };
    return [...(this.#tellsUsage ? [usage] : []), { data: '[DONE]' }];
  }

  #broken(message: string): readonly Sent[] {
    this.#isOver = true;
    return [{ data: chatError(500, { message }) }];
  }

  #text(name: string, text: string): readonly Sent[] {
    return text === '' ? [] : [this.#delta({ [name]: text })];
  }

  #call(call: Members): Sent {
    return this.#delta({ tool_calls: [call] });
  }

  #delta(delta: Members, finish: string | null = null): Sent {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
    return { data: { ...this.#head(), choices, ...(this.#tellsUsage ? { usage: null } : {}) } };
  }

  #head(): Members {
    return { id: idOf(this.#asked), object: 'chat.completion.chunk', created: createdOf(this.#asked), model: this.#asked.named };
  }
}
