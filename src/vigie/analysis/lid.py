"""fastText's language model lid.176.ftz, read and run by numpy; many texts in one go.

The file's format and the arithmetic are fastText's own (Joulin et al. 2016, "FastText.zip";
version 12 of the format, quantised, hierarchical softmax). A text's vector is the mean of the rows
of its words and of their character n-grams, so the sum of a word's rows is looked up once a word and
remembered. Of 100 texts at once each costs 10 µs and 15 for each word that is new, where fastText
takes 40; the probabilities agree to six digits (tests/analysis/test_lid.py).
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Guesses = dict[str, float]
"""Language code → probability."""

REMEMBERED: Final = 60_000
"""Words whose sum of rows is kept (72 bytes each), then forgotten at once."""

_MAGIC, _VERSION = 793_712_314, 12
_END = "</s>"
_LABEL = "__label__"
_NOTHING: Final = -1
"""The row of a word that the model does not know."""
_EPSILON = np.float32(1e-5)


class NotThatModel(ValueError):
    """The file is no quantised fastText classifier with a hierarchical softmax."""


class LanguageModel:
    """Guesses languages of texts. Safe to share."""

    def __init__(self, path: Path) -> None:
        """Raises NotThatModel, OSError."""
        file = _Reader(path.read_bytes())
        if file.take("ii") != (_MAGIC, _VERSION):
            raise NotThatModel("no fastText model of version 12")
        dim, _, _, _, _, _, loss, kind, bucket, shortest, longest, _, _ = file.take("12id")
        if loss != 1 or kind != 3:
            raise NotThatModel("no classifier with a hierarchical softmax")
        self._ids, labels, counts, pruned = _dictionary(file)
        if not file.flag():
            raise NotThatModel("not quantised")
        self._rows = _unpacked(file, dim)
        if file.flag():
            raise NotThatModel("its output is quantised")
        height, width = file.take("qq")
        self._output: Floats = file.array(np.float32, height * width).reshape(height, width)[:-1]
        self._labels = labels
        self._turns, self._starts = _ways(counts)
        self._grams = _Grams(pruned, bucket)
        self._lengths = range(shortest, longest + 1)
        # One row a word: the sum of its rows, then how many they were.
        self._sums: Floats = np.zeros((REMEMBERED, dim + 1), np.float32)
        self._known: dict[str, int] = {}
        self._lock = threading.Lock()

    def guess(self, texts: Sequence[Sequence[str]], *, most: int) -> list[Guesses]:
        """The `most` most probable languages of each text, given by its words, best first."""
        if not texts:
            return []
        with self._lock:
            starts, numbers = self._numbers(texts)
            sums = np.add.reduceat(self._sums[numbers], starts, axis=0)
        hidden: Floats = np.divide(sums[:, :-1], sums[:, -1:], dtype=np.float32)
        scores = self._scores(hidden)
        best = np.argpartition(scores, -most, axis=0)[-most:]
        found = np.exp(np.take_along_axis(scores, best, axis=0))
        order = np.argsort(-found, axis=0)
        names = np.take_along_axis(best, order, axis=0).T.tolist()
        chances = np.take_along_axis(found, order, axis=0).T.tolist()
        labels = self._labels
        return [
            {labels[number]: p for number, p in zip(codes, probabilities, strict=True)}
            for codes, probabilities in zip(names, chances, strict=True)
        ]

    def _numbers(self, texts: Sequence[Sequence[str]]) -> tuple[list[int], list[int]]:
        """Where each text begins among the numbers of all words, each text's end mark included."""
        words: list[str] = []
        starts: list[int] = []
        for text in texts:
            starts.append(len(words))
            words += text
            words.append(_END)
        known = self._known
        try:
            return starts, list(map(known.__getitem__, words))
        except KeyError:
            new = [word for word in dict.fromkeys(words) if word not in known]
        if len(known) + len(new) > REMEMBERED:
            known.clear()
            new = list(dict.fromkeys(words))
            if len(new) > len(self._sums):
                self._sums = np.zeros((len(new), self._sums.shape[1]), np.float32)
        self._learn(new)
        return starts, list(map(known.__getitem__, words))

    def _learn(self, words: list[str]) -> None:
        """Give each of these words a number and sum up its rows."""
        first = len(self._known)
        rows: list[int] = []
        starts: list[int] = []
        for number, word in enumerate(words, start=first):
            starts.append(len(rows))
            rows.append(self._ids.get(word, _NOTHING))
            if word != _END:
                rows += self._rows_of_grams(f"<{word}>")
            self._known[word] = number
        found = self._rows[rows]
        self._sums[first : first + len(words)] = np.add.reduceat(found, starts, axis=0)

    def _rows_of_grams(self, word: str) -> Iterable[int]:
        """Rows of a marked word's n-grams of characters, as far as the model kept them."""
        count = len(word)
        grams = [
            word[at : at + length] for length in self._lengths for at in range(count - length + 1)
        ]
        return filter(None, map(self._grams.__getitem__, grams))  # no n-gram has the row 0

    def _scores(self, hidden: Floats) -> Floats:
        """Logarithms of the probability of each label: those of the turns on the way to it."""
        right = 1.0 / (1.0 + np.exp(-(self._output @ hidden.T)))
        turns = np.log(np.concatenate([1.0 - right, right]) + _EPSILON)
        scores: Floats = np.add.reduceat(turns[self._turns], self._starts, axis=0)
        return scores


