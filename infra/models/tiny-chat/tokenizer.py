"""Byte-pair encoding (Sennrich et al., 2016) in the manner of SentencePiece, as llama.cpp's tokenizer 'llama' walks it: the score of a piece is
minus its rank, a space is U+2581, and what is in no piece falls back to bytes."""
import collections
import re

SPACE = '\u2581'
SPECIAL = ['<|im_start|>', '<|im_end|>']
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
FIRST_BYTE = 3


def merged(word, pair):
    out, i = [], 0
    while i < len(word):
        if word[i : i + 2] == pair:
            out.append(pair[0] + pair[1])
            i += 2
        else:
            out.append(word[i])
            i += 1
    return tuple(out)


def merges(words, most):
    """The pieces that merging the commonest pair makes, again and again; a pair that is met less than three times is none."""
    pieces = []
    for _ in range(most):
        pairs = collections.Counter()
        for word, count in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += count
        if not pairs:
            break
        # Of equally common ones the last in the order of letters: the same on every machine.
        (first, second), count = max(pairs.items(), key=lambda item: (item[1], item[0][0] + item[0][1], item[0]))
        if count < 3:
            break
        pieces.append(first + second)
        joined = collections.Counter()
        for word, seen in words.items():
            joined[merged(word, (first, second))] += seen
        words = joined
    return list(dict.fromkeys(pieces))


class Tokenizer:
    def __init__(self, texts, most_merges):
        words = collections.Counter()
        for text in texts:
            text = text.replace(' ', SPACE)
            for word in re.findall(f'{SPACE}?[^{SPACE}\n]+|{SPACE}', text):
                words[tuple(word)] += 1
        letters = sorted({letter for word in words for letter in word} | {chr(i) for i in range(33, 127)} | {SPACE})
        pieces = merges(words, most_merges)
        rows = [('<unk>', UNKNOWN, 0.0), ('<s>', CONTROL, 0.0), ('</s>', CONTROL, 0.0)]
        rows += [(f'<0x{byte:02X}>', BYTE, 0.0) for byte in range(256)]
        rows += [(name, CONTROL, 0.0) for name in SPECIAL]
        rows += [(piece, NORMAL, -float(rank)) for rank, piece in enumerate(pieces)]
        rows += [(letter, NORMAL, -float(len(pieces)) - 1) for letter in letters if letter not in pieces]
        self.tokens = [row[0] for row in rows]
        self.types = [row[1] for row in rows]
        self.scores = [row[2] for row in rows]
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.normal = {token: i for i, token in enumerate(self.tokens) if self.types[i] == NORMAL}
        self.seen = {}

    def _plain(self, text):
        if text in self.seen:
            return self.seen[text]
        word = list(text.replace(' ', SPACE))
        while True:
            scored = [(self.scores[self.normal[a + b]], -i) for i, (a, b) in enumerate(zip(word, word[1:])) if a + b in self.normal]
            if not scored:
                break
            at = -max(scored)[1]
            word[at : at + 2] = [word[at] + word[at + 1]]
        out = []
        for piece in word:
            known = self.normal.get(piece)
            out += [known] if known is not None else [FIRST_BYTE + byte for byte in piece.replace(SPACE, ' ').encode()]
        self.seen[text] = out
        return out

    def encode(self, text):
        out = []
        for part in re.split('(' + '|'.join(map(re.escape, SPECIAL)) + ')', text):
            if part in SPECIAL:
                out.append(self.ids[part])
            elif part:
                out += self._plain(part)
        return out

    def decode(self, ids):
        raw = b''.join(bytes([i - FIRST_BYTE]) if self.types[i] == BYTE else self.tokens[i].replace(SPACE, ' ').encode() for i in ids)
        return raw.decode('utf8', 'replace')
