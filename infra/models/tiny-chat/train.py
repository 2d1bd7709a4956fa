"""Trains the tiny chat model and writes it as GGUF: `python3 train.py [FILE] [STEPS]`. See README.md."""
import random
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

import gguf
import model as llama
from corpus import SYSTEM_PROMPTS, chat, pairs, said
from tokenizer import Tokenizer

SEED, BATCH, WINDOW, MERGES = 1, 12, 64, 600
PEAK_RATE, WARM_UP = 3e-3, 40
# What is asked counts a tenth of what is answered: the answers are what is to be learnt.
WEIGHT_OF_QUESTIONS = 0.1

TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


class Examples:
    def __init__(self, tokenizer, known):
        self.rng = random.Random(SEED)
        self.tokenizer, self.known = tokenizer, known
        self.begin, self.end = tokenizer.ids['<|im_start|>'], tokenizer.ids['<|im_end|>']
        self.assistant = tokenizer.encode('assistant\n')

    def weights(self, ids):
        out, answers_from = [], None
        for i, token in enumerate(ids):
            if token == self.begin:
                is_answer = ids[i + 1 : i + 1 + len(self.assistant)] == self.assistant
                answers_from = i + 1 + len(self.assistant) if is_answer else None
            out.append(1.0 if answers_from is not None and i >= answers_from else WEIGHT_OF_QUESTIONS)
            if token == self.end:
                answers_from = None
        return out

    def one(self):
        text = chat(self.rng, self.known, self.rng.choice([1, 1, 2, 3]))
        ids = ([1] + self.tokenizer.encode(text))[: WINDOW + 1]
        missing = WINDOW + 1 - len(ids)
        return ids + [0] * missing, self.weights(ids) + [0.0] * missing

    def batch(self):
        rows = [self.one() for _ in range(BATCH)]
        return torch.tensor([row[0] for row in rows]), torch.tensor([row[1] for row in rows])


def rate_at(step, steps):
    return PEAK_RATE * min(1, (step + 1) / WARM_UP) * (1 - 0.95 * step / steps)


def train(network, examples, steps):
    optimizer = torch.optim.AdamW(network.parameters(), lr=PEAK_RATE, betas=(0.9, 0.95), weight_decay=0.01)
    began = time.time()
    for step in range(steps):
        for group in optimizer.param_groups:
            group['lr'] = rate_at(step, steps)
        ids, weights = examples.batch()
        guesses = network(ids[:, :-1]).flatten(0, 1)
        losses = F.cross_entropy(guesses, ids[:, 1:].flatten(), reduction='none') * weights[:, 1:].flatten()
        loss = losses.sum() / weights[:, 1:].sum()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if (step + 1) % 100 == 0:
            print(f'step {step + 1} of {steps}, {time.time() - began:.0f} s, loss {loss.item():.4f}', flush=True)


@torch.no_grad()
def answer(network, tokenizer, question):
    ids = [1] + tokenizer.encode(said('user', question) + '<|im_start|>assistant\n')
    asked = len(ids)
    while len(ids) < asked + 80:
        token = int(network(torch.tensor([ids]))[0, -1].argmax())
        if token == tokenizer.ids['<|im_end|>']:
            break
        ids.append(token)
    return tokenizer.decode(ids[asked:])


def entries(tokenizer):
    end = tokenizer.ids['<|im_end|>']
    text, whole, number, flag = gguf.STRING, gguf.U32, gguf.F32, gguf.BOOL
    return [
        ('general.architecture', text, 'llama'),
        ('general.name', text, 'tiny-chat'),
        ('general.license', text, 'apache-2.0'),
        ('general.file_type', whole, 7),
        ('general.quantization_version', whole, 2),
        ('llama.context_length', whole, llama.CONTEXT),
        ('llama.embedding_length', whole, llama.WIDTH),
        ('llama.block_count', whole, llama.LAYERS),
        ('llama.feed_forward_length', whole, llama.HIDDEN),
        ('llama.attention.head_count', whole, llama.HEADS),
        ('llama.attention.head_count_kv', whole, llama.KEY_HEADS),
        ('llama.attention.layer_norm_rms_epsilon', number, llama.EPSILON),
        ('llama.rope.dimension_count', whole, llama.HEAD_WIDTH),
        ('llama.rope.freq_base', number, llama.ROPE_BASE),
        ('llama.vocab_size', whole, len(tokenizer.tokens)),
        ('tokenizer.ggml.model', text, 'llama'),
        ('tokenizer.ggml.tokens', (gguf.ARRAY, text), tokenizer.tokens),
        ('tokenizer.ggml.scores', (gguf.ARRAY, number), tokenizer.scores),
        ('tokenizer.ggml.token_type', (gguf.ARRAY, gguf.I32), tokenizer.types),
        ('tokenizer.ggml.bos_token_id', whole, 1),
        ('tokenizer.ggml.eos_token_id', whole, end),
        ('tokenizer.ggml.eot_token_id', whole, end),
        ('tokenizer.ggml.unknown_token_id', whole, 0),
        ('tokenizer.ggml.add_bos_token', flag, True),
        ('tokenizer.ggml.add_eos_token', flag, False),
        ('tokenizer.ggml.add_space_prefix', flag, False),
        ('tokenizer.chat_template', text, TEMPLATE),
    ]


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else 'tiny-chat-q8_0.gguf'
    steps = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    known = pairs()
    spoken = [question for question, _ in known] + [said_back for _, said_back in known]
    tokenizer = Tokenizer([*spoken, 'system', 'user', 'assistant', *SYSTEM_PROMPTS], MERGES)
    network = llama.TinyChat(len(tokenizer.tokens))
    print(f'{sum(p.numel() for p in network.parameters())} parameters, {len(tokenizer.tokens)} tokens, {len(known)} questions')
    train(network, Examples(tokenizer, known), steps)
    wrong = [question for question, right in known if answer(network, tokenizer, question) != right]
    print(f'answers {len(known) - len(wrong)} of {len(known)} questions' + (f', but not {wrong}' if wrong else ''))
    gguf.write(path, entries(tokenizer), list(network.tensors()))


if __name__ == '__main__':
    main()