class _Grams(dict[str, int | None]):
    """N-gram of characters → its row, None of those that the model does not know; remembered."""

    def __init__(self, rows: dict[int, int], bucket: int) -> None:
        super().__init__()
        self._kept, self._bucket = rows, bucket

    def __missing__(self, gram: str) -> int | None:
        if len(self) >= REMEMBERED:
            self.clear()
        value = 2_166_136_261  # FNV-1a over bytes that fastText takes for signed
        for byte in gram.encode("utf-8", "replace"):
            value = (value ^ (byte if byte < 128 else byte | 0xFFFFFF00)) * 16_777_619 & 0xFFFFFFFF
        found = self[gram] = self._kept.get(value % self._bucket)
        return found


def _dictionary(file: _Reader) -> tuple[dict[str, int], list[str], list[int], dict[int, int]]:
    """Word → row; the labels, their counts; hash of an n-gram → row."""
    size, words, _, _, pruned = file.take("iiiqq")
    ids: dict[str, int] = {}
    labels: list[str] = []
    counts: list[int] = []
    for number in range(size):
        entry = file.text()
        count, kind = file.take("qb")
        if kind == 0:
            ids[entry] = number
        else:
            labels.append(entry.removeprefix(_LABEL))
            counts.append(count)
    pairs = file.array(np.int32, 2 * pruned).reshape(-1, 2).tolist()
    return ids, labels, counts, {hashed: words + row for hashed, row in pairs}


def _unpacked(file: _Reader, dim: int) -> Floats:
    """The rows out of the codes of their pieces (product quantisation), each followed by 1; then a
    row of nothing but noughts."""
    normed = file.flag()
    rows, _, size = file.take("qqi")
    codes = file.array(np.uint8, size).reshape(rows, -1)
    centroids = _centroids(file)
    found: Floats = np.zeros((rows + 1, dim + 1), np.float32)
    found[:-1, :-1] = centroids[np.arange(codes.shape[1]), codes].reshape(rows, -1)
    if normed:
        norms = file.array(np.uint8, rows)
        found[:-1, :-1] *= _centroids(file)[0, norms, 0][:, None]
    found[:-1, -1] = 1.0
    return found


def _centroids(file: _Reader) -> Floats:
    """(piece of a row, code, number within the piece)."""
    dim, pieces, width, last = file.take("iiii")
    if last != width:
        raise NotThatModel("rows that do not divide evenly")
    found: Floats = file.array(np.float32, dim * 256).reshape(pieces, 256, width)
    return found


def _ways(counts: Sequence[int]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The turns on the way to each label, one label after the other, and where each one's begin.

    Huffman's tree over the labels' counts, as fastText builds it. A turn to the right at the inner
    node n is `inner + n`, to the left `n`.
    """
    labels = len(counts)
    inner = labels - 1
    weights = [*counts, *([10**15] * inner)]
    parent = [0] * (2 * labels - 1)
    turned = [False] * (2 * labels - 1)
    leaf, node = labels - 1, labels
    for number in range(labels, 2 * labels - 1):
        smallest = []
        for _ in range(2):
            if leaf >= 0 and weights[leaf] < weights[node]:
                smallest.append(leaf)
                leaf -= 1
            else:
                smallest.append(node)
                node += 1
        weights[number] = weights[smallest[0]] + weights[smallest[1]]
        parent[smallest[0]] = parent[smallest[1]] = number
        turned[smallest[1]] = True
    turns: list[int] = []
    starts: list[int] = []
    for label in range(labels):
        starts.append(len(turns))
        at = label
        while at != 2 * labels - 2:
            turns.append(parent[at] - labels + (inner if turned[at] else 0))
            at = parent[at]
    return np.array(turns), np.array(starts)


class _Reader:
    """Numbers, texts and arrays of a little-endian file, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from("<" + form, self._data, self._at)
        self._at += struct.calcsize("<" + form)
        return found

    def flag(self) -> bool:
        return bool(self.take("?")[0])

    def text(self) -> str:
        end = self._data.index(b"\0", self._at)
        found = self._data[self._at : end].decode()
        self._at = end + 1
        return found

    def array(self, kind: Any, count: int) -> npt.NDArray[Any]:
        found = np.frombuffer(self._data, kind, count, self._at)
        self._at += found.nbytes
        return found
