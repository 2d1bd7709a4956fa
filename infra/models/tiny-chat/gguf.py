"""Writes GGUF, version 3 (github.com/ggml-org/ggml, docs/gguf.md), with weights as F32 or Q8_0."""
import struct

import numpy as np

U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
TENSOR_F32, TENSOR_Q8_0 = 0, 8
ALIGNMENT = 32
BLOCK = 32
FORMATS = {U32: '<I', I32: '<i', F32: '<f', BOOL: '<?'}


def string(text):
    raw = text.encode()
    return struct.pack('<Q', len(raw)) + raw


def value(kind, content):
    return string(content) if kind == STRING else struct.pack(FORMATS[kind], content)


def entry(key, kind, content):
    if isinstance(kind, tuple):
        _, of = kind
        return string(key) + struct.pack('<IIQ', ARRAY, of, len(content)) + b''.join(value(of, each) for each in content)
    return string(key) + struct.pack('<I', kind) + value(kind, content)


def q8_0(weights):
    """Blocks of 32 whole numbers of one byte, each block with a scale."""
    blocks = np.ascontiguousarray(weights, np.float32).reshape(-1, BLOCK)
    scale = (np.abs(blocks).max(1) / 127).astype(np.float32)
    inverse = np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)
    out = np.zeros(len(blocks), dtype=[('scale', '<f2'), ('numbers', 'i1', BLOCK)])
    out['scale'] = scale.astype(np.float16)
    out['numbers'] = np.rint(blocks * inverse[:, None]).astype(np.int8)
    return out.tobytes()


def padding(length):
    return b'\0' * (-length % ALIGNMENT)


def write(path, entries, tensors):
    """`entries`: (key, kind, value), arrays with the kind (ARRAY, kind of an element). `tensors`: (name, array); vectors stay F32."""
    head = b'GGUF' + struct.pack('<IQQ', 3, len(tensors), len(entries)) + b''.join(entry(*each) for each in entries)
    body = b''
    for name, array in tensors:
        kind = TENSOR_F32 if array.ndim == 1 else TENSOR_Q8_0
        shape = b''.join(struct.pack('<Q', size) for size in reversed(array.shape))
        head += string(name) + struct.pack('<I', array.ndim) + shape + struct.pack('<IQ', kind, len(body))
        raw = np.ascontiguousarray(array, np.float32).tobytes() if kind == TENSOR_F32 else q8_0(array)
        body += raw + padding(len(raw))
    with open(path, 'wb') as file:
        file.write(head + padding(len(head)) + body)
