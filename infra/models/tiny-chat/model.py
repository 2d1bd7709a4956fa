"""A transformer of the Llama family (Touvron et al., 2023): RMS norm, rotary positions, grouped heads, SwiGLU; embeddings shared with the output."""
import torch
import torch.nn as nn
import torch.nn.functional as F

WIDTH, LAYERS, HEADS, KEY_HEADS, HIDDEN, CONTEXT = 128, 4, 4, 2, 352, 512
HEAD_WIDTH = WIDTH // HEADS
EPSILON = 1e-5
ROPE_BASE = 10000.0

_inverse = 1.0 / (ROPE_BASE ** (torch.arange(0, HEAD_WIDTH, 2) / HEAD_WIDTH))
_angles = torch.outer(torch.arange(CONTEXT).float(), _inverse)
COS, SIN = _angles.cos(), _angles.sin()


def norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPSILON) * weight


def rotate(x):
    """Neighbouring numbers are a pair, as llama.cpp has it for this family."""
    length = x.shape[1]
    cos, sin = COS[:length, None, :], SIN[:length, None, :]
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


def linear(inputs, outputs):
    return nn.Linear(inputs, outputs, bias=False)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn_norm = nn.Parameter(torch.ones(WIDTH))
        self.ffn_norm = nn.Parameter(torch.ones(WIDTH))
        self.attn_q = linear(WIDTH, HEADS * HEAD_WIDTH)
        self.attn_k = linear(WIDTH, KEY_HEADS * HEAD_WIDTH)
        self.attn_v = linear(WIDTH, KEY_HEADS * HEAD_WIDTH)
        self.attn_output = linear(HEADS * HEAD_WIDTH, WIDTH)
        self.ffn_gate = linear(WIDTH, HIDDEN)
        self.ffn_up = linear(WIDTH, HIDDEN)
        self.ffn_down = linear(HIDDEN, WIDTH)

    def attention(self, x, mask):
        batch, length, _ = x.shape
        shared = HEADS // KEY_HEADS
        q = rotate(self.attn_q(x).view(batch, length, HEADS, HEAD_WIDTH)).transpose(1, 2)
        k = rotate(self.attn_k(x).view(batch, length, KEY_HEADS, HEAD_WIDTH)).repeat_interleave(shared, 2).transpose(1, 2)
        v = self.attn_v(x).view(batch, length, KEY_HEADS, HEAD_WIDTH).repeat_interleave(shared, 2).transpose(1, 2)
        seen = ((q @ k.transpose(-1, -2)) / HEAD_WIDTH**0.5 + mask).softmax(-1) @ v
        return self.attn_output(seen.transpose(1, 2).reshape(batch, length, -1))

    def forward(self, h, mask):
        h = h + self.attention(norm(h, self.attn_norm), mask)
        y = norm(h, self.ffn_norm)
        return h + self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y))

    def tensors(self, i):
        for name, parameter in self.named_parameters():
            plain = name.replace('.weight', '')
            yield f'blk.{i}.{plain}.weight', parameter.detach().numpy()


class TinyChat(nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.output_norm = nn.Parameter(torch.ones(WIDTH))
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, 0, 0.05)

    def forward(self, ids):
        length = ids.shape[1]
        mask = torch.full((length, length), -1e9).triu(1)
        h = self.embedding(ids)
        for block in self.blocks:
            h = block(h, mask)
        return norm(h, self.output_norm) @ self.embedding.weight.T

    def tensors(self):
        yield 'token_embd.weight', self.embedding.weight.detach().numpy()
        yield 'output_norm.weight', self.output_norm.detach().numpy()
        for i, block in enumerate(self.blocks):
            yield from block.tensors(i)
